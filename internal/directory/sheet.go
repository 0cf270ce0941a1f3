package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// sheetID is the id of the only record of a sheet's kind.
const sheetID = "list"

// SheetOptions are what a Sheet works with. All are required but Fresh.
type SheetOptions[T, V any] struct {
	Store Store
	Kind  string
	What  string // the records, for people: "queues"
	Now   func() time.Time
	// Fresh is how long a view is used without looking whether another process
	// changed the sheet; 0 on a store that only this process writes.
	Fresh time.Duration
	// View is what readers make of the sheet. It is shared by all of them.
	View func(Item[T]) V
}

// Sheet is a kind of records that is kept as one document, such as an ordered
// list: the order is changed at once and nobody ever reads half a move. What
// readers make of it is held in memory. It is safe for concurrent use.
type Sheet[T, V any] struct {
	SheetOptions[T, V]
	records Collection[T]

	mu   sync.RWMutex
	held *heldView[V]
}

// heldView is the view of a version.
type heldView[V any] struct {
	version int64
	view    V
	readAt  time.Time
}

// NewSheet returns a sheet over the given parts.
func NewSheet[T, V any](o SheetOptions[T, V]) *Sheet[T, V] {
	return &Sheet[T, V]{SheetOptions: o, records: NewCollection[T](o.Store, o.Kind, nil)}
}

// Read answers the sheet as it is stored; its version is 0 before the first
// change.
func (s *Sheet[T, V]) Read(ctx context.Context) (Item[T], error) {
	item, err := s.records.Get(ctx, sheetID)
	if errors.Is(err, ErrNotFound) {
		return Item[T]{ID: sheetID}, nil
	}
	if err != nil {
		return item, fmt.Errorf("%s: %w", s.What, err)
	}
	return item, nil
}

// Held answers the view, from memory as long as it is fresh.
func (s *Sheet[T, V]) Held(ctx context.Context) (V, error) {
	s.mu.RLock()
	h := s.held
	s.mu.RUnlock()
	if h != nil && (s.Fresh == 0 || s.Now().Sub(h.readAt) < s.Fresh) {
		return h.view, nil
	}
	readAt := s.Now()
	item, err := s.Read(ctx)
	if err != nil {
		var none V
		return none, err
	}
	return s.hold(item, readAt), nil
}

// hold keeps the view of the sheet unless that of a newer one is held already,
// and answers the one that is.
func (s *Sheet[T, V]) hold(item Item[T], readAt time.Time) V {
	view := s.View(item)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil || s.held.version <= item.Version {
		s.held = &heldView[V]{version: item.Version, view: view, readAt: readAt}
	}
	return s.held.view
}

// Edit changes the sheet, again if somebody else was faster, and answers it as
// it then is. An error of change's is answered as it is, and nothing is stored.
func (s *Sheet[T, V]) Edit(ctx context.Context, change func(*T) error) (Item[T], error) {
	for {
		item, err := s.Read(ctx)
		if err != nil {
			return item, err
		}
		if err := change(&item.Value); err != nil {
			return item, err
		}
		readAt := s.Now()
		if item.Version == 0 {
			item, err = s.records.Create(ctx, sheetID, item.Value)
		} else {
			item, err = s.records.Update(ctx, item)
		}
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return item, fmt.Errorf("%s: %w", s.What, err)
		}
		s.hold(item, readAt)
		return item, nil
	}
}

// Rewrite is [Collection.Rewrite] of the sheet. What is held of it stays: it is
// for what no view shows.
func (s *Sheet[T, V]) Rewrite(ctx context.Context, change func(item *Item[T]) (int, error)) (int, error) {
	return s.records.Rewrite(ctx, change)
}

// InsertAt puts a record into an ordered list: at the position, from 1; nil, or
// beyond the end: last.
func InsertAt[E any](list []E, position *int, e E) []E {
	at := len(list)
	if position != nil {
		at = min(*position-1, at)
	}
	return slices.Insert(list, at, e)
}

// ReplaceAt puts a record into the place of the i-th of an ordered list, or with
// a position to that one; the others close the gap.
func ReplaceAt[E any](list []E, i int, position *int, e E) []E {
	if position == nil {
		list[i] = e
		return list
	}
	return InsertAt(slices.Delete(list, i, i+1), position, e)
}
