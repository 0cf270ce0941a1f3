package subscriptions

import (
	"context"
	"errors"

	"threadhub/internal/crashpoint"
	"threadhub/threads"
	"threadhub/workers"
)

// intent is a change that is about to be made, as far as it takes to tell of it
// when its process is gone.
type intent struct {
	noted
	// Of a conversation: the version it is to have, the messages it gets and
	// what the log says.
	Conversation threads.ConversationID `json:"conversation,omitempty"`
	Messages     []threads.MessageID    `json:"messages,omitempty"`
	Types        []threads.NoticeType   `json:"types,omitempty"`
	// Of a message, with its conversation.
	Message threads.MessageID `json:"message,omitempty"`
	Contact threads.ContactID `json:"contact,omitempty"`
	// Version that the record is to have; 0 for whichever.
	Version int64 `json:"version,omitempty"`
}

func (in intent) lane() string {
	if in.Contact != "" {
		return string(in.Contact)
	}
	return string(in.Conversation)
}

// Store is a store whose changes are noted before they are made, while anybody
// is subscribed: see package spool.
type Store struct {
	threads.Store
	relay *Relay
}

// Watch answers the store with its changes noted.
func (r *Relay) Watch(s threads.Store) *Store { return &Store{Store: s, relay: r} }

// Commit implements [threads.Store].
func (s *Store) Commit(ctx context.Context, changes []threads.Change) []error {
	intents := make([]intent, len(changes))
	for i := range changes {
		intents[i] = intentOf(&changes[i])
	}
	noted, err := s.relay.intend(ctx, intents)
	if err != nil {
		errs := make([]error, len(changes))
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	crashpoint.At(crashpoint.Intended)
	if !noted {
		return s.Store.Commit(ctx, changes)
	}
	soon, cancel := s.relay.soon(ctx)
	defer cancel()
	errs := s.Store.Commit(soon, changes)
	made := map[subject]intent{}
	var void, doubtful []intent
	for i, err := range errs {
		switch {
		case err == nil:
			made[subject{string(intents[i].Conversation), intents[i].Version}] = intents[i]
		case errors.Is(err, threads.ErrConflict), errors.Is(err, threads.ErrSeen), errors.Is(err, threads.ErrFull):
			void = append(void, intents[i])
		default:
			doubtful = append(doubtful, intents[i])
		}
	}
	s.relay.settle(ctx, made, void, doubtful)
	return errs
}

// intentOf tells what a commit means to others, as far as the commit itself
// shows it.
func intentOf(c *threads.Change) intent {
	in := intent{Conversation: c.Conversation.ID, Version: c.Conversation.Version}
	if c.Expected == 0 {
		in.Types = append(in.Types, threads.NoticeConversationCreated)
	}
	for i := range c.Messages {
		in.Messages = append(in.Messages, c.Messages[i].ID)
	}
	for _, t := range c.Transitions {
		if kind, ok := t.Notice(); ok {
			in.Types = append(in.Types, kind)
		}
	}
	return in
}

// SaveMessage implements [threads.Store].
func (s *Store) SaveMessage(ctx context.Context, m threads.Message) error {
	return s.save(ctx, intent{Conversation: m.ConversationID, Message: m.ID, Version: m.Version}, subject{string(m.ID), m.Version},
		func(ctx context.Context) error { return s.Store.SaveMessage(ctx, m) })
}

// SaveContact implements [threads.Store].
func (s *Store) SaveContact(ctx context.Context, c threads.Contact) error {
	return s.save(ctx, intent{Contact: c.ID, Version: c.Version}, subject{string(c.ID), c.Version},
		func(ctx context.Context) error { return s.Store.SaveContact(ctx, c) })
}

// save makes a change of one record.
func (s *Store) save(ctx context.Context, in intent, at subject, change func(context.Context) error) error {
	list := []intent{in}
	noted, err := s.relay.intend(ctx, list)
	if err != nil {
		return err
	}
	if !noted {
		return change(ctx)
	}
	soon, cancel := s.relay.soon(ctx)
	defer cancel()
	switch err = change(soon); {
	case err == nil:
		s.relay.settle(ctx, map[subject]intent{at: list[0]}, nil, nil)
	case errors.Is(err, threads.ErrConflict):
		s.relay.settle(ctx, nil, list, nil)
	default:
		s.relay.settle(ctx, nil, nil, list)
	}
	return err
}

// Outbox is an outbox whose ends of deliveries are noted before they are made,
// while anybody is subscribed.
type Outbox struct {
	workers.Outbox
	relay *Relay
}

// WatchOutbox answers the outbox with the ends of its deliveries noted.
func (r *Relay) WatchOutbox(o workers.Outbox) *Outbox { return &Outbox{Outbox: o, relay: r} }

// SettleCalls implements [workers.Outbox].
func (o *Outbox) SettleCalls(ctx context.Context, results []workers.DeliveryResult) ([]threads.Message, error) {
	var intents []intent
	for _, r := range results {
		if !r.Again {
			intents = append(intents, intent{Conversation: r.Delivery.ConversationID, Message: r.Delivery.MessageID})
		}
	}
	noted, err := o.relay.intend(ctx, intents)
	if err != nil {
		return nil, err
	}
	crashpoint.At(crashpoint.Intended)
	if !noted {
		return o.Outbox.SettleCalls(ctx, results)
	}
	soon, cancel := o.relay.soon(ctx)
	defer cancel()
	messages, err := o.Outbox.SettleCalls(soon, results)
	if err != nil {
		o.relay.settle(ctx, nil, nil, intents)
	} else {
		made, void := ended(intents, messages)
		o.relay.settle(ctx, made, void, nil)
	}
	return messages, err
}

// ended tells the intents of messages that are there from those of messages
// that are gone.
func ended(intents []intent, messages []threads.Message) (made map[subject]intent, void []intent) {
	versions := make(map[threads.MessageID]int64, len(messages))
	for i := range messages {
		versions[messages[i].ID] = messages[i].Version
	}
	made = map[subject]intent{}
	for _, in := range intents {
		if v, there := versions[in.Message]; there {
			made[subject{string(in.Message), v}] = in
		} else {
			void = append(void, in)
		}
	}
	return made, void
}
