package httpapi

import (
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/threads"
)

// nulls has one null for each type: a null is a map, and a message has a dozen.
var nulls sync.Map // of nullable.Nullable by reflect.Type

// null is the null of a type. It is shared: nothing that has a view may change
// a null in place.
func null[T any]() nullable.Nullable[T] {
	t := reflect.TypeFor[T]()
	n, ok := nulls.Load(t)
	if !ok {
		n, _ = nulls.LoadOrStore(t, nullable.NewNullNullable[T]())
	}
	return n.(nullable.Nullable[T])
}

// orNull is v, or null for the zero value.
func orNull[T comparable](v T) nullable.Nullable[T] {
	var zero T
	if v == zero {
		return null[T]()
	}
	return nullable.NewNullableWithValue(v)
}

// pick is f of what p points to, or null.
func pick[A, B any](p *A, f func(A) B) nullable.Nullable[B] {
	if p == nil {
		return null[B]()
	}
	return nullable.NewNullableWithValue(f(*p))
}

// ptr is nil for the zero value: the field is left out.
func ptr[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func timeView(t time.Time) api.Time { return api.Time{Time: t} }

// timePtr is nil for the zero time.
func timePtr(t time.Time) *api.Time {
	if t.IsZero() {
		return nil
	}
	v := timeView(t)
	return &v
}

// timeOf reads a time that may be left out; zero then.
func timeOf(t *api.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func timeOrNull(t time.Time) nullable.Nullable[api.Time] {
	if t.IsZero() {
		return null[api.Time]()
	}
	return nullable.NewNullableWithValue(timeView(t))
}

// durationText is how the API writes a duration: a Go duration without the
// units that are zero ("96h", "1h30m", "3s").
func durationText(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func groupView(g auth.Group) api.Group {
	return api.Group{
		ID: string(g.ID), Name: g.Name, CreatedAt: timeView(g.CreatedAt), UpdatedAt: timeView(g.UpdatedAt), Version: g.Version,
	}
}

// text turns one of the hub's typed strings into a plain one.
func text[T ~string](v T) string { return string(v) }

func tokenView(t auth.Token) api.Token {
	return api.Token{
		ID: t.ID, Name: t.Name, Role: api.TokenRole(t.Role), AgentID: orNull(string(t.AgentID)),
		Scopes:   convert(t.Scopes, scopeView),
		Channels: convert(t.Channels, text[threads.ChannelID]), Groups: convert(t.Groups, text[threads.GroupID]),
		ExpiresAt: timeOrNull(t.ExpiresAt), CreatedAt: timeView(t.CreatedAt),
	}
}

func scopeView(s auth.Scope) api.Scope { return api.Scope(s) }
