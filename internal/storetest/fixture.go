package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

// start is the moment at which every case begins.
var start = time.Date(2031, time.March, 4, 5, 6, 7, 89e6, time.UTC)

// Names used throughout.
const (
	channelA threads.ChannelID = "ch_a"
	channelB threads.ChannelID = "ch_b"
)

// reporter is what a case fails with: testing.T or rapid.T.
type reporter interface {
	require.TestingT
	Helper()
}

// fixture is a store with what a case needs to fill it.
type fixture struct {
	t   reporter
	s   Store
	ctx context.Context
	n   int
}

// id makes an identifier that sorts after all before it.
func (f *fixture) id(prefix string) string {
	f.n++
	return fmt.Sprintf("%s_%06d", prefix, f.n)
}

// contact is one that the store does not know yet, with an identity per peer.
func (f *fixture) contact(channel threads.ChannelID, peers ...normalize.PeerID) threads.Contact {
	c := threads.Contact{
		ID: threads.ContactID(f.id("ct")), Name: "Ada Beispiel", Username: "ada", Locale: "de",
		Consents:  map[string]normalize.ConsentStatus{"": normalize.ConsentOptedIn},
		Tags:      []string{"vip", "new"},
		CreatedAt: start, UpdatedAt: start, Version: 1,
	}
	for _, p := range peers {
		c.Identities = append(c.Identities, threads.Identity{Channel: channel, Peer: p})
	}
	return c
}

// claimed is a contact of one peer that the store has.
func (f *fixture) claimed(channel threads.ChannelID, peer normalize.PeerID) threads.Contact {
	f.t.Helper()
	c := f.contact(channel, peer)
	owners, err := f.s.Claim(f.ctx, c)
	require.NoError(f.t, err)
	require.Equal(f.t, c.ID, owners[c.Identities[0]])
	return c
}

// conversation is the contact's first, open, not stored yet.
func (f *fixture) conversation(channel threads.ChannelID, contact threads.ContactID) threads.Conversation {
	return threads.Conversation{
		ID: threads.ConversationID(f.id("cv")), ChannelID: channel, Ordinal: 1,
		Contact: threads.ContactBrief{ID: contact, ExternalID: "peer-" + normalize.PeerID(contact), Name: "Ada Beispiel"},
		State: threads.State{
			Status: threads.StatusNew, Style: threads.SocialMessaging, Session: threads.SessionActive,
			Close: threads.Countdown{After: 96 * time.Hour, Clock: threads.ClockElapsed}, StyleRule: "sr_1",
		},
		CreatedAt: start, UpdatedAt: start, Version: 1,
	}
}

// message is an inbound one for the conversation, not stored yet. It counts
// itself into the conversation.
func (f *fixture) message(c *threads.Conversation, key string) threads.Message {
	c.LastSequence++
	c.MessageCount++
	return threads.Message{
		ID: threads.MessageID(f.id("msg")), ConversationID: c.ID, ChannelID: c.ChannelID, ContactID: c.Contact.ID,
		Key: threads.MessageKey(key), Direction: threads.Inbound,
		Author:      threads.Author{Type: threads.AuthorContact, ID: string(c.Contact.ID), Name: c.Contact.Name},
		Content:     normalize.Message{ID: normalize.PlatformID("p-" + key), Type: normalize.TypeText, Text: "hello " + key},
		ExternalIDs: []normalize.PlatformID{normalize.PlatformID("p-" + key)},
		Status:      threads.MessageReceived, Sequence: c.LastSequence,
		SentAt: start, ReceivedAt: start, Version: 1,
	}
}

// outbound is a message to the contact with its delivery, not stored yet.
func (f *fixture) outbound(c *threads.Conversation, at time.Time) (threads.Message, threads.Delivery) {
	m := f.message(c, "")
	m.Key, m.Direction, m.Status = threads.MessageKey(m.ID), threads.Outbound, threads.MessageQueued
	m.Author = threads.Author{Type: threads.AuthorAgent, ID: "ag_1", Name: "Grace"}
	m.ExternalIDs, m.Content.ID, m.SentAt, m.ReceivedAt = nil, "", at, time.Time{}
	return m, threads.Delivery{
		MessageID: m.ID, ConversationID: c.ID, ChannelID: c.ChannelID, ContactID: c.Contact.ID,
		To: normalize.Peer{ID: c.Contact.ExternalID, Name: c.Contact.Name}, CreatedAt: at, NotBefore: at,
	}
}

// commit carries the changes out and expects all of them to succeed.
func (f *fixture) commit(changes ...threads.Change) {
	f.t.Helper()
	errs := f.s.Commit(f.ctx, changes)
	require.Len(f.t, errs, len(changes))
	for i, err := range errs {
		require.NoErrorf(f.t, err, "change %d", i)
	}
}

// commitErr carries out one change and answers its error.
func (f *fixture) commitErr(c threads.Change) error {
	f.t.Helper()
	errs := f.s.Commit(f.ctx, []threads.Change{c})
	require.Len(f.t, errs, 1)
	return errs[0]
}

// create is the change that makes the conversation with the messages.
func create(c threads.Conversation, messages ...threads.Message) threads.Change {
	return threads.Change{Conversation: c, Messages: messages}
}

// next is the conversation as its next commit would leave it, changed by edit.
func next(c threads.Conversation, edit func(*threads.Conversation)) threads.Change {
	expected := c.Version
	c.Version++
	if edit != nil {
		edit(&c)
	}
	return threads.Change{Conversation: c, Expected: expected}
}

// closed is the conversation after its end.
func closed(c threads.Conversation) threads.Change {
	return next(c, func(c *threads.Conversation) {
		c.State.Status, c.State.ClosedAt = threads.StatusClosed, start.Add(time.Hour)
	})
}

// stored makes a new conversation of the contact in the store.
func (f *fixture) stored(channel threads.ChannelID, contact threads.ContactID) threads.Conversation {
	f.t.Helper()
	c := f.conversation(channel, contact)
	f.commit(create(c))
	return c
}

// read answers the stored conversation.
func (f *fixture) read(id threads.ConversationID) threads.Conversation {
	f.t.Helper()
	c, err := f.s.Conversation(f.ctx, id)
	require.NoError(f.t, err)
	return c
}

// readMessage answers the stored message.
func (f *fixture) readMessage(id threads.MessageID) threads.Message {
	f.t.Helper()
	m, err := f.s.Message(f.ctx, id)
	require.NoError(f.t, err)
	return m
}

// same compares two records by what they say, in which an empty list and none
// are alike where the record leaves both out.
func same(t reporter, want, got any) {
	t.Helper()
	w, err := json.Marshal(want)
	require.NoError(t, err)
	g, err := json.Marshal(got)
	require.NoError(t, err)
	require.JSONEq(t, string(w), string(g))
}

// ids of the conversations, in order.
func ids(list []threads.Conversation) []threads.ConversationID {
	out := make([]threads.ConversationID, len(list))
	for i, c := range list {
		out[i] = c.ID
	}
	return out
}

// messageIDs of the messages, in order.
func messageIDs(list []threads.Message) []threads.MessageID {
	out := make([]threads.MessageID, len(list))
	for i, m := range list {
		out[i] = m.ID
	}
	return out
}
