package mongo

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"threadhub/threads"
)

// lineRow repeats what orders a waiting conversation whose priority is not the
// normal one, so that a sparse index holds it and nothing else.
type lineRow struct {
	Rank threads.Rank           `bson:"rank"`
	At   time.Time              `bson:"at"`
	ID   threads.ConversationID `bson:"id"`
}

// offerRow repeats the offer of a conversation in the same way.
type offerRow struct {
	To    threads.AgentID        `bson:"to"`
	Until time.Time              `bson:"until"`
	ID    threads.ConversationID `bson:"id"`
	// Places are how many it keeps.
	Places int `bson:"places"`
}

// placeOf are the fields that follow from a change's place: those to set, and
// those to take away.
func placeOf(c threads.Change) (setting, unsetting bson.D) {
	if c.Place == nil {
		return nil, nil
	}
	add := func(field string, is bool, value any) {
		if is {
			setting = append(setting, bson.E{Key: field, Value: value})
		} else {
			unsetting = append(unsetting, bson.E{Key: field, Value: ""})
		}
	}
	id, p := c.Conversation.ID, *c.Place
	add("line", p.Rank != threads.RankNormal, lineRow{p.Rank, p.QueuedAt, id})
	add("offer", p.Offered != "", offerRow{p.Offered, p.Until, id, p.Places})
	return setting, unsetting
}

// place sets the same fields of a new conversation.
func (r *conversationRow) place(c threads.Change) {
	if c.Place == nil {
		return
	}
	if p := *c.Place; p.Rank != threads.RankNormal {
		r.Line = &lineRow{p.Rank, p.QueuedAt, c.Conversation.ID}
	}
	if p := *c.Place; p.Offered != "" {
		r.Offer = &offerRow{p.Offered, p.Until, c.Conversation.ID, p.Places}
	}
}

// holdsOf is the agent of whose capacity the conversation may take places, ""
// when it takes none, and how many.
func holdsOf(c threads.Conversation) (agent string, places int) {
	if c.State.Load() == threads.LoadNone {
		return "", 0
	}
	return string(c.State.Assignee), c.State.Places()
}

// Tallies is threads.RoutingStore.Tallies.
//
// Offers are counted before conversations that take a place: one that is
// accepted meanwhile is counted twice rather than not at all. Each count reads
// one index whose keys stay as they are while a conversation goes on to take its
// place.
func (s *Store) Tallies(ctx context.Context, agents []threads.AgentID) (map[threads.AgentID]threads.Tally, error) {
	held, err := s.tallies(ctx, agents)
	if err != nil {
		return nil, fmt.Errorf("mongo: tallies: %w", err)
	}
	seats, err := find[seatRow](ctx, s.seats, amongst("_id", agents), only("last_at"))
	if err != nil {
		return nil, fmt.Errorf("mongo: tallies: %w", err)
	}
	for _, r := range seats {
		if r.LastAt.IsZero() {
			continue
		}
		t := held[threads.AgentID(r.ID)]
		t.LastAt = r.LastAt.UTC()
		held[threads.AgentID(r.ID)] = t
	}
	return held, nil
}

func (s *Store) tallies(ctx context.Context, agents []threads.AgentID) (map[threads.AgentID]threads.Tally, error) {
	held := map[threads.AgentID]threads.Tally{}
	full := append(amongst("doc.state.assignee_id", agents), bson.E{Key: "load", Value: threads.LoadFull})
	for _, part := range []struct {
		field, places string
		match         bson.D
		add           func(*threads.Tally, int)
	}{
		{"offer.to", "offer.places", amongst("offer.to", agents), func(t *threads.Tally, n int) { t.Offered = n }},
		{"doc.state.assignee_id", "places", full, func(t *threads.Tally, n int) { t.Full = n }},
		{"holds", "holds_places", amongst("holds", agents), func(t *threads.Tally, n int) { t.IfCount = max(0, n-t.Full) }},
	} {
		counts, err := s.countBy(ctx, part.field, part.places, part.match)
		if err != nil {
			return nil, err
		}
		for id, n := range counts {
			t := held[id]
			part.add(&t, n)
			held[id] = t
		}
	}
	return held, nil
}

// amongst matches the given agents, or with nil whichever there is.
func amongst(field string, agents []threads.AgentID) bson.D {
	if agents == nil {
		return by(field, op("$gt", ""))
	}
	return in(field, texts(agents))
}

// countBy adds up the places in a field of conversations by the agent in another.
func (s *Store) countBy(ctx context.Context, field, places string, match bson.D) (map[threads.AgentID]int, error) {
	cur, err := s.conversations.Aggregate(ctx, bson.A{
		by("$match", match),
		by("$group", bson.D{{Key: "_id", Value: "$" + field}, {Key: "n", Value: op("$sum", "$"+places)}}),
	})
	if err != nil {
		return nil, err
	}
	var rows []struct {
		ID string `bson:"_id"`
		N  int    `bson:"n"`
	}
	if err := cur.All(ctx, &rows); err != nil {
		return nil, err
	}
	counts := make(map[threads.AgentID]int, len(rows))
	for _, r := range rows {
		counts[threads.AgentID(r.ID)] = r.N
	}
	return counts, nil
}

// InLine is threads.RoutingStore.InLine.
func (s *Store) InLine(ctx context.Context, rank threads.Rank, p threads.Page) ([]threads.Conversation, threads.Cursor, error) {
	order, filter := keyset{Field: "doc.state.queued_at"}, bson.D{
		{Key: "doc.state.queued_at", Value: anyTime()}, {Key: "line", Value: op("$exists", false)},
	}
	if rank != threads.RankNormal {
		order, filter = keyset{Field: "line.at"}, by("line.rank", rank)
	}
	name := order.list(fmt.Sprint("waiting ", rank))
	limit := pageLimit(p.Limit)
	if p.After != "" {
		after, err := readCursor(p.After, name)
		if err != nil {
			return nil, "", fmt.Errorf("mongo: waiting: %w", err)
		}
		filter = and(filter, bson.D{order.beyond(after)})
	}
	rows, err := s.loadConversations(ctx, filter, page(limit+1, order.sort()...))
	if err != nil {
		return nil, "", fmt.Errorf("mongo: waiting: %w", err)
	}
	list := conversationsOf(rows)
	if len(list) <= limit {
		return list, "", nil
	}
	last := list[limit-1]
	next, err := place{List: name, At: last.State.QueuedAt.UnixMilli(), ID: string(last.ID)}.cursor()
	return list[:limit], next, err
}

// Offered is threads.RoutingStore.Offered.
func (s *Store) Offered(ctx context.Context, until time.Time, limit int) ([]threads.Conversation, error) {
	rows, err := s.loadConversations(ctx, by("offer.until", op("$lte", until)), page(limit, "offer.until", "offer.id"))
	if err != nil {
		return nil, fmt.Errorf("mongo: offered: %w", err)
	}
	return conversationsOf(rows), nil
}

// OfferedTo is threads.RoutingStore.OfferedTo.
func (s *Store) OfferedTo(ctx context.Context, agents []threads.AgentID, limit int) ([]threads.Conversation, error) {
	rows, err := s.loadConversations(ctx, in("offer.to", texts(agents)), page(limit, "_id"))
	if err != nil {
		return nil, fmt.Errorf("mongo: offered to: %w", err)
	}
	return conversationsOf(rows), nil
}

// decisionRow is a document of the collection routing_decisions.
type decisionRow = row[threads.RoutingDecision]

// RoutingDecisions is threads.RoutingStore.RoutingDecisions.
func (s *Store) RoutingDecisions(ctx context.Context, id threads.ConversationID, p threads.Page) ([]threads.RoutingDecision, threads.Cursor, error) {
	const name = "routing_decisions"
	filter, limit := bson.D{}, pageLimit(p.Limit)
	if id != "" {
		if err := s.completeOne(ctx, id); err != nil {
			return nil, "", fmt.Errorf("mongo: routing decisions: %w", err)
		}
		filter = by("doc.conversation_id", id)
	}
	if p.After != "" {
		after, err := readCursor(p.After, name)
		if err != nil {
			return nil, "", fmt.Errorf("mongo: routing decisions: %w", err)
		}
		filter = append(filter, bson.E{Key: "_id", Value: op("$lt", after.ID)})
	}
	rows, err := find[decisionRow](ctx, s.decisions, filter, page(limit+1, "-_id"))
	if err != nil {
		return nil, "", fmt.Errorf("mongo: routing decisions: %w", err)
	}
	list := make([]threads.RoutingDecision, len(rows))
	for i, r := range rows {
		list[i] = r.Doc
	}
	if len(list) <= limit {
		return list, "", nil
	}
	next, err := place{List: name, ID: string(list[limit-1].ID)}.cursor()
	return list[:limit], next, err
}
