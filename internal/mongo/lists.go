package mongo

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"threadhub/threads"
)

// Conversations is threads.Queries.Conversations.
func (s *Store) Conversations(ctx context.Context, f threads.Filter, p threads.Page) ([]threads.Conversation, threads.Cursor, error) {
	by, at, err := sortOf(f.Sort)
	if err != nil {
		return nil, "", fmt.Errorf("mongo: conversations: %w", err)
	}
	filter, limit := filterOf(f), pageLimit(p.Limit)
	if p.After != "" {
		after, err := readCursor(p.After, by.list("conversations"))
		if err != nil {
			return nil, "", fmt.Errorf("mongo: conversations: %w", err)
		}
		filter = and(filter, bson.D{by.beyond(after)})
	}
	rows, err := s.loadConversations(ctx, filter, page(limit+1, by.sort()...))
	if err != nil {
		return nil, "", fmt.Errorf("mongo: conversations: %w", err)
	}
	list := conversationsOf(rows)
	if len(list) <= limit {
		return list, "", nil
	}
	list = list[:limit]
	last := list[limit-1]
	next, err := place{List: by.list("conversations"), At: at(last).UnixMilli(), ID: string(last.ID)}.cursor()
	return list, next, err
}

// CountConversations is threads.Queries.CountConversations: one count each.
func (s *Store) CountConversations(ctx context.Context, filters []threads.Filter) ([]int, error) {
	counts := make([]int, len(filters))
	for i, f := range filters {
		n, err := s.conversations.CountDocuments(ctx, filterOf(f))
		if err != nil {
			return nil, fmt.Errorf("mongo: count conversations: %w", err)
		}
		counts[i] = int(n)
	}
	return counts, nil
}

// sortOf is the order of a sort, and the time it goes by.
func sortOf(sort threads.Sort) (keyset, func(threads.Conversation) time.Time, error) {
	switch sort {
	case "", threads.SortUpdated:
		return keyset{"doc.updated_at", true}, func(c threads.Conversation) time.Time { return c.UpdatedAt }, nil
	case threads.SortCreated, threads.SortOldest:
		return keyset{"doc.created_at", sort == threads.SortCreated},
			func(c threads.Conversation) time.Time { return c.CreatedAt }, nil
	case threads.SortCloseDue:
		return keyset{"doc.state.close_due_at", false},
			func(c threads.Conversation) time.Time { return c.State.CloseDueAt }, nil
	case threads.SortWaiting:
		return keyset{"doc.state.queued_at", false},
			func(c threads.Conversation) time.Time { return c.State.QueuedAt }, nil
	}
	return keyset{}, nil, fmt.Errorf("unknown sort %q", sort)
}

// transitionsList names cursors of a conversation's log.
const transitionsList = "transitions"

// Transitions is threads.Queries.Transitions: in the order they happened.
func (s *Store) Transitions(ctx context.Context, id threads.ConversationID, p threads.Page) ([]threads.Transition, threads.Cursor, error) {
	if err := s.completeOne(ctx, id); err != nil {
		return nil, "", fmt.Errorf("mongo: transitions: %w", err)
	}
	filter, limit := by("doc.conversation_id", id), pageLimit(p.Limit)
	if p.After != "" {
		after, err := readCursor(p.After, transitionsList)
		if err != nil {
			return nil, "", fmt.Errorf("mongo: transitions: %w", err)
		}
		last, index := after.At/transitionsPerCommit, after.At%transitionsPerCommit
		filter = append(filter, bson.E{Key: "$or", Value: bson.A{
			by("version", op("$gt", last)),
			bson.D{{Key: "version", Value: last}, {Key: "index", Value: op("$gt", index)}},
		}})
	}
	rows, err := find[transitionRow](ctx, s.transitions, filter, page(limit+1, "version", "index"))
	if err != nil {
		return nil, "", fmt.Errorf("mongo: transitions: %w", err)
	}
	list := make([]threads.Transition, len(rows))
	for i, r := range rows {
		list[i] = r.Doc
	}
	if len(list) <= limit {
		return list, "", nil
	}
	last := rows[limit-1]
	next, err := place{List: transitionsList, At: last.Version*transitionsPerCommit + int64(last.Index)}.cursor()
	return list[:limit], next, err
}

// transitionsPerCommit bounds the index of a transition, in cursors.
const transitionsPerCommit = 1 << 10

// Contacts is threads.Queries.Contacts: the newest first. q is matched against
// name, username, phone and the platforms' names of the contact.
func (s *Store) Contacts(ctx context.Context, q string, p threads.Page) ([]threads.Contact, threads.Cursor, error) {
	byID := keyset{Desc: true}
	filter, limit := bson.D{}, pageLimit(p.Limit)
	if q != "" {
		filter = contains(q, "doc.name", "doc.username", "doc.phone", "doc.identities.peer")
	}
	if p.After != "" {
		after, err := readCursor(p.After, byID.list("contacts"))
		if err != nil {
			return nil, "", fmt.Errorf("mongo: contacts: %w", err)
		}
		filter = and(filter, bson.D{byID.beyond(after)})
	}
	rows, err := find[row[threads.Contact]](ctx, s.contacts, filter, page(limit+1, byID.sort()...))
	if err != nil {
		return nil, "", fmt.Errorf("mongo: contacts: %w", err)
	}
	list := make([]threads.Contact, len(rows))
	for i, r := range rows {
		list[i] = r.Doc
	}
	if len(list) <= limit {
		return list, "", nil
	}
	next, err := place{List: byID.list("contacts"), ID: rows[limit-1].ID}.cursor()
	return list[:limit], next, err
}
