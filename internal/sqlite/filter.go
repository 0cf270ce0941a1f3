package sqlite

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"threadhub/threads"
)

// order is how a sort reads the table.
type order struct {
	column string
	index  string
	desc   bool
	// only leaves out those that have no place in the order.
	only string
}

// orderOf is the order of a sort; unknown ones are an error.
func orderOf(sort threads.Sort) (order, error) {
	switch sort {
	case "", threads.SortUpdated:
		return order{column: "updated_at", index: "conversations_updated", desc: true}, nil
	case threads.SortCreated:
		return order{column: "created_at", index: "conversations_created", desc: true}, nil
	case threads.SortOldest:
		return order{column: "created_at", index: "conversations_created"}, nil
	case threads.SortCloseDue:
		return order{column: "close_due_at", index: "conversations_due", only: "close_due_at IS NOT NULL"}, nil
	case threads.SortWaiting:
		return order{column: "queued_at", index: "conversations_queued", only: "queued_at IS NOT NULL"}, nil
	}
	return order{}, fmt.Errorf("unknown sort %q", sort)
}

// selection is a filter as SQL.
type selection struct {
	order order
	// index is the one to read by. It is named in the query, because SQLite
	// cannot know that few conversations are live or of one contact.
	index string
	where []string
	args  []any
}

func selectionOf(f threads.Filter) (*selection, error) {
	o, err := orderOf(f.Sort)
	if err != nil {
		return nil, err
	}
	s := &selection{order: o, index: o.index}
	if o.only != "" {
		s.and(o.only)
	}
	if len(f.Statuses) > 0 && !slices.Contains(f.Statuses, threads.StatusClosed) {
		s.and("status <> 'closed'")
		if o.column == "updated_at" {
			s.index = "conversations_live_updated"
		}
	}
	s.comeBack(f.Reopened)
	s.dueBefore(f.CloseDueBefore)
	if f.FollowUpOf != "" {
		s.and("follow_up_of <> ''")
		s.and("follow_up_of = ?", string(f.FollowUpOf))
		s.index = "conversations_follow_up"
	} else if f.Slot != (threads.Slot{}) {
		s.and("channel_id = ? AND contact_id = ?", string(f.Slot.Channel), string(f.Slot.Contact))
		s.index = "conversations_ordinal"
	} else if len(f.Contacts) > 0 {
		s.index = "conversations_contact"
	} else if len(f.Loads) > 0 && !slices.Contains(f.Loads, threads.LoadNone) {
		s.and("load > 0")
		s.index = "conversations_load"
	}
	in(s, "status", f.Statuses)
	in(s, "channel_id", f.Channels)
	in(s, "contact_id", f.Contacts)
	in(s, "assignee_id", f.Assignees)
	in(s, "group_id", f.Groups)
	in(s, "style", f.Styles)
	if len(f.Loads) > 0 {
		loads := make([]any, len(f.Loads))
		for i, l := range f.Loads {
			loads[i] = int64(l)
		}
		s.and("load IN ("+marks(len(loads))+")", loads...)
	}
	if len(f.Tags) > 0 {
		s.and("EXISTS (SELECT 1 FROM json_each(tags) WHERE value IN ("+marks(len(f.Tags))+"))", texts(f.Tags)...)
	}
	if f.Unread {
		s.and("unread = 1")
	}
	s.search(f.Query)
	return s, nil
}

func (s *selection) and(condition string, args ...any) {
	s.where = append(s.where, condition)
	s.args = append(s.args, args...)
}

// comeBack adds whether the customer has brought it back.
func (s *selection) comeBack(reopened *bool) {
	switch {
	case reopened == nil:
	case !*reopened:
		s.and("reopened = 0")
	default:
		s.and("reopened = 1")
		if s.order.column == "updated_at" {
			s.index = "conversations_reopened"
		}
	}
}

// dueBefore adds that the conversation counts down and closes before a time.
func (s *selection) dueBefore(at time.Time) {
	if at.IsZero() {
		return
	}
	s.and("close_due_at < ?", millis(at))
	if s.index == "conversations_updated" {
		s.and("status <> 'closed'") // what counts down is not
		s.index = "conversations_live_updated"
	}
}

// in adds that the column is one of the values, if there are any.
func in[T ~string](s *selection, column string, values []T) {
	if len(values) > 0 {
		s.and(column+" IN ("+marks(len(values))+")", texts(values)...)
	}
}

// search adds that the search column contains the text, as it is.
func (s *selection) search(q string) {
	switch {
	case q == "":
	case strings.Contains(q, searchSeparator):
		s.and("0") // no field contains it
	default:
		s.and("instr(search, ?) > 0", searchText(q))
	}
}

// after adds that records come after the place in the order.
func (s *selection) after(p place) {
	sign := ">"
	if s.order.desc {
		sign = "<"
	}
	s.and("("+s.order.column+", id) "+sign+" (?, ?)", p.At, p.ID)
}

// condition is the WHERE clause.
func (s *selection) condition() string {
	if len(s.where) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(s.where, " AND ")
}

// list is the query for a page.
func (s *selection) list() string {
	direction := ""
	if s.order.desc {
		direction = " DESC"
	}
	return "SELECT doc, " + s.order.column + ", id FROM conversations INDEXED BY " + s.index + s.condition() +
		" ORDER BY " + s.order.column + direction + ", id" + direction + " LIMIT ?"
}

// count is the query for the number of matches.
func (s *selection) count() string {
	return "SELECT count(*) FROM conversations INDEXED BY " + s.index + s.condition()
}

func marks(n int) string { return strings.Repeat(",?", n)[1:] }

func texts[T ~string](values []T) []any {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}
