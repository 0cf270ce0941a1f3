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
	sqlDueLane  = "SELECT " + laneColumns + " FROM spool_lanes WHERE subscription = ? AND next_at <= ? ORDER BY next_at LIMIT 1"
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

// TakeLane implements [spool.Store].
func (s *Store) TakeLane(ctx context.Context, subscription, owner string, now, until time.Time) (spool.Lane, error) {
	var due []spool.Lane
	find := func(c *conn) error {
		due = nil
		return c.query(sqlDueLane, collectLanes(&due), subscription, millis(now))
	}
	// Mostly there is none, and no need to ask the writer.
	err := s.read.with(ctx, find)
	if err == nil && len(due) > 0 {
		err = s.writeSpool(ctx, "take", func(t *tx) error {
			if err := find(t.conn); err != nil || len(due) == 0 {
				return err
			}
			l := &due[0]
			l.Owner, l.NextAt = owner, until
			l.Version++
			return saveLane(t, *l)
		})
	}
	if err == nil && len(due) == 0 {
		err = spool.ErrNotFound
	}
	if err != nil {
		return spool.Lane{}, fmt.Errorf("due lane: %w", err)
	}
	return due[0], nil
}

// SaveLane implements [spool.Store].
func (s *Store) SaveLane(ctx context.Context, l spool.Lane) error {
	return s.writeSpool(ctx, "save lane", func(t *tx) error { return saveLane(t, l) })
}

func saveLane(t *tx, l spool.Lane) error {
	n, err := t.exec(sqlSaveLane, millis(l.NextAt), l.Owner, int64(l.Attempts), millisOrNull(l.FailingSince), l.Version,
		l.Subscription, l.Name, l.Version-1)
	if err == nil && n == 0 {
		return spool.ErrConflict
	}
	return err
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
