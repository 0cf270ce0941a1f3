package sqlite

import (
	"context"
	"fmt"
	"time"

	"threadhub/internal/spool"
)

const (
	laneColumns = "subscription, lane, next_at, owner, attempts, failing_since, version"

	sqlLane     = "SELECT " + laneColumns + " FROM spool_lanes WHERE subscription = ? AND lane = ?"
	sqlDueLanes = "SELECT " + laneColumns + " FROM spool_lanes WHERE subscription = ? AND next_at <= ? ORDER BY next_at LIMIT ?"
	sqlSaveLane = `UPDATE spool_lanes SET next_at = ?, owner = ?, attempts = ?, failing_since = ?, version = ?
 WHERE subscription = ? AND lane = ? AND version = ?`
	sqlDropLane = "DELETE FROM spool_lanes WHERE subscription = ? AND lane = ? AND version = ?"
	sqlWakeAll  = `UPDATE spool_lanes SET next_at = ?, version = version + 1
 WHERE subscription = ? AND next_at > ? AND owner = ''`
	sqlDropIdle  = "DELETE FROM spool_lanes WHERE next_at < ?"
	sqlDropLanes = "DELETE FROM spool_lanes WHERE subscription = ?"
)

func collectLanes(into *[]spool.Lane) func(row) error {
	return func(r row) error {
		*into = append(*into, spool.Lane{
			Subscription: r.text(0), Name: r.text(1), NextAt: timeOf(r.number(2)), Owner: r.text(3),
			Attempts: int(r.number(4)), FailingSince: timeOf(r.number(5)), Version: r.number(6),
		})
		return nil
	}
}

// Lane implements [spool.Store].
func (s *Store) Lane(ctx context.Context, subscription, lane string) (spool.Lane, error) {
	var list []spool.Lane
	err := s.read.with(ctx, func(c *conn) error { return c.query(sqlLane, collectLanes(&list), subscription, lane) })
	if err == nil && len(list) == 0 {
		err = spool.ErrNotFound
	}
	if err != nil {
		return spool.Lane{}, fmt.Errorf("lane %s: %w", lane, err)
	}
	return list[0], nil
}

// DueLanes implements [spool.Store].
func (s *Store) DueLanes(ctx context.Context, subscription string, now time.Time, limit int) ([]spool.Lane, error) {
	var list []spool.Lane
	err := s.read.with(ctx, func(c *conn) error {
		return c.query(sqlDueLanes, collectLanes(&list), subscription, millis(now), int64(max(limit, 0)))
	})
	if err != nil {
		return nil, fmt.Errorf("due lanes: %w", err)
	}
	return list, nil
}

// SaveLane implements [spool.Store].
func (s *Store) SaveLane(ctx context.Context, l spool.Lane) error {
	return s.writeSpool(ctx, "save lane", func(t *tx) error {
		n, err := t.exec(sqlSaveLane, millis(l.NextAt), l.Owner, int64(l.Attempts), millisOrNull(l.FailingSince), l.Version,
			l.Subscription, l.Name, l.Version-1)
		if err == nil && n == 0 {
			return spool.ErrConflict
		}
		return err
	})
}

// DropLane implements [spool.Store].
func (s *Store) DropLane(ctx context.Context, l spool.Lane) error {
	return s.writeSpool(ctx, "drop lane", func(t *tx) error {
		n, err := t.exec(sqlDropLane, l.Subscription, l.Name, l.Version)
		if err == nil && n == 0 {
			return spool.ErrConflict
		}
		return err
	})
}

// WakeLanes implements [spool.Store].
func (s *Store) WakeLanes(ctx context.Context, subscription string, now time.Time) error {
	return s.writeSpool(ctx, "wake lanes", func(t *tx) error {
		_, err := t.exec(sqlWakeAll, millis(now), subscription, millis(now))
		return err
	})
}
