package app

import (
	"context"
	"time"

	"threadhub/internal/privacy"
	"threadhub/internal/subscriptions"
	"threadhub/threads"
)

// openEraser makes what erases contacts.
func (h *Hub) openEraser() {
	h.eraser = privacy.New(privacy.Options{
		Records: h.store, Store: h.store, Threads: h.threads, Journal: h.store.Journal(), Spool: h.store, Media: h.media,
		Erased: h.contactErased, Now: time.Now, Logger: h.Logger,
	})
}

// contactErased tells subscribers that a contact is no more, by nothing but its
// id and where it was.
func (h *Hub) contactErased(ctx context.Context, id threads.ContactID, on []threads.ChannelID) error {
	now := time.Now().UTC().Truncate(time.Millisecond)
	contact := threads.Contact{ID: id, CreatedAt: now, UpdatedAt: now}
	for _, ch := range on {
		contact.Identities = append(contact.Identities, threads.Identity{Channel: ch})
	}
	return h.relay.Tell(ctx, []subscriptions.News{{
		Notice: threads.Notice{Type: subscriptions.ContactErased, At: now, Contact: &contact},
	}})
}
