package threads_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

func TestListsShowWhatBecameOfTheLatestMessage(t *testing.T) {
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	news := func(e normalize.Event) threads.Arrival {
		e.Peer, e.At = normalize.Peer{ID: "ana"}, d.clock()
		return threads.Arrival{Channel: channel, ReceivedAt: d.clock(), Event: e}
	}
	d.take(d.message("ana", "x", "a secret", d.clock()))
	d.wait(time.Second)
	before := d.only()
	d.take(news(normalize.Event{Key: "edit:1", Type: normalize.EventEdit, Edit: &normalize.Edit{
		Target: "x", Message: normalize.Message{Type: normalize.TypeText, Text: "no secret"},
	}}))
	require.Equal(t, "no secret", d.only().LastMessage.Text)
	require.Equal(t, before.UpdatedAt, d.only().UpdatedAt, "it keeps its place")
	require.Equal(t, before.State, d.only().State)
	d.set(before.ID, threads.StatusSolved)
	d.take(news(normalize.Event{Key: "del:1", Type: normalize.EventDeletion, Deletion: &normalize.Deletion{Target: "x"}}))
	require.Equal(t, before.LastMessage.ID, d.only().LastMessage.ID)
	require.Empty(t, d.only().LastMessage.Text)
	require.Equal(t, threads.StatusSolved, d.only().State.Status)
	d.take(d.message("ana", "y", "later", d.clock()))
	d.take(news(normalize.Event{Key: "edit:2", Type: normalize.EventEdit, Edit: &normalize.Edit{
		Target: "x", Message: normalize.Message{Type: normalize.TypeText, Text: "anything"},
	}}))
	require.Equal(t, "later", d.only().LastMessage.Text, "the one before it is not shown")
}
