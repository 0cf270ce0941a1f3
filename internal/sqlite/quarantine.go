package sqlite

import (
	"context"
	"fmt"

	"threadhub/internal/journal"
)

const (
	sqlQuarantine = "INSERT INTO items (id, channel_id, at, doc) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"

	sqlItems         = "SELECT doc FROM items ORDER BY id DESC LIMIT ?"
	sqlItemsBefore   = "SELECT doc FROM items WHERE id < ? ORDER BY id DESC LIMIT ?"
	sqlItemsOf       = "SELECT doc FROM items WHERE channel_id = ? ORDER BY id DESC LIMIT ?"
	sqlItemsOfBefore = "SELECT doc FROM items WHERE channel_id = ? AND id < ? ORDER BY id DESC LIMIT ?"
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
