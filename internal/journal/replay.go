package journal

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Replay says which entries of a channel to work again.
type Replay struct {
	ChannelID string
	States    []State // of those; none stands for Quarantined
	// From and To bound when they were received: From ≤ t < To. Zero is no
	// bound.
	From, To time.Time
	// Before is where to go on, from [Replayed.Next]; "" for the newest.
	Before string
}

// Replayed is what became of a replay.
type Replayed struct {
	Looked   int    // how many entries were looked at
	Reopened int    // how many of them will be worked again
	Next     string // where to go on; "" when all were looked at
}

// Shelf is what of a Store a replay needs.
type Shelf interface {
	Entries(ctx context.Context, channelID, before string, limit int) ([]Entry, error)
	Reopen(ctx context.Context, ids []string) (int, error)
}

// replayPage is how many entries are looked at in one go.
const replayPage = 200

// Again reopens the entries of a replay, the newest first, and looks at no more
// than limit. Working an entry again changes nothing that was made of it before,
// so that it may be repeated.
func Again(ctx context.Context, s Shelf, r Replay, limit int) (Replayed, error) {
	if len(r.States) == 0 {
		r.States = []State{Quarantined}
	}
	out := Replayed{Next: r.Before}
	for out.Looked < limit {
		list, err := s.Entries(ctx, r.ChannelID, out.Next, replayPage)
		if err != nil {
			return out, fmt.Errorf("replay: %w", err)
		}
		var ids []string
		for _, e := range list {
			if !r.From.IsZero() && e.ReceivedAt.Before(r.From) {
				continue
			}
			if slices.Contains(r.States, e.State) && (r.To.IsZero() || e.ReceivedAt.Before(r.To)) {
				ids = append(ids, e.ID)
			}
		}
		n, err := s.Reopen(ctx, ids)
		if err != nil {
			return out, fmt.Errorf("replay: %w", err)
		}
		out.Looked, out.Reopened = out.Looked+len(list), out.Reopened+n
		if len(list) < replayPage {
			out.Next = ""
			return out, nil
		}
		out.Next = list[len(list)-1].ID
	}
	return out, nil
}
