package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Item is a typed record with what the store knows about it.
type Item[T any] struct {
	ID      string
	Version int64 // from 1, grows by one with every update
	Value   T
}

// Collection is the records of one kind as values of T, kept as JSON. It holds
// no state of its own and is as safe for concurrent use as its store. Its
// errors wrap [ErrNotFound], [ErrConflict] and [ErrTaken]; any other error
// means that the store is in trouble or a record cannot be read.
type Collection[T any] struct {
	store  Store
	kind   string
	unique func(T) string
}

// NewCollection makes the collection of a kind. unique names the value that no
// other record of the kind may have, "" for none; nil means that no record has
// such a name.
func NewCollection[T any](store Store, kind string, unique func(T) string) Collection[T] {
	if unique == nil {
		unique = func(T) string { return "" }
	}
	return Collection[T]{store: store, kind: kind, unique: unique}
}

// Get answers the record with the id.
func (c Collection[T]) Get(ctx context.Context, id string) (Item[T], error) {
	d, err := c.store.Get(ctx, c.kind, id)
	if err != nil {
		return Item[T]{}, fmt.Errorf("get %s: %w", c.kind, err)
	}
	return c.decode(d)
}

// Find answers the record with the unique name.
func (c Collection[T]) Find(ctx context.Context, unique string) (Item[T], error) {
	d, err := c.store.Find(ctx, c.kind, unique)
	if err != nil {
		return Item[T]{}, fmt.Errorf("find %s: %w", c.kind, err)
	}
	return c.decode(d)
}

// List answers up to limit records in the order of their ids, after the given
// one ("" for the first).
func (c Collection[T]) List(ctx context.Context, after string, limit int) ([]Item[T], error) {
	docs, err := c.store.List(ctx, c.kind, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", c.kind, err)
	}
	items := make([]Item[T], 0, len(docs))
	for _, d := range docs {
		item, err := c.decode(d)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// Create stores a new record under an id of the caller's. ErrConflict means
// that the id exists, ErrTaken that its unique name does.
func (c Collection[T]) Create(ctx context.Context, id string, value T) (Item[T], error) {
	return c.put(ctx, "create", Item[T]{ID: id, Version: 1, Value: value})
}

// Update stores a record that was read and changed: item.Version is the
// version that was read, ErrConflict means that it is no longer the stored
// one. The answer has the new version.
func (c Collection[T]) Update(ctx context.Context, item Item[T]) (Item[T], error) {
	item.Version++
	return c.put(ctx, "update", item)
}

// Delete removes the record.
func (c Collection[T]) Delete(ctx context.Context, id string) error {
	if err := c.store.Delete(ctx, c.kind, id); err != nil {
		return fmt.Errorf("delete %s: %w", c.kind, err)
	}
	return nil
}

func (c Collection[T]) put(ctx context.Context, verb string, item Item[T]) (Item[T], error) {
	body, err := json.Marshal(item.Value)
	if err != nil {
		return Item[T]{}, fmt.Errorf("%s %s: %w", verb, c.kind, err)
	}
	err = c.store.Put(ctx, Document{
		Kind: c.kind, ID: item.ID, Unique: c.unique(item.Value), Version: item.Version, Body: body,
	})
	if err != nil {
		return Item[T]{}, fmt.Errorf("%s %s: %w", verb, c.kind, err)
	}
	return item, nil
}

func (c Collection[T]) decode(d Document) (Item[T], error) {
	item := Item[T]{ID: d.ID, Version: d.Version}
	if err := json.Unmarshal(d.Body, &item.Value); err != nil {
		return Item[T]{}, fmt.Errorf("read %s %s: %w", c.kind, d.ID, err)
	}
	return item, nil
}

// rewritePage is how many records one read of a whole collection takes.
const rewritePage = 200

// Rewrite applies a change to every record, and again to one that somebody else
// changes meanwhile. change answers how much it changed of a record; one of
// which it answers 0 is left alone. It may be repeated after an error, with
// which it answers how much was changed before.
func (c Collection[T]) Rewrite(ctx context.Context, change func(item *Item[T]) (int, error)) (int, error) {
	total, after := 0, ""
	for {
		items, err := c.List(ctx, after, rewritePage)
		if err != nil {
			return total, err
		}
		for _, item := range items {
			after = item.ID
			n, err := c.rewriteOne(ctx, item, change)
			if total += n; err != nil {
				return total, fmt.Errorf("rewrite %s %s: %w", c.kind, item.ID, err)
			}
		}
		if len(items) < rewritePage {
			return total, nil
		}
	}
}

func (c Collection[T]) rewriteOne(ctx context.Context, item Item[T], change func(item *Item[T]) (int, error)) (int, error) {
	for {
		n, err := change(&item)
		if err != nil || n == 0 {
			return 0, err
		}
		_, err = c.Update(ctx, item)
		if errors.Is(err, ErrConflict) {
			item, err = c.Get(ctx, item.ID)
			if err == nil {
				continue
			}
		}
		if errors.Is(err, ErrNotFound) {
			return 0, nil // removed meanwhile
		}
		if err != nil {
			return 0, err
		}
		return n, nil
	}
}
