package threads

import (
	"context"
	"fmt"
	"slices"
	"time"

	"threadhub/internal/crashpoint"
)

// committed is a change that was written, with what it replaced.
type committed struct {
	before *Conversation
	change *Change
}

// announce tells the world about commits. It never fails: what was not heard
// stays unsettled in the store and is announced again by Reannounce.
func (s *Service) announce(ctx context.Context, done []committed) {
	if len(done) == 0 {
		return
	}
	crashpoint.At(crashpoint.Committed)
	notices := make([]Notice, 0, 2*len(done))
	settled := make(map[ConversationID]int64, len(done))
	deliver, calls := false, false
	for _, d := range done {
		at := d.change.Conversation.UpdatedAt
		if at.Equal(d.before.UpdatedAt) {
			at = s.now() // a change that leaves its place in lists
		}
		notices = appendNotices(notices, d, at)
		settled[d.change.Conversation.ID] = d.change.Conversation.Version
		if p := d.change.Previous; p != nil {
			settled[p.ID] = p.Version
		}
		deliver = deliver || len(d.change.Deliveries) > 0
		calls = calls || slices.ContainsFunc(d.change.RuleRuns, func(r RuleRun) bool { return !r.CallAt.IsZero() })
		if due := d.change.Conversation.State.CloseDueAt; !due.IsZero() && !due.Equal(d.before.State.CloseDueAt) {
			s.Count(due)
		}
		if concernsRouting(*d.before, d.change.Conversation) {
			s.Routed(*d.before, d.change.Conversation)
		}
		if at := d.change.Conversation.State.WakeAt(); !at.IsZero() && !at.Equal(d.before.State.WakeAt()) {
			s.Wake(at)
		}
	}
	if deliver {
		s.Deliver()
	}
	if calls {
		s.RuleCalls()
	}
	if err := s.Announce.Announce(ctx, notices); err != nil {
		s.Logger.WarnContext(ctx, "announcing changes failed, will be announced again", "notices", len(notices), "error", err)
		return
	}
	crashpoint.At(crashpoint.Announced)
	if err := s.Store.Settle(ctx, settled); err != nil {
		s.Logger.WarnContext(ctx, "settling announced changes failed", "error", err)
	}
}

// Notice is what others are told of the change, if it is told by itself.
func (t Transition) Notice() (NoticeType, bool) {
	switch {
	case !t.Moved():
	case t.To == StatusSolved:
		return NoticeConversationSolved, true
	case t.To == StatusClosed:
		return NoticeConversationClosed, true
	case t.Cause == CauseReopened || t.Cause == CauseBeforeClose:
		return NoticeConversationReopened, true
	}
	return "", false
}

// appendNotices adds what a commit means to others.
func appendNotices(out []Notice, d committed, at time.Time) []Notice {
	before, c := d.before, d.change
	conv := &c.Conversation
	add := func(t NoticeType, m *Message) {
		out = append(out, Notice{Type: t, At: at, Conversation: conv, Message: m})
	}
	if before.Version == 0 {
		add(NoticeConversationCreated, nil)
	}
	for i := range c.Messages {
		add(NoticeMessageCreated, &c.Messages[i])
	}
	for _, t := range c.Transitions {
		if kind, ok := t.Notice(); ok {
			add(kind, nil)
		}
	}
	if before.State.Assignee != conv.State.Assignee {
		add(NoticeConversationAssigned, nil)
	}
	was, is := before.State.Offer, conv.State.Offer
	if was.Agent != "" && was != is && conv.State.Assignee != was.Agent {
		out = append(out, Notice{Type: NoticeOfferEnded, At: at, Conversation: conv, Agent: was.Agent})
	}
	if is.Agent != "" && was != is {
		out = append(out, Notice{Type: NoticeConversationOffered, At: at, Conversation: conv, Agent: is.Agent})
	}
	changed := before.State.Status != conv.State.Status || before.State.Session != conv.State.Session
	if before.Version != 0 && (len(c.Messages) == 0 || changed) {
		add(NoticeConversationUpdated, nil)
	}
	return out
}

// Reannounce announces commits that were made before the given time and never
// confirmed as heard, because their process died or the bus was away. It
// answers how many conversations it handled.
func (s *Service) Reannounce(ctx context.Context, before time.Time, limit int) (int, error) {
	left, err := s.Store.Unsettled(ctx, before, limit)
	if err != nil || len(left) == 0 {
		return 0, err
	}
	notices := make([]Notice, 0, len(left))
	settled := make(map[ConversationID]int64, len(left))
	for i := range left {
		// Which messages the lost notice was about is not known any more:
		// whoever listens reads the conversation again.
		notices = append(notices, Notice{Type: NoticeConversationUpdated, At: left[i].UpdatedAt, Conversation: &left[i]})
		settled[left[i].ID] = left[i].Version
	}
	if err := s.Announce.Announce(ctx, notices); err != nil {
		return 0, fmt.Errorf("announce again: %w", err)
	}
	s.Deliver()
	return len(left), s.Store.Settle(ctx, settled)
}
