package threads

import (
	"context"
	"fmt"

	"threadhub/normalize"
)

// previewRunes bounds the text that is copied onto conversations.
const previewRunes = 160

// preview is what lists show of the message.
func (m *Message) preview() Preview {
	return Preview{
		ID: m.ID, Type: m.Content.Type, Text: shorten(m.Content.Text, previewRunes),
		Direction: m.Direction, Author: m.Author, At: m.SentAt,
	}
}

// show makes the message the one that lists show, unless a later one is there
// already.
func (c *Conversation) show(m *Message) {
	if c.LastMessage == nil || !m.SentAt.Before(c.LastMessage.At) {
		p := m.preview()
		c.LastMessage = &p
	}
}

// showAgain has lists show what became of a message that was edited or taken
// back, if they show it. The conversation keeps its place in them.
func (s *Service) showAgain(ctx context.Context, ch ChannelID, target normalize.PlatformID) error {
	m, err := s.findMessage(ctx, ch, target, "")
	if err != nil {
		return unlessGone(err, "find message")
	}
	p := m.preview()
	return s.amend(ctx, m.ConversationID, func(conv *Conversation) (bool, error) {
		if conv.LastMessage == nil || conv.LastMessage.ID != m.ID || *conv.LastMessage == p {
			return false, nil
		}
		conv.LastMessage = &p
		return true, nil
	})
}

// leaves takes in that a message leaves which was written before its time: it
// is an answer from now on. Doing it again, for another try, changes nothing.
func (s *Service) leaves(ctx context.Context, m Message) error {
	_, err := s.commitLoop(ctx, m.ConversationID, nil, func(before Conversation, ch ChannelInfo) (*Change, error) {
		if !before.State.LastAgentMessageAt.Before(m.SentAt) {
			return nil, nil // counted, or another answer was faster
		}
		conv, now := before, s.now()
		effects, err := s.step(ctx, ch, &conv, Input{Kind: InAgentMessage, Actor: m.Author, ReceivedAt: now}, now)
		if err != nil {
			return nil, err
		}
		conv.show(&m)
		c := change(before, conv, effects, m.Author, now)
		return &c, nil
	})
	if err != nil {
		return fmt.Errorf("take in a message that leaves: %w", err)
	}
	return nil
}
