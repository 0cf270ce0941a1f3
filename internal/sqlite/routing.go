package sqlite

import (
	"context"
	"fmt"
	"time"

	"threadhub/threads"
)

const (
	sqlTakenBy   = "SELECT load, sum(weight) FROM conversations INDEXED BY conversations_load WHERE load > 0 AND assignee_id = ? GROUP BY load"
	sqlOfferedTo = "SELECT ifnull(sum(places), 0) FROM routing_places INDEXED BY routing_places_offer WHERE offered_to <> '' AND offered_to = ?"
	sqlGivenAt   = "SELECT last_at FROM routing_agents WHERE agent_id = ?"

	sqlTakenByAll   = "SELECT assignee_id, load, sum(weight) FROM conversations INDEXED BY conversations_load WHERE load > 0 GROUP BY assignee_id, load"
	sqlOfferedToAll = "SELECT offered_to, sum(places) FROM routing_places INDEXED BY routing_places_offer WHERE offered_to <> '' GROUP BY offered_to"
	sqlGivenAtAll   = "SELECT agent_id, last_at FROM routing_agents"

	sqlSetPlace = `INSERT INTO routing_places (conversation_id, rank, queued_at, offered_to, offer_until, places) VALUES (?, ?, ?, ?, ?, ?)
 ON CONFLICT (conversation_id) DO UPDATE SET rank = excluded.rank, queued_at = excluded.queued_at,
 offered_to = excluded.offered_to, offer_until = excluded.offer_until, places = excluded.places`
	sqlClearPlace = "DELETE FROM routing_places WHERE conversation_id = ?"
	sqlSetGivenAt = `INSERT INTO routing_agents (agent_id, last_at) VALUES (?, ?)
 ON CONFLICT (agent_id) DO UPDATE SET last_at = max(last_at, excluded.last_at)`
	sqlAddDecision = "INSERT INTO routing_decisions (id, conversation_id, doc) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"

	sqlWaitingNormal = `SELECT doc, queued_at, id FROM conversations INDEXED BY conversations_queued
 WHERE queued_at IS NOT NULL AND (queued_at, id) > (?, ?)
 AND NOT EXISTS (SELECT 1 FROM routing_places p WHERE p.conversation_id = conversations.id AND p.rank <> 0)
 ORDER BY queued_at, id LIMIT ?`
	sqlWaitingRanked = `SELECT c.doc, p.queued_at, p.conversation_id
 FROM routing_places p INDEXED BY routing_places_rank JOIN conversations c ON c.id = p.conversation_id
 WHERE p.rank <> 0 AND p.rank = ? AND (p.queued_at, p.conversation_id) > (?, ?)
 ORDER BY p.queued_at, p.conversation_id LIMIT ?`
	sqlOfferedUntil = `SELECT c.doc FROM routing_places p INDEXED BY routing_places_until JOIN conversations c ON c.id = p.conversation_id
 WHERE p.offer_until <= ? ORDER BY p.offer_until, p.conversation_id LIMIT ?`
	sqlOfferedToAgent = `SELECT c.doc FROM routing_places p INDEXED BY routing_places_offer JOIN conversations c ON c.id = p.conversation_id
 WHERE p.offered_to <> '' AND p.offered_to = ? ORDER BY p.conversation_id LIMIT ?`

	sqlDecisionsOf  = "SELECT doc FROM routing_decisions WHERE conversation_id = ? AND id < ? ORDER BY id DESC LIMIT ?"
	sqlDecisionsAll = "SELECT doc FROM routing_decisions WHERE id < ? ORDER BY id DESC LIMIT ?"
)

// takeSeat answers ErrFull when the agent has not enough places left for the change.
// Whoever else gives the agent something does so in the same writer's turn or
// in another one: the count holds until the change is written.
func (c *encodedChange) takeSeat(t *tx) error {
	if c.Seat == nil {
		return nil
	}
	held := threads.Tally{}
	if err := tally(t.conn, string(c.Seat.Agent), &held); err != nil {
		return err
	}
	if held.Used(c.Seat.CountInactive)+c.Conversation.State.Places() > c.Seat.Max {
		return threads.ErrFull
	}
	return nil
}

// tally counts what an agent holds.
func tally(c *conn, agent string, held *threads.Tally) error {
	// Offers first: outside of the writer, one that is accepted between the
	// two counts is counted twice rather than not at all.
	if err := c.query(sqlOfferedTo, func(r row) error {
		held.Offered = int(r.number(0))
		return nil
	}, agent); err != nil {
		return err
	}
	return c.query(sqlTakenBy, func(r row) error {
		held.Add(threads.Load(r.number(0)), int(r.number(1)))
		return nil
	}, agent)
}

// writeRouting writes the conversation's place and what routing decided.
func (c *encodedChange) writeRouting(t *tx) error {
	if err := c.writePlace(t); err != nil {
		return err
	}
	for i := range c.Decisions {
		d := &c.Decisions[i]
		if _, err := t.exec(sqlAddDecision, string(d.ID), string(d.ConversationID), c.decisions[i]); err != nil {
			return err
		}
		if !d.Outcome.Gives() {
			continue
		}
		if _, err := t.exec(sqlSetGivenAt, string(d.Agent), millis(d.At)); err != nil {
			return err
		}
	}
	return nil
}

func (c *encodedChange) writePlace(t *tx) error {
	if c.Place == nil {
		return nil
	}
	id, p := string(c.Conversation.ID), *c.Place
	if p == (threads.Place{}) {
		_, err := t.exec(sqlClearPlace, id)
		return err
	}
	_, err := t.exec(sqlSetPlace, id, int64(p.Rank), millisOrNull(p.QueuedAt), string(p.Offered), millisOrNull(p.Until), int64(p.Places))
	return err
}

// Tallies implements [threads.RoutingStore].
func (s *Store) Tallies(ctx context.Context, agents []threads.AgentID) (map[threads.AgentID]threads.Tally, error) {
	held := map[threads.AgentID]threads.Tally{}
	err := s.read.with(ctx, func(c *conn) error {
		if agents == nil {
			return allTallies(c, held)
		}
		for _, a := range agents {
			var t threads.Tally
			if err := tally(c, string(a), &t); err != nil {
				return err
			}
			if err := c.query(sqlGivenAt, func(r row) error {
				t.LastAt = timeOf(r.number(0))
				return nil
			}, string(a)); err != nil {
				return err
			}
			if t != (threads.Tally{}) {
				held[a] = t
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("tallies: %w", err)
	}
	return held, nil
}

func allTallies(c *conn, held map[threads.AgentID]threads.Tally) error {
	change := func(r row, alter func(*threads.Tally)) error {
		id := threads.AgentID(r.text(0))
		t := held[id]
		alter(&t)
		held[id] = t
		return nil
	}
	if err := c.query(sqlOfferedToAll, func(r row) error {
		return change(r, func(t *threads.Tally) { t.Offered = int(r.number(1)) })
	}); err != nil {
		return err
	}
	if err := c.query(sqlTakenByAll, func(r row) error {
		return change(r, func(t *threads.Tally) { t.Add(threads.Load(r.number(1)), int(r.number(2))) })
	}); err != nil {
		return err
	}
	return c.query(sqlGivenAtAll, func(r row) error {
		return change(r, func(t *threads.Tally) { t.LastAt = timeOf(r.number(1)) })
	})
}

// InLine implements [threads.RoutingStore].
func (s *Store) InLine(ctx context.Context, rank threads.Rank, p threads.Page) ([]threads.Conversation, threads.Cursor, error) {
	name := fmt.Sprint(cursorWaiting, " ", rank)
	after, err := readCursor(p.After, name)
	if err != nil {
		return nil, "", fmt.Errorf("waiting conversations: %w", err)
	}
	if p.After == "" {
		after.At = firstMillis
	}
	sql, args := sqlWaitingNormal, []any{after.At, after.ID}
	if rank != threads.RankNormal {
		sql, args = sqlWaitingRanked, []any{int64(rank), after.At, after.ID}
	}
	list, next, err := page[threads.Conversation](ctx, s.read, name, sql, args, pageLimit(p.Limit))
	if err != nil {
		return nil, "", fmt.Errorf("waiting conversations: %w", err)
	}
	return list, next, nil
}

// firstMillis is before every time that is stored.
const firstMillis = -1 << 62

// Offered implements [threads.RoutingStore].
func (s *Store) Offered(ctx context.Context, until time.Time, limit int) ([]threads.Conversation, error) {
	var list []threads.Conversation
	err := s.read.with(ctx, func(c *conn) error {
		return c.query(sqlOfferedUntil, collect(&list), millis(until), int64(max(limit, 0)))
	})
	if err != nil {
		return nil, fmt.Errorf("offered conversations: %w", err)
	}
	return list, nil
}

// OfferedTo implements [threads.RoutingStore].
func (s *Store) OfferedTo(ctx context.Context, agents []threads.AgentID, limit int) ([]threads.Conversation, error) {
	var list []threads.Conversation
	err := s.read.with(ctx, func(c *conn) error {
		for _, a := range agents {
			if err := c.query(sqlOfferedToAgent, collect(&list), string(a), int64(max(limit-len(list), 0))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("offered conversations: %w", err)
	}
	return list, nil
}

// RoutingDecisions implements [threads.RoutingStore].
func (s *Store) RoutingDecisions(ctx context.Context, id threads.ConversationID, p threads.Page) ([]threads.RoutingDecision, threads.Cursor, error) {
	after, err := readCursor(p.After, cursorDecisions)
	if err != nil {
		return nil, "", fmt.Errorf("routing decisions: %w", err)
	}
	if after.ID == "" {
		after.ID = lastDecision
	}
	limit := pageLimit(p.Limit)
	sql, args := sqlDecisionsOf, []any{string(id), after.ID, int64(limit) + 1}
	if id == "" {
		sql, args = sqlDecisionsAll, args[1:]
	}
	var list []threads.RoutingDecision
	err = s.read.with(ctx, func(c *conn) error { return c.query(sql, collect(&list), args...) })
	if err != nil {
		return nil, "", fmt.Errorf("routing decisions: %w", err)
	}
	if len(list) <= limit {
		return list, "", nil
	}
	return list[:limit], place{List: cursorDecisions, ID: string(list[limit-1].ID)}.cursor(), nil
}

// lastDecision is beyond every id of a decision.
const lastDecision = "~"
