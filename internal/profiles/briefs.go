package profiles

import (
	"context"
	"errors"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/ident"
	"threadhub/threads"
)

// NoteKind is the kind of the records that say whose conversations are to be
// refreshed.
const NoteKind = "brief_refresh"

// note is one change of a contact that conversations may not show yet.
type note struct {
	Contact threads.ContactID `json:"contact"`
	At      time.Time         `json:"at"`
}

// renamed is a change that was made.
type renamed struct {
	note    string
	contact threads.ContactID
}

const (
	briefPlaces   = 2
	briefsWaiting = 1000
	briefsPage    = 100
	// noteRests is how long a note is left to the process that made it: the
	// change it announces is made well before.
	noteRests  = time.Minute
	notesEvery = 15 * time.Second
	notesPage  = 100
)

// Due implements [threads.Briefs]. Each change has a note of its own, so that
// nobody who is done with one takes a later one away.
func (k *Keeper) Due(ctx context.Context, id threads.ContactID) (string, error) {
	item, err := k.notes.Create(ctx, ident.New("br"), note{Contact: id, At: k.Now().UTC()})
	return item.ID, err
}

// Changed implements [threads.Briefs]. When too many wait, the note is found
// later.
func (k *Keeper) Changed(note string, id threads.ContactID) {
	select {
	case k.changed <- renamed{note, id}:
	default:
	}
}

// refreshAll works on changes as they are made.
func (k *Keeper) refreshAll(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-k.changed:
			k.refresh(ctx, r)
		}
	}
}

// sweepAll works on what others left.
func (k *Keeper) sweepAll(ctx context.Context) {
	tick := time.NewTicker(notesEvery)
	defer tick.Stop()
	for {
		k.sweep(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (k *Keeper) sweep(ctx context.Context) {
	after := ""
	for ctx.Err() == nil {
		items, err := k.notes.List(ctx, after, notesPage)
		if err != nil {
			if ctx.Err() == nil {
				k.Logger.WarnContext(ctx, "renamed contacts were not read, they will be again", "error", err)
			}
			return
		}
		for _, item := range items {
			after = item.ID
			if k.Now().Sub(item.Value.At) >= noteRests {
				k.refresh(ctx, renamed{item.ID, item.Value.Contact})
			}
		}
		if len(items) < notesPage {
			return
		}
	}
}

// refresh has all conversations of a contact show what the contact's record
// says. The note stays until that is done.
func (k *Keeper) refresh(ctx context.Context, r renamed) {
	page := threads.Page{Limit: briefsPage}
	for {
		next, err := k.Threads.RefreshBriefs(ctx, r.contact, page)
		if err != nil {
			if ctx.Err() == nil {
				k.Logger.WarnContext(ctx, "conversations do not show a contact's name yet", "contact", r.contact, "error", err)
			}
			return
		}
		if page.After = next; next == "" {
			break
		}
	}
	if err := k.notes.Delete(ctx, r.note); err != nil && !errors.Is(err, directory.ErrNotFound) && ctx.Err() == nil {
		k.Logger.WarnContext(ctx, "a refresh of conversations will be done again", "contact", r.contact, "error", err)
	}
}
