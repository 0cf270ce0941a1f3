package threads

import (
	"time"

	"threadhub/normalize"
)

// rank orders the statuses of an outbound message. unknown stands below sent:
// a receipt that arrives later resolves it.
var rank = map[MessageStatus]int{
	MessageQueued: 1, MessageSending: 2, MessageUnknown: 3,
	MessageSent: 4, MessageDelivered: 5, MessageRead: 6, MessageFailed: 7,
}

// MessagePatch is news about an outbound message.
type MessagePatch struct {
	Status MessageStatus
	At     time.Time // of the status, by whoever told it
	IDs    []normalize.PlatformID
	Losses []normalize.Loss
	Error  *normalize.Failure
	// Done are the calls that were carried out before it failed.
	Done []normalize.Exchange
	// Part, when set, says which part of the message the status is about, for a
	// message that leaves in several (see Message.Parts).
	Part normalize.PlatformID
	// Requeue puts a message that is sending back to queued: the call was
	// certainly not carried out and will be tried again.
	Requeue bool
}

// Advance applies the patch to the message and tells whether anything changed.
// Statuses only move forward (queued, sending, unknown, sent, delivered, read);
// failed is final, and a message that reached the contact can no longer fail.
func (m *Message) Advance(p MessagePatch) bool {
	changed := m.addIDs(p.IDs)
	if len(p.Losses) > 0 && len(m.Losses) == 0 {
		m.Losses, changed = p.Losses, true
	}
	if p.Requeue {
		if m.Status == MessageSending {
			m.Status, m.Error, changed = MessageQueued, p.Error, true
		}
		return changed
	}
	if m.Direction != Outbound {
		return changed
	}
	p, noted := m.ofPart(p.Part, p)
	if m.reach(p) {
		changed = true
		m.reach(m.together()) // receipts may have come before the last part left
	}
	return changed || noted
}

// reach moves the status forward, if that is where the patch leads.
func (m *Message) reach(p MessagePatch) bool {
	if !forward(m.Status, p.Status) {
		return false
	}
	m.Status, m.Error = p.Status, p.Error
	switch p.Status {
	case MessageFailed, MessageUnknown:
		m.Done = p.Done
	case MessageDelivered:
		m.DeliveredAt = p.At
	case MessageRead:
		// A platform may leave delivered out: read implies it.
		if m.DeliveredAt.IsZero() {
			m.DeliveredAt = p.At
		}
		m.ReadAt = p.At
	}
	return true
}

func (m *Message) addIDs(ids []normalize.PlatformID) bool {
	changed := false
next:
	for _, id := range ids {
		for _, have := range m.ExternalIDs {
			if have == id {
				continue next
			}
		}
		m.ExternalIDs, changed = append(m.ExternalIDs, id), true
	}
	return changed
}

func forward(from, to MessageStatus) bool {
	switch {
	case rank[from] == 0 || rank[to] == 0 || from == MessageFailed:
		return false
	case to == MessageFailed:
		return from != MessageDelivered && from != MessageRead
	default:
		return rank[to] > rank[from]
	}
}
