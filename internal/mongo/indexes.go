package mongo

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// index is a list of fields, "-field" for descending order.
type index struct {
	Fields []string
	Unique bool
	// Sparse leaves out documents that have none of the fields.
	Sparse bool
}

// collectionIndexes are the indexes of one collection besides that on _id.
type collectionIndexes struct {
	Collection string
	Indexes    []index
}

// indexes serve every query that traffic makes; literal text search is the one
// kind that reads through a list.
func indexes() []collectionIndexes {
	return []collectionIndexes{
		{"conversations", []index{
			{Fields: []string{"slot", "doc.ordinal"}, Unique: true},
			{Fields: []string{"live"}, Unique: true},
			{Fields: []string{"current"}, Sparse: true},
			{Fields: []string{"unsettled_at"}, Sparse: true},
			{Fields: []string{"doc.state.close_due_at"}, Sparse: true},
			{Fields: []string{"doc.state.queued_at"}, Sparse: true},
			{Fields: []string{"doc.follow_up_of"}, Sparse: true},
			{Fields: []string{"doc.tags"}, Sparse: true},
			{Fields: []string{"-doc.updated_at", "-_id"}},
			{Fields: []string{"-doc.created_at", "-_id"}},
			{Fields: []string{"doc.state.status", "-doc.updated_at"}},
			{Fields: []string{"doc.state.assignee_id", "doc.state.status", "-doc.updated_at"}},
			{Fields: []string{"doc.state.group_id", "doc.state.status", "-doc.updated_at"}},
			{Fields: []string{"doc.channel_id", "-doc.updated_at"}},
			{Fields: []string{"doc.contact.id", "-doc.created_at"}},
		}},
		{"messages", []index{
			{Fields: []string{"doc.channel_id", "doc.key"}, Unique: true},
			{Fields: []string{"doc.channel_id", "doc.external_ids"}},
			{Fields: []string{"doc.conversation_id", "doc.sent_at", "doc.sequence"}},
		}},
		{"transitions", []index{{Fields: []string{"doc.conversation_id", "version", "index"}}}},
		{"deliveries", []index{
			{Fields: []string{"doc.created_at", "_id"}},
			{Fields: []string{"lane", "_id"}},
			{Fields: []string{"due"}},
		}},
		{"lanes", []index{{Fields: []string{"until"}}, {Fields: []string{"delivery"}}}},
		{"parked", []index{
			{Fields: []string{"doc.channel_id", "doc.target"}},
			{Fields: []string{"doc.received_at"}},
		}},
		{"journal", []index{
			{Fields: []string{"doc.state", "doc.received_at", "_id", "due"}},
			{Fields: []string{"doc.channel_id", "_id"}},
		}},
		{"quarantine", []index{{Fields: []string{"doc.channel_id", "_id"}}, {Fields: []string{"doc.at"}}}},
		{"records", []index{{Fields: []string{"unique"}, Unique: true}}},
		{"requests", []index{{Fields: []string{"created_at"}}}},
	}
}

// createIndexes makes those that are missing.
func createIndexes(ctx context.Context, db *mongo.Database) error {
	for _, c := range indexes() {
		models := make([]mongo.IndexModel, len(c.Indexes))
		for i, ix := range c.Indexes {
			models[i] = ix.model()
		}
		if _, err := db.Collection(c.Collection).Indexes().CreateMany(ctx, models); err != nil {
			return fmt.Errorf("%s: %w", c.Collection, err)
		}
	}
	return nil
}

func (ix index) model() mongo.IndexModel {
	opts := options.Index()
	if ix.Unique {
		opts.SetUnique(true)
	}
	if ix.Sparse {
		opts.SetSparse(true)
	}
	return mongo.IndexModel{Keys: order(ix.Fields...), Options: opts}
}

// order is a sort or an index key: fields, "-field" for descending.
func order(fields ...string) bson.D {
	d := make(bson.D, len(fields))
	for i, f := range fields {
		d[i] = bson.E{Key: f, Value: 1}
		if f[0] == '-' {
			d[i] = bson.E{Key: f[1:], Value: -1}
		}
	}
	return d
}
