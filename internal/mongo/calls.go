package mongo

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"threadhub/internal/crashpoint"
	"threadhub/threads"
	"threadhub/workers"
)

// BeginCalls is workers.Outbox.BeginCalls. The messages change first: after a
// crash in between the delivery is simply tried, for no call was made.
func (s *Store) BeginCalls(ctx context.Context, ids []threads.MessageID) ([]threads.Message, error) {
	news := make([]news, len(ids))
	for i, id := range ids {
		news[i].id, news[i].patch = id, threads.MessagePatch{Status: threads.MessageSending}
	}
	messages, err := s.advance(ctx, news)
	if err != nil {
		return nil, fmt.Errorf("mongo: begin calls: %w", err)
	}
	if len(ids) == 0 {
		return messages, nil
	}
	crashpoint.At(crashpoint.HalfBegun)
	if _, err := s.deliveries.UpdateMany(ctx, in("_id", ids), set(by("doc.in_flight", true))); err != nil {
		return nil, fmt.Errorf("mongo: begin calls: %w", err)
	}
	return messages, nil
}

// SettleCalls is workers.Outbox.SettleCalls: first the messages, then their
// deliveries, then the lanes. After a crash in between, the message tells that
// the delivery has ended.
func (s *Store) SettleCalls(ctx context.Context, results []workers.DeliveryResult) ([]threads.Message, error) {
	news := make([]news, len(results))
	var rows []mongo.WriteModel
	lanes := laneChanges{s: s}
	for i, r := range results {
		d := newDeliveryRow(r.Delivery)
		news[i].id, news[i].patch, news[i].ends = r.Delivery.MessageID, r.Message, !r.Again
		if r.Again {
			rows = append(rows, mongo.NewUpdateOneModel().SetFilter(by("_id", d.ID)).
				SetUpdate(set(bson.D{{Key: "doc", Value: d.Doc}, {Key: "due", Value: d.Due}})))
			lanes.hold(d.Lane, d.ID, d.Due)
			continue
		}
		rows = append(rows, mongo.NewDeleteOneModel().SetFilter(by("_id", d.ID)))
		lanes.release(d.Lane, d.ID)
	}
	messages, err := s.advance(ctx, news)
	if err != nil {
		return nil, fmt.Errorf("mongo: settle calls: %w", err)
	}
	if len(rows) == 0 {
		return messages, nil
	}
	crashpoint.At(crashpoint.HalfSettled)
	if _, err := s.deliveries.BulkWrite(ctx, rows, unordered()); err != nil {
		return nil, fmt.Errorf("mongo: settle calls: %w", err)
	}
	if err := lanes.write(ctx); err != nil {
		return nil, fmt.Errorf("mongo: settle calls: %w", err)
	}
	return messages, nil
}

// news about a message, from its delivery.
type news struct {
	id    threads.MessageID
	patch threads.MessagePatch
	ends  bool // the delivery has ended
}

// advanceTries bounds how often advance starts again because messages changed
// under its hands.
const advanceTries = 20

// advance applies the news, each to the message as it then is, and answers the
// messages in the order of the news; those that do not exist are left out.
func (s *Store) advance(ctx context.Context, list []news) ([]threads.Message, error) {
	if len(list) == 0 {
		return nil, nil
	}
	ids := make([]threads.MessageID, len(list))
	for i, n := range list {
		ids[i] = n.id
	}
	for range advanceTries {
		rows, err := find[messageRow](ctx, s.messages, in("_id", ids))
		if err != nil {
			return nil, err
		}
		messages, models := apply(list, rows)
		if len(models) == 0 {
			return messages, nil
		}
		res, err := s.messages.BulkWrite(ctx, models, unordered())
		if err != nil {
			return nil, err
		}
		// Applying the same news to a message that has it changes nothing: so
		// whichever write was lost, all of them can simply be tried again.
		if res.MatchedCount == int64(len(models)) {
			return messages, nil
		}
	}
	return nil, fmt.Errorf("messages keep changing: %w", threads.ErrConflict)
}

// apply answers the messages with the news, and the writes that takes.
func apply(list []news, rows []messageRow) ([]threads.Message, []mongo.WriteModel) {
	stored := make(map[threads.MessageID]messageRow, len(rows))
	for _, r := range rows {
		stored[r.Doc.ID] = r
	}
	var messages []threads.Message
	var models []mongo.WriteModel
	for _, n := range list {
		r, ok := stored[n.id]
		if !ok {
			continue
		}
		filter := versioned(r.ID, r.Doc.Version)
		var fields bson.D
		if r.Doc.Advance(n.patch) {
			r.Doc.Version++
			fields = append(fields, bson.E{Key: "doc", Value: r.Doc})
			if r.Doc.DeadLetter() {
				fields = append(fields, bson.E{Key: "dead", Value: r.ID})
			}
		}
		if n.ends && !r.Settled {
			fields = append(fields, bson.E{Key: "settled", Value: true})
		}
		if len(fields) > 0 {
			models = append(models, mongo.NewUpdateOneModel().SetFilter(filter).SetUpdate(set(fields)))
		}
		messages = append(messages, r.Doc)
	}
	return messages, models
}
