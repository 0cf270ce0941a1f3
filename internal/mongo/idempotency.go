package mongo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"threadhub/internal/idempotency"
)

// requestRow is a document of the collection requests.
type requestRow struct {
	ID          string    `bson:"_id"` // the key
	Fingerprint string    `bson:"fingerprint"`
	CreatedAt   time.Time `bson:"created_at"`
	Status      int       `bson:"status"` // 0: no answer yet
	ContentType string    `bson:"content_type,omitempty"`
	Body        []byte    `bson:"body,omitempty"`
}

func newRequestRow(r idempotency.Record) requestRow {
	return requestRow{
		ID: r.Key, Fingerprint: r.Fingerprint, CreatedAt: r.CreatedAt,
		Status: r.Status, ContentType: r.ContentType, Body: r.Body,
	}
}

func (r requestRow) record() idempotency.Record {
	return idempotency.Record{
		Key: r.ID, Fingerprint: r.Fingerprint, CreatedAt: r.CreatedAt,
		Status: r.Status, ContentType: r.ContentType, Body: r.Body,
	}
}

// beginTries bounds how often Begin looks again after it was overtaken.
const beginTries = 10

// Begin is idempotency.Store.Begin. Ages are told from r's CreatedAt.
func (s *Store) Begin(ctx context.Context, r idempotency.Record, keep, abandoned time.Duration) (idempotency.Record, bool, error) {
	for range beginTries {
		have, mine, err := s.tryBegin(ctx, r, keep, abandoned)
		if errors.Is(err, errOvertaken) {
			continue
		}
		if err != nil {
			return idempotency.Record{}, false, fmt.Errorf("mongo: begin request: %w", err)
		}
		return have, mine, nil
	}
	return idempotency.Record{}, false, fmt.Errorf("mongo: begin request: %w", errOvertaken)
}

// errOvertaken: the record changed between two looks at it.
var errOvertaken = errors.New("overtaken too often")

func (s *Store) tryBegin(ctx context.Context, r idempotency.Record, keep, abandoned time.Duration) (idempotency.Record, bool, error) {
	_, err := s.requests.InsertOne(ctx, newRequestRow(r))
	if err == nil {
		return r, true, nil
	}
	if !mongo.IsDuplicateKeyError(err) {
		return idempotency.Record{}, false, err
	}
	var have requestRow
	err = s.requests.FindOne(ctx, by("_id", r.Key)).Decode(&have)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return idempotency.Record{}, false, errOvertaken
	}
	if err != nil {
		return idempotency.Record{}, false, err
	}
	age := r.CreatedAt.Sub(have.CreatedAt)
	if age <= keep && (have.Status != 0 || age <= abandoned) {
		return have.record(), false, nil
	}
	return s.takeOver(ctx, r, have)
}

// takeOver replaces a record that is too old, unless somebody else just did.
func (s *Store) takeOver(ctx context.Context, r idempotency.Record, have requestRow) (idempotency.Record, bool, error) {
	res, err := s.requests.ReplaceOne(ctx, bson.D{
		{Key: "_id", Value: have.ID},
		{Key: "created_at", Value: have.CreatedAt},
		{Key: "fingerprint", Value: have.Fingerprint},
		{Key: "status", Value: have.Status},
	}, newRequestRow(r))
	if err != nil {
		return idempotency.Record{}, false, err
	}
	if res.MatchedCount == 0 {
		return idempotency.Record{}, false, errOvertaken
	}
	return r, true, nil
}

// Complete is idempotency.Store.Complete. A record that is gone, that has its
// answer or that another request took over stays as it is.
func (s *Store) Complete(ctx context.Context, r idempotency.Record) error {
	_, err := s.requests.UpdateOne(ctx, bson.D{
		{Key: "_id", Value: r.Key},
		{Key: "fingerprint", Value: r.Fingerprint},
		{Key: "status", Value: 0},
	}, set(bson.D{
		{Key: "status", Value: r.Status},
		{Key: "content_type", Value: r.ContentType},
		{Key: "body", Value: r.Body},
	}))
	if err != nil {
		return fmt.Errorf("mongo: complete request: %w", err)
	}
	return nil
}

// Forget is idempotency.Store.Forget.
func (s *Store) Forget(ctx context.Context, key string) error {
	_, err := s.requests.DeleteOne(ctx, bson.D{{Key: "_id", Value: key}, {Key: "status", Value: 0}})
	if err != nil {
		return fmt.Errorf("mongo: forget request: %w", err)
	}
	return nil
}

// Expire is idempotency.Store.Expire.
func (s *Store) Expire(ctx context.Context, before time.Time) error {
	if _, err := s.requests.DeleteMany(ctx, by("created_at", op("$lt", before))); err != nil {
		return fmt.Errorf("mongo: expire requests: %w", err)
	}
	return nil
}
