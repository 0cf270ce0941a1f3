package sqlite

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/ident"
	"threadhub/internal/journal"
	"threadhub/normalize"
	"threadhub/threads"
)

var benchTime = time.Date(2031, time.March, 4, 5, 6, 7, 0, time.UTC)

// perRow reports the time that each of n rows of an operation took.
func perRow(b *testing.B, n int) {
	b.Helper()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n)/1000, "µs/row")
}

func BenchmarkAppend(b *testing.B) {
	for _, rows := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			j := open(b, b.TempDir()).Journal()
			body := bytes.Repeat([]byte(`{"some":"json"}`), 50)
			for b.Loop() {
				list := make([]journal.Entry, rows)
				for i := range list {
					list[i] = journal.Entry{
						ID: ident.New("ev"), ChannelID: "ch_06hq3s7t1k2v4", ReceivedAt: benchTime, Method: "POST",
						URL: "https://hub.example.test/webhooks/ch_06hq3s7t1k2v4", Body: body, State: journal.Pending,
					}
				}
				require.NoError(b, j.Append(b.Context(), list))
			}
			perRow(b, rows)
		})
	}
}

func BenchmarkClaimAndFinish(b *testing.B) {
	j := open(b, b.TempDir()).Journal()
	const rows = 256
	body := bytes.Repeat([]byte(`{"some":"json"}`), 50)
	for b.Loop() {
		b.StopTimer()
		list := make([]journal.Entry, rows)
		for i := range list {
			list[i] = journal.Entry{ID: ident.New("ev"), ChannelID: "ch_a", ReceivedAt: benchTime, Method: "POST", Body: body, State: journal.Pending}
		}
		require.NoError(b, j.Append(b.Context(), list))
		b.StartTimer()
		got, err := j.Claim(b.Context(), "w", benchTime, time.Minute, rows)
		require.NoError(b, err)
		require.Len(b, got, rows)
		results := make([]journal.Result, rows)
		for i, e := range got {
			results[i] = journal.Result{ID: e.ID, State: journal.Done, Events: 1}
		}
		require.NoError(b, j.Finish(b.Context(), results))
	}
	perRow(b, rows)
}

// benchMessage adds an inbound message to the conversation.
func benchMessage(c *threads.Conversation) threads.Message {
	c.MessageCount++
	c.LastSequence++
	id := ident.New("")
	m := threads.Message{
		ID: threads.MessageID("msg" + id), ConversationID: c.ID, ChannelID: c.ChannelID, ContactID: c.Contact.ID,
		Key: threads.MessageKey("msg:wamid" + id), Direction: threads.Inbound, Status: threads.MessageReceived, Sequence: c.LastSequence,
		Author:      threads.Author{Type: threads.AuthorContact, ID: string(c.Contact.ID), Name: c.Contact.Name},
		Content:     normalize.Message{ID: normalize.PlatformID("wamid" + id), Type: normalize.TypeText, Text: "Where is my order? I have been waiting for an hour."},
		ExternalIDs: []normalize.PlatformID{normalize.PlatformID("wamid" + id)},
		SentAt:      benchTime.Add(time.Duration(c.LastSequence) * time.Second), ReceivedAt: benchTime, Version: 1,
	}
	c.LastMessage = &threads.Preview{ID: m.ID, Type: m.Content.Type, Text: m.Content.Text, Direction: m.Direction, Author: m.Author, At: m.SentAt}
	return m
}

// BenchmarkCommit is what threading a batch asks of the store: the slots'
// conversations, duplicates, and a commit of a message each.
func BenchmarkCommit(b *testing.B) {
	for _, batch := range []int{64, 256} {
		for _, whole := range []bool{false, true} {
			name := fmt.Sprintf("%d/whole=%v", batch, whole)
			b.Run(name, func(b *testing.B) {
				s := open(b, b.TempDir())
				const contacts = 1000
				slots := make([]threads.Slot, contacts)
				current := map[threads.Slot]threads.Conversation{}
				var all []threads.Change
				for i := range slots {
					slots[i] = threads.Slot{Channel: "ch_06hq3s7t1k2v4", Contact: threads.ContactID(ident.New("ct"))}
					c := threads.Conversation{
						ID: threads.ConversationID(ident.New("cv")), ChannelID: slots[i].Channel, Ordinal: 1,
						Contact: threads.ContactBrief{ID: slots[i].Contact, ExternalID: normalize.PeerID(fmt.Sprint("4915550", i)), Name: "Ada Beispiel"},
						State:   threads.State{Status: threads.StatusNew, Style: threads.SocialMessaging, Session: threads.SessionActive, QueuedAt: benchTime},
						Version: 1, CreatedAt: benchTime, UpdatedAt: benchTime,
					}
					current[slots[i]] = c
					all = append(all, threads.Change{Conversation: c})
				}
				for _, err := range s.Commit(b.Context(), all) {
					require.NoError(b, err)
				}
				at := 0
				for b.Loop() {
					changes := make([]threads.Change, batch)
					lanes := make([]threads.Slot, batch)
					for i := range lanes {
						lanes[i] = slots[(at+i)%contacts]
					}
					at += batch
					if whole {
						found, err := s.Current(b.Context(), lanes)
						require.NoError(b, err)
						require.Len(b, found, batch)
					}
					keys := make([]threads.MessageKey, batch)
					for i, slot := range lanes {
						c := current[slot]
						expected := c.Version
						c.Version++
						c.UpdatedAt = c.UpdatedAt.Add(time.Second)
						m := benchMessage(&c)
						keys[i] = m.Key
						changes[i] = threads.Change{Conversation: c, Expected: expected, Messages: []threads.Message{m}}
						current[slot] = c
					}
					if whole {
						seen, err := s.Seen(b.Context(), "ch_06hq3s7t1k2v4", keys)
						require.NoError(b, err)
						require.Empty(b, seen)
					}
					for _, err := range s.Commit(b.Context(), changes) {
						require.NoError(b, err)
					}
				}
				perRow(b, batch)
			})
		}
	}
}
