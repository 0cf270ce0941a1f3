package threads

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"threadhub/internal/ident"
	"threadhub/normalize"
)

// SilenceDue carries out what is due because customers have not written:
// sessions that become inactive and steps of ladders. It tells how many
// conversations it changed. As with CloseDue, one that came due after the hub
// accepted a webhook which nobody has looked at yet (accepted) is left for
// later: that webhook may break the silence.
func (s *Service) SilenceDue(ctx context.Context, accepted time.Time, limit int) (int, error) {
	now := s.now()
	due, err := s.Store.Silent(ctx, now, limit)
	if err != nil {
		return 0, fmt.Errorf("silent conversations: %w", err)
	}
	var changes []Change
	var before []Conversation
	for _, conv := range due {
		if !accepted.IsZero() && accepted.Before(conv.State.WakeAt()) {
			continue
		}
		c, err := s.silent(ctx, conv, now)
		if err != nil {
			return 0, fmt.Errorf("silence of conversation %s: %w", conv.ID, err)
		}
		if c != nil {
			changes, before = append(changes, *c), append(before, conv)
		}
	}
	if len(changes) == 0 {
		return 0, nil
	}
	done := make([]committed, 0, len(changes))
	for i, err := range s.commit(ctx, before, changes) {
		switch {
		case err == nil:
			done = append(done, committed{&before[i], &changes[i]})
		case !lostRace(err):
			s.announce(ctx, done)
			return len(done), fmt.Errorf("silent conversations: %w", err)
		}
	}
	s.announce(ctx, done)
	return len(done), nil
}

// silent builds the change of a conversation whose customer stayed silent; nil
// when nothing is due.
func (s *Service) silent(ctx context.Context, before Conversation, now time.Time) (*Change, error) {
	ch, err := s.channelOf(ctx, before.ChannelID)
	if err != nil {
		return nil, err
	}
	next := before
	var effects []Effect
	var messages []Message
	for _, in := range before.State.silenceInputs(now) {
		var reminder *Message
		if in.Kind == InStepDue {
			if reminder, err = s.reminder(next, ch, now); err != nil {
				in.Hindrance = hindrance(err)
			}
		}
		p, err := s.policy(ctx, ch, next.State)
		if err == nil {
			err = s.addCalendar(ctx, &p, next.ID, next.State, in)
		}
		if err != nil {
			return nil, err
		}
		st, eff := Decide(next.State, in, p, now)
		if err := s.decided(ctx, &next, in, st); err != nil {
			return nil, err
		}
		effects = append(effects, eff...)
		if slices.ContainsFunc(eff, func(e Effect) bool { _, ok := e.(Remind); return ok }) {
			next.append(reminder)
			messages = append(messages, *reminder)
		}
	}
	if next.State == before.State {
		return nil, nil
	}
	c := change(before, next, effects, Author{Type: AuthorSystem}, now)
	c.Messages = messages
	for i := range messages {
		c.Deliveries = append(c.Deliveries, delivery(before, messages[i], now))
		// It may wait in the outbox: it must not leave once the window is over.
		c.Deliveries[i].NotAfter = notAfter(before, ch, messages[i], now)
	}
	return &c, nil
}

// silenceInputs lists what is due, in its order. A session is inactive as of
// the moment it was due; a step takes place when it is carried out.
func (s State) silenceInputs(now time.Time) []Input {
	in := Input{Actor: Author{Type: AuthorSystem}, Generation: s.Silence.Generation}
	var list []Input
	if due := s.Silence.InactiveDueAt; !due.IsZero() && !now.Before(due) {
		in.Kind, in.ReceivedAt = InInactiveDue, due
		list = append(list, in)
	}
	if due := s.Silence.StepDueAt; !due.IsZero() && !now.Before(due) {
		in.Kind, in.ReceivedAt, in.Step = InStepDue, now, s.Silence.Steps
		list = append(list, in)
	}
	return list
}

// reminder makes the message of the ladder's next step; nil when the step is
// none. The error says why it cannot be sent now.
func (s *Service) reminder(conv Conversation, ch ChannelInfo, now time.Time) (*Message, error) {
	silence := conv.State.Silence
	step, ok := conv.State.Presence.Ladder.rung(silence.Steps)
	if !ok || step.text == "" {
		return nil, nil
	}
	id := MessageID(ident.New("msg"))
	m := Message{
		ID: id, ConversationID: conv.ID, ChannelID: conv.ChannelID, ContactID: conv.Contact.ID,
		// The same step of the same silence is the same message, whoever sends it.
		Key:       MessageKey("reminder:" + string(conv.ID) + "/" + strconv.FormatInt(silence.Generation, 10) + "/" + strconv.Itoa(silence.Steps)),
		Direction: Outbound, Author: Author{Type: AuthorSystem}, Status: MessageQueued,
		Content: normalize.Message{Type: normalize.TypeText, Text: step.text}, SentAt: now, ReceivedAt: now, Version: 1,
	}
	parts, losses, err := normalize.Fit(m.Content, ch.Caps)
	if err != nil {
		return nil, fitRefusal(conv.ID, err)
	}
	m.Losses = losses
	if len(parts) > 1 {
		m.Parts = len(parts)
	}
	if err := sendable(conv, ch, m, now); err != nil {
		return nil, err
	}
	return &m, nil
}

// hindrance says for people why a reminder was not sent.
func hindrance(err error) string {
	var refused *RefusedError
	if errors.As(err, &refused) {
		return refused.Detail
	}
	return err.Error()
}
