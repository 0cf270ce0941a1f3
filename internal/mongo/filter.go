package mongo

import (
	"regexp"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"threadhub/threads"
)

// filterOf translates a filter. Values become values, never operators: each
// stands under $in, and the query under a pattern with everything quoted.
func filterOf(f threads.Filter) bson.D {
	filter := bson.D{}
	filter = anyOf(filter, "doc.state.status", f.Statuses)
	filter = anyOf(filter, "doc.channel_id", f.Channels)
	filter = anyOf(filter, "doc.contact.id", f.Contacts)
	filter = orNone(filter, "doc.state.assignee_id", f.Assignees)
	filter = orNone(filter, "doc.state.group_id", f.Groups)
	filter = anyOf(filter, "doc.state.style", f.Styles)
	filter = anyOf(filter, "doc.tags", f.Tags)
	if len(f.Loads) > 0 {
		loads := make(bson.A, len(f.Loads))
		for i, l := range f.Loads {
			loads[i] = int64(l)
		}
		filter = append(filter, bson.E{Key: "load", Value: op("$in", loads)})
	}
	if f.Unread {
		filter = append(filter, bson.E{Key: "doc.unread_count", Value: op("$gt", 0)})
	}
	if f.Slot != (threads.Slot{}) {
		filter = append(filter, bson.E{Key: "slot", Value: slotKey(f.Slot)})
	}
	if f.Reopened != nil { // the count is left out at 0
		filter = append(filter, bson.E{Key: "doc.state.reopen_count", Value: op("$exists", *f.Reopened)})
	}
	if f.FollowUpOf != "" {
		filter = append(filter, bson.E{Key: "doc.follow_up_of", Value: f.FollowUpOf})
	}
	filter = append(filter, timesOf(f)...)
	if f.Query != "" {
		filter = append(filter, contains(f.Query, "doc.contact.name", "doc.contact.external_id", "doc.subject")...)
	}
	return filter
}

// timesOf are the conditions on the times that a filter is about: of its sort,
// which leaves out those without the time, and of its bounds.
func timesOf(f threads.Filter) bson.D {
	switch {
	case !f.CloseDueBefore.IsZero():
		due := bson.D{{Key: "$gt", Value: bson.NewDateTimeFromTime(time.Time{})}, {Key: "$lt", Value: f.CloseDueBefore}}
		filter := by("doc.state.close_due_at", due)
		if f.Sort == threads.SortWaiting {
			filter = append(filter, bson.E{Key: "doc.state.queued_at", Value: anyTime()})
		}
		return filter
	case f.Sort == threads.SortCloseDue:
		return by("doc.state.close_due_at", anyTime())
	case f.Sort == threads.SortWaiting:
		return by("doc.state.queued_at", anyTime())
	}
	return nil
}

// anyOf adds that the field has one of the values, if there are any.
func anyOf[S ~string](filter bson.D, field string, values []S) bson.D {
	if len(values) == 0 {
		return filter
	}
	return append(filter, bson.E{Key: field, Value: op("$in", texts(values))})
}

// orNone is anyOf where the empty value stands for a field that is not there.
func orNone[S ~string](filter bson.D, field string, values []S) bson.D {
	if len(values) == 0 {
		return filter
	}
	list := bson.A{}
	for _, v := range values {
		if v == "" {
			list = append(list, nil)
			continue
		}
		list = append(list, string(v))
	}
	return append(filter, bson.E{Key: field, Value: op("$in", list)})
}

// contains matches documents that hold the text, ignoring case, in one of the
// fields.
func contains(text string, fields ...string) bson.D {
	pattern := bson.Regex{Pattern: literal(text), Options: "i"}
	anyOf := make(bson.A, len(fields))
	for i, field := range fields {
		anyOf[i] = by(field, pattern)
	}
	return by("$or", anyOf)
}

// literal is a pattern that matches just the text. A pattern can hold neither
// NUL nor bytes that are not UTF-8.
func literal(text string) string {
	quoted := regexp.QuoteMeta(strings.ToValidUTF8(text, "\uFFFD"))
	return strings.ReplaceAll(quoted, "\x00", `\x00`)
}

// and joins conditions of which both may have an $or.
func and(a, b bson.D) bson.D {
	if len(a) == 0 {
		return b
	}
	return by("$and", bson.A{a, b})
}
