package sqlite

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"threadhub/internal/journal"
)

// journalReaders is few: workers claim one at a time and lists are rare.
const journalReaders = 2

const (
	sqlAppend = `INSERT INTO entries (seq, id, channel_id, received_at, state, method, url, header, elsewhere, body, attempts, events, reason)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	sqlFinish = `UPDATE entries SET state = ?, reason = ?, events = ?, attempts = attempts + ?, retry_at = ?, again = ? WHERE seq = ?`

	entryColumns   = "id, channel_id, received_at, method, url, header, elsewhere, state, attempts, reason, events"
	sqlEntryBySeq  = "SELECT " + entryColumns + ", body FROM entries WHERE seq = ?"
	sqlEntry       = "SELECT " + entryColumns + ", body FROM entries WHERE id = ?"
	sqlEntries     = "SELECT " + entryColumns + " FROM entries WHERE channel_id = ? AND id < ? ORDER BY id DESC LIMIT ?"
	sqlEntriesLast = "SELECT " + entryColumns + " FROM entries WHERE channel_id = ? ORDER BY id DESC LIMIT ?"
)

// Journal keeps accepted webhooks. It is safe for concurrent use.
type Journal struct {
	write   *writer
	read    *readers
	main    *durable // what the events of entries become
	pending *pendings
	recent  *handoff
	// kept is the number that the file has of what is worked, the writer's own.
	kept int64
}

// Append implements [journal.Store].
func (j *Journal) Append(ctx context.Context, entries []journal.Entry) error {
	if len(entries) == 0 {
		return ctx.Err()
	}
	rows := make([][]any, len(entries))
	first := j.pending.reserve(len(entries))
	for i := range entries {
		var err error
		if rows[i], err = appendArgs(first+int64(i), &entries[i]); err != nil {
			j.pending.failed(first, len(entries))
			return fmt.Errorf("append to journal: %w", err)
		}
	}
	err := j.write.doThen(ctx, func(t *tx) error {
		for _, args := range rows {
			if _, err := t.exec(sqlAppend, args...); err != nil {
				return err
			}
		}
		return nil
	}, func() {
		j.recent.put(first, entries)
		j.pending.arrived(first, entries)
	})
	if err != nil {
		j.pending.failed(first, len(entries))
		return fmt.Errorf("append to journal: %w", err)
	}
	return nil
}

func appendArgs(seq int64, e *journal.Entry) ([]any, error) {
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
	return []any{
		seq, e.ID, e.ChannelID, millis(e.ReceivedAt), string(stateOf(e)), e.Method, e.URL, header, elsewhere, e.Body,
		int64(e.Attempts), int64(e.Events), e.Reason,
	}, nil
}

// stateOf is the state of an entry to append: one in no state would never be
// looked at.
func stateOf(e *journal.Entry) journal.State { return cmp.Or(e.State, journal.Pending) }

// Claim implements [journal.Store].
func (j *Journal) Claim(ctx context.Context, owner string, now time.Time, term time.Duration, limit int, without ...string) ([]journal.Entry, error) {
	if err := j.read.usable(ctx); err != nil {
		return nil, fmt.Errorf("claim journal entries: %w", err)
	}
	got := j.pending.claim(millis(now), millis(now.Add(term)), limit, without)
	list, err := j.claimed(ctx, got)
	if err != nil {
		j.pending.release(got)
		return nil, fmt.Errorf("claim journal entries: %w", err)
	}
	j.pending.named(got, list)
	return list, nil
}

// claimed answers the entries, from memory as far as it has them.
func (j *Journal) claimed(ctx context.Context, got []placed) ([]journal.Entry, error) {
	list := make([]journal.Entry, len(got))
	var missing []int
	for i, e := range got {
		var ok bool
		if list[i], ok = j.recent.take(e.seq); !ok {
			missing = append(missing, i)
		}
	}
	if len(missing) == 0 {
		return list, nil
	}
	return list, j.read.with(ctx, func(c *conn) error {
		for _, i := range missing {
			var found []journal.Entry
			if err := c.query(sqlEntryBySeq, entriesInto(&found), got[i].seq); err != nil {
				return err
			}
			if len(found) == 0 {
				return fmt.Errorf("row %d is gone", got[i].seq)
			}
			list[i] = found[0]
		}
		return nil
	})
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

// Finish implements [journal.Store]. That an entry is worked must not be on the
// disk before what it became: whoever says so may have seen that in a commit of
// the other file that is yet to be synced, whose log keeps no order with ours.
func (j *Journal) Finish(ctx context.Context, results []journal.Result) error {
	if len(results) == 0 {
		return ctx.Err()
	}
	if err := j.main.wait(ctx); err != nil {
		return fmt.Errorf("finish journal entries: %w", err)
	}
	var where []placed
	err := j.write.doThen(ctx, func(t *tx) error {
		where = j.pending.places(results)
		for i := range results {
			if err := finish(t, &results[i], &where[i]); err != nil {
				return err
			}
		}
		return j.keepWorked(t)
	}, func() { j.pending.finished(where, results) })
	if err != nil {
		return fmt.Errorf("finish journal entries: %w", err)
	}
	return nil
}

// finish records a result. An entry is found by its row's number while somebody
// has it, which is the rule, else by its id.
func finish(t *tx, r *journal.Result, at *placed) error {
	if at.seq == 0 {
		if err := t.query(sqlPlaceOf, placeInto(at), r.ID); err != nil || at.seq == 0 {
			return err
		}
	}
	var again, retryAt int64
	if r.State == journal.Pending {
		again, retryAt = 1, millisOrZero(r.RetryAt)
	}
	_, err := t.exec(sqlFinish, string(r.State), r.Reason, int64(r.Events), again, retryAt, again, at.seq)
	return err
}

// placeInto takes the row of sqlPlaceOf.
func placeInto(at *placed) func(row) error {
	return func(r row) error {
		*at = placed{r.text(1), r.number(2), r.number(0)}
		return nil
	}
}

// keepWorked writes up to where entries are worked, now and then.
func (j *Journal) keepWorked(t *tx) error {
	worked := j.pending.worked()
	if worked < j.kept+workedEvery {
		return nil
	}
	_, err := t.exec(sqlKeepWorked, worked)
	if err == nil {
		j.kept = worked
	}
	return err
}

// Oldest implements [journal.Store].
func (j *Journal) Oldest(ctx context.Context) (time.Time, error) {
	if err := j.read.usable(ctx); err != nil {
		return time.Time{}, fmt.Errorf("oldest journal entry: %w", err)
	}
	return timeOf(j.pending.oldest()), nil
}

// Backlog implements [journal.Store].
func (j *Journal) Backlog(ctx context.Context) (int, error) {
	if err := j.read.usable(ctx); err != nil {
		return 0, fmt.Errorf("count journal entries: %w", err)
	}
	return j.pending.backlog(), nil
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
