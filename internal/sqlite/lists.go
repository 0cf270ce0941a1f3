package sqlite

import (
	"context"
	"fmt"

	"threadhub/threads"
)

// Conversations implements [threads.Queries].
func (s *Store) Conversations(ctx context.Context, f threads.Filter, p threads.Page) ([]threads.Conversation, threads.Cursor, error) {
	list, cursor, err := s.conversations(ctx, f, p)
	if err != nil {
		return nil, "", fmt.Errorf("list conversations: %w", err)
	}
	return list, cursor, nil
}

func (s *Store) conversations(ctx context.Context, f threads.Filter, p threads.Page) ([]threads.Conversation, threads.Cursor, error) {
	sel, err := selectionOf(f)
	if err != nil {
		return nil, "", err
	}
	name := "conversations " + sel.order.column
	if sel.order.desc {
		name += " desc"
	}
	after, err := readCursor(p.After, name)
	if err != nil {
		return nil, "", err
	}
	if p.After != "" {
		sel.after(after)
	}
	return page[threads.Conversation](ctx, s.read, name, sel.list(), sel.args, pageLimit(p.Limit))
}

// page answers up to limit records of a query for doc, sort key and id, whose
// last argument is its limit.
func page[T any](ctx context.Context, from *readers, name, sql string, args []any, limit int) ([]T, threads.Cursor, error) {
	var list []T
	var places []place
	add := collect(&list)
	err := from.with(ctx, func(c *conn) error {
		return c.queryOnce(ctx, sql, func(r row) error {
			places = append(places, place{List: name, At: r.number(1), ID: r.text(2)})
			return add(r)
		}, append(args, int64(limit)+1)...)
	})
	if err != nil {
		return nil, "", err
	}
	if len(list) <= limit {
		return list, "", nil
	}
	return list[:limit], places[limit-1].cursor(), nil
}

// CountConversations implements [threads.Queries].
func (s *Store) CountConversations(ctx context.Context, filters []threads.Filter) ([]int, error) {
	counts := make([]int, len(filters))
	err := s.read.with(ctx, func(c *conn) error {
		for i, f := range filters {
			sel, err := selectionOf(f)
			if err != nil {
				return err
			}
			if err := c.queryOnce(ctx, sel.count(), func(r row) error {
				counts[i] = int(r.number(0))
				return nil
			}, sel.args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count conversations: %w", err)
	}
	return counts, nil
}

// Contacts implements [threads.Queries]: the newest first. q is matched,
// ignoring case, against name, username, phone and the platforms' names of the
// contact, as a literal part of them.
func (s *Store) Contacts(ctx context.Context, q string, p threads.Page) ([]threads.Contact, threads.Cursor, error) {
	after, err := readCursor(p.After, cursorContacts)
	if err != nil {
		return nil, "", fmt.Errorf("list contacts: %w", err)
	}
	var sel selection
	if p.After != "" {
		sel.and("id < ?", after.ID)
	}
	sel.search(q)
	sql := "SELECT doc, 0, id FROM contacts" + sel.condition() + " ORDER BY id DESC LIMIT ?"
	list, cursor, err := page[threads.Contact](ctx, s.read, cursorContacts, sql, sel.args, pageLimit(p.Limit))
	if err != nil {
		return nil, "", fmt.Errorf("list contacts: %w", err)
	}
	return list, cursor, nil
}
