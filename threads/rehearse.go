package threads

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"threadhub/internal/ident"
	"threadhub/normalize"
)

// Rehearsal is what a command to send would do: nothing of it is stored.
type Rehearsal struct {
	Conversation Conversation // as it would be
	Message      Message
	Delivery     Delivery // without a message id, for a note
}

// Rehearse answers what Send would do, and refuses what it would refuse.
func (s *Service) Rehearse(ctx context.Context, cmd SendCommand) (Rehearsal, error) {
	before, err := s.readUnless(ctx, cmd.Known, cmd.Conversation)
	if err != nil {
		return Rehearsal{}, fmt.Errorf("conversation %s: %w", cmd.Conversation, err)
	}
	ch, err := s.channelOf(ctx, before.ChannelID)
	if err != nil {
		return Rehearsal{}, err
	}
	c, m, err := s.outgoing(ctx, before, nil, ch, sendInput(cmd, s.now()), MessageID(ident.New("msg")), cmd)
	if err != nil {
		return Rehearsal{}, err
	}
	return rehearsed(c, m), nil
}

// RehearseStart answers what Start would do, and refuses what it would refuse.
// A contact that is not known yet is not made.
func (s *Service) RehearseStart(ctx context.Context, cmd StartCommand) (Rehearsal, error) {
	var slot Slot
	var brief ContactBrief
	var err error
	if cmd.FollowUpOf != "" {
		slot, brief, err = s.startSlot(ctx, cmd)
	} else {
		slot, brief, err = s.knownSlot(ctx, cmd)
	}
	if err != nil {
		return Rehearsal{}, err
	}
	ch, err := s.channelOf(ctx, slot.Channel)
	if err != nil {
		return Rehearsal{}, err
	}
	c, m, _, err := s.startChange(ctx, slot, brief, ch, MessageID(ident.New("msg")), cmd.Send)
	if err != nil {
		return Rehearsal{}, err
	}
	return rehearsed(c, m), nil
}

func rehearsed(c *Change, m Message) Rehearsal {
	r := Rehearsal{Conversation: c.Conversation, Message: m}
	if len(c.Deliveries) > 0 {
		r.Delivery = c.Deliveries[0]
	}
	return r
}

// knownSlot is the place of a contact that may not be known; it then has no id.
func (s *Service) knownSlot(ctx context.Context, cmd StartCommand) (Slot, ContactBrief, error) {
	name := Identity{cmd.Channel, cmd.To}
	owners, err := s.Store.Owners(ctx, []Identity{name})
	if err != nil {
		return Slot{}, ContactBrief{}, fmt.Errorf("find contact: %w", err)
	}
	return Slot{cmd.Channel, owners[name]}, ContactBrief{ID: owners[name], ExternalID: cmd.To}, nil
}

// reachable refuses to write to a contact that was deleted, which closes their
// conversations. first is set when the business writes without having been
// asked: then those are left in peace who do not want it.
func (s *Service) reachable(ctx context.Context, conv Conversation, first bool) error {
	id := conv.Contact.ID
	if id == "" {
		return nil // of a rehearsal
	}
	contact, err := s.Store.Contact(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return &RefusedError{Code: RefusedContact, Detail: "the contact was deleted: nothing can be sent to them any more", Conversation: conv.ID}
	}
	if err != nil {
		return fmt.Errorf("contact %s: %w", id, err)
	}
	if !first {
		return nil
	}
	if contact.Consents[""] == normalize.ConsentBlocked {
		return &RefusedError{Code: RefusedBlocked, Detail: "the contact has blocked the channel: wait until they write", Conversation: conv.ID}
	}
	person, err := PersonOf(ctx, s.Store, id)
	if err != nil {
		return fmt.Errorf("contact %s: %w", id, err)
	}
	// What they said under one of their names holds for all of them. A block is
	// about the account that made it.
	if slices.ContainsFunc(person.All(), func(c Contact) bool { return c.Consents[""] == normalize.ConsentOptedOut }) {
		return &RefusedError{Code: RefusedOptedOut, Detail: "the contact wants no messages they did not ask for: wait until they write", Conversation: conv.ID}
	}
	return nil
}
