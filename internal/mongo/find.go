package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// find answers all documents that match.
func find[T any](ctx context.Context, c *mongo.Collection, filter bson.D, opts ...options.Lister[options.FindOptions]) ([]T, error) {
	cur, err := c.Find(ctx, filter, opts...)
	if err != nil {
		return nil, err
	}
	var out []T
	if err := cur.All(ctx, &out); err != nil {
		return nil, err
	}
	return out, nil
}

// page is a sorted find of at most limit documents; limit 0 means all.
func page(limit int, fields ...string) *options.FindOptionsBuilder {
	return options.Find().SetSort(order(fields...)).SetLimit(int64(limit))
}

// only is a projection of the named fields (and _id).
func only(fields ...string) *options.FindOptionsBuilder {
	return options.Find().SetProjection(order(fields...))
}

// unordered lets a bulk write go on after an operation that failed.
func unordered() *options.BulkWriteOptionsBuilder {
	return options.BulkWrite().SetOrdered(false)
}

// insertNew writes the documents that are not there yet, in one round trip.
func insertNew[T any](ctx context.Context, c *mongo.Collection, docs []T) error {
	if len(docs) == 0 {
		return nil
	}
	_, err := c.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
	return exceptDuplicates(err)
}

// Filters and updates, spelled once.

func by(field string, value any) bson.D { return bson.D{{Key: field, Value: value}} }

func op(operator string, value any) bson.D { return bson.D{{Key: operator, Value: value}} }

func in[T any](field string, values []T) bson.D { return by(field, op("$in", values)) }

func set(fields bson.D) bson.D { return op("$set", fields) }

// texts are the ids as plain strings.
func texts[S ~string](ids []S) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}
