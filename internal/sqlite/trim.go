package sqlite

import (
	"context"
	"fmt"
	"time"

	"threadhub/internal/journal"
)

const (
	sqlNextEntries = "SELECT min(channel_id) FROM entries INDEXED BY entries_channel WHERE channel_id > ?"
	sqlNextItems   = "SELECT min(channel_id) FROM items INDEXED BY items_channel WHERE channel_id > ?"

	// In the order of arrival, so that what is to go comes first.
	sqlEldest      = "SELECT seq, received_at, state, id FROM entries INDEXED BY entries_channel WHERE channel_id = ? AND id > ? ORDER BY id"
	sqlTrimEntries = "DELETE FROM entries WHERE seq = ?"
	sqlTrimItems   = "DELETE FROM items WHERE id IN (SELECT id FROM items INDEXED BY items_at WHERE channel_id = ? AND at < ? ORDER BY at LIMIT ?)"
)

// NextChannel implements [journal.Retention].
func (j *Journal) NextChannel(ctx context.Context, after string) (string, error) {
	next := ""
	for _, sql := range []string{sqlNextEntries, sqlNextItems} {
		id, err := readText(ctx, j.read, sql, after)
		if err != nil {
			return "", fmt.Errorf("channels of the journal: %w", err)
		}
		if id != "" && (next == "" || id < next) {
			next = id
		}
	}
	return next, nil
}

// Trim implements [journal.Retention].
func (j *Journal) Trim(ctx context.Context, channelID string, before time.Time, limit int) (int, error) {
	removed := 0
	err := j.write.do(ctx, func(t *tx) error {
		old, err := eldest(t.conn, channelID, "", before, limit)
		if err != nil {
			return err
		}
		for _, e := range old.done {
			if _, err := t.exec(sqlTrimEntries, e.seq); err != nil {
				return err
			}
		}
		removed = len(old.done)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("trim journal: %w", err)
	}
	return removed, nil
}

// TrimItems implements [journal.Retention].
func (j *Journal) TrimItems(ctx context.Context, channelID string, before time.Time, limit int) (int, error) {
	var removed int64
	err := j.write.do(ctx, func(t *tx) (err error) {
		removed, err = t.exec(sqlTrimItems, channelID, millis(before), int64(max(limit, 0)))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("trim quarantine: %w", err)
	}
	return int(removed), nil
}

// Blank implements [journal.Retention].
func (j *Journal) Blank(ctx context.Context, channelID, after string, before time.Time, limit int) (int, string, error) {
	n, last := 0, after
	err := j.write.do(ctx, wiping(func(t *tx) error {
		old, err := eldest(t.conn, channelID, after, before, limit)
		if err != nil {
			return err
		}
		n, last = len(old.done), old.last
		for _, e := range old.done {
			if _, err := t.exec(sqlRedact, e.id); err != nil {
				return err
			}
		}
		return nil
	}))
	if err != nil {
		return 0, after, fmt.Errorf("redact old entries: %w", err)
	}
	return n, last, nil
}

// rowOf is where an entry is.
type rowOf struct {
	seq int64
	id  string
}

// elder are entries of a channel that came before some time.
type elder struct {
	done []rowOf
	last string // the id of the last before the first that is pending, or of all
}

// eldest answers the entries of a channel, after the given id, that are done
// with and arrived before the given time, up to limit.
func eldest(c *conn, channelID, after string, before time.Time, limit int) (elder, error) {
	found, waits := elder{last: after}, false
	err := c.query(sqlEldest, func(r row) error {
		if len(found.done) == limit || r.number(1) >= millis(before) {
			return errEnough
		}
		if journal.State(r.text(2)) == journal.Pending {
			waits = true
			return nil
		}
		found.done = append(found.done, rowOf{r.number(0), r.text(3)})
		if !waits {
			found.last = r.text(3)
		}
		return nil
	}, channelID, after)
	return found, err
}
