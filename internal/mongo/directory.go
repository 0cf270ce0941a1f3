package mongo

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"threadhub/internal/directory"
)

// recordRow is a document of the collection records.
type recordRow struct {
	ID   string `bson:"_id"` // kind and id: the order of lists
	Kind string `bson:"kind"`
	Name string `bson:"name"` // the id within the kind
	// Unique is the kind with the unique name, or with the id of a record that
	// has none: so the index needs no exceptions.
	Unique  string `bson:"unique"`
	Version int64  `bson:"version"`
	Body    []byte `bson:"body"`
}

// Prefixes of recordRow.Unique.
const (
	namedRecord   = "name/"
	unnamedRecord = "none/"
)

func recordKey(kind, id string) string { return kind + "/" + id }

func uniqueKey(kind, unique string) string { return namedRecord + kind + "/" + unique }

func newRecordRow(d directory.Document) recordRow {
	r := recordRow{
		ID: recordKey(d.Kind, d.ID), Kind: d.Kind, Name: d.ID,
		Unique: unnamedRecord + recordKey(d.Kind, d.ID), Version: d.Version, Body: d.Body,
	}
	if d.Unique != "" {
		r.Unique = uniqueKey(d.Kind, d.Unique)
	}
	return r
}

func (r recordRow) document() directory.Document {
	d := directory.Document{Kind: r.Kind, ID: r.Name, Version: r.Version, Body: r.Body}
	if prefix := uniqueKey(r.Kind, ""); len(r.Unique) > len(prefix) && r.Unique[:len(prefix)] == prefix {
		d.Unique = r.Unique[len(prefix):]
	}
	return d
}

// Get is directory.Store.Get.
func (s *Store) Get(ctx context.Context, kind, id string) (directory.Document, error) {
	return s.record(ctx, by("_id", recordKey(kind, id)), kind)
}

// Find is directory.Store.Find.
func (s *Store) Find(ctx context.Context, kind, unique string) (directory.Document, error) {
	return s.record(ctx, by("unique", uniqueKey(kind, unique)), kind)
}

func (s *Store) record(ctx context.Context, filter bson.D, kind string) (directory.Document, error) {
	var r recordRow
	err := s.records.FindOne(ctx, filter).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		err = directory.ErrNotFound
	}
	if err != nil {
		return directory.Document{}, fmt.Errorf("mongo: record of kind %s: %w", kind, err)
	}
	return r.document(), nil
}

// List is directory.Store.List.
func (s *Store) List(ctx context.Context, kind, after string, limit int) ([]directory.Document, error) {
	// '0' is the character after '/': the end of the kind's keys.
	rows, err := find[recordRow](ctx, s.records,
		by("_id", bson.D{{Key: "$gt", Value: recordKey(kind, after)}, {Key: "$lt", Value: kind + "0"}}),
		page(pageLimit(limit), "_id"))
	if err != nil {
		return nil, fmt.Errorf("mongo: list records of kind %s: %w", kind, err)
	}
	list := make([]directory.Document, len(rows))
	for i, r := range rows {
		list[i] = r.document()
	}
	return list, nil
}

// Put is directory.Store.Put.
func (s *Store) Put(ctx context.Context, d directory.Document) error {
	put := s.replaceRecord
	if d.Version <= 1 {
		put = s.addRecord
	}
	if err := put(ctx, d); err != nil {
		return fmt.Errorf("mongo: put %s %s: %w", d.Kind, d.ID, err)
	}
	return nil
}

// addRecord stores a new one. Two unique keys can be taken: by a record with
// the same id, or by one with the same name.
func (s *Store) addRecord(ctx context.Context, d directory.Document) error {
	_, err := s.records.InsertOne(ctx, newRecordRow(d))
	if !mongo.IsDuplicateKeyError(err) {
		return err
	}
	switch _, err := s.Get(ctx, d.Kind, d.ID); {
	case err == nil:
		return directory.ErrConflict
	case errors.Is(err, directory.ErrNotFound):
		return directory.ErrTaken
	default:
		return err
	}
}

// replaceRecord changes one. It looks for a record with the same name first;
// between two that take a name at once the unique index decides.
func (s *Store) replaceRecord(ctx context.Context, d directory.Document) error {
	r := newRecordRow(d)
	n, err := s.records.CountDocuments(ctx, bson.D{
		{Key: "unique", Value: r.Unique}, {Key: "_id", Value: op("$ne", r.ID)},
	})
	if err != nil {
		return err
	}
	if n > 0 {
		return directory.ErrTaken
	}
	res, err := s.records.UpdateOne(ctx,
		bson.D{{Key: "_id", Value: r.ID}, {Key: "version", Value: d.Version - 1}},
		set(bson.D{{Key: "unique", Value: r.Unique}, {Key: "version", Value: r.Version}, {Key: "body", Value: r.Body}}))
	switch {
	case mongo.IsDuplicateKeyError(err):
		return directory.ErrTaken
	case err != nil:
		return err
	case res.MatchedCount == 0:
		return directory.ErrConflict
	}
	return nil
}

// Delete is directory.Store.Delete.
func (s *Store) Delete(ctx context.Context, kind, id string) error {
	res, err := s.records.DeleteOne(ctx, by("_id", recordKey(kind, id)))
	if err == nil && res.DeletedCount == 0 {
		err = directory.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("mongo: delete %s %s: %w", kind, id, err)
	}
	return nil
}
