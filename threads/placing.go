package threads

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// routingAuthor is the author of what routing does.
func routingAuthor() Author { return Author{Type: AuthorSystem, ID: "routing", Name: "Routing"} }

// RouteCommand is what routing decided about a waiting conversation.
type RouteCommand struct {
	// Known is the conversation that was decided on: of another version the
	// decision does not stand.
	Known Conversation
	Seat  Seat
	// Offer is how long the agent has to accept; 0 assigns at once.
	Offer    time.Duration
	Decision RoutingDecision
}

// Route carries decisions out, each once and by itself, and answers an error
// per command: ErrFull when the agent has no place left, ErrConflict when the
// conversation has changed since, a *RefusedError when it waits no more. None
// of them changed anything, and all want a fresh look.
func (s *Service) Route(ctx context.Context, cmds []RouteCommand) []error {
	errs := make([]error, len(cmds))
	var changes []Change
	var before []Conversation
	var at []int
	now := s.now()
	for i, cmd := range cmds {
		in := Input{Kind: InGive, Assignee: cmd.Seat.Agent}
		if cmd.Offer > 0 {
			in.Kind, in.Until = InOffer, now.Add(cmd.Offer)
		}
		c, err := s.routed(ctx, cmd.Known, in, now)
		if err != nil || c == nil {
			errs[i] = err
			continue
		}
		seat := cmd.Seat
		c.Seat, c.Decisions = &seat, []RoutingDecision{cmd.Decision}
		changes, before, at = append(changes, *c), append(before, cmd.Known), append(at, i)
	}
	for n, err := range s.commitAll(ctx, before, changes) {
		errs[at[n]] = err
	}
	return errs
}

// routed builds the change of an input of routing's; nil when it changes
// nothing.
func (s *Service) routed(ctx context.Context, before Conversation, in Input, now time.Time) (*Change, error) {
	ch, err := s.channelOf(ctx, before.ChannelID)
	if err != nil {
		return nil, err
	}
	in.Actor, in.ReceivedAt = routingAuthor(), now
	conv := before
	effects, err := s.step(ctx, ch, &conv, in, now)
	if err != nil || conv.State == before.State {
		return nil, err
	}
	c := change(before, conv, effects, in.Actor, now)
	switch in.Kind {
	case InOffer, InOfferDue, InWithdraw:
		c.Conversation.OfferCommits = before.OfferCommits + 1
	}
	return &c, nil
}

// commitAll commits changes and announces those that were made.
func (s *Service) commitAll(ctx context.Context, before []Conversation, changes []Change) []error {
	if len(changes) == 0 {
		return nil
	}
	errs := s.commit(ctx, before, changes)
	done := make([]committed, 0, len(changes))
	for i, err := range errs {
		if err == nil {
			done = append(done, committed{&before[i], &changes[i]})
		}
	}
	s.announce(ctx, done)
	return errs
}

// EndOffers takes offers back as they were read: InOfferDue because their time
// is over, InWithdraw because their agents are not there any more. Offers that
// have been answered since are left alone. It tells how many it ended.
func (s *Service) EndOffers(ctx context.Context, kind InputKind, list []Conversation) (int, error) {
	return s.each(ctx, list, func(c Conversation) Input {
		return Input{Kind: kind, Offer: c.State.Offer.Number}
	})
}

// Requeue gives the conversations back to the queue that an agent who left had
// to act on, at most so many, and tells how many. They keep their waiting time.
func (s *Service) Requeue(ctx context.Context, agent AgentID, f Filter, limit int) (int, error) {
	f.Assignees, f.Statuses = []AgentID{agent}, []Status{StatusOpen}
	list, _, err := s.Store.Conversations(ctx, f, Page{Limit: limit})
	if err != nil {
		return 0, fmt.Errorf("conversations of %s: %w", agent, err)
	}
	return s.each(ctx, list, func(Conversation) Input { return Input{Kind: InRequeue, Assignee: agent} })
}

// each decides an input of routing's on every conversation. Whoever changed one
// since has the word: it is looked at again later.
func (s *Service) each(ctx context.Context, list []Conversation, input func(Conversation) Input) (int, error) {
	var changes []Change
	var before []Conversation
	now := s.now()
	for _, conv := range list {
		c, err := s.routed(ctx, conv, input(conv), now)
		if err != nil {
			return 0, err
		}
		if c != nil {
			changes, before = append(changes, *c), append(before, conv)
		}
	}
	n := 0
	var errs []error
	for _, err := range s.commitAll(ctx, before, changes) {
		switch {
		case err == nil:
			n++
		case !lostRace(err):
			errs = append(errs, err)
		}
	}
	return n, errors.Join(errs...)
}

// Decline is an agent's no to a conversation that is offered to them. An agent
// to whom it is not is refused with not_offered.
func (s *Service) Decline(ctx context.Context, id ConversationID, agent Author) (Conversation, error) {
	return s.edit(ctx, id, agent, func(*Conversation, ChannelInfo) ([]Input, error) {
		return []Input{{Kind: InDecline, Assignee: AgentID(agent.ID)}}, nil
	})
}

// concernsRouting tells whether a commit is news to routing: something waits,
// is offered, or is held by somebody else than before.
func concernsRouting(before, after Conversation) bool {
	b, a := before.State, after.State
	return b.QueuedAt != a.QueuedAt || b.Offer != a.Offer || b.Assignee != a.Assignee || b.Load() != a.Load() ||
		(a.Waits() && (b.Group != a.Group || before.Priority != after.Priority || len(before.Tags) != len(after.Tags)))
}
