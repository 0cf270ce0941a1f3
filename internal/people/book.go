// Package people notes which contacts somebody said to be the same person, and
// has it done (see threads.Person). The note comes first: it is what the audit
// log tells of.
package people

import (
	"context"
	"errors"
	"fmt"
	"time"

	"threadhub/internal/directory"
	"threadhub/threads"
)

// Threads merges contacts (threads.Service).
type Threads interface {
	Merge(ctx context.Context, into, contact threads.ContactID) (threads.Person, error)
	Unmerge(ctx context.Context, from, contact threads.ContactID) (threads.Person, error)
}

// Merge is the note of a merge, under the id of the contact that was merged.
type Merge struct {
	Into threads.ContactID `json:"into"`
	By   string            `json:"by,omitempty"`
	At   time.Time         `json:"at"`
}

// Book keeps the notes. It is safe for concurrent use.
type Book struct {
	merges   directory.Collection[Merge]
	contacts threads.Contacts
	threads  Threads
	now      func() time.Time
}

// Store keeps the notes and the contacts.
type Store interface {
	directory.Store
	threads.Contacts
}

// NewBook returns a book over the given parts.
func NewBook(store Store, t Threads, now func() time.Time) *Book {
	return &Book{merges: directory.NewCollection[Merge](store, "contact_merge", nil), contacts: store, threads: t, now: now}
}

// Merge makes the contact one of the person's that into belongs to, on behalf of
// by. It answers the person; it is refused as threads.Service.Merge says, and
// then the notes are as before.
func (b *Book) Merge(ctx context.Context, into, contact threads.ContactID, by string) (threads.Person, error) {
	if p, err := threads.PersonOf(ctx, b.contacts, into); err != nil || p.Has(contact) && into != contact {
		return p, err
	}
	before, err := b.noted(ctx, contact)
	if err == nil && (before == nil || before.Value.Into != into) {
		err = b.note(ctx, contact, Merge{Into: into, By: by, At: b.now().UTC().Truncate(time.Millisecond)})
	}
	if err != nil {
		return threads.Person{}, fmt.Errorf("note a merge: %w", err)
	}
	p, err := b.threads.Merge(ctx, into, contact)
	if isRefused(err) {
		err = errors.Join(err, b.restore(ctx, contact, before))
	}
	return p, err
}

// Unmerge takes the contact out of the person, as threads.Service.Unmerge says; the
// note stays when that refuses.
func (b *Book) Unmerge(ctx context.Context, from, contact threads.ContactID) (threads.Person, error) {
	before, err := b.noted(ctx, contact)
	if err == nil {
		err = b.restore(ctx, contact, nil)
	}
	if err != nil {
		return threads.Person{}, fmt.Errorf("note that a merge is undone: %w", err)
	}
	p, err := b.threads.Unmerge(ctx, from, contact)
	if isRefused(err) {
		err = errors.Join(err, b.restore(ctx, contact, before))
	}
	return p, err
}

// isRefused tells whether nothing was done, since it is not allowed.
func isRefused(err error) bool {
	var refused *threads.RefusedError
	return errors.As(err, &refused) || errors.Is(err, threads.ErrNotFound)
}

// noted answers the note about the contact, nil for none.
func (b *Book) noted(ctx context.Context, contact threads.ContactID) (*directory.Item[Merge], error) {
	item, err := b.merges.Get(ctx, string(contact))
	if errors.Is(err, directory.ErrNotFound) {
		return nil, nil
	}
	return &item, err
}

// note writes the note about the contact, in place of one that is there.
func (b *Book) note(ctx context.Context, contact threads.ContactID, m Merge) error {
	_, err := b.merges.Create(ctx, string(contact), m)
	if !errors.Is(err, directory.ErrConflict) {
		return err
	}
	item, err := b.merges.Get(ctx, string(contact))
	if err == nil {
		item.Value = m
		_, err = b.merges.Update(ctx, item)
	}
	return err
}

// restore has the note be as it was before.
func (b *Book) restore(ctx context.Context, contact threads.ContactID, before *directory.Item[Merge]) error {
	if before != nil {
		return b.note(ctx, contact, before.Value)
	}
	if err := b.merges.Delete(ctx, string(contact)); err != nil && !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	return nil
}
