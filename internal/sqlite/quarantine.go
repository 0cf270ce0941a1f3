package sqlite

import (
	"context"
	"fmt"
	"time"

	"threadhub/internal/journal"
)

const (
	sqlQuarantine = "INSERT INTO items (id, channel_id, at, doc) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"

	sqlItems         = "SELECT doc FROM items ORDER BY id DESC LIMIT ?"
	sqlItemsBefore   = "SELECT doc FROM items WHERE id < ? ORDER BY id DESC LIMIT ?"
	sqlItemsOf       = "SELECT doc FROM items WHERE channel_id = ? ORDER BY id DESC LIMIT ?"
	sqlItemsOfBefore = "SELECT doc FROM items WHERE channel_id = ? AND id < ? ORDER BY id DESC LIMIT ?"

	sqlTrimItems = "DELETE FROM items WHERE id IN (SELECT id FROM items WHERE at < ? LIMIT ?)"
)

// Quarantine implements [journal.Store].
func (j *Journal) Quarantine(ctx context.Context, items []journal.Item) error {
	if len(items) == 0 {
		return ctx.Err()
	}
	docs, err := encodeAll(items)
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	err = j.write.do(ctx, func(t *tx) error {
		for i := range items {
			if _, err := t.exec(sqlQuarantine, items[i].ID, items[i].ChannelID, millis(items[i].At), docs[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	return nil
}

// Items implements [journal.Store].
func (j *Journal) Items(ctx context.Context, channelID, before string, limit int) ([]journal.Item, error) {
	sql, args := sqlItems, []any{}
	switch {
	case channelID != "" && before != "":
		sql, args = sqlItemsOfBefore, append(args, channelID, before)
	case channelID != "":
		sql, args = sqlItemsOf, append(args, channelID)
	case before != "":
		sql, args = sqlItemsBefore, append(args, before)
	}
	var list []journal.Item
	err := j.read.with(ctx, func(c *conn) error {
		return c.query(sql, collect(&list), append(args, int64(pageLimit(limit)))...)
	})
	if err != nil {
		return nil, fmt.Errorf("list quarantined items: %w", err)
	}
	return list, nil
}

// Trim implements [journal.Store].
func (j *Journal) Trim(ctx context.Context, before time.Time, limit int) (int, error) {
	var removed int64
	err := j.write.do(ctx, func(t *tx) error {
		old, err := eldest(t.conn, before, limit)
		if err != nil {
			return err
		}
		for _, seq := range old {
			if _, err := t.exec(sqlTrimEntries, seq); err != nil {
				return err
			}
		}
		n, err := t.exec(sqlTrimItems, millis(before), int64(limit-len(old)))
		removed = int64(len(old)) + n
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("trim journal: %w", err)
	}
	return int(removed), nil
}

// eldest answers the rows of entries that are done with and arrived before the
// given time, up to limit.
func eldest(c *conn, before time.Time, limit int) (seqs []int64, err error) {
	err = c.query(sqlEldest, func(r row) error {
		if len(seqs) == limit || r.number(1) >= millis(before) {
			return errEnough
		}
		if journal.State(r.text(2)) != journal.Pending {
			seqs = append(seqs, r.number(0))
		}
		return nil
	})
	return seqs, err
}
