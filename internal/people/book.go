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
// then no note stays.
func (b *Book) Merge(ctx context.Context, into, contact threads.ContactID, by string) (threads.Person, error) {
	if p, err := threads.PersonOf(ctx, b.contacts, into); err != nil || p.Has(contact) && into != contact {
		return p, err
	}
	note := Merge{Into: into, By: by, At: b.now().UTC().Truncate(time.Millisecond)}
	item, err := b.merges.Create(ctx, string(contact), note)
	created := err == nil
	if errors.Is(err, directory.ErrConflict) {
		if item, err = b.merges.Get(ctx, string(contact)); err == nil && item.Value.Into != into {
			item.Value = note
			_, err = b.merges.Update(ctx, item)
		}
	}
	if err != nil {
		return threads.Person{}, fmt.Errorf("note a merge: %w", err)
	}
	p, err := b.threads.Merge(ctx, into, contact)
	var refused *threads.RefusedError
	if created && (errors.As(err, &refused) || errors.Is(err, threads.ErrNotFound)) {
		if gone := b.merges.Delete(ctx, string(contact)); gone != nil && !errors.Is(gone, directory.ErrNotFound) {
			err = errors.Join(err, gone)
		}
	}
	return p, err
}

// Unmerge takes the contact out of the person, as threads.Service.Unmerge says.
func (b *Book) Unmerge(ctx context.Context, from, contact threads.ContactID) (threads.Person, error) {
	if err := b.merges.Delete(ctx, string(contact)); err != nil && !errors.Is(err, directory.ErrNotFound) {
		return threads.Person{}, fmt.Errorf("note that a merge is undone: %w", err)
	}
	return b.threads.Unmerge(ctx, from, contact)
}
