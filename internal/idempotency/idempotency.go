// Package idempotency remembers what was answered to a request, so that a
// client which repeats it under the same key gets the same answer and nothing
// happens twice.
package idempotency

import (
	"context"
	"time"
)

// Record is a request under an idempotency key and, once known, its answer.
type Record struct {
	Key         string // caller and key; unique
	Fingerprint string // of method, path and body
	Status      int    // 0 while the first request is still under way
	ContentType string
	Body        []byte
	CreatedAt   time.Time
}

// Store keeps records. Methods are safe for concurrent use.
type Store interface {
	// Begin stores r unless its key is taken by a record that is not older
	// than keep; then it answers that record and false. A record without an
	// answer that is older than abandoned is taken over.
	Begin(ctx context.Context, r Record, keep, abandoned time.Duration) (Record, bool, error)
	// Complete adds the answer.
	Complete(ctx context.Context, r Record) error
	// Forget removes a record without an answer, so that the request may be
	// repeated.
	Forget(ctx context.Context, key string) error
	// Expire removes records created before the given time.
	Expire(ctx context.Context, before time.Time) error
}
