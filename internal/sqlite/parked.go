package sqlite

import (
	"context"
	"fmt"
	"time"

	"threadhub/normalize"
	"threadhub/threads"
)

const (
	sqlPark         = "INSERT INTO parked (id, channel_id, target, received_at, doc) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
	sqlParkedFor    = "SELECT doc FROM parked WHERE channel_id = ? AND target = ? ORDER BY received_at, id"
	sqlParkedBefore = "SELECT doc FROM parked WHERE received_at < ? ORDER BY received_at, id LIMIT ?"
	sqlUnpark       = "DELETE FROM parked WHERE id = ?"
)

// Park implements [threads.Store].
func (s *Store) Park(ctx context.Context, p threads.Parked) error {
	doc, err := encode(p)
	if err != nil {
		return fmt.Errorf("park event: %w", err)
	}
	err = s.write.do(ctx, func(t *tx) error {
		_, err := t.exec(sqlPark, p.ID, string(p.ChannelID), string(p.Target), millis(p.ReceivedAt), doc)
		return err
	})
	if err != nil {
		return fmt.Errorf("park event: %w", err)
	}
	return nil
}

// ParkedFor implements [threads.Store]: each target's in the order of receipt.
func (s *Store) ParkedFor(ctx context.Context, channel threads.ChannelID, targets []normalize.PlatformID) ([]threads.Parked, error) {
	var list []threads.Parked
	err := s.hot(ctx, func(c *conn) error {
		list = nil
		for _, target := range targets {
			if err := c.query(sqlParkedFor, collect(&list), string(channel), string(target)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("parked events: %w", err)
	}
	return list, nil
}

// ParkedBefore implements [threads.Store].
func (s *Store) ParkedBefore(ctx context.Context, before time.Time, limit int) ([]threads.Parked, error) {
	var list []threads.Parked
	err := s.read.with(ctx, func(c *conn) error {
		return c.query(sqlParkedBefore, collect(&list), millis(before), int64(max(limit, 0)))
	})
	if err != nil {
		return nil, fmt.Errorf("parked events: %w", err)
	}
	return list, nil
}

// Unpark implements [threads.Store].
func (s *Store) Unpark(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return ctx.Err()
	}
	err := s.write.do(ctx, func(t *tx) error {
		for _, id := range ids {
			if _, err := t.exec(sqlUnpark, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("unpark events: %w", err)
	}
	return nil
}
