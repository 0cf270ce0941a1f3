package mongo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// index is a list of fields, "-field" for descending order.
type index struct {
	Fields []string
	Unique bool
	// Sparse leaves out documents that have none of the fields: an index with
	// _id in it leaves none out.
	Sparse bool
}

// collectionIndexes are the indexes of one collection besides that on _id.
type collectionIndexes struct {
	Collection string
	Indexes    []index
}

// indexes serve every query that traffic makes, with the list orders down to
// the id. Literal text search is the one kind that reads through a list.
func indexes() []collectionIndexes {
	return []collectionIndexes{
		{"conversations", []index{
			{Fields: []string{"slot", "doc.ordinal"}, Unique: true},
			// With the slot, which the value of live is or belongs to, so that the
			// collection can be sharded by it.
			{Fields: []string{"slot", "live"}, Unique: true},
			{Fields: []string{"current"}, Sparse: true},
			{Fields: []string{"unsettled_at"}, Sparse: true},
			{Fields: []string{"rule_alarm_at"}, Sparse: true},
			{Fields: []string{"doc.state.close_due_at", "_id"}},
			{Fields: []string{"doc.state.queued_at", "_id"}},
			{Fields: []string{"wake_at", "_id"}},
			{Fields: []string{"doc.state.assignee_id", "load", "places"}},
			{Fields: []string{"holds", "holds_places"}, Sparse: true},
			{Fields: []string{"line.rank", "line.at", "line.id"}, Sparse: true},
			{Fields: []string{"offer.to", "offer.places"}, Sparse: true},
			{Fields: []string{"offer.until", "offer.id"}, Sparse: true},
			{Fields: []string{"doc.follow_up_of"}, Sparse: true},
			{Fields: []string{"doc.state.reopen_count"}, Sparse: true},
			{Fields: []string{"doc.tags"}, Sparse: true},
			{Fields: []string{"-doc.updated_at", "-_id"}},
			// Reports read their period from the next two and no document.
			{Fields: []string{"-doc.created_at", "-_id", "figures"}},
			{Fields: []string{"-solved.at", "-solved.id", "solved.figures"}, Sparse: true},
			{Fields: []string{"spent.channel", "spent.style", "spent.at", "spent.id"}, Sparse: true},
			{Fields: []string{"doc.state.status", "-doc.updated_at", "-_id"}},
			{Fields: []string{"doc.state.assignee_id", "doc.state.status", "-doc.updated_at", "-_id"}},
			{Fields: []string{"doc.state.group_id", "doc.state.status", "-doc.updated_at", "-_id"}},
			{Fields: []string{"doc.channel_id", "-doc.updated_at", "-_id"}},
			{Fields: []string{"doc.contact.id", "-doc.updated_at", "-_id"}},
		}},
		{"messages", []index{
			{Fields: []string{"doc.channel_id", "doc.key"}, Unique: true},
			{Fields: []string{"doc.channel_id", "doc.external_ids"}},
			{Fields: []string{"doc.conversation_id", "doc.sent_at", "doc.sequence"}},
			{Fields: []string{"-dead"}, Sparse: true},
		}},
		{"contacts", []index{{Fields: []string{"opted_out"}, Sparse: true}}},
		{"identities", []index{{Fields: []string{"contact"}}}},
		{"transitions", []index{{Fields: []string{"doc.conversation_id", "version", "index"}}}},
		{"rule_runs", []index{
			{Fields: []string{"doc.conversation_id", "-_id"}},
			{Fields: []string{"doc.rule_id", "-_id"}},
			{Fields: []string{"call_at"}, Sparse: true},
		}},
		{"routing_decisions", []index{{Fields: []string{"doc.conversation_id", "-_id"}}}},
		{"deliveries", []index{
			{Fields: []string{"bulk", "doc.created_at", "_id"}},
			{Fields: []string{"lane", "_id"}},
			{Fields: []string{"due"}},
		}},
		{"lanes", []index{{Fields: []string{"until"}}, {Fields: []string{"delivery"}}}},
		{"parked", []index{
			{Fields: []string{"doc.channel_id", "doc.target"}},
			{Fields: []string{"doc.received_at"}},
		}},
		{"journal", []index{
			{Fields: []string{"doc.state", "doc.received_at", "_id", "due", "doc.channel_id"}},
			{Fields: []string{"doc.channel_id", "_id"}},
		}},
		{"quarantine", []index{{Fields: []string{"doc.channel_id", "_id"}}, {Fields: []string{"doc.channel_id", "doc.at"}}}},
		{"records", []index{{Fields: []string{"unique"}, Unique: true}}},
		{"spool_intents", []index{{Fields: []string{"lane", "_id"}}, {Fields: []string{"at"}}}},
		{"spool_events", []index{
			{Fields: []string{"place", "event"}},
			{Fields: []string{"waiting.lane", "waiting.event"}, Sparse: true},
			{Fields: []string{"lane"}},
			{Fields: []string{"expires_at"}},
		}},
		{"spool_lanes", []index{{Fields: []string{"subscription", "next_at"}}, {Fields: []string{"next_at"}}}},
		{"requests", []index{{Fields: []string{"created_at"}}}},
	}
}

// createIndexes makes those that are missing.
func createIndexes(ctx context.Context, db *mongo.Database) error {
	for _, c := range indexes() {
		view := db.Collection(c.Collection).Indexes()
		there, err := view.ListSpecifications(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Collection, err)
		}
		var models []mongo.IndexModel
		for _, ix := range c.Indexes {
			named := func(s mongo.IndexSpecification) bool { return s.Name == ix.name() }
			if !slices.ContainsFunc(there, named) {
				models = append(models, ix.model())
			}
		}
		if len(models) == 0 {
			continue
		}
		if _, err := view.CreateMany(ctx, models); err != nil {
			return fmt.Errorf("%s: %w", c.Collection, err)
		}
	}
	return nil
}

func (ix index) name() string { return strings.Join(ix.Fields, " ") }

func (ix index) model() mongo.IndexModel {
	opts := options.Index().SetName(ix.name())
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
