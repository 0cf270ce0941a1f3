package privacy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/ident"
	"threadhub/internal/journal"
	"threadhub/threads"
)

// Threads erases conversations (threads.Service).
type Threads interface {
	PurgeConversation(ctx context.Context, id threads.ConversationID) error
	EraseConversation(ctx context.Context, id threads.ConversationID, as threads.ContactID) error
	Forget(ids []threads.Identity)
}

// Store is what erasing reads and removes; every threads.Store does it.
type Store interface {
	threads.Queries
	Contact(ctx context.Context, id threads.ContactID) (threads.Contact, error)
	DropContact(ctx context.Context, id threads.ContactID) error
}

// Spool keeps events for subscribers (spool.Store).
type Spool interface {
	Erase(ctx context.Context, lanes []string) error
}

// Media keeps the files of messages (media.Library).
type Media interface {
	Erase(ctx context.Context, messages []threads.Message) error
}

// Options are what an Eraser works with. All are required.
type Options struct {
	Records directory.Store
	Store   Store
	Threads Threads
	Journal journal.Store
	Spool   Spool
	Media   Media
	// Erased is called when a contact is gone, with the channels it was on.
	Erased func(ctx context.Context, id threads.ContactID, on []threads.ChannelID) error
	Now    func() time.Time
	Logger *slog.Logger
}

// Eraser erases contacts. It is safe for concurrent use, by many processes too:
// two that are at the same contact do the same twice.
type Eraser struct {
	Options
	erasures directory.Collection[Erasure]
	open     directory.Collection[work]
}

// New returns an eraser over the given parts.
func New(o Options) *Eraser {
	return &Eraser{
		Options: o, erasures: directory.NewCollection[Erasure](o.Records, "erasure", nil),
		open: directory.NewCollection[work](o.Records, "erasure_work", nil),
	}
}

func (e *Eraser) now() time.Time { return e.Now().UTC().Truncate(time.Millisecond) }

// Request notes durably that a contact is to be erased; from here on it will
// be. threads.ErrNotFound for one that never was. Asking again answers the
// erasure as it is.
func (e *Eraser) Request(ctx context.Context, id threads.ContactID, by string) (Erasure, error) {
	done, err := e.erasures.Get(ctx, string(id))
	if err == nil || !errors.Is(err, directory.ErrNotFound) {
		return done.Value, err
	}
	c, err := e.Store.Contact(ctx, id)
	if err != nil {
		return Erasure{}, err
	}
	_, err = e.open.Create(ctx, string(id), work{Names: c.Identities, Since: c.CreatedAt, Lanes: []string{string(id)}})
	if err != nil && !errors.Is(err, directory.ErrConflict) {
		return Erasure{}, fmt.Errorf("request an erasure: %w", err)
	}
	item, err := e.erasures.Create(ctx, string(id), Erasure{
		Contact: id, As: threads.ContactID(ident.New("ct")), RequestedBy: by, RequestedAt: e.now(),
	})
	if errors.Is(err, directory.ErrConflict) {
		item, err = e.erasures.Get(ctx, string(id))
	}
	if err != nil {
		return Erasure{}, fmt.Errorf("request an erasure: %w", err)
	}
	return item.Value, nil
}

// page is how many records are gone through at a time.
const page = 100

// Erase carries out an erasure that was requested, or what is left of it, and
// answers it as it then is.
func (e *Eraser) Erase(ctx context.Context, id threads.ContactID) (Erasure, error) {
	item, err := e.erasures.Get(ctx, string(id))
	if err != nil || !item.Value.DoneAt.IsZero() {
		return item.Value, err
	}
	todo, err := e.open.Get(ctx, string(id))
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return item.Value, err
	}
	left := item.Value
	for _, step := range []func(context.Context, *Erasure, *directory.Item[work]) error{e.contact, e.conversations, e.webhooks, e.events} {
		if err := step(ctx, &left, &todo); err != nil {
			return left, fmt.Errorf("erase contact %s: %w", id, err)
		}
	}
	if err := e.Erased(ctx, id, channelsOf(todo.Value.Names)); err != nil {
		return left, fmt.Errorf("tell of an erasure: %w", err)
	}
	if err := e.open.Delete(ctx, string(id)); err != nil && !errors.Is(err, directory.ErrNotFound) {
		return left, err
	}
	left.DoneAt = e.now()
	item.Value = left
	if _, err := e.erasures.Update(ctx, item); err != nil && !errors.Is(err, directory.ErrConflict) {
		return left, err
	}
	e.Logger.InfoContext(ctx, "a contact was erased", "contact", id, "conversations", left.Conversations, "messages", left.Messages, "webhooks", left.Webhooks)
	return left, nil
}

func channelsOf(names []threads.Identity) (list []threads.ChannelID) {
	for _, n := range names {
		if !slices.Contains(list, n.Channel) {
			list = append(list, n.Channel)
		}
	}
	return list
}

// contact takes away what leads to the person.
func (e *Eraser) contact(ctx context.Context, left *Erasure, todo *directory.Item[work]) error {
	if err := e.Store.DropContact(ctx, left.Contact); err != nil {
		return err
	}
	e.Threads.Forget(todo.Value.Names)
	return nil
}

// conversations erases one after the other, until the contact has none.
func (e *Eraser) conversations(ctx context.Context, left *Erasure, todo *directory.Item[work]) error {
	for {
		list, _, err := e.Store.Conversations(ctx, threads.Filter{Contacts: []threads.ContactID{left.Contact}, Sort: threads.SortCreated}, threads.Page{Limit: page})
		if err != nil || len(list) == 0 {
			return err
		}
		if err := e.note(ctx, todo, list); err != nil {
			return err
		}
		for _, c := range list {
			err := e.messages(ctx, c.ID, func(page []threads.Message) error {
				left.Messages += len(page)
				return e.Media.Erase(ctx, page)
			})
			if err != nil {
				return err
			}
			if err := e.Threads.EraseConversation(ctx, c.ID, left.As); err != nil {
				return fmt.Errorf("conversation %s: %w", c.ID, err)
			}
			left.Conversations++
		}
	}
}

// note keeps the ids of conversations that nothing will lead to any more.
func (e *Eraser) note(ctx context.Context, todo *directory.Item[work], list []threads.Conversation) error {
	for {
		known := len(todo.Value.Lanes)
		for _, c := range list {
			if !slices.Contains(todo.Value.Lanes, string(c.ID)) {
				todo.Value.Lanes = append(todo.Value.Lanes, string(c.ID))
			}
		}
		if len(todo.Value.Lanes) == known {
			return nil
		}
		item, err := e.open.Update(ctx, *todo)
		if err == nil {
			*todo = item
			return nil
		}
		if !errors.Is(err, directory.ErrConflict) {
			return err
		}
		if *todo, err = e.open.Get(ctx, todo.ID); err != nil {
			return err // somebody else has finished it
		}
	}
}

// events removes what subscribers have yet to be told, and what is kept of what
// they were told. It comes last: erasing closed conversations, of which there
// are events too.
func (e *Eraser) events(ctx context.Context, _ *Erasure, todo *directory.Item[work]) error {
	return e.Spool.Erase(ctx, todo.Value.Lanes)
}

// Purged counts what Purge took out.
type Purged struct{ Conversations, Messages int }

// Purge takes what was said out of closed conversations, files and events for
// subscribers included, and leaves their contacts alone. One that fails does not
// keep the others. It may be repeated: each conversation comes last.
func (e *Eraser) Purge(ctx context.Context, ids []threads.ConversationID) (done Purged, err error) {
	counts := make([]int, len(ids))
	var shown []threads.Message
	for i, id := range ids {
		err := e.messages(ctx, id, func(page []threads.Message) error {
			counts[i] += len(page)
			for _, m := range page {
				if len(m.Content.Attachments) > 0 {
					shown = append(shown, m)
				}
			}
			return nil
		})
		if err != nil {
			return done, err
		}
	}
	// Of all at once, many files at a time.
	if err := e.Media.Erase(ctx, shown); err != nil {
		return done, err
	}
	var errs []error
	for i, id := range ids {
		err := e.Spool.Erase(ctx, []string{string(id)})
		if err == nil {
			err = e.Threads.PurgeConversation(ctx, id)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("conversation %s: %w", id, err))
			continue
		}
		done.Conversations++
		done.Messages += counts[i]
	}
	return done, errors.Join(errs...)
}

// messages goes through those of a conversation, page by page.
func (e *Eraser) messages(ctx context.Context, id threads.ConversationID, each func([]threads.Message) error) error {
	after := threads.MessageID("")
	for {
		list, more, err := e.Store.Messages(ctx, id, threads.MessagePage{After: after, Limit: page})
		if err != nil {
			return fmt.Errorf("messages of %s: %w", id, err)
		}
		if err := each(list); err != nil || !more {
			return err
		}
		after = list[len(list)-1].ID
	}
}

// every is how often what other processes left is looked for.
const every = time.Minute

// Run goes on with erasures that stopped half way, until ctx ends.
func (e *Eraser) Run(ctx context.Context) {
	t := time.NewTicker(every)
	defer t.Stop()
	for ctx.Err() == nil {
		if err := e.resume(ctx); err != nil && ctx.Err() == nil {
			e.Logger.ErrorContext(ctx, "an erasure stopped half way, it goes on in a minute", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-t.C:
		}
	}
}

func (e *Eraser) resume(ctx context.Context) error {
	list, err := e.open.List(ctx, "", page)
	if err != nil {
		return err
	}
	var errs []error
	for _, item := range list {
		_, err := e.Erase(ctx, threads.ContactID(item.ID))
		if errors.Is(err, directory.ErrNotFound) {
			// Its process died before it said so: nothing was promised.
			err = e.open.Delete(ctx, item.ID)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
