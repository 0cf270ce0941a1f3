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
	sqlCountParked  = "SELECT count(*) FROM parked"
	sqlParkedFor    = "SELECT doc FROM parked WHERE channel_id = ? AND target = ? ORDER BY received_at, id"
	sqlParkedBefore = "SELECT doc FROM parked WHERE received_at < ? ORDER BY received_at, id LIMIT ?"
	sqlUnpark       = "DELETE FROM parked WHERE id = ?"
)

// loadParked counts what an earlier process has left parked.
func (s *Store) loadParked(ctx context.Context) error {
	n, err := readNumber(ctx, s.read, "count parked events", sqlCountParked)
	s.parked.Store(n)
	return err
}

// Park implements [threads.Store].
func (s *Store) Park(ctx context.Context, p threads.Parked) error {
	doc, err := encode(p)
	if err != nil {
		return fmt.Errorf("park event: %w", err)
	}
	var added int64
	err = s.write.doThen(ctx, func(t *tx) (err error) {
		added, err = t.exec(sqlPark, p.ID, string(p.ChannelID), string(p.Target), millis(p.ReceivedAt), doc)
		return err
	}, func() { s.parked.Add(added) })
	if err != nil {
		return fmt.Errorf("park event: %w", err)
	}
	return nil
}

// ParkedFor implements [threads.Store]. Nothing is looked up while nothing is
// parked, which is nearly always.
func (s *Store) ParkedFor(ctx context.Context, targets map[threads.ChannelID][]normalize.PlatformID) ([]threads.Parked, error) {
	if s.parked.Load() == 0 {
		return nil, s.read.usable(ctx)
	}
	var list []threads.Parked
	err := s.hot(ctx, func(c *conn) error {
		list = nil
		for channel, ids := range targets {
			for _, target := range ids {
				if err := c.query(sqlParkedFor, collect(&list), string(channel), string(target)); err != nil {
					return err
				}
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
	var taken int64
	err := s.write.doThen(ctx, func(t *tx) error {
		taken = 0
		for _, id := range ids {
			n, err := t.exec(sqlUnpark, id)
			if err != nil {
				return err
			}
			taken += n
		}
		return nil
	}, func() { s.parked.Add(-taken) })
	if err != nil {
		return fmt.Errorf("unpark events: %w", err)
	}
	return nil
}
