// Package directory keeps the hub's small records: channels, agents, groups,
// tokens, settings. They are few, read often and changed by admins.
package directory

import (
	"context"
	"errors"
)

// Errors of a [Store].
var (
	ErrNotFound = errors.New("no such record")
	ErrConflict = errors.New("changed by somebody else")
	ErrTaken    = errors.New("already taken") // the unique name belongs to another record
)

// Document is a record as the stores see it.
type Document struct {
	Kind string // "channel", "agent" …
	ID   string // unique in its kind, sortable by creation
	// Unique is a name that no other record of the kind may have; empty: none.
	Unique  string
	Version int64 // from 1
	Body    []byte
}

// Store keeps documents. Methods are safe for concurrent use.
type Store interface {
	Get(ctx context.Context, kind, id string) (Document, error)
	// Find answers the document with the unique name.
	Find(ctx context.Context, kind, unique string) (Document, error)
	// List answers documents in the order of their ids, after the given one.
	List(ctx context.Context, kind, after string, limit int) ([]Document, error)
	// Put stores d if the stored version is d.Version-1 (0: there is none);
	// ErrConflict or ErrTaken otherwise.
	Put(ctx context.Context, d Document) error
	// Delete removes a document; ErrNotFound when there is none.
	Delete(ctx context.Context, kind, id string) error
}
