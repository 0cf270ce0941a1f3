package subscriptions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"threadhub/internal/spool"
	"threadhub/threads"
)

const (
	// orphanAge is when an intent is looked at whose process may be gone: events
	// that its process had in hand go on within 15 s of it.
	orphanAge = 11 * time.Second
	// announceWithin is until when the process that made a change tells more of
	// it than a recovery could: so much earlier that clocks may differ and the
	// events be written.
	announceWithin = 8 * time.Second
	// changeWithin is how long a change that was noted may take; whoever wants it
	// makes it anew after that.
	changeWithin = 7 * time.Second
	// announceLost is when an announcement is no longer waited for.
	announceLost = 10 * time.Minute
	recoverBatch = 100
)

// Recover finds out what became of changes that were noted and never
// announced, because their process died, and tells of those that were made:
// with the records as they are now. It may run in any number of processes.
func (r *Relay) Recover(ctx context.Context) error {
	r.forgetBefore(r.now().Add(-announceLost))
	before := r.now().Add(-orphanAge)
	if r.Alone {
		before = r.now().AddDate(1, 0, 0) // all of them, whatever the clock said then
	}
	for ctx.Err() == nil {
		found, err := r.Spool.IntentsBefore(ctx, before, recoverBatch)
		if err != nil {
			return fmt.Errorf("intents: %w", err)
		}
		left := slices.DeleteFunc(slices.Clone(found), r.inHand)
		for _, in := range left {
			if err := r.recover(ctx, in); err != nil {
				return fmt.Errorf("recover %s: %w", in.ID, err)
			}
		}
		if len(left) == 0 || len(found) < recoverBatch {
			return nil
		}
	}
	return ctx.Err()
}

// inHand tells whether this process will announce the change itself.
func (r *Relay) inHand(in spool.Intent) bool {
	if in.Owner != r.Owner {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.working[in.ID] || r.now().Sub(in.At) < orphanAge
}

// forgetBefore takes intents out of memory that were never announced: the
// announcement failed, and their changes have been told by a recovery.
func (r *Relay) forgetBefore(before time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at := range r.made {
		r.drop(at, func(n noted) bool { return n.at.Before(before) })
	}
}

func (r *Relay) recover(ctx context.Context, row spool.Intent) error {
	var in intent
	if err := json.Unmarshal(row.Doc, &in); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	news, err := r.found(ctx, in)
	if err != nil && !errors.Is(err, threads.ErrNotFound) {
		return err
	}
	active, err := r.Book.Active(ctx)
	if err != nil {
		return fmt.Errorf("subscriptions: %w", err)
	}
	var events []spool.Event
	next := map[string]int{}
	for i := range news {
		id := eventID(row.ID, next, &news[i])
		if subjectOf(&news[i]) == (subject{}) {
			continue // of a message that is gone
		}
		made, err := eventsFor(active, id, &news[i], r.now())
		if err != nil {
			return err
		}
		events = append(events, made...)
	}
	if err := r.Spool.AddEvents(ctx, events, []string{row.ID}, r.now()); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	r.Logger.InfoContext(ctx, "subscribers are told of a change that its process did not announce", "lane", row.Lane, "events", len(events))
	if len(events) > 0 {
		r.Bell()
	}
	return nil
}

// asRecovered makes of news what a recovery tells. One that told it has used
// the same names, and nothing is told twice, or after what is newer; one that
// found the change not made yet, and forgot it, is made up for.
func asRecovered(n *News) {
	switch n.Type {
	case threads.NoticeConversationCreated, threads.NoticeConversationReopened, threads.NoticeConversationSolved, threads.NoticeConversationClosed,
		threads.NoticeMessageCreated, threads.NoticeMessageUpdated, threads.NoticeMessageFailed, threads.NoticeContactUpdated:
	default:
		if n.Conversation != nil {
			n.Type, n.Message, n.Agent = threads.NoticeConversationUpdated, nil, ""
		}
	}
}

// found answers what there is to tell of a change: nothing if it was not made.
func (r *Relay) found(ctx context.Context, in intent) ([]News, error) {
	switch {
	case in.Contact != "":
		c, err := r.Records.Contact(ctx, in.Contact)
		if err != nil || c.Version < in.Version {
			return nil, err
		}
		return []News{{Notice: threads.Notice{Type: threads.NoticeContactUpdated, At: c.UpdatedAt, Contact: &c}}}, nil
	case in.Message != "":
		m, err := r.Records.Message(ctx, in.Message)
		if err != nil || m.Version < in.Version {
			return nil, err
		}
		n := threads.Notice{Type: threads.NoticeMessageUpdated, At: r.now(), Message: &m}
		if m.Status == threads.MessageFailed {
			n.Type = threads.NoticeMessageFailed
		}
		return []News{{Notice: n}}, nil
	}
	return r.foundCommit(ctx, in)
}

func (r *Relay) foundCommit(ctx context.Context, in intent) ([]News, error) {
	c, err := r.Records.Conversation(ctx, in.Conversation)
	if err != nil || c.Version < in.Version {
		return nil, err
	}
	var news []News
	add := func(t threads.NoticeType, m *threads.Message) {
		news = append(news, News{Notice: threads.Notice{Type: t, At: c.UpdatedAt, Conversation: &c, Message: m}})
	}
	rest := in.Types
	if len(rest) > 0 && rest[0] == threads.NoticeConversationCreated {
		add(rest[0], nil)
		rest = rest[1:]
	}
	for _, id := range in.Messages {
		m, err := r.Records.Message(ctx, id)
		switch {
		case err == nil:
			add(threads.NoticeMessageCreated, &m)
		case errors.Is(err, threads.ErrNotFound):
			news = append(news, News{}) // in its place
		default:
			return nil, err
		}
	}
	for _, t := range rest {
		add(t, nil)
	}
	// It may have been assigned too, which a commit alone does not show.
	add(threads.NoticeConversationUpdated, nil)
	return news, nil
}
