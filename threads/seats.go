package threads

import (
	"context"
	"errors"
	"slices"
	"time"

	"threadhub/internal/ident"
)

// ErrFull: the agent has no free place for what the change gives them. Nothing
// was written.
var ErrFull = errors.New("the agent has no free place")

// Seat makes a change depend on free places: it is carried out only if what the
// agent holds at that moment, with what is offered to them, and what the
// conversation takes ([State.Places]) come to no more than Max. However many try
// at once, nobody gets a place too many.
type Seat struct {
	Agent AgentID
	Max   int
	// CountInactive tells whether inactive conversations take a place.
	CountInactive bool
}

// Tally is what an agent holds, in places: counted from the states of
// conversations.
type Tally struct {
	Full    int // places of conversations that take them
	IfCount int // of inactive ones, which take them if the hub counts them
	Offered int // places that offers keep
	// LastAt is when routing last gave the agent something; zero: never.
	LastAt time.Time
}

// Add counts places of conversations of a load.
func (t *Tally) Add(l Load, n int) {
	switch l {
	case LoadFull:
		t.Full += n
	case LoadIfCount:
		t.IfCount += n
	}
}

// Load is how many places the agent's own conversations take.
func (t Tally) Load(countInactive bool) int {
	if countInactive {
		return t.Full + t.IfCount
	}
	return t.Full
}

// Used is how many places are taken, with those kept for offers.
func (t Tally) Used(countInactive bool) int { return t.Load(countInactive) + t.Offered }

// Rank is how urgent a waiting conversation is: smaller goes first.
type Rank int

// Ranks, one for each priority. The numbers are stored.
const (
	RankUrgent Rank = -2
	RankHigh   Rank = -1
	RankNormal Rank = 0
	RankLow    Rank = 1
)

// Ranks in the order in which conversations are routed.
var Ranks = []Rank{RankUrgent, RankHigh, RankNormal, RankLow}

// RankOf is the rank of a priority.
func RankOf(priority string) Rank {
	switch priority {
	case "urgent":
		return RankUrgent
	case "high":
		return RankHigh
	case "low":
		return RankLow
	}
	return RankNormal
}

// Place is what a store keeps beside a waiting conversation for routing, apart
// from its waiting time. Most have the zero value, of which nothing is kept.
type Place struct {
	Rank     Rank      // while it waits
	QueuedAt time.Time // unless the rank is normal
	Offered  AgentID   // while it is offered
	Until    time.Time // of the offer
	Places   int       // that the offer keeps
}

// Place of the conversation: a function of its state.
func (c Conversation) Place() Place {
	if !c.State.Waits() {
		return Place{}
	}
	p := Place{Rank: RankOf(c.Priority), Offered: c.State.Offer.Agent, Until: c.State.Offer.Until}
	if p.Rank != RankNormal {
		p.QueuedAt = c.State.QueuedAt
	}
	if p.Offered != "" {
		p.Places = c.State.Places()
	}
	return p
}

// prepare fills in what follows from the change: its place, what became of an
// offer, and whether the seat it was to take is still wanted after rules have
// acted.
func (c *Change) prepare(before Conversation) {
	if place := c.Conversation.Place(); place != before.Place() {
		c.Place = &place
	}
	if c.Seat != nil && c.Conversation.State.Holder(c.Seat.CountInactive) != c.Seat.Agent {
		c.Seat = nil
	}
	if end, ok := OfferEnd(before, c.Conversation); ok {
		c.Decisions = append(slices.Clip(c.Decisions), RoutingDecision{
			ID: DecisionID(ident.New("rd")), ConversationID: c.Conversation.ID, At: c.Conversation.UpdatedAt,
			Outcome: end, Agent: before.State.Offer.Agent, Why: RoutingWhy(end), QueuedAt: before.State.QueuedAt,
		})
	}
}

// RoutingStore is what routing asks of a database.
type RoutingStore interface {
	// Tallies answers what the agents hold; with nil, of all that there is
	// something to tell about. Agents without anything are absent.
	Tallies(ctx context.Context, agents []AgentID) (map[AgentID]Tally, error)
	// InLine answers a page of the conversations of a rank that wait, the
	// longest waiting first, offered or not.
	InLine(ctx context.Context, rank Rank, p Page) ([]Conversation, Cursor, error)
	// Offered answers conversations whose offer ends at or before the time,
	// those that end first before the others.
	Offered(ctx context.Context, until time.Time, limit int) ([]Conversation, error)
	// OfferedTo answers conversations that are offered to one of the agents.
	OfferedTo(ctx context.Context, agents []AgentID, limit int) ([]Conversation, error)
	// RoutingDecisions answers a page of what was decided about a conversation,
	// or about all of them when it is "", the latest first.
	RoutingDecisions(ctx context.Context, id ConversationID, p Page) ([]RoutingDecision, Cursor, error)
}
