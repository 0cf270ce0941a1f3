package webchat

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	widget "threadhub/connectors/webchat"
	"threadhub/threads"
)

var began = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// talk is a visitor with any history: several conversations, some under the
// name that the site vouches for, notes, failures, and messages that were
// written before others that came earlier.
func talk(r *rapid.T) (*shelf, Session) {
	s := &shelf{owners: map[threads.Identity]threads.ContactID{{Channel: "ch_1", Peer: "vis_1"}: "ct_browser"}}
	sess := Session{Channel: "ch_1", Visitor: widget.Visitor{ID: "vis_1"}}
	contacts := []threads.ContactID{"ct_browser"}
	if rapid.Bool().Draw(r, "signed in") {
		sess.Visitor.ExternalID = "ana"
		s.owners[threads.Identity{Channel: "ch_1", Peer: "user:ana"}] = "ct_ana"
		contacts = append(contacts, "ct_ana")
	}
	for _, contact := range contacts {
		for n := range rapid.IntRange(0, 3).Draw(r, "conversations") {
			c := threads.Conversation{
				ID: threads.ConversationID(fmt.Sprint(contact, n)), ChannelID: "ch_1", Ordinal: n + 1,
				Contact: threads.ContactBrief{ID: contact}, CreatedAt: began,
			}
			if n > 0 {
				c.FollowUpOf = threads.ConversationID(fmt.Sprint(contact, n-1))
			}
			s.convs = append(s.convs, c)
		}
	}
	return s, sess
}

// write adds messages to the latest conversation of any contact.
func write(r *rapid.T, s *shelf, count int) {
	if len(s.convs) == 0 {
		return
	}
	for range count {
		m := threads.Message{
			Direction: rapid.SampledFrom([]threads.Direction{threads.Inbound, threads.Outbound}).Draw(r, "direction"),
			Internal:  rapid.IntRange(0, 4).Draw(r, "note") == 0,
			SentAt:    began.Add(time.Duration(rapid.IntRange(0, 20).Draw(r, "second")) * time.Second),
			Status:    threads.MessageSent,
		}
		if m.Direction == threads.Outbound && rapid.IntRange(0, 5).Draw(r, "failed") == 0 {
			m.Status = threads.MessageFailed
		}
		s.add(rapid.IntRange(0, len(s.convs)-1).Draw(r, "conversation"), m)
	}
}

func TestWhoeverReadsOnGetsEveryMessageOnceAndInTheOrderItCame(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(r *rapid.T) {
		s, sess := talk(r)
		service := &Service{Options: Options{Records: s, Now: func() time.Time { return began }}}
		write(r, s, rapid.IntRange(0, 30).Draw(r, "before"))
		at, _, err := service.latest(ctx, sess)
		require.NoError(r, err)
		// The past is over: only the latest conversations go on.
		past := len(s.messages)
		latest := map[threads.ContactID]int{}
		for i, c := range s.convs {
			latest[c.Contact.ID] = i
		}
		var want []threads.Message
		for range rapid.IntRange(0, 3).Draw(r, "rounds") {
			for _, i := range latest {
				one := &shelf{convs: s.convs[i : i+1]}
				write(r, one, rapid.IntRange(0, 12).Draw(r, "written"))
				s.messages = append(s.messages, one.messages...)
			}
			limit := rapid.IntRange(1, 7).Draw(r, "limit")
			for more := true; more; {
				var list []threads.Message
				read, ok := readCursor(at.String()) // as a client keeps it
				require.True(r, ok)
				list, at, more, err = service.news(ctx, sess, read, limit)
				require.NoError(r, err)
				require.LessOrEqual(r, len(list), limit)
				want = append(want, list...)
			}
		}
		seen := map[threads.MessageID]bool{}
		last := map[threads.ConversationID]int64{}
		for _, m := range want {
			require.False(r, seen[m.ID], "twice")
			require.Greater(r, m.Sequence, last[m.ConversationID], "out of order")
			seen[m.ID], last[m.ConversationID] = true, m.Sequence
		}
		for _, m := range s.messages[past:] {
			require.Equal(r, shown(m), seen[m.ID], "%+v", m)
		}
	})
}

func TestHistoryIsReadPageByPage(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(r *rapid.T) {
		s, sess := talk(r)
		service := &Service{Options: Options{Records: s, Now: func() time.Time { return began }}}
		// Conversations follow each other; their messages do not mix.
		for i := range s.convs {
			for n := range rapid.IntRange(1, 8).Draw(r, "messages") {
				s.add(i, threads.Message{
					Direction: threads.Inbound, Status: threads.MessageReceived, Internal: n > 0 && rapid.IntRange(0, 4).Draw(r, "note") == 0,
					SentAt: began.Add(time.Duration(s.convs[i].Ordinal*100+n) * time.Second), // as those of the other contact
				})
			}
		}
		limit := rapid.IntRange(1, 5).Draw(r, "limit")
		var all []threads.Message
		before := ""
		for {
			page, err := service.History(ctx, sess, before, limit)
			require.NoError(r, err)
			require.LessOrEqual(r, len(page.Messages), limit)
			all = append(append([]threads.Message{}, page.Messages...), all...)
			if before = page.Before; before == "" {
				break
			}
		}
		var want []threads.MessageID
		for _, m := range s.messages {
			if shown(m) {
				want = append(want, m.ID)
			}
		}
		var got []threads.MessageID
		for i, m := range all {
			got = append(got, m.ID)
			require.True(r, i == 0 || !m.SentAt.Before(all[i-1].SentAt), "in reading order")
		}
		require.ElementsMatch(r, want, got)
		require.Len(r, got, len(want))
	})
}

func FuzzCursor(f *testing.F) {
	f.Add(cursor{At: began, Places: map[threads.ContactID]place{"ct_1": {"cv_1", 7}}}.String())
	f.Add("")
	f.Add("e30")
	f.Fuzz(func(t *testing.T, text string) {
		c, ok := readCursor(text)
		if !ok {
			return
		}
		again, ok := readCursor(c.String())
		require.True(t, ok)
		require.Equal(t, c, again)
	})
}
