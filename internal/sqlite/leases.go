package sqlite

import (
	"sync"
	"time"

	"threadhub/internal/journal"
)

// lease is an entry in somebody's hands.
type lease struct {
	owner string
	until time.Time
	seq   int64 // of the entry's row
}

// leases are those of the journal, by entry. mu is held over a whole claim,
// and a finished entry is freed after its commit: so a claim that still sees
// the entry pending also still sees its lease.
type leases struct {
	mu   sync.Mutex
	byID map[string]lease
}

func newLeases() *leases { return &leases{byID: map[string]lease{}} }

// held tells whether somebody has the entry. mu is held.
func (l *leases) held(id string, now time.Time) bool {
	have, ok := l.byID[id]
	return ok && now.Before(have.until)
}

// rows answers where the entries are, 0 for those that nobody has.
func (l *leases) rows(results []journal.Result) []int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	seqs := make([]int64, len(results))
	for i := range results {
		seqs[i] = l.byID[results[i].ID].seq
	}
	return seqs
}

// free ends the leases of the entries.
func (l *leases) free(results int, id func(int) string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range results {
		delete(l.byID, id(i))
	}
}
