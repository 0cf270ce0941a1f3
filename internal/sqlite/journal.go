package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"threadhub/internal/journal"
)

// journalReaders is few: workers claim one at a time and lists are rare.
const journalReaders = 2

const (
	sqlAppend = `INSERT INTO entries (id, channel_id, received_at, state, method, url, header, elsewhere, body, attempts, events, reason)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	sqlPending = `SELECT seq, id FROM entries INDEXED BY entries_pending
 WHERE state = 'pending' AND retry_at <= ? ORDER BY received_at, id`
	// An entry is found by its row's number while somebody has it, which is
	// the rule, else by its id.
	sqlFinish   = `UPDATE entries SET state = ?, reason = ?, events = ?, attempts = attempts + ?, retry_at = ? WHERE seq = ?`
	sqlFinishID = `UPDATE entries SET state = ?, reason = ?, events = ?, attempts = attempts + ?, retry_at = ? WHERE id = ?`

	entryColumns   = "id, channel_id, received_at, method, url, header, elsewhere, state, attempts, reason, events"
	sqlEntryBySeq  = "SELECT " + entryColumns + ", body FROM entries WHERE seq = ?"
	sqlEntry       = "SELECT " + entryColumns + ", body FROM entries WHERE id = ?"
	sqlEntries     = "SELECT " + entryColumns + " FROM entries WHERE channel_id = ? AND id < ? ORDER BY id DESC LIMIT ?"
	sqlEntriesLast = "SELECT " + entryColumns + " FROM entries WHERE channel_id = ? ORDER BY id DESC LIMIT ?"

	sqlOldest  = "SELECT received_at FROM entries WHERE state = 'pending' ORDER BY received_at LIMIT 1"
	sqlBacklog = "SELECT count(*) FROM entries WHERE state = 'pending'"
)

// Journal keeps accepted webhooks. It is safe for concurrent use.
type Journal struct {
	write  *writer
	read   *readers
	leases *leases
	recent *handoff
}

// Append implements [journal.Store].
func (j *Journal) Append(ctx context.Context, entries []journal.Entry) error {
	if len(entries) == 0 {
		return ctx.Err()
	}
	rows := make([][]any, len(entries))
	for i := range entries {
		var err error
		if rows[i], err = appendArgs(&entries[i]); err != nil {
			return fmt.Errorf("append to journal: %w", err)
		}
	}
	// Before the commit: a claim that sees the rows finds them here.
	j.recent.put(entries)
	err := j.write.do(ctx, func(t *tx) error {
		for _, args := range rows {
			if _, err := t.exec(sqlAppend, args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for i := range entries {
			j.recent.take(entries[i].ID)
		}
		return fmt.Errorf("append to journal: %w", err)
	}
	return nil
}

func appendArgs(e *journal.Entry) ([]any, error) {
	var header, elsewhere any
	var err error
	if len(e.Header) > 0 {
		if header, err = encode(e.Header); err != nil {
			return nil, err
		}
	}
	if len(e.Elsewhere) > 0 {
		if elsewhere, err = encode(e.Elsewhere); err != nil {
			return nil, err
		}
	}
	state := e.State
	if state == "" {
		state = journal.Pending // an entry in no state would never be looked at
	}
	return []any{
		e.ID, e.ChannelID, millis(e.ReceivedAt), string(state), e.Method, e.URL, header, elsewhere, e.Body,
		int64(e.Attempts), int64(e.Events), e.Reason,
	}, nil
}

// Claim implements [journal.Store].
func (j *Journal) Claim(ctx context.Context, owner string, now time.Time, term time.Duration, limit int) ([]journal.Entry, error) {
	if limit <= 0 {
		return nil, ctx.Err()
	}
	var list []journal.Entry
	j.leases.mu.Lock()
	defer j.leases.mu.Unlock()
	err := j.read.with(ctx, func(c *conn) error {
		places, err := j.unclaimed(c, now, limit)
		if err != nil {
			return err
		}
		list = make([]journal.Entry, 0, len(places))
		for _, p := range places {
			if e, ok := j.recent.take(p.id); ok {
				list = append(list, e)
			} else if err := c.query(sqlEntryBySeq, entriesInto(&list), p.seq); err != nil {
				return err
			}
		}
		for _, p := range places {
			j.leases.byID[p.id] = lease{owner, now.Add(term), p.seq}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim journal entries: %w", err)
	}
	return list, nil
}

// rowOf is where an entry is.
type rowOf struct {
	seq int64
	id  string
}

// unclaimed answers the oldest entries that may be claimed. It reads the index
// alone: what others have claimed costs no more than a step over it.
func (j *Journal) unclaimed(c *conn, now time.Time, limit int) ([]rowOf, error) {
	var places []rowOf
	err := c.query(sqlPending, func(r row) error {
		if j.leases.held(r.text(1), now) {
			return nil
		}
		places = append(places, rowOf{r.number(0), r.text(1)})
		if len(places) == limit {
			return errEnough
		}
		return nil
	}, millis(now))
	return places, err
}

// entriesInto adds the rows of a query for entryColumns, and perhaps body.
func entriesInto(list *[]journal.Entry) func(row) error {
	return func(r row) error {
		e := journal.Entry{
			ID: r.text(0), ChannelID: r.text(1), ReceivedAt: timeOf(r.number(2)), Method: r.text(3), URL: r.text(4),
			State: journal.State(r.text(7)), Attempts: int(r.number(8)), Reason: r.text(9), Events: int(r.number(10)),
		}
		if h := r.text(5); h != "" {
			if err := json.Unmarshal([]byte(h), &e.Header); err != nil {
				return fmt.Errorf("decode header: %w", err)
			}
		}
		if l := r.text(6); l != "" {
			if err := json.Unmarshal([]byte(l), &e.Elsewhere); err != nil {
				return fmt.Errorf("decode elsewhere: %w", err)
			}
		}
		if len(r) > 11 {
			e.Body = r.bytes(11)
		}
		*list = append(*list, e)
		return nil
	}
}

// Finish implements [journal.Store].
func (j *Journal) Finish(ctx context.Context, results []journal.Result) error {
	if len(results) == 0 {
		return ctx.Err()
	}
	rows := j.leases.rows(results)
	err := j.write.do(ctx, func(t *tx) error {
		for i := range results {
			r := &results[i]
			var failed, retryAt int64
			if r.State == journal.Pending {
				failed, retryAt = 1, millisOrZero(r.RetryAt)
			}
			sql, row := sqlFinish, any(rows[i])
			if rows[i] == 0 {
				sql, row = sqlFinishID, r.ID
			}
			if _, err := t.exec(sql, string(r.State), r.Reason, int64(r.Events), failed, retryAt, row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("finish journal entries: %w", err)
	}
	j.leases.free(len(results), func(i int) string { return results[i].ID })
	return nil
}

// Oldest implements [journal.Store].
func (j *Journal) Oldest(ctx context.Context) (time.Time, error) {
	return readTime(ctx, j.read, "oldest journal entry", sqlOldest)
}

// Backlog implements [journal.Store].
func (j *Journal) Backlog(ctx context.Context) (int, error) {
	n, err := readNumber(ctx, j.read, "count journal entries", sqlBacklog)
	return int(n), err
}

// Entry implements [journal.Store].
func (j *Journal) Entry(ctx context.Context, id string) (journal.Entry, error) {
	var list []journal.Entry
	err := j.read.with(ctx, func(c *conn) error { return c.query(sqlEntry, entriesInto(&list), id) })
	if err == nil && len(list) == 0 {
		err = journal.ErrNotFound
	}
	if err != nil {
		return journal.Entry{}, fmt.Errorf("journal entry: %w", err)
	}
	return list[0], nil
}

// Entries implements [journal.Store].
func (j *Journal) Entries(ctx context.Context, channelID, before string, limit int) ([]journal.Entry, error) {
	var list []journal.Entry
	sql, args := sqlEntriesLast, []any{channelID}
	if before != "" {
		sql, args = sqlEntries, append(args, before)
	}
	err := j.read.with(ctx, func(c *conn) error {
		return c.query(sql, entriesInto(&list), append(args, int64(pageLimit(limit)))...)
	})
	if err != nil {
		return nil, fmt.Errorf("list journal entries: %w", err)
	}
	return list, nil
}
