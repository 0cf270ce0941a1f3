package sqlite

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"threadhub/internal/journal"
)

// pendings are the entries of the journal that wait to be worked, kept in
// memory: one process has the file. They are read from the rows when the store
// is opened and changed by whatever changes those, once that is committed.
// Leases are only here: they end with the process. Times are Unix milliseconds.
// It is safe for concurrent use.
type pendings struct {
	mu     sync.Mutex
	lines  map[string]*line // by channel, each with at least one entry
	taken  map[int64]*takenEntry
	later  map[int64]*laterEntry
	dues   pile[*laterEntry]
	claims map[string]placed // by id, of what was claimed and is not finished
	fresh  watermark
	ends   int64 // no lease ends before
	count  int   // of all
}

// placed is an entry and where it stands: in the order of receipt.
type placed struct {
	channel string
	at, seq int64
}

func earlier(a, b placed) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq)) }

// line is a channel's entries that may be claimed, in order.
type line struct {
	list  []placed
	place int // among those that a claim looks at
}

// takenEntry is an entry in somebody's hands.
type takenEntry struct {
	placed
	until int64
}

// laterEntry is an entry that must wait before it is tried again.
type laterEntry struct {
	placed
	due   int64
	place int
}

func newPendings() *pendings {
	return &pendings{
		lines: map[string]*line{}, taken: map[int64]*takenEntry{}, later: map[int64]*laterEntry{}, claims: map[string]placed{},
		dues: pile[*laterEntry]{
			before: func(a, b *laterEntry) bool { return a.due < b.due },
			place:  func(e *laterEntry) *int { return &e.place },
		},
		ends: math.MaxInt64,
	}
}

// add puts an entry in its channel's line. mu is held.
func (p *pendings) add(e placed) {
	l, ok := p.lines[e.channel]
	if !ok {
		l = &line{}
		p.lines[e.channel] = l
	}
	at := len(l.list)
	if at > 0 && earlier(e, l.list[at-1]) < 0 {
		at, _ = slices.BinarySearchFunc(l.list, e, earlier)
	}
	l.list = slices.Insert(l.list, at, e)
	p.count++
}

// drop takes an entry out, wherever it is. mu is held.
func (p *pendings) drop(e placed) {
	if _, ok := p.taken[e.seq]; ok {
		delete(p.taken, e.seq)
		p.count--
		return
	}
	if wait, ok := p.later[e.seq]; ok {
		p.dues.remove(wait)
		delete(p.later, e.seq)
		p.count--
		return
	}
	l, ok := p.lines[e.channel]
	if !ok {
		return
	}
	if at, ok := slices.BinarySearchFunc(l.list, e, earlier); ok {
		l.list = slices.Delete(l.list, at, at+1)
		p.count--
	}
	if len(l.list) == 0 {
		delete(p.lines, e.channel)
	}
}

// again puts an entry in its channel's line, wherever it was. mu is held.
func (p *pendings) again(e placed) {
	p.drop(e)
	p.add(e)
}

// postpone has an entry wait until it is due. mu is held.
func (p *pendings) postpone(e placed, due int64) {
	wait := &laterEntry{placed: e, due: due}
	p.later[e.seq] = wait
	p.dues.add(wait)
	p.count++
}

// reserve answers the number of the first of n rows that are about to be
// written. Either arrived or failed must follow.
func (p *pendings) reserve(n int) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fresh.begin(n)
}

// arrived takes in entries that are committed.
func (p *pendings) arrived(first int64, entries []journal.Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range entries {
		e := placed{entries[i].ChannelID, millis(entries[i].ReceivedAt), first + int64(i)}
		if stateOf(&entries[i]) == journal.Pending {
			p.add(e)
		} else {
			p.fresh.end(e.seq)
		}
	}
}

// failed forgets rows that were not written.
func (p *pendings) failed(first int64, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range n {
		p.fresh.end(first + int64(i))
	}
}

// claim takes up to limit entries, the earliest first and none of the channels
// that are to be left out, until the given time. Either named or release must
// follow.
func (p *pendings) claim(now, until int64, limit int, without []string) []placed {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revive(now)
	lines := pile[*line]{
		before: func(a, b *line) bool { return earlier(a.list[0], b.list[0]) < 0 },
		place:  func(l *line) *int { return &l.place },
	}
	for channel, l := range p.lines {
		if !slices.Contains(without, channel) {
			lines.add(l)
		}
	}
	var got []placed
	for len(got) < limit && lines.Len() > 0 {
		l := lines.first()
		e := l.list[0]
		l.list = l.list[1:]
		got = append(got, e)
		p.taken[e.seq] = &takenEntry{e, until}
		if len(l.list) == 0 {
			lines.remove(l)
			delete(p.lines, e.channel)
		} else {
			lines.fix(l)
		}
	}
	if len(got) > 0 {
		p.ends = min(p.ends, until)
	}
	return got
}

// revive puts what may be claimed again in line: what is due, and what somebody
// has had for too long. mu is held.
func (p *pendings) revive(now int64) {
	for p.dues.Len() > 0 && p.dues.first().due <= now {
		p.again(p.dues.first().placed)
	}
	if now < p.ends {
		return
	}
	p.ends = math.MaxInt64
	for _, t := range p.taken {
		if t.until <= now {
			p.again(t.placed)
		} else {
			p.ends = min(p.ends, t.until)
		}
	}
}

// named notes which entries were claimed.
func (p *pendings) named(got []placed, entries []journal.Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range entries {
		p.claims[entries[i].ID] = got[i]
	}
}

// release gives back what was claimed in vain.
func (p *pendings) release(got []placed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range got {
		if _, ok := p.taken[e.seq]; ok {
			p.again(e)
		}
	}
}

// places answers where the entries of the results are, as far as they were
// claimed in this process; seq 0 for the others.
func (p *pendings) places(results []journal.Result) []placed {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]placed, len(results))
	for i := range results {
		list[i] = p.claims[results[i].ID]
	}
	return list
}

// finished takes in what became of entries, once that is committed.
func (p *pendings) finished(list []placed, results []journal.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, e := range list {
		delete(p.claims, results[i].ID)
		if e.seq == 0 {
			continue // there is no such entry
		}
		p.drop(e)
		p.fresh.end(e.seq)
		if results[i].State == journal.Pending {
			p.postpone(e, millisOrZero(results[i].RetryAt))
		}
	}
}

// reopened takes in entries that are pending again.
func (p *pendings) reopened(list []placed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range list {
		p.again(e)
	}
}

// oldest is when the earliest of all was received, 0 when there is none.
func (p *pendings) oldest() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count == 0 {
		return 0
	}
	oldest := int64(math.MaxInt64)
	for _, l := range p.lines {
		oldest = min(oldest, l.list[0].at)
	}
	for _, t := range p.taken {
		oldest = min(oldest, t.at)
	}
	for _, e := range p.later {
		oldest = min(oldest, e.at)
	}
	return oldest
}

func (p *pendings) backlog() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// worked is the number before which no row is pending for the first time.
func (p *pendings) worked() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fresh.base
}

// watermark follows numbers that begin in order and end in any.
type watermark struct {
	base  int64  // the lowest that has not ended
	ended []bool // of base and those after it
}

// begin begins the next n and answers the first.
func (w *watermark) begin(n int) int64 {
	first := w.base + int64(len(w.ended))
	w.ended = append(w.ended, make([]bool, n)...)
	return first
}

// end ends a number. It may have ended before.
func (w *watermark) end(n int64) {
	if n < w.base {
		return
	}
	w.ended[n-w.base] = true
	for len(w.ended) > 0 && w.ended[0] {
		w.base, w.ended = w.base+1, w.ended[1:]
	}
}
