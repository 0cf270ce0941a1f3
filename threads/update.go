package threads

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// commitLoop loads a conversation, builds a change and commits it, again as
// often as somebody else was faster. build answers nil when there is nothing
// to change. ErrSeen is answered as it is.
// known, when not nil, is the conversation as it was read just now.
func (s *Service) commitLoop(ctx context.Context, id ConversationID, known *Conversation, build func(Conversation, ChannelInfo) (*Change, error)) (Conversation, error) {
	for range attempts {
		before, err := s.readUnless(ctx, known, id)
		if err != nil {
			return Conversation{}, fmt.Errorf("conversation %s: %w", id, err)
		}
		known = nil
		ch, err := s.channelOf(ctx, before.ChannelID)
		if err != nil {
			return Conversation{}, err
		}
		c, err := build(before, ch)
		if err != nil || c == nil {
			return before, err
		}
		switch err := s.commitOne(ctx, c, before); {
		case err == nil:
			return c.Conversation, nil
		case !errors.Is(err, ErrConflict):
			return Conversation{}, fmt.Errorf("commit: %w", err)
		}
	}
	return Conversation{}, errBusy
}

func (s *Service) readUnless(ctx context.Context, known *Conversation, id ConversationID) (Conversation, error) {
	if known != nil {
		return *known, nil
	}
	return s.Store.Conversation(ctx, id)
}

// edit changes a conversation: next may alter fields without rules in place
// and answers the inputs to decide on, which happen all or not at all.
func (s *Service) edit(ctx context.Context, id ConversationID, actor Author, next func(*Conversation, ChannelInfo) ([]Input, error)) (Conversation, error) {
	return s.commitLoop(ctx, id, nil, func(before Conversation, ch ChannelInfo) (*Change, error) {
		conv := before
		conv.Tags = slices.Clone(before.Tags)
		inputs, err := next(&conv, ch)
		if err != nil {
			return nil, err
		}
		now := s.now()
		var effects []Effect
		for _, in := range inputs {
			in.Actor, in.ReceivedAt = actor, now
			eff, err := s.step(ctx, ch, &conv, in, now)
			if err != nil {
				return nil, err
			}
			effects = append(effects, eff...)
		}
		if conv.State == before.State && conv.sameFields(before) {
			return nil, nil
		}
		c := change(before, conv, effects, actor, now)
		return &c, nil
	})
}

// step decides an input on the conversation and takes the decision over. A
// refusal is answered as a *RefusedError and changes nothing.
func (s *Service) step(ctx context.Context, ch ChannelInfo, conv *Conversation, in Input, now time.Time) ([]Effect, error) {
	p, err := s.policy(ctx, ch, conv.State)
	if err == nil {
		err = s.addCalendar(ctx, &p, conv.ID, conv.State, in)
	}
	if err != nil {
		return nil, err
	}
	st, effects := Decide(conv.State, in, p, now)
	if err := refusal(conv.ID, effects); err != nil {
		return nil, err
	}
	if err := s.decided(ctx, conv, in, st); err != nil {
		return nil, err
	}
	return effects, nil
}

func (c Conversation) sameFields(o Conversation) bool {
	return c.Priority == o.Priority && c.Subject == o.Subject && c.UnreadCount == o.UnreadCount && c.Answers == o.Answers &&
		slices.Equal(c.Tags, o.Tags)
}

// Update changes a conversation as an agent or admin asked.
func (s *Service) Update(ctx context.Context, id ConversationID, cmd UpdateCommand) (Conversation, error) {
	return s.edit(ctx, id, cmd.Actor, func(c *Conversation, _ ChannelInfo) ([]Input, error) {
		if cmd.IfVersion != nil && !c.Knows(*cmd.IfVersion) {
			return nil, fmt.Errorf("version is %d, not %d: %w", c.Version, *cmd.IfVersion, ErrConflict)
		}
		if cmd.Priority != nil {
			c.Priority = *cmd.Priority
		}
		if cmd.Subject != nil {
			c.Subject, c.ErasedAt = *cmd.Subject, time.Time{}
		}
		if cmd.Tags != nil {
			c.Tags = slices.Clone(*cmd.Tags)
		}
		return cmd.inputs(c.State), nil
	})
}

// inputs lists what the command asks of the rules: who has it first, so that
// "open, and mine" is one step.
func (cmd UpdateCommand) inputs(st State) []Input {
	var in, style []Input
	if cmd.Style != nil {
		style = []Input{{Kind: InSetStyle, Style: *cmd.Style}}
	}
	// A solve counts by the new style; what is solved already may close by it,
	// after which nothing else would be allowed.
	if st.Status != StatusSolved {
		in, style = style, nil
	}
	if cmd.Assignee != nil || cmd.Group != nil {
		assign := Input{Kind: InAssign, Assignee: st.Assignee, Group: st.Group}
		if cmd.Assignee != nil {
			assign.Assignee = *cmd.Assignee
		}
		if cmd.Group != nil {
			assign.Group = *cmd.Group
		}
		in = append(in, assign)
	}
	if cmd.Status != nil {
		in = append(in, Input{Kind: InSetStatus, Status: *cmd.Status, Admin: cmd.Admin})
	}
	return append(in, style...)
}

// Accept gives the conversation to an agent who picked it. The loser of a race
// is refused with already_taken.
func (s *Service) Accept(ctx context.Context, id ConversationID, agent Author) (Conversation, error) {
	return s.edit(ctx, id, agent, func(*Conversation, ChannelInfo) ([]Input, error) {
		return []Input{{Kind: InAccept, Assignee: AgentID(agent.ID)}}, nil
	})
}

// EndSession ends the customer's presence: the next message begins a new
// conversation. Doing it again changes nothing.
func (s *Service) EndSession(ctx context.Context, id ConversationID, actor Author) (Conversation, error) {
	return s.edit(ctx, id, actor, func(*Conversation, ChannelInfo) ([]Input, error) {
		return []Input{{Kind: InEndSession}}, nil
	})
}

// MarkRead notes that somebody has seen the conversation to its end.
func (s *Service) MarkRead(ctx context.Context, id ConversationID, actor Author) (Conversation, error) {
	return s.edit(ctx, id, actor, func(c *Conversation, _ ChannelInfo) ([]Input, error) {
		c.UnreadCount = 0
		if c.State.NeedsAttention {
			return []Input{{Kind: InAttended}}, nil
		}
		return nil, nil
	})
}
