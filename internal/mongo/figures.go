package mongo

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"threadhub/threads"
)

// figuresBatch is how many figures one round trip brings.
const figuresBatch = 10_000

// Figures is threads.Queries.Figures. They stand in the conversation's own
// document, so that the commit of one is the commit of both; the index of the
// order holds everything that is asked for.
func (s *Store) Figures(ctx context.Context, p threads.Period, each func(threads.Figures) error) error {
	if err := s.figures(ctx, p, each); err != nil {
		return fmt.Errorf("mongo: figures: %w", err)
	}
	return nil
}

// figures walks the index of the period's time from the latest on. Where a
// conversation changes meanwhile, its new entry in the index is next to the old
// one and passed over, or further back, at a later time. So none is answered
// twice.
func (s *Store) figures(ctx context.Context, p threads.Period, each func(threads.Figures) error) error {
	at, find := "doc.created_at", options.Find().SetSort(order("-doc.created_at", "-_id")).SetProjection(order("figures"))
	switch p.By {
	case threads.ByCreated:
	case threads.BySolved:
		at, find = "solved.at", options.Find().SetSort(order("-solved.at", "-solved.id")).
			SetProjection(bson.D{{Key: "_id", Value: 0}, {Key: "solved.id", Value: 1}, {Key: "solved.figures", Value: 1}})
	default:
		return fmt.Errorf("unknown time %q of the period", p.By)
	}
	within := bson.D{{Key: "$gte", Value: p.From}, {Key: "$lt", Value: p.To}}
	cur, err := s.conversations.Find(ctx, by(at, within), find.SetBatchSize(figuresBatch))
	if err != nil {
		return err
	}
	defer func() { _ = cur.Close(ctx) }()
	var last threads.ConversationID
	for cur.Next(ctx) {
		var row figuresRow
		if err := cur.Decode(&row); err != nil {
			return err
		}
		if row.Solved != nil {
			row.ID, row.Figures = row.Solved.ID, row.Solved.Figures
		}
		if row.ID == last {
			continue
		}
		last = row.ID
		f, err := threads.DecodeFigures(row.Figures)
		if err != nil {
			return err
		}
		if err := each(f); err != nil {
			return err
		}
	}
	return cur.Err()
}

// figuresRow is what a report reads of a document.
type figuresRow struct {
	ID      threads.ConversationID `bson:"_id"`
	Figures []byte                 `bson:"figures"`
	Solved  *solvedFigures         `bson:"solved"`
}
