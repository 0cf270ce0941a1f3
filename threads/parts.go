package threads

import (
	"slices"
	"time"

	"threadhub/normalize"
)

// PartState is how far one of the parts of a message got, as its receipts tell.
type PartState struct {
	ID     normalize.PlatformID `json:"id"`
	Status MessageStatus        `json:"status"`
	At     time.Time            `json:"at"`
}

// ofPart takes down news of one part of a message that leaves in several, and
// answers what follows for the whole of it: a message has come as far as the
// part that is furthest behind, and nowhere before its last part has left. One
// part that failed fails it. changed tells whether anything was taken down.
func (m *Message) ofPart(part normalize.PlatformID, p MessagePatch) (whole MessagePatch, changed bool) {
	if m.Parts < 2 || part == "" || rank[p.Status] == 0 {
		return p, false
	}
	i := slices.IndexFunc(m.PartStates, func(s PartState) bool { return s.ID == part })
	news := PartState{ID: part, Status: p.Status, At: p.At}
	switch {
	case i < 0:
		m.PartStates, changed = append(slices.Clone(m.PartStates), news), true
	case forward(m.PartStates[i].Status, p.Status):
		m.PartStates = slices.Clone(m.PartStates)
		m.PartStates[i], changed = news, true
	}
	if p.Status == MessageFailed {
		return p, changed
	}
	return m.together(), changed
}

// together is how far all parts of the message are, as a patch. It has no status
// while some of them have not left.
func (m *Message) together() MessagePatch {
	if m.Parts < 2 || rank[m.Status] < rank[MessageSent] && len(m.ExternalIDs) < m.Parts {
		return MessagePatch{}
	}
	whole := MessagePatch{Status: MessageRead}
	for _, id := range m.ExternalIDs {
		state := PartState{Status: MessageSent}
		if i := slices.IndexFunc(m.PartStates, func(s PartState) bool { return s.ID == id }); i >= 0 {
			state = m.PartStates[i]
		}
		if rank[state.Status] < rank[whole.Status] {
			whole.Status = state.Status
		}
		if state.At.After(whole.At) {
			whole.At = state.At
		}
	}
	return whole
}
