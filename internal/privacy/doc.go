// Package privacy forgets people: everything the hub holds of a contact goes,
// and what is left are figures without a person.
//
// An erasure is a record before anything is done, so that a process that dies
// half way is followed by another one; every step may be repeated. It goes from
// what leads to the person inwards: the contact with its identities first, so
// that whoever writes from then on is somebody new.
package privacy

import (
	"time"

	"threadhub/threads"
)

// Erasure is the record of a contact that is, or is to be, erased.
type Erasure struct {
	Contact threads.ContactID `json:"contact"`
	// As stands for the contact in what is left.
	As          threads.ContactID `json:"as"`
	RequestedBy string            `json:"requested_by,omitempty"`
	RequestedAt time.Time         `json:"requested_at"`
	// DoneAt is zero while it goes on.
	DoneAt time.Time `json:"done_at,omitzero"`
	// Counts of what was erased, over all attempts.
	Conversations int `json:"conversations,omitempty"`
	Messages      int `json:"messages,omitempty"`
	Webhooks      int `json:"webhooks,omitempty"`
}

// work is what is left to do of an erasure: it goes when that is done, and with
// it what led to the person.
type work struct {
	// Names are the contact's identities, by which raw webhooks are found.
	Names []threads.Identity `json:"names"`
	// Since is when the contact was first seen.
	Since time.Time `json:"since"`
	// Lanes are those that may hold events for subscribers: the contact's own
	// and those of its conversations, noted before they are erased.
	Lanes []string `json:"lanes"`
}
