package mongo

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Inspection is how a database looks to somebody who changes nothing in it.
type Inspection struct {
	// Have is the version of the database, Known that of this program.
	Have, Known int
	// ReplicaSet is the name of the server's replica set, "" for one alone.
	ReplicaSet string
	// Ahead is by how much the server's clock is ahead of this one.
	Ahead time.Duration
	// Pending webhooks wait to be worked, the oldest since Oldest.
	Pending int
	Oldest  time.Time
	// Deliveries wait to leave, the first since or until Due.
	Deliveries int
	Due        time.Time
}

// Inspect looks at the database of an address, and migrates nothing.
func Inspect(ctx context.Context, uri string) (in Inspection, err error) {
	s, err := connect(uri, Options{})
	if err != nil {
		return in, fmt.Errorf("mongo: inspect: %w", err)
	}
	defer func() { _ = s.Close() }()
	if err := in.hello(ctx, s.client); err != nil {
		return in, fmt.Errorf("mongo: inspect: %w", err)
	}
	in.Known = len(migrations())
	if in.Have, err = schemaVersion(ctx, s.db); err != nil || in.Have == 0 {
		return in, err
	}
	if in.Pending, err = s.journal.Backlog(ctx); err != nil {
		return in, err
	}
	if in.Oldest, err = s.journal.Oldest(ctx); err != nil {
		return in, err
	}
	if in.Deliveries, err = s.DeliveryBacklog(ctx); err != nil {
		return in, err
	}
	in.Due, err = s.NextDelivery(ctx)
	return in, err
}

// hello asks the server who it is and how late it is.
func (in *Inspection) hello(ctx context.Context, c *mongo.Client) error {
	var said struct {
		SetName   string    `bson:"setName"`
		LocalTime time.Time `bson:"localTime"`
	}
	before := time.Now()
	if err := c.Database("admin").RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&said); err != nil {
		return fmt.Errorf("ask the server who it is: %w", err)
	}
	in.ReplicaSet = said.SetName
	if !said.LocalTime.IsZero() {
		half := time.Since(before) / 2
		in.Ahead = said.LocalTime.Sub(before.Add(half))
	}
	return nil
}

// Record reads the body of one small record (see package directory), nil when
// there is none, and migrates nothing.
func Record(ctx context.Context, uri, kind, id string) ([]byte, error) {
	s, err := connect(uri, Options{})
	if err != nil {
		return nil, fmt.Errorf("mongo: read record: %w", err)
	}
	defer func() { _ = s.Close() }()
	rows, err := find[recordRow](ctx, s.records, by("_id", recordKey(kind, id)), page(1))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0].Body, nil
}
