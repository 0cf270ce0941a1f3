package mongo_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/event"

	"threadhub/internal/mongo"
	"threadhub/normalize"
	"threadhub/threads"
)

var noon = time.Date(2030, time.May, 6, 12, 0, 0, 7e6, time.UTC)

// first is the change that begins a contact's nth conversation with one
// message from them.
func first(contact string, n int) threads.Change {
	id := threads.ConversationID(fmt.Sprintf("cv_%s_%d", contact, n))
	c := threads.Conversation{
		ID: id, ChannelID: "ch_1", Ordinal: n, Version: 1,
		Contact: threads.ContactBrief{ID: threads.ContactID("ct_" + contact), ExternalID: normalize.PeerID(contact)},
		State:   threads.State{Status: threads.StatusNew, Style: threads.LiveChat, Session: threads.SessionActive},

		MessageCount: 1, LastSequence: 1, CreatedAt: noon, UpdatedAt: noon,
	}
	return threads.Change{
		Conversation: c,
		Messages:     []threads.Message{inbound(c, fmt.Sprintf("%s-%d-1", contact, n))},
		Transitions:  []threads.Transition{{ID: string(id) + "/1/0", ConversationID: id, To: threads.StatusNew, At: noon}},
	}
}

// inbound is the conversation's latest message.
func inbound(c threads.Conversation, key string) threads.Message {
	return threads.Message{
		ID: threads.MessageID("msg_" + key), ConversationID: c.ID, ChannelID: c.ChannelID, ContactID: c.Contact.ID,
		Key: threads.MessageKey(key), Direction: threads.Inbound, Status: threads.MessageReceived,
		Content:     normalize.Message{Type: normalize.TypeText, Text: "good day"},
		ExternalIDs: []normalize.PlatformID{normalize.PlatformID(key)},
		Sequence:    c.LastSequence, SentAt: noon, ReceivedAt: noon, Version: 1,
	}
}

// then is the change that follows on a conversation, with one more message.
func then(c threads.Conversation) threads.Change {
	expected := c.Version
	c.Version, c.MessageCount, c.LastSequence = c.Version+1, c.MessageCount+1, c.LastSequence+1
	key := fmt.Sprintf("%s-%d-%d", c.Contact.ExternalID, c.Ordinal, c.LastSequence)
	return threads.Change{Conversation: c, Expected: expected, Messages: []threads.Message{inbound(c, key)}}
}

// reply is the change that queues an answer.
func reply(c threads.Conversation) threads.Change {
	ch := then(c)
	m := &ch.Messages[0]
	m.Direction, m.Status, m.Key, m.ExternalIDs = threads.Outbound, threads.MessageQueued, threads.MessageKey(m.ID), nil
	ch.Deliveries = []threads.Delivery{{
		MessageID: m.ID, ConversationID: c.ID, ChannelID: c.ChannelID, ContactID: c.Contact.ID,
		To: normalize.Peer{ID: c.Contact.ExternalID}, CreatedAt: noon, NotBefore: noon,
	}}
	return ch
}

// closing is the change that closes a conversation.
func closing(c threads.Conversation) threads.Change {
	expected := c.Version
	c.Version++
	c.State.Status, c.State.ClosedAt = threads.StatusClosed, noon
	return threads.Change{Conversation: c, Expected: expected}
}

// following is the change that begins the conversation after a closed one.
func following(previous threads.Conversation) threads.Change {
	ch := first(string(previous.Contact.ExternalID), previous.Ordinal+1)
	previous.Version++
	previous.State.Successor = ch.Conversation.ID
	ch.Conversation.FollowUpOf = previous.ID
	ch.Previous = &previous
	return ch
}

// commit carries out changes that must succeed.
func commit(t *testing.T, s *mongo.Store, changes ...threads.Change) {
	t.Helper()
	for _, err := range s.Commit(t.Context(), changes) {
		require.NoError(t, err)
	}
}

// current is the newest conversation of the change's slot.
func current(t *testing.T, s *mongo.Store, c threads.Change) threads.Conversation {
	t.Helper()
	slot := c.Conversation.Slot()
	found, err := s.Current(t.Context(), []threads.Slot{slot})
	require.NoError(t, err)
	require.Contains(t, found, slot)
	return found[slot]
}

// messages are the texts' ids of a conversation, in reading order.
func messages(t *testing.T, s *mongo.Store, id threads.ConversationID) []threads.MessageID {
	t.Helper()
	list, more, err := s.Messages(t.Context(), id, threads.MessagePage{Limit: 100})
	require.NoError(t, err)
	require.False(t, more)
	ids := make([]threads.MessageID, len(list))
	for i, m := range list {
		ids[i] = m.ID
	}
	return ids
}

// counter counts commands by name and collection.
type counter struct {
	mu   sync.Mutex
	seen map[string]int
}

func (c *counter) monitor() *event.CommandMonitor {
	return &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if collection, ok := e.Command.Lookup(e.CommandName).StringValueOK(); ok && c.seen != nil {
			c.seen[e.CommandName+" "+collection]++
		}
	}}
}

// during answers the commands that f sends.
func (c *counter) during(f func()) map[string]int {
	c.mu.Lock()
	c.seen = map[string]int{}
	c.mu.Unlock()
	f()
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := c.seen
	c.seen = nil
	return seen
}
