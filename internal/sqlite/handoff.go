package sqlite

import (
	"sync"

	"threadhub/internal/journal"
)

// handoffBytes bounds the bodies that wait in memory for their first claim.
const handoffBytes = 8 << 20

// handoff holds entries between their append and their first claim, which on
// a hub that keeps up is all the time they need: the claim then reads no rows.
// The rows are the truth; what does not fit, or is claimed again, is read.
type handoff struct {
	mu    sync.Mutex
	byID  map[string]journal.Entry
	bytes int
}

func newHandoff() *handoff { return &handoff{byID: map[string]journal.Entry{}} }

func (h *handoff) put(entries []journal.Entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range entries {
		if h.bytes+len(e.Body) > handoffBytes || e.State != journal.Pending {
			continue
		}
		h.bytes += len(e.Body)
		h.byID[e.ID] = e
	}
}

// take answers the entry and forgets it.
func (h *handoff) take(id string) (journal.Entry, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e, ok := h.byID[id]
	if ok {
		delete(h.byID, id)
		h.bytes -= len(e.Body)
	}
	return e, ok
}
