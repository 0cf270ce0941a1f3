package audit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"threadhub/internal/directory"
)

// place is where an entry of the time stands: the newest first, since a
// directory lists in the order of ids.
func place(at time.Time, id string) string {
	return fmt.Sprintf("%016x.%s", math.MaxInt64-at.UnixMicro(), backwards(id))
}

// before is the place after which the entries of before a time stand.
func before(at time.Time) string {
	return fmt.Sprintf("%016x/", math.MaxInt64-at.UnixMicro()) // the character after '.'
}

// backwards turns the order of identifiers round (see package ident).
func backwards(id string) string {
	_, id, _ = strings.Cut(id, "_")
	const alphabet = "0123456789abcdefghijklmnopqrstuv"
	return strings.Map(func(r rune) rune { return rune(alphabet[len(alphabet)-1-strings.IndexRune(alphabet, r)]) }, id)
}

// Filter selects entries; empty fields select all.
type Filter struct {
	Actor    string // id of a token, a session or an agent
	Action   string
	Kind, ID string // of a changed record, or of the target
	From, To time.Time
}

func (f Filter) matches(e Entry) bool {
	if f.Actor != "" && f.Actor != e.Actor.ID && f.Actor != e.Actor.Agent {
		return false
	}
	if f.Action != "" && f.Action != e.Action {
		return false
	}
	return f.Kind == "" && f.ID == "" || f.ID != "" && f.Kind == "" && f.ID == e.Target || f.touches(e)
}

func (f Filter) touches(e Entry) bool {
	for _, c := range e.Changes {
		if (f.Kind == "" || f.Kind == c.Kind) && (f.ID == "" || f.ID == c.ID) {
			return true
		}
	}
	return false
}

const (
	page = 200
	// looked bounds how many entries one list looks at.
	looked = 4000
)

// Entries answers up to limit entries, the newest first, after the place given,
// and the place to go on from: "" at the end. A page may hold fewer than limit
// and yet not be the last, when few of those it looked at were selected.
func (s *Store) Entries(ctx context.Context, f Filter, after string, limit int) (list []Entry, next string, err error) {
	if after == "" && !f.To.IsZero() {
		after = before(f.To)
	}
	for range looked / page {
		items, err := s.log.List(ctx, after, page)
		if err != nil {
			return nil, "", fmt.Errorf("audit log: %w", err)
		}
		for _, item := range items {
			after = item.ID
			e := item.Value
			if !f.From.IsZero() && e.At.Before(f.From) {
				return list, "", nil
			}
			if !f.matches(e) {
				continue
			}
			e.Place = item.ID
			if list = append(list, e); len(list) == limit {
				return list, after, nil
			}
		}
		if len(items) < page {
			return list, "", nil
		}
	}
	return list, after, nil
}

// Trim removes entries of before the time, at most limit, and answers how many.
func (s *Store) Trim(ctx context.Context, end time.Time, limit int) (int, error) {
	items, err := s.log.List(ctx, before(end), limit)
	if err != nil {
		return 0, fmt.Errorf("trim the audit log: %w", err)
	}
	for i, item := range items {
		if err := s.log.Delete(ctx, item.ID); err != nil && !errors.Is(err, directory.ErrNotFound) {
			return i, fmt.Errorf("trim the audit log: %w", err)
		}
	}
	return len(items), nil
}
