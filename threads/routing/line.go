package routing

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"threadhub/threads"
)

// Position is a conversation that waits, with its place in the line and why it
// waits.
type Position struct {
	threads.Conversation
	Place    int // in the line, from 1
	Decision threads.RoutingDecision
	// Estimate is how much longer it may wait, by how fast the line moved
	// lately; nil where nothing tells.
	Estimate *time.Duration
}

// Simulate says who would get a conversation now, and why, with every agent
// listed. Nothing changes by it.
func (d *Dispatcher) Simulate(ctx context.Context, w Waiting) (threads.RoutingDecision, error) {
	f, err := d.view(ctx)
	if err != nil {
		return threads.RoutingDecision{}, err
	}
	decision := f.Explain(w)
	if f.settings.Mode == Manual {
		decision.Agent, decision.Outcome, decision.Why = "", threads.RoutedNobody, threads.WhyManual
		decision.Detail = "agents pick conversations for themselves: the candidates are who could have it"
	}
	return decision, nil
}

// view is the floor as it is now.
func (d *Dispatcher) view(ctx context.Context) (*Floor, error) {
	s, err := d.Settings(ctx)
	if err != nil {
		return nil, fmt.Errorf("settings of routing: %w", err)
	}
	agents, err := d.Roster.Agents(ctx)
	if err != nil {
		return nil, fmt.Errorf("agents: %w", err)
	}
	held, err := d.Store.Tallies(ctx, nil)
	if err != nil {
		return nil, err
	}
	return d.floor(ctx, s, agents, held)
}

// Line answers a page of those that wait, in the order in which they are routed.
func (d *Dispatcher) Line(ctx context.Context, p threads.Page) ([]Position, threads.Cursor, error) {
	at, err := readLineCursor(p.After)
	if err != nil {
		return nil, "", err
	}
	f, err := d.view(ctx)
	if err != nil {
		return nil, "", err
	}
	each, err := d.pace(ctx)
	if err != nil {
		return nil, "", err
	}
	var out []Position
	for at.rank < len(threads.Ranks) && len(out) < p.Limit {
		list, next, err := d.Store.InLine(ctx, threads.Ranks[at.rank], threads.Page{After: at.after, Limit: p.Limit - len(out)})
		if err != nil {
			return nil, "", err
		}
		for _, c := range list {
			at.passed++
			pos, err := d.position(ctx, f, c, at.passed, each)
			if err != nil {
				return nil, "", err
			}
			out = append(out, pos)
		}
		if at.after = next; next == "" {
			at.rank++
		}
	}
	if at.rank >= len(threads.Ranks) {
		return out, "", nil
	}
	return out, at.cursor(), nil
}

func (d *Dispatcher) position(ctx context.Context, f *Floor, c threads.Conversation, place int, each time.Duration) (Position, error) {
	w, err := d.waiting(ctx, f, c)
	if err != nil {
		return Position{}, err
	}
	pos := Position{Conversation: c, Place: place, Decision: f.Decide(w)}
	decision := &pos.Decision
	if decision.Why == threads.WhyAllFull && c.State.Offer.Agent == "" {
		f.Keep(w)
	}
	switch {
	case c.State.Offer.Agent != "":
		decision.Why, decision.Detail = threads.WhyOfferOut, fmt.Sprintf("offered to %s until %s", c.State.Offer.Agent, c.State.Offer.Until.Format(time.RFC3339))
	case f.settings.Mode == Manual:
		decision.Why, decision.Detail = threads.WhyManual, "agents pick conversations for themselves"
	case decision.Agent != "":
		decision.Why, decision.Detail = threads.WhyBeingRouted, "somebody is free for it"
	}
	switch decision.Why {
	case threads.WhyAllFull, threads.WhyBeingRouted, threads.WhyOfferOut:
		if each > 0 {
			estimate := time.Duration(place) * each
			pos.Estimate = &estimate
		}
	}
	return pos, nil
}

const (
	// paceOver is how many of the latest decisions tell how fast the line moves,
	// and paceFor how old they may be.
	paceOver = 100
	paceFor  = time.Hour
)

// pace is how long it takes until the next conversation gets somebody, by the
// latest ones; 0 where there are too few to tell.
func (d *Dispatcher) pace(ctx context.Context) (time.Duration, error) {
	list, _, err := d.Store.RoutingDecisions(ctx, "", threads.Page{Limit: paceOver})
	if err != nil {
		return 0, err
	}
	now := d.now()
	list = slices.DeleteFunc(list, func(r threads.RoutingDecision) bool {
		return now.Sub(r.At) > paceFor || (r.Outcome != threads.OfferAccepted && r.Outcome != threads.RoutedAssigned)
	})
	if len(list) < 2 {
		return 0, nil
	}
	return now.Sub(list[len(list)-1].At) / time.Duration(len(list)), nil
}

// lineCursor is a place in the line: in which rank, after what of it, and how
// many were before.
type lineCursor struct {
	rank, passed int
	after        threads.Cursor
}

func (c lineCursor) cursor() threads.Cursor {
	return threads.Cursor(strconv.Itoa(c.rank) + "." + strconv.Itoa(c.passed) + "." + string(c.after))
}

func readLineCursor(c threads.Cursor) (lineCursor, error) {
	if c == "" {
		return lineCursor{}, nil
	}
	parts := strings.SplitN(string(c), ".", 3)
	if len(parts) != 3 {
		return lineCursor{}, threads.ErrCursor
	}
	rank, e1 := strconv.Atoi(parts[0])
	passed, e2 := strconv.Atoi(parts[1])
	if e1 != nil || e2 != nil || rank < 0 || rank >= len(threads.Ranks) || passed < 0 {
		return lineCursor{}, threads.ErrCursor
	}
	return lineCursor{rank: rank, passed: passed, after: threads.Cursor(parts[2])}, nil
}
