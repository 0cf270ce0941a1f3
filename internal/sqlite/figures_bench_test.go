package sqlite

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/ident"
	"threadhub/threads"
)

// BenchmarkFigures reads the figures of 100,000 solved conversations: what a
// report over a million messages reads.
func BenchmarkFigures(b *testing.B) {
	const conversations = 100_000
	s := open(b, b.TempDir())
	channel, agent := ident.New("ch"), ident.New("ag")
	var changes []threads.Change
	for i := range conversations {
		at := benchTime.Add(time.Duration(i) * time.Second)
		c := threads.Conversation{
			ID: threads.ConversationID(ident.New("cv")), ChannelID: threads.ChannelID(channel), Ordinal: 1, Version: 1,
			Contact: threads.ContactBrief{ID: threads.ContactID(ident.New("ct")), Name: fmt.Sprint("Contact ", i)},
			State: threads.State{
				Status: threads.StatusSolved, Style: threads.SocialMessaging, Assignee: threads.AgentID(agent), SolvedAt: at.Add(time.Hour),
			},
			Metrics:   threads.Metrics{Marks: 0x7ff, Elapsed: threads.Totals{Age: 3600000, FirstReply: 120000, Requester: 1800000, Handled: 600000}},
			CreatedAt: at, UpdatedAt: at,
		}
		changes = append(changes, threads.Change{Conversation: c})
		if len(changes) == 250 {
			for _, err := range s.Commit(b.Context(), changes) {
				require.NoError(b, err)
			}
			changes = changes[:0]
		}
	}
	for b.Loop() {
		n := 0
		err := s.Figures(b.Context(), threads.Period{By: threads.ByCreated, From: benchTime, To: benchTime.Add(conversations * time.Second)},
			func(threads.Figures) error { n++; return nil })
		require.NoError(b, err)
		require.Equal(b, conversations, n)
	}
	perRow(b, conversations)
}
