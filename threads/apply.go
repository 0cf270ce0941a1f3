package threads

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"threadhub/normalize"
)

// apply works an event that carries no message of its own into what it is
// about. Applying it again changes nothing.
func (s *Service) apply(ctx context.Context, a Arrival) error {
	e := a.Event
	switch {
	case e.Receipt != nil && !e.Receipt.UpTo.IsZero():
		return s.applyWatermark(ctx, a)
	case e.Receipt != nil:
		err := s.applyToMessage(ctx, a, e.Receipt.Target, e.Receipt.Ref, func(m *Message) bool { return m.receipt(*e.Receipt, a) })
		if err != nil || !e.Receipt.Earlier {
			return err
		}
		return s.applyEarlier(ctx, a)
	case e.Reaction != nil:
		return s.applyToMessage(ctx, a, e.Reaction.Target, "", func(m *Message) bool { return m.react(*e.Reaction, a) })
	case e.Edit != nil:
		return s.applyContent(ctx, a, e.Edit.Target, func(m *Message) bool { return m.edit(*e.Edit, a) })
	case e.Deletion != nil:
		return s.applyContent(ctx, a, e.Deletion.Target, func(m *Message) bool { return m.remove(a) })
	case e.Mirror && e.Message != nil:
		// It is that of a message of ours, or waits to become one (see adopt).
		return s.applyToMessage(ctx, a, e.Message.ID, "", func(*Message) bool { return false })
	case e.Consent != nil:
		return s.applyConsent(ctx, a)
	case e.Identity != nil:
		return s.applyIdentity(ctx, a)
	case e.Type == normalize.EventTyping:
		return s.applyTyping(ctx, a)
	case e.Type == normalize.EventEnded:
		return s.applyEnded(ctx, a)
	}
	return nil
}

// applyContent changes what the message says, also where lists show it.
func (s *Service) applyContent(ctx context.Context, a Arrival, target normalize.PlatformID, edit func(*Message) bool) error {
	if err := s.applyToMessage(ctx, a, target, "", edit); err != nil {
		return err
	}
	return s.showAgain(ctx, a.Channel, target)
}

// applyToMessage changes the message the event is about. When there is none
// yet, the event is parked until it comes.
func (s *Service) applyToMessage(ctx context.Context, a Arrival, target normalize.PlatformID, ref string, edit func(*Message) bool) error {
	found, err := s.editMessage(ctx, a.Channel, target, ref, edit)
	if err != nil || found {
		return err
	}
	raw, err := json.Marshal(a.Event)
	if err != nil {
		return fmt.Errorf("park event: %w", err)
	}
	p := Parked{ID: string(a.Channel) + "/" + a.Event.Key, ChannelID: a.Channel, Target: target, Event: raw, ReceivedAt: a.ReceivedAt}
	if err := s.Store.Park(ctx, p); err != nil {
		return fmt.Errorf("park event: %w", err)
	}
	// The message may have come between the look and the parking; whoever
	// stored it then looked for parked events too early.
	if found, err = s.editMessage(ctx, a.Channel, target, ref, edit); err != nil || !found {
		return err
	}
	return s.Store.Unpark(ctx, []string{p.ID})
}

// editMessage changes the message with the platform's id, or else with our own
// id, again if somebody else was faster. It tells whether there is one.
func (s *Service) editMessage(ctx context.Context, ch ChannelID, target normalize.PlatformID, ref string, edit func(*Message) bool) (bool, error) {
	for try := 0; ; try++ {
		m, err := s.findMessage(ctx, ch, target, ref)
		if errors.Is(err, ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("find message: %w", err)
		}
		was := m.Status
		m.Reactions = slices.Clone(m.Reactions)
		if !edit(&m) {
			return true, nil
		}
		m.Version++
		err = s.Store.SaveMessage(ctx, m)
		if errors.Is(err, ErrConflict) && try < attempts {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("save message: %w", err)
		}
		return true, s.MessageChanged(ctx, m, was)
	}
}

func (s *Service) findMessage(ctx context.Context, ch ChannelID, target normalize.PlatformID, ref string) (Message, error) {
	if target != "" {
		found, err := s.Store.MessagesByExternal(ctx, ch, []normalize.PlatformID{target})
		if err != nil {
			return Message{}, err
		}
		if m, ok := found[target]; ok {
			return m, nil
		}
	}
	if ref == "" {
		return Message{}, ErrNotFound
	}
	m, err := s.Store.Message(ctx, MessageID(ref))
	if err == nil && m.ChannelID != ch {
		return Message{}, ErrNotFound // a platform can name only what we gave it
	}
	return m, err
}

// MessageChanged announces a message whose status was another one before, and
// raises the conversation's attention when it has now failed.
func (s *Service) MessageChanged(ctx context.Context, m Message, was MessageStatus) error {
	n := Notice{Type: NoticeMessageUpdated, At: s.now(), Message: &m}
	var err error
	if m.Status == MessageFailed && was != MessageFailed {
		n.Type = NoticeMessageFailed
		err = s.failed(ctx, m)
	}
	s.tell(ctx, n) // whether or not the conversation could be marked
	return err
}

// failed has somebody look at the conversation of a message that failed. One of
// which nothing left has used up nothing of what the platform takes.
func (s *Service) failed(ctx context.Context, m Message) error {
	_, err := s.edit(ctx, m.ConversationID, Author{Type: AuthorSystem}, func(c *Conversation, _ ChannelInfo) ([]Input, error) {
		c.takeBack(m)
		if c.State.NeedsAttention {
			return nil, nil
		}
		return []Input{{Kind: InDeliveryFailed}}, nil
	})
	return err
}

func (m *Message) receipt(r normalize.Receipt, a Arrival) bool {
	p := MessagePatch{Status: MessageStatus(r.Status), At: sentAt(a), Error: r.Failure}
	if r.UpTo.IsZero() && r.Target != "" {
		if r.Ref == string(m.ID) {
			p.IDs = []normalize.PlatformID{r.Target}
		}
		if r.Ref == string(m.ID) || slices.Contains(m.ExternalIDs, r.Target) {
			p.Part = r.Target
		}
	}
	return m.Advance(p)
}

// edit replaces the content; an older edit that arrives late changes nothing.
func (m *Message) edit(e normalize.Edit, a Arrival) bool {
	at := sentAt(a)
	if !m.DeletedAt.IsZero() || (!m.EditedAt.IsZero() && !at.After(m.EditedAt)) {
		return false
	}
	content := e.Message
	content.ID, content.Context = m.Content.ID, m.Content.Context
	if content.ReplyTo == nil {
		content.ReplyTo = m.Content.ReplyTo
	}
	m.Content, m.EditedAt = content, at
	return true
}

// remove takes the content away and keeps the place.
func (m *Message) remove(a Arrival) bool {
	if !m.DeletedAt.IsZero() {
		return false
	}
	m.DeletedAt = sentAt(a)
	m.Content = normalize.Message{ID: m.Content.ID, Type: m.Content.Type}
	return true
}

func (s *Service) applyConsent(ctx context.Context, a Arrival) error {
	return s.ownerFor(ctx, a.Channel, a.Event.Peer, func(id ContactID) error {
		e := a.Event.Consent
		err := s.editContact(ctx, id, func(c *Contact) bool { return c.Consent(e.Category, e.Status) })
		if err != nil || (e.Status != normalize.ConsentBlocked && e.Status != normalize.ConsentUnblocked) {
			return err
		}
		return s.noteBlock(ctx, Slot{a.Channel, id}, a)
	})
}

// Consent notes what the contact wants of a category of messages; it tells
// whether that is news.
func (c *Contact) Consent(category string, status normalize.ConsentStatus) bool {
	if c.Consents[category] == status {
		return false
	}
	next := map[string]normalize.ConsentStatus{category: status}
	for k, v := range c.Consents {
		if k != category {
			next[k] = v
		}
	}
	c.Consents = next
	return true
}

// applyIdentity makes the peer's new name one of the contact that had the
// former one.
func (s *Service) applyIdentity(ctx context.Context, a Arrival) error {
	if len(a.Event.Identity.Former) == 0 {
		return nil
	}
	peer := a.Event.Peer
	// The first name decides whose contact it is: the former, known one.
	known := normalize.Peer{
		ID: a.Event.Identity.Former[0], Name: peer.Name, Username: peer.Username, Phone: peer.Phone, Kind: peer.Kind,
		Aliases: append(slices.Clone(a.Event.Identity.Former[1:]), append([]normalize.PeerID{peer.ID}, peer.Aliases...)...),
	}
	if peer.ID == "" {
		known.Aliases = slices.Clone(a.Event.Identity.Former[1:])
	}
	_, _, err := s.owner(ctx, a.Channel, known)
	return err
}

func (s *Service) applyTyping(ctx context.Context, a Arrival) error {
	conv, ok, err := s.currentOf(ctx, a)
	if err == nil && ok {
		by := Author{Type: AuthorContact, ID: string(conv.Contact.ID), Name: conv.Contact.Name}
		s.tell(ctx, Notice{Type: NoticeTyping, At: s.now(), Conversation: &conv, Author: &by})
	}
	return err
}

// ApplyParked applies events that waited for the given platform ids, because
// their messages are there now.
func (s *Service) ApplyParked(ctx context.Context, targets map[ChannelID][]normalize.PlatformID) error {
	waiting, err := s.Store.ParkedFor(ctx, targets)
	if err != nil || len(waiting) == 0 {
		return err
	}
	_, err = s.retryParked(ctx, waiting)
	return err
}

// RetryParked applies parked events received before the given time whose
// messages have come. Those received before giveUp are taken out and answered:
// their message never came.
func (s *Service) RetryParked(ctx context.Context, before, giveUp time.Time, limit int) ([]Parked, error) {
	waiting, err := s.Store.ParkedBefore(ctx, before, limit)
	if err != nil {
		return nil, fmt.Errorf("parked events: %w", err)
	}
	left, err := s.retryParked(ctx, waiting)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(left, func(p Parked) bool { return !p.ReceivedAt.Before(giveUp) }), nil
}

// Unpark forgets parked events that were dealt with elsewhere.
func (s *Service) Unpark(ctx context.Context, ids []string) error { return s.Store.Unpark(ctx, ids) }

// retryParked answers those whose message is still not there.
func (s *Service) retryParked(ctx context.Context, waiting []Parked) (left []Parked, err error) {
	var applied []string
	for _, p := range waiting {
		a := Arrival{Channel: p.ChannelID, ReceivedAt: p.ReceivedAt}
		if err := json.Unmarshal(p.Event, &a.Event); err != nil {
			return nil, fmt.Errorf("parked event %s: %w", p.ID, err)
		}
		found, err := s.targetKnown(ctx, a)
		if err != nil {
			return nil, err
		}
		switch {
		case found:
			err = s.apply(ctx, a)
		case (a.Event.Edit != nil || a.Event.Mirror) && s.now().Sub(p.ReceivedAt) > adoptAfter:
			err = s.adopt(ctx, a)
		default:
			left = append(left, p)
			continue
		}
		if err != nil {
			return nil, err
		}
		applied = append(applied, p.ID)
	}
	if len(applied) == 0 {
		return left, nil
	}
	return left, s.Store.Unpark(ctx, applied)
}

// adoptAfter is how long an edit, or an echo that may be of our own, waits for
// its message.
const adoptAfter = 5 * time.Second

// adopt stores the message that an edit is about, from the edit alone: it was
// written before the hub listened. Should it come after all, it is recognised.
// An echo that waited for a message of ours was written elsewhere.
func (s *Service) adopt(ctx context.Context, a Arrival) error {
	e := a.Event
	if e.Mirror {
		a.Event.Mirror = false
		return s.Ingest(ctx, []Arrival{a})[0]
	}
	content := e.Edit.Message
	content.ID = e.Edit.Target
	kind := normalize.EventMessage
	if e.Edit.Echo {
		kind = normalize.EventEcho
	}
	old := Arrival{Channel: a.Channel, ReceivedAt: a.ReceivedAt, old: true, Event: normalize.Event{
		Key: normalize.MessageKey(content.ID), Type: kind, Account: e.Account, Peer: e.Peer, At: e.At, Message: &content,
	}}
	return s.Ingest(ctx, []Arrival{old})[0]
}

func (s *Service) targetKnown(ctx context.Context, a Arrival) (bool, error) {
	target, ref := targetOf(a.Event)
	_, err := s.findMessage(ctx, a.Channel, target, ref)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func targetOf(e normalize.Event) (normalize.PlatformID, string) {
	switch {
	case e.Receipt != nil:
		return e.Receipt.Target, e.Receipt.Ref
	case e.Reaction != nil:
		return e.Reaction.Target, ""
	case e.Edit != nil:
		return e.Edit.Target, ""
	case e.Deletion != nil:
		return e.Deletion.Target, ""
	case e.Message != nil:
		return e.Message.ID, ""
	}
	return "", ""
}
