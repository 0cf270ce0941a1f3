package threads

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"threadhub/internal/ident"
	"threadhub/normalize"
)

// Send adds an outbound message, or a note, to a conversation. The message is
// queued: its row and its place in the outbox are durable when Send answers.
// What cannot be sent is refused before anything is stored (*RefusedError). A
// command that was carried out before, by its ClientKey, is answered with its
// message, whatever has become of the conversation since.
func (s *Service) Send(ctx context.Context, cmd SendCommand) (Message, Conversation, error) {
	id := MessageID(ident.New("msg"))
	var before Conversation
	var sent Message
	conv, err := s.commitLoop(ctx, cmd.Conversation, cmd.Known, func(c Conversation, ch ChannelInfo) (*Change, error) {
		before = c
		change, m, err := s.outgoing(ctx, c, nil, ch, sendInput(cmd, s.now()), id, cmd)
		sent = m
		return change, err
	})
	// Nobody looks for an earlier message before there is a reason to: the
	// look would take as long as the commit, in which others would be faster.
	var refused *RefusedError
	if !errors.Is(err, ErrSeen) && !errors.As(err, &refused) {
		return sent, conv, err
	}
	earlier, ok, e := s.sentBefore(ctx, before.ChannelID, cmd.ClientKey)
	if e != nil || !ok {
		return sent, conv, cmp.Or(e, err)
	}
	conv, err = s.Store.Conversation(ctx, earlier.ConversationID)
	return earlier, conv, err
}

// sendInput is what a message means to the conversation.
func sendInput(cmd SendCommand, now time.Time) Input {
	in := Input{Kind: InAgentMessage, Actor: cmd.Author, ReceivedAt: now}
	if cmd.Internal {
		in.Kind = InNote
	}
	return in
}

// Start writes to a contact first. It uses the contact's conversation if one is
// not closed, and begins one otherwise.
func (s *Service) Start(ctx context.Context, cmd StartCommand) (Message, Conversation, error) {
	slot, brief, err := s.startSlot(ctx, cmd)
	if err != nil {
		return Message{}, Conversation{}, err
	}
	ch, err := s.channelOf(ctx, slot.Channel)
	if err != nil {
		return Message{}, Conversation{}, err
	}
	id := MessageID(ident.New("msg"))
	for range attempts {
		m, conv, err := s.startOnce(ctx, slot, brief, ch, id, cmd.Send)
		if !lostRace(err) {
			return m, conv, err
		}
	}
	return Message{}, Conversation{}, errBusy
}

func (s *Service) startOnce(ctx context.Context, slot Slot, brief ContactBrief, ch ChannelInfo, id MessageID, cmd SendCommand) (Message, Conversation, error) {
	if earlier, ok, err := s.sentBefore(ctx, slot.Channel, cmd.ClientKey); err != nil || ok {
		if err != nil {
			return Message{}, Conversation{}, err
		}
		conv, err := s.Store.Conversation(ctx, earlier.ConversationID)
		return earlier, conv, err
	}
	c, m, before, err := s.startChange(ctx, slot, brief, ch, id, cmd)
	if err != nil {
		return Message{}, Conversation{}, err
	}
	err = s.commitOne(ctx, c, before)
	return m, c.Conversation, err
}

// startChange is the commit of a message that begins a talk, or goes on with
// the one that is not closed, and what it replaces.
func (s *Service) startChange(ctx context.Context, slot Slot, brief ContactBrief, ch ChannelInfo, id MessageID, cmd SendCommand) (*Change, Message, Conversation, error) {
	current, err := s.Store.Current(ctx, []Slot{slot})
	if err != nil {
		return nil, Message{}, Conversation{}, fmt.Errorf("load conversation: %w", err)
	}
	before, exists := current[slot]
	var previous *Conversation
	target := before
	switch {
	case !exists:
		target, _ = begin(slot.Channel, brief, nil, s.now())
	case before.State.Status == StatusClosed:
		target, previous = begin(slot.Channel, before.Contact, &before, s.now())
		target.LastInboundAt, target.LastInboundID, target.ReplyContext = before.LastInboundAt, before.LastInboundID, before.ReplyContext
		target.Window, target.Answers = before.Window, before.Answers
	}
	in := Input{Kind: InStart, Actor: cmd.Author, ReceivedAt: s.now()}
	c, m, err := s.outgoing(ctx, target, previous, ch, in, id, cmd)
	if target.Version == 0 {
		before = Conversation{}
	}
	return c, m, before, err
}

// startSlot finds or makes the contact to write to.
func (s *Service) startSlot(ctx context.Context, cmd StartCommand) (Slot, ContactBrief, error) {
	if cmd.FollowUpOf != "" {
		conv, err := s.Store.Conversation(ctx, cmd.FollowUpOf)
		return conv.Slot(), conv.Contact, err
	}
	var contact ContactID
	err := s.ownerFor(ctx, cmd.Channel, normalize.Peer{ID: cmd.To}, func(id ContactID) error {
		contact = id
		_, err := s.Store.Contact(ctx, id)
		return err
	})
	return Slot{cmd.Channel, contact}, ContactBrief{ID: contact, ExternalID: cmd.To}, err
}

// sentBefore finds the message an earlier command with the same key made.
func (s *Service) sentBefore(ctx context.Context, ch ChannelID, clientKey string) (Message, bool, error) {
	if clientKey == "" {
		return Message{}, false, nil
	}
	key := outboundKey(clientKey)
	seen, err := s.Store.Seen(ctx, ch, []MessageKey{key})
	if err != nil {
		return Message{}, false, fmt.Errorf("look for an earlier send: %w", err)
	}
	id, ok := seen[key]
	if !ok {
		return Message{}, false, nil
	}
	m, err := s.Store.Message(ctx, id)
	return m, err == nil, err
}

func outboundKey(clientKey string) MessageKey { return MessageKey("out:" + clientKey) }

// outgoing builds the commit of an outbound message or note.
func (s *Service) outgoing(ctx context.Context, before Conversation, previous *Conversation, ch ChannelInfo, in Input, id MessageID, cmd SendCommand) (*Change, Message, error) {
	if ch.Gone && !cmd.Internal {
		return nil, Message{}, &RefusedError{Code: RefusedChannel, Detail: "the channel was deleted: write to the contact on another one", Conversation: before.ID}
	}
	p, err := s.policy(ctx, ch, before.State)
	if err == nil && !before.State.Exists() {
		err = s.chooseStyle(ctx, &p, beginning{
			channel: ch, contact: before.Contact.ID, previous: previous, at: in.ReceivedAt, first: cmd.Content,
		})
	}
	if err != nil {
		return nil, Message{}, err
	}
	if first := in.Kind == InStart || cmd.Bulk; !cmd.Internal && (first || before.State.Status == StatusClosed) {
		if err := s.reachable(ctx, before, first); err != nil {
			return nil, Message{}, err
		}
	}
	now := s.now()
	st, effects := Decide(before.State, in, p, now)
	if err := refusal(before.ID, effects); err != nil {
		return nil, Message{}, err
	}
	if in.Kind == InAgentMessage && !cmd.SendAt.IsZero() {
		// It is no reply before it leaves.
		in.Kind = InNote
		st, effects = Decide(before.State, in, p, now)
	}
	next := before
	if err := s.decided(ctx, &next, in, st); err != nil {
		return nil, Message{}, err
	}
	m, err := s.compose(ctx, next, ch, id, cmd, now)
	if err != nil {
		return nil, Message{}, err
	}
	if cmd.Author.Type == AuthorAgent {
		next.UnreadCount = 0 // whoever answers has read
	}
	next.append(&m)
	c := change(before, next, effects, cmd.Author, now)
	c.Previous, c.Messages = previous, []Message{m}
	if !m.Internal {
		out := delivery(before, m, now)
		out.Exchanges, out.Earlier = cmd.done, len(cmd.done)
		out.NotAfter = notAfter(before, ch, m, now)
		c.Deliveries = []Delivery{out}
	}
	return &c, m, nil
}

// delivery is the place in the outbox of a message to the conversation's
// contact.
func delivery(conv Conversation, m Message, now time.Time) Delivery {
	due := cmp.Or(m.SendAt, now)
	return Delivery{
		MessageID: m.ID, ConversationID: m.ConversationID, ChannelID: m.ChannelID, ContactID: m.ContactID,
		To:      normalize.Peer{ID: conv.Contact.ExternalID, Aliases: conv.Contact.Aliases, Name: conv.Contact.Name},
		Context: conv.ReplyContext, LastInbound: conv.LastInboundID, CreatedAt: due, NotBefore: due,
		Scheduled: !m.SendAt.IsZero(), Bulk: m.Bulk,
	}
}

// compose makes the message's row, refusing what the channel cannot carry.
func (s *Service) compose(ctx context.Context, conv Conversation, ch ChannelInfo, id MessageID, cmd SendCommand, now time.Time) (Message, error) {
	m := Message{
		ID: id, ConversationID: conv.ID, ChannelID: conv.ChannelID, ContactID: conv.Contact.ID, Key: outboundKey(cmp.Or(cmd.ClientKey, string(id))),
		Direction: Outbound, Internal: cmd.Internal, Author: cmd.Author, Content: cmd.Content, Status: MessageQueued,
		SentAt: later(now, cmd.SendAt), ReceivedAt: now, Metadata: cmd.Metadata, Version: 1,
		SendAt: cmd.SendAt, Bulk: cmd.Bulk, ResendOf: cmd.resendOf,
	}
	if cmd.ReplyTo != "" {
		original, err := s.Store.Message(ctx, cmd.ReplyTo)
		if err != nil || original.ConversationID != conv.ID || original.Content.ID == "" && len(original.ExternalIDs) == 0 {
			return Message{}, &RefusedError{Code: RefusedUnsupported, Detail: "reply_to names no message of this conversation that the platform knows", Conversation: conv.ID}
		}
		m.ReplyToID = original.ID
		m.Content.ReplyTo = &normalize.Quote{ID: firstID(original), Text: shorten(original.Content.Text, previewRunes)}
	}
	if err := cmd.checkTime(now); err != nil {
		return Message{}, err
	}
	if cmd.Internal {
		m.Status = MessageReceived
		return m, nil
	}
	parts, losses, err := normalize.Fit(m.Content, ch.Caps)
	if err != nil {
		return Message{}, fitRefusal(conv.ID, err)
	}
	if err := s.checkTemplate(ctx, conv, m.Content.Template); err != nil {
		return Message{}, err
	}
	m.Losses = losses
	if n := partsLeft(len(parts), cmd.done); n > 1 {
		m.Parts = n
	}
	if err := sendable(conv, ch, m, cmp.Or(m.SendAt, now)); err != nil {
		return Message{}, err
	}
	return m, nil
}

func firstID(m Message) normalize.PlatformID {
	if m.Content.ID != "" {
		return m.Content.ID
	}
	return m.ExternalIDs[0]
}

func fitRefusal(id ConversationID, err error) error {
	var fit *normalize.FitError
	if errors.As(err, &fit) {
		return &RefusedError{Code: RefusalCode(fit.Code), Detail: fit.Detail, Conversation: id}
	}
	return fmt.Errorf("fit message: %w", err)
}
