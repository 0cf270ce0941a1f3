package main_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestAHubThatWasDownWhenCountdownsRanOut is L9: customers write just before
// their conversations close, the hub is cut off, and comes back when all are
// overdue. Who wrote in time is back in the same conversation; the others are
// closed as of their moment, each once.
func TestAHubThatWasDownWhenCountdownsRanOut(t *testing.T) {
	t.Parallel()
	const customers, writers = 24, 12
	env := environment(t.TempDir())
	h := newHub(t)
	p := launch(t, env, "serve")
	h.at(p)
	h.staff()
	first := h.chat(object{"name": "live_chat_returning", "close_after": window.String()})
	chats := make([]*chat, customers)
	ids := make([]any, customers)
	for i := range chats {
		chats[i] = &chat{hub: h, channel: first.channel, user: 70_000_000 + numbers.Add(1)}
		chats[i].writes("Hello")
	}
	h.eventually("all conversations", func() bool { return len(first.conversations()) == customers })
	for i, c := range first.conversations() {
		ids[i] = c["id"]
	}
	var last time.Time
	for _, id := range ids {
		last = moment(t, h.solve(id)["close_due_at"])
	}
	var all sync.WaitGroup
	for _, c := range chats[:writers] {
		all.Go(func() { c.writes("Wait!") })
	}
	all.Wait()
	p.kill()
	h.gone()
	<-time.After(time.Until(last.Add(time.Second))) // nobody there to close them

	p = launch(t, env, "serve")
	h.at(p)
	var now []object
	h.eventually("all worked and closed", func() bool {
		now = first.conversations()
		messages, solved := 0.0, 0
		for _, c := range now {
			messages += c["message_count"].(float64)
			if c["status"] == "solved" {
				solved++
			}
		}
		return messages == customers+writers && solved == 0
	})
	reopened := 0
	for _, c := range now {
		// So many come back to one agent that some are more than they may hold.
		causes := slices.DeleteFunc(h.causes(c["id"]), func(cause string) bool { return cause == "over_capacity" })
		if c["follow_up_of"] != nil {
			continue // on a machine so slow that the customer was too late
		}
		if c["message_count"].(float64) > 1 {
			reopened++
			require.Equal(t, "open", c["status"])
			require.EqualValues(t, 1, c["reopen_count"])
			require.Contains(t, [][]string{
				{"customer_message", "agent", "reopened"}, {"customer_message", "agent", "window_elapsed", "received_before_close"},
			}, causes)
			continue
		}
		require.Equal(t, "closed", c["status"])
		require.Equal(t, []string{"customer_message", "agent", "window_elapsed"}, causes, "closed once")
		require.Equal(t, window, moment(t, c["closed_at"]).Sub(moment(t, c["solved_at"])), "as of its moment")
	}
	require.Equal(t, writers-(len(now)-customers), reopened)
	p.stop()
}
