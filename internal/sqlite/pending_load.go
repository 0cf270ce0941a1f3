package sqlite

import (
	"fmt"
)

const (
	// What is pending for the first time is found from the number on that
	// worked holds; the few entries that are pending again have an index.
	sqlWorked       = "SELECT seq FROM worked"
	sqlKeepWorked   = "UPDATE worked SET seq = ?"
	sqlPendingFirst = "SELECT seq, channel_id, received_at, retry_at FROM entries WHERE seq >= ? AND state = 'pending' AND again = 0"
	sqlPendingAgain = "SELECT seq, channel_id, received_at, retry_at FROM entries INDEXED BY entries_again WHERE state = 'pending' AND again = 1"
	sqlLastEntry    = "SELECT max(seq) FROM entries"
	sqlPlaceOf      = "SELECT seq, channel_id, received_at FROM entries WHERE id = ?"
)

// workedEvery is how far the number in the file may lag behind: so many rows
// more are looked at when the store is opened.
const workedEvery = 256

// load reads what an earlier process has left.
func (p *pendings) load(c *conn) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	worked, last, err := limitsOf(c)
	if err != nil {
		return fmt.Errorf("read pending entries: %w", err)
	}
	p.fresh.base = worked
	p.fresh.begin(int(max(last+1-worked, 0)))
	first := map[int64]bool{}
	err = eachPending(c, worked, func(e placed, retryAt int64, again bool) {
		p.postpone(e, retryAt)
		first[e.seq] = !again
	})
	if err != nil {
		return fmt.Errorf("read pending entries: %w", err)
	}
	for n := worked; n <= last; n++ {
		if !first[n] {
			p.fresh.end(n)
		}
	}
	p.revive(0)
	return nil
}

// limitsOf answers the number before which no entry is pending for the first
// time, never 0, and the number of the last row.
func limitsOf(c *conn) (worked, last int64, err error) {
	if worked, err = c.number(sqlWorked); err == nil {
		last, err = c.number(sqlLastEntry)
	}
	return max(worked, 1), last, err
}

// eachPending calls each with the pending entries of the file.
func eachPending(c *conn, worked int64, each func(e placed, retryAt int64, again bool)) error {
	take := func(again bool) func(row) error {
		return func(r row) error {
			each(placed{r.text(1), r.number(2), r.number(0)}, r.number(3), again)
			return nil
		}
	}
	if err := c.query(sqlPendingFirst, take(false), worked); err != nil {
		return err
	}
	return c.query(sqlPendingAgain, take(true))
}
