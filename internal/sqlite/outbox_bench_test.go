package sqlite

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/ident"
	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/workers"
)

// benchReply adds an outbound message with its delivery to the conversation.
func benchReply(c *threads.Conversation) (threads.Message, threads.Delivery) {
	m := benchMessage(c)
	m.Key, m.Direction, m.Status = threads.MessageKey("out:"+m.ID), threads.Outbound, threads.MessageQueued
	m.Author = threads.Author{Type: threads.AuthorAgent, ID: "ag_06hq3s7t1k2v4", Name: "Grace Muster"}
	m.Content.ID, m.ExternalIDs = "", nil
	return m, threads.Delivery{
		MessageID: m.ID, ConversationID: c.ID, ChannelID: c.ChannelID, ContactID: c.Contact.ID,
		To:          normalize.Peer{ID: c.Contact.ExternalID, Name: c.Contact.Name},
		Context:     map[string]string{"phone_number_id": "106540352242922"},
		LastInbound: "wamid.HBgNNDkxNTU1MDAwMDAwMBUCABIYFjNFQjBDNEI2", CreatedAt: benchTime, NotBefore: benchTime,
	}
}

// BenchmarkSend is what a batch of outbound messages asks of the store, from
// their commit to the record of their ends.
func BenchmarkSend(b *testing.B) {
	for _, batch := range []int{32, 64} {
		b.Run(fmt.Sprint(batch), func(b *testing.B) {
			s := open(b, b.TempDir())
			conversations := benchConversations(b, s, 1000)
			spent := map[string]time.Duration{}
			for at := 0; b.Loop(); at += batch {
				start := time.Now()
				step := func(name string) {
					spent[name] += time.Since(start)
					start = time.Now()
				}
				changes := make([]threads.Change, batch)
				for i := range changes {
					c := &conversations[(at+i)%len(conversations)]
					expected := c.Version
					c.Version++
					c.UpdatedAt = c.UpdatedAt.Add(time.Second)
					m, d := benchReply(c)
					changes[i] = threads.Change{
						Conversation: *c, Expected: expected, Messages: []threads.Message{m}, Deliveries: []threads.Delivery{d},
					}
				}
				start = time.Now()
				for _, err := range s.Commit(b.Context(), changes) {
					require.NoError(b, err)
				}
				step("commit")
				list, err := s.ClaimDeliveries(b.Context(), "w", benchTime, time.Minute, workers.Room{All: batch})
				require.NoError(b, err)
				require.Len(b, list, batch)
				step("claim")
				ids := make([]threads.MessageID, batch)
				for i, d := range list {
					ids[i] = d.MessageID
				}
				_, err = s.BeginCalls(b.Context(), ids)
				require.NoError(b, err)
				step("begin")
				results := make([]workers.DeliveryResult, batch)
				for i, d := range list {
					results[i] = workers.DeliveryResult{Delivery: d, Message: threads.MessagePatch{
						Status: threads.MessageSent, At: benchTime, IDs: []normalize.PlatformID{normalize.PlatformID("wamid.out." + d.MessageID)},
					}}
				}
				_, err = s.SettleCalls(b.Context(), results)
				require.NoError(b, err)
				step("settle")
			}
			for name, d := range spent {
				b.ReportMetric(float64(d.Nanoseconds())/float64(b.N*batch)/1000, "µs-"+name)
			}
			perRow(b, batch)
		})
	}
}

// benchConversations stores n conversations of one channel.
func benchConversations(b *testing.B, s *Store, n int) []threads.Conversation {
	b.Helper()
	list := make([]threads.Conversation, n)
	changes := make([]threads.Change, n)
	for i := range list {
		list[i] = threads.Conversation{
			ID: threads.ConversationID(ident.New("cv")), ChannelID: "ch_06hq3s7t1k2v4", Ordinal: 1,
			Contact: threads.ContactBrief{
				ID: threads.ContactID(ident.New("ct")), ExternalID: normalize.PeerID(fmt.Sprint("4915550", i)), Name: "Ada Beispiel",
			},
			State:   threads.State{Status: threads.StatusOpen, Style: threads.SocialMessaging, Session: threads.SessionActive},
			Version: 1, CreatedAt: benchTime, UpdatedAt: benchTime,
		}
		changes[i] = threads.Change{Conversation: list[i]}
	}
	for _, err := range s.Commit(b.Context(), changes) {
		require.NoError(b, err)
	}
	return list
}
