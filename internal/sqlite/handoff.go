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
	bySeq map[int64]journal.Entry
	bytes int
}

func newHandoff() *handoff { return &handoff{bySeq: map[int64]journal.Entry{}} }

// put takes in entries by the numbers of their rows, of which first is the
// first.
func (h *handoff) put(first int64, entries []journal.Entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, e := range entries {
		if h.bytes+len(e.Body) > handoffBytes || e.State != journal.Pending {
			continue
		}
		h.bytes += len(e.Body)
		h.bySeq[first+int64(i)] = e
	}
}

// take answers the entry and forgets it.
func (h *handoff) take(seq int64) (journal.Entry, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e, ok := h.bySeq[seq]
	if ok {
		delete(h.bySeq, seq)
		h.bytes -= len(e.Body)
	}
	return e, ok
}
