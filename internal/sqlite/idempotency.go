package sqlite

import (
	"context"
	"fmt"
	"time"

	"threadhub/internal/idempotency"
)

const (
	sqlIdempotencyRecord = "SELECT fingerprint, created_at, status, content_type, body FROM idempotency WHERE key = ?"
	sqlIdempotencyBegin  = `INSERT OR REPLACE INTO idempotency (key, fingerprint, created_at, status, content_type, body)
 VALUES (?, ?, ?, ?, ?, ?)`
	// The fingerprint keeps the answer to a request apart from one that took
	// the key over.
	sqlIdempotencyComplete = `UPDATE idempotency SET status = ?, content_type = ?, body = ?
 WHERE key = ? AND fingerprint = ? AND status = 0`
	sqlIdempotencyForget = "DELETE FROM idempotency WHERE key = ? AND status = 0"
	sqlIdempotencyExpire = "DELETE FROM idempotency WHERE created_at < ?"
)

// Begin implements [idempotency.Store]. Ages are told from r's CreatedAt.
func (s *Store) Begin(ctx context.Context, r idempotency.Record, keep, abandoned time.Duration) (idempotency.Record, bool, error) {
	var answer idempotency.Record
	var stored bool
	err := s.write.do(ctx, func(t *tx) error {
		answer, stored = r, true
		err := t.query(sqlIdempotencyRecord, func(v row) error {
			have := idempotency.Record{
				Key: r.Key, Fingerprint: v.text(0), CreatedAt: timeOf(v.number(1)),
				Status: int(v.number(2)), ContentType: v.text(3), Body: v.bytes(4),
			}
			age := r.CreatedAt.Sub(have.CreatedAt)
			if age <= keep && (have.Status != 0 || age <= abandoned) {
				answer, stored = have, false
			}
			return nil
		}, r.Key)
		if err != nil || !stored {
			return err
		}
		_, err = t.exec(sqlIdempotencyBegin, r.Key, r.Fingerprint, millis(r.CreatedAt), int64(r.Status), r.ContentType, r.Body)
		return err
	})
	if err != nil {
		return idempotency.Record{}, false, fmt.Errorf("begin idempotent request: %w", err)
	}
	return answer, stored, nil
}

// Complete implements [idempotency.Store]. A record that is gone or has its
// answer stays as it is.
func (s *Store) Complete(ctx context.Context, r idempotency.Record) error {
	return s.idempotencyExec(ctx, "complete idempotent request", sqlIdempotencyComplete,
		int64(r.Status), r.ContentType, r.Body, r.Key, r.Fingerprint)
}

// Forget implements [idempotency.Store].
func (s *Store) Forget(ctx context.Context, key string) error {
	return s.idempotencyExec(ctx, "forget idempotent request", sqlIdempotencyForget, key)
}

// Expire implements [idempotency.Store].
func (s *Store) Expire(ctx context.Context, before time.Time) error {
	return s.idempotencyExec(ctx, "expire idempotent requests", sqlIdempotencyExpire, millis(before))
}

func (s *Store) idempotencyExec(ctx context.Context, what, sql string, args ...any) error {
	err := s.write.do(ctx, func(t *tx) error {
		_, err := t.exec(sql, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
