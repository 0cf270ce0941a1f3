package threads

import (
	"context"
	"errors"
	"fmt"
	"time"

	"threadhub/normalize"
)

// ErasureStore is what forgetting a person asks of a database. All of it may be
// repeated after a crash.
type ErasureStore interface {
	// DropContact removes a contact and the identities that lead to it. One that
	// is gone does not matter.
	DropContact(ctx context.Context, id ContactID) error
	// EraseMessages replaces messages, their keys included, each if the stored
	// version is the one before; nothing the platform called them leads to them
	// any more. ErrConflict: one of them was changed meanwhile; the others may
	// have been replaced.
	EraseMessages(ctx context.Context, list []Message) error
	// EraseLog replaces the lines of a conversation's log by what is left of
	// them, and removes what rules did in it.
	EraseLog(ctx context.Context, id ConversationID, left func(Transition) Transition) error
	// EraseConversation replaces a closed conversation, its contact included, if
	// the stored version is the one before; otherwise ErrConflict. One that keeps
	// its contact keeps its place too.
	EraseConversation(ctx context.Context, c Conversation) error
}

// Erased is what is left of a message of an erased contact: that it was there,
// when, and what became of it. as stands for the contact.
func (m Message) Erased(as ContactID, now time.Time) Message {
	left := Message{
		ID: m.ID, ConversationID: m.ConversationID, ChannelID: m.ChannelID, ContactID: as, Key: erasedKey(m.ID),
		Direction: m.Direction, Internal: m.Internal, Author: m.Author.erased(as), Content: normalize.Message{Type: m.Content.Type},
		Status: m.Status, Sequence: m.Sequence, SentAt: m.SentAt, ReceivedAt: m.ReceivedAt, DeliveredAt: m.DeliveredAt,
		ReadAt: m.ReadAt, DeletedAt: now, ReplyToID: m.ReplyToID, ResendOf: m.ResendOf, ResentAs: m.ResentAs, Version: m.Version + 1,
	}
	if m.Error != nil {
		left.Error = &normalize.Failure{Reason: m.Error.Reason}
	}
	return left
}

// erasedKey is the key of a message whose own one named it to its platform.
func erasedKey(id MessageID) MessageKey { return "erased:" + MessageKey(id) }

// IsErased tells whether that is all that is left of the message.
func (m Message) IsErased() bool { return m.Key == erasedKey(m.ID) }

// erased is the author without their name, unless they work here.
func (a Author) erased(as ContactID) Author {
	if a.Type != AuthorContact {
		return a
	}
	return Author{Type: AuthorContact, ID: string(as)}
}

// Erased is what is left of a conversation of an erased contact: its life and
// its figures.
func (c Conversation) Erased(as ContactID, now time.Time) Conversation {
	c.Contact = ContactBrief{ID: as}
	c.LastInboundID, c.ReplyContext = "", nil
	return c.Purged(now)
}

// Erased is what is left of a line of the log.
func (t Transition) Erased(as ContactID) Transition {
	t.Actor, t.Detail = t.Actor.erased(as), ""
	return t
}

// Forget makes this process look again at who owns the identities. Others find
// out by themselves.
func (s *Service) Forget(ids []Identity) {
	for _, id := range ids {
		s.owners.Remove(id)
	}
}

// reclaim makes a contact for the lane, whose former one was erased.
func (s *Service) reclaim(ctx context.Context, l *lane) error {
	p := l.profile
	p.ID = l.primary.Peer
	s.owners.Remove(l.primary)
	id, err := s.claim(ctx, "", []Identity{l.primary}, p)
	if err != nil {
		return err
	}
	s.owners.Add(l.primary, id)
	l.slot.Contact, l.brief.ID = id, id
	return nil
}

// ownerFor is owner for whoever needs the contact's record: should it have been
// erased, it is looked for, or made, anew.
func (s *Service) ownerFor(ctx context.Context, ch ChannelID, p normalize.Peer, use func(ContactID) error) error {
	id, how, err := s.owner(ctx, ch, p)
	if err != nil {
		return err
	}
	if err = use(id); how != cachedOwner || !errors.Is(err, ErrNotFound) {
		return err
	}
	s.Forget(identities(ch, p))
	if id, _, err = s.owner(ctx, ch, p); err != nil {
		return err
	}
	return use(id)
}

// shut closes a conversation whatever its state is, and takes back what waits to
// be sent into it. It answers the conversation as it then is.
func (s *Service) shut(ctx context.Context, id ConversationID, by Author) (Conversation, error) {
	conv, err := s.Store.Conversation(ctx, id)
	if err != nil {
		return conv, fmt.Errorf("conversation %s: %w", id, err)
	}
	after := MessageID("")
	for more := true; more; {
		var page []Message
		if page, more, err = s.Store.Messages(ctx, id, MessagePage{After: after, Limit: erasePage}); err != nil {
			return conv, fmt.Errorf("messages of %s: %w", id, err)
		}
		for _, m := range page {
			after = m.ID
			if m.Direction != Outbound || m.Internal || m.Status != MessageQueued {
				continue
			}
			var left *RefusedError
			if _, err := s.Cancel(ctx, m.ID, by); err != nil && !errors.As(err, &left) {
				return conv, err
			}
		}
	}
	conv, err = s.Store.Conversation(ctx, id)
	// Conversations are closed by way of solved.
	for _, status := range []Status{StatusSolved, StatusClosed} {
		if err != nil || conv.State.Status == StatusClosed {
			break
		}
		conv, err = s.Update(ctx, id, UpdateCommand{Actor: by, Status: &status, Admin: true})
	}
	return conv, err
}

// erasePage is how many messages are read at a time.
const erasePage = 200

// EraseConversation takes everything out of a conversation that tells of its
// contact, for whom as stands from now on. What comes in meanwhile goes too. It
// may be repeated.
func (s *Service) EraseConversation(ctx context.Context, id ConversationID, as ContactID) error {
	for range attempts {
		conv, err := s.shut(ctx, id, Author{Type: AuthorSystem})
		if err == nil {
			err = s.erase(ctx, conv.Erased(as, s.now()))
		}
		if !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return errBusy
}

// erase takes what was said out of a closed conversation, for what is left of
// it. The conversation comes last: until then it is found again.
func (s *Service) erase(ctx context.Context, left Conversation) error {
	as := left.Contact.ID
	err := s.eraseMessages(ctx, left.ID, as)
	if err == nil {
		err = s.Store.EraseLog(ctx, left.ID, func(t Transition) Transition { return t.Erased(as) })
	}
	if err == nil {
		err = s.Store.EraseConversation(ctx, left)
	}
	return err
}

func (s *Service) eraseMessages(ctx context.Context, id ConversationID, as ContactID) error {
	after := MessageID("")
	for tries := 0; tries < attempts; {
		page, more, err := s.Store.Messages(ctx, id, MessagePage{After: after, Limit: erasePage})
		if err != nil {
			return fmt.Errorf("messages of %s: %w", id, err)
		}
		var left []Message
		for _, m := range page {
			if !m.IsErased() || m.ContactID != as {
				left = append(left, m.Erased(as, s.now()))
			}
		}
		err = s.Store.EraseMessages(ctx, left)
		switch {
		case errors.Is(err, ErrConflict):
			tries++
			continue
		case err != nil:
			return fmt.Errorf("erase messages of %s: %w", id, err)
		case !more:
			return nil
		}
		after, tries = page[len(page)-1].ID, 0
	}
	return ErrConflict
}

// OptedOut tells whether the contact does not want messages of some category,
// or has blocked the channel.
func (c Contact) OptedOut() bool {
	for _, status := range c.Consents {
		if status == normalize.ConsentOptedOut || status == normalize.ConsentBlocked {
			return true
		}
	}
	return false
}
