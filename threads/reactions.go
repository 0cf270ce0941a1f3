package threads

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"threadhub/normalize"
)

// react keeps one reaction per author, the latest by the platform's time.
func (m *Message) react(r normalize.Reaction, a Arrival) bool {
	by := Author{Type: AuthorContact, ID: string(m.ContactID), Name: a.Event.Peer.Name}
	if r.Author != nil {
		by.ID, by.Name = string(r.Author.ID), r.Author.Name
	}
	if r.Business {
		by = Author{Type: AuthorExternal}
	}
	return m.reacted(r, by, sentAt(a))
}

// reacted puts the reaction in the place of the author's former one. The
// business has one, whoever of it reacts.
func (m *Message) reacted(r normalize.Reaction, by Author, at time.Time) bool {
	i := m.ownReaction()
	if by.Type == AuthorContact {
		i = slices.IndexFunc(m.Reactions, func(have Reaction) bool { return have.Author.Type == by.Type && have.Author.ID == by.ID })
	}
	switch {
	case i < 0 && r.Emoji == "":
		return false
	case i < 0:
		m.Reactions = append(m.Reactions, Reaction{Emoji: r.Emoji, Author: by, At: at})
	case m.Reactions[i].At.After(at) || plain(m.Reactions[i].Emoji) == plain(r.Emoji):
		return false
	case r.Emoji == "" && r.Removed != "" && plain(r.Removed) != plain(m.Reactions[i].Emoji):
		return false // one of several, and not the latest
	case r.Emoji == "":
		m.Reactions = slices.Delete(m.Reactions, i, i+1)
	default:
		m.Reactions[i] = Reaction{Emoji: r.Emoji, Author: by, At: at}
	}
	return true
}

// plain leaves out the sign that asks for the coloured form of an emoji, which
// some platforms take away.
func plain(emoji string) string { return strings.TrimSuffix(emoji, "\uFE0F") }

// ownReaction is the place of the business's reaction, -1 for none.
func (m *Message) ownReaction() int {
	return slices.IndexFunc(m.Reactions, func(have Reaction) bool { return have.Author.Type != AuthorContact })
}

// OwnReaction is the emoji that the business has on the message, "" for none.
func (m *Message) OwnReaction() string {
	if i := m.ownReaction(); i >= 0 {
		return m.Reactions[i].Emoji
	}
	return ""
}

// PlatformID is what the platform calls the message, or its first part; "" for
// one that is not there: a note, or a message that has not left.
func (m *Message) PlatformID() normalize.PlatformID {
	if m.Direction == Inbound {
		return m.Content.ID
	}
	if len(m.ExternalIDs) == 0 {
		return ""
	}
	return m.ExternalIDs[0]
}

// Reactable answers the conversation of the message if somebody may react to it
// now, and a [RefusedError] otherwise. On platforms with a reply window, a
// reaction needs it as a message does.
func (s *Service) Reactable(ctx context.Context, m Message, by Author) (Conversation, error) {
	conv, err := s.Store.Conversation(ctx, m.ConversationID)
	if err != nil {
		return conv, fmt.Errorf("conversation of the message: %w", err)
	}
	ch, err := s.Channels.ChannelInfo(ctx, m.ChannelID)
	if err != nil {
		return conv, fmt.Errorf("channel %s: %w", m.ChannelID, err)
	}
	refuse := func(code RefusalCode, detail string) error {
		return &RefusedError{Code: code, Detail: detail, Conversation: conv.ID}
	}
	switch {
	case !ch.Caps.Reactions:
		return conv, refuse(RefusedUnsupported, "the platform takes no reactions from a business: write a message")
	case m.Internal || !m.DeletedAt.IsZero():
		return conv, refuse(RefusedUnsupported, "one can react only to what the contact can see")
	case m.PlatformID() == "":
		return conv, refuse(RefusedUnsupported, "the message is not at the platform: one can react to it once it was sent")
	case conv.State.Status == StatusClosed:
		return conv, refuse(RefusedClosed, "the conversation is closed")
	case !conv.Contact.BlockedAt.IsZero():
		return conv, refuse(RefusedBlocked, "the contact has blocked the channel: wait until they write")
	}
	if err := s.reachable(ctx, conv, false); err != nil {
		return conv, err
	}
	return conv, sendable(conv, ch, Message{Author: by, Content: normalize.Message{Type: normalize.TypeText}}, s.now())
}

// Reacted notes the business's reaction to the message, "" that it was taken
// back, and tells of it.
func (s *Service) Reacted(ctx context.Context, id MessageID, emoji string, by Author) (Message, error) {
	for range attempts {
		m, err := s.Store.Message(ctx, id)
		if err != nil {
			return m, fmt.Errorf("message: %w", err)
		}
		m.Reactions = slices.Clone(m.Reactions)
		if !m.reacted(normalize.Reaction{Emoji: emoji}, by, s.now()) {
			return m, nil
		}
		m.Version++
		err = s.Store.SaveMessage(ctx, m)
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return m, fmt.Errorf("save message: %w", err)
		}
		return m, s.MessageChanged(ctx, m, m.Status)
	}
	return Message{}, errBusy
}
