package threads

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"threadhub/normalize"
)

// Resend sends a dead letter again, as a new message of its conversation, and
// marks the old one with it: what became of the old one stays to be read. Doing
// it again answers the same message. Parts that had left are not sent again.
// Only a person may ask for it: nobody knows whether an unknown one arrived.
func (s *Service) Resend(ctx context.Context, id MessageID, by Author) (Message, Conversation, error) {
	old, err := s.Store.Message(ctx, id)
	if err != nil {
		return Message{}, Conversation{}, fmt.Errorf("message %s: %w", id, err)
	}
	if old.ResentAs != "" {
		return s.resent(ctx, old)
	}
	if !old.DeadLetter() && !old.canceled() {
		return Message{}, Conversation{}, &RefusedError{
			Code:         RefusedNotDead,
			Detail:       fmt.Sprintf("the message is %s: only one that failed, or of which nobody knows whether it arrived, is sent again", old.Status),
			Conversation: old.ConversationID,
		}
	}
	cmd := SendCommand{
		Conversation: old.ConversationID, Author: by, Content: old.Content, ReplyTo: old.ReplyToID, Metadata: old.Metadata,
		ClientKey: "resend:" + string(old.ID), Bulk: old.Bulk, resendOf: old.ID, done: old.Done,
	}
	cmd.Content.ReplyTo = nil // it is made anew
	m, conv, err := s.Send(ctx, cmd)
	if err != nil {
		return Message{}, Conversation{}, err
	}
	return m, conv, s.editOutbound(ctx, old.ID, func(was *Message) error {
		was.ResentAs = m.ID
		return nil
	})
}

func (s *Service) resent(ctx context.Context, old Message) (Message, Conversation, error) {
	m, err := s.Store.Message(ctx, old.ResentAs)
	if err != nil {
		return Message{}, Conversation{}, fmt.Errorf("message %s: %w", old.ResentAs, err)
	}
	conv, err := s.Store.Conversation(ctx, m.ConversationID)
	return m, conv, err
}

// Cancel takes a message back that has not begun to leave. It then counts as
// failed, with the reason that it was taken back.
func (s *Service) Cancel(ctx context.Context, id MessageID, by Author) (Message, error) {
	var canceled Message
	err := s.editOutbound(ctx, id, func(m *Message) error {
		switch {
		case m.canceled():
			canceled = *m
			return errUnchanged
		case m.Direction != Outbound || m.Internal || m.Status != MessageQueued:
			return &RefusedError{
				Code: RefusedLeft, Detail: "the message can no longer be taken back: it is " + string(m.Status), Conversation: m.ConversationID,
			}
		}
		m.Status, m.Error = MessageFailed, &normalize.Failure{Reason: normalize.ReasonCanceled, Message: "taken back by " + cmp.Or(by.Name, string(by.Type))}
		canceled = *m
		return nil
	})
	if errors.Is(err, errUnchanged) {
		return canceled, nil
	}
	if err != nil {
		return Message{}, err
	}
	canceled.Version++
	return canceled, s.unanswer(ctx, canceled)
}

// canceled tells whether the message was taken back.
func (m Message) canceled() bool {
	return m.Status == MessageFailed && m.Error != nil && m.Error.Reason == normalize.ReasonCanceled
}

// errUnchanged says that there is nothing to write.
var errUnchanged = errors.New("unchanged")

// editOutbound changes a message and announces it, again if somebody else was
// faster.
func (s *Service) editOutbound(ctx context.Context, id MessageID, edit func(*Message) error) error {
	for range attempts {
		m, err := s.Store.Message(ctx, id)
		if err != nil {
			return fmt.Errorf("message %s: %w", id, err)
		}
		if err := edit(&m); err != nil {
			return err
		}
		m.Version++
		err = s.Store.SaveMessage(ctx, m)
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return fmt.Errorf("save message: %w", err)
		}
		s.tell(ctx, Notice{Type: NoticeMessageUpdated, At: s.now(), Message: &m})
		return nil
	}
	return errBusy
}

// unanswer gives back what a message that never left took of what the platform
// takes before the contact writes again.
func (s *Service) unanswer(ctx context.Context, m Message) error {
	_, err := s.edit(ctx, m.ConversationID, Author{Type: AuthorSystem}, func(c *Conversation, _ ChannelInfo) ([]Input, error) {
		c.takeBack(m)
		return nil, nil
	})
	return err
}

// takeBack counts a message of which nothing left as if it had not been written.
func (c *Conversation) takeBack(m Message) {
	if len(m.ExternalIDs) == 0 && !m.SentAt.Before(c.LastInboundAt) {
		c.Answers = max(c.Answers-cmp.Or(m.Parts, 1), 0)
	}
}

// partsLeft is how many of so many parts are still to be sent after the calls.
func partsLeft(parts int, done []normalize.Exchange) int {
	sent := map[int]bool{}
	for _, x := range done {
		if len(x.IDs) > 0 {
			sent[x.Part] = true
		}
	}
	return parts - len(sent)
}
