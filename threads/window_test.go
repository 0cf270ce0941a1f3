package threads_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

func TestWhoMayAnswerForHowLong(t *testing.T) {
	wrote := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	after := []normalize.MessageType{normalize.TypeTemplate}
	day := &normalize.Window{Open: 24 * time.Hour, After: after}
	tagged := &normalize.Window{Open: 24 * time.Hour, Human: 7 * 24 * time.Hour}
	five := &normalize.Window{Open: 48 * time.Hour, Messages: 5, After: after}
	cases := []struct {
		name    string
		window  *normalize.Window // of the channel
		own     *normalize.Window // of the latest message
		answers int
		by      threads.AuthorType
		later   time.Duration
		open    bool
		until   time.Duration // 0: none
		left    int
	}{
		{"a channel without a window is always open", nil, nil, 0, threads.AuthorAgent, 1000 * time.Hour, true, 0, 0},
		{"a day is open", day, nil, 0, threads.AuthorAgent, 24*time.Hour - time.Millisecond, true, 24 * time.Hour, 0},
		{"and then closed", day, nil, 0, threads.AuthorAgent, 24 * time.Hour, false, 24 * time.Hour, 0},
		{"a person with the tag has a week", tagged, nil, 0, threads.AuthorAgent, 6 * 24 * time.Hour, true, 7 * 24 * time.Hour, 0},
		{"a machine has not", tagged, nil, 0, threads.AuthorSystem, 25 * time.Hour, false, 24 * time.Hour, 0},
		{"the fifth of five may go", five, nil, 4, threads.AuthorAgent, time.Hour, true, 48 * time.Hour, 1},
		{"the sixth may not", five, nil, 5, threads.AuthorAgent, time.Hour, false, 48 * time.Hour, 0},
		{"a comment has a window of its own", day, &normalize.Window{Open: 7 * 24 * time.Hour, Messages: 1}, 0, threads.AuthorAgent, 48 * time.Hour, true, 7 * 24 * time.Hour, 1},
		{"also where the channel has none", nil, day, 0, threads.AuthorAgent, 25 * time.Hour, false, 24 * time.Hour, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			conv := threads.Conversation{LastInboundAt: wrote, Window: c.own, Answers: c.answers}
			r := threads.ReplyWindow(conv, normalize.Capabilities{Window: c.window}, c.by, wrote.Add(c.later))
			require.Equal(t, c.open, r.Open)
			require.Equal(t, c.left, r.Left)
			if c.until == 0 {
				require.Zero(t, r.Until)
				return
			}
			require.Equal(t, wrote.Add(c.until), r.Until)
			if c.window != nil {
				require.Equal(t, c.window.After, r.After)
			}
		})
	}
	never := threads.ReplyWindow(threads.Conversation{}, normalize.Capabilities{Window: day}, threads.AuthorAgent, wrote)
	require.Equal(t, threads.Replying{After: after}, never, "somebody who never wrote gets a template")
}

// sent are the messages that go out.
func (d *desk) sent(id threads.ConversationID) (out []threads.Message) {
	d.t.Helper()
	list, _, err := d.store.Messages(context.Background(), id, threads.MessagePage{Limit: 200})
	require.NoError(d.t, err)
	for _, m := range list {
		if m.Direction == threads.Outbound {
			out = append(out, m)
		}
	}
	return out
}

func TestAMessageTooManyIsRefusedUntilTheContactWritesAgain(t *testing.T) {
	ctx := context.Background()
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	d.window = &normalize.Window{Open: 48 * time.Hour, Messages: 2}
	d.take(d.text("hello"))
	id := d.only().ID
	send := func(author threads.Author) error {
		_, _, err := d.Send(ctx, threads.SendCommand{Conversation: id, Author: author, Content: normalize.Message{Type: normalize.TypeText, Text: "hi"}})
		return err
	}
	require.NoError(t, send(bea))
	require.NoError(t, send(bea))
	var refused *threads.RefusedError
	require.ErrorAs(t, send(bea), &refused)
	require.Equal(t, threads.RefusedWindow, refused.Code)
	require.Equal(t, d.only().LastInboundAt.Add(48*time.Hour), refused.Until)
	require.Contains(t, refused.Detail, "wait until the contact writes")

	failed := d.sent(id)[0]
	m := failed
	m.Status, m.Version = threads.MessageFailed, m.Version+1
	require.NoError(t, d.store.SaveMessage(ctx, m))
	require.NoError(t, d.MessageChanged(ctx, m, failed.Status))
	require.NoError(t, send(bea), "one that never left has used up nothing")
	require.Error(t, send(bea))
	d.take(d.text("again"))
	require.NoError(t, send(bea))
	require.Equal(t, 1, d.only().Answers)
}

func TestATapOnAMenuTakesNothingAwayFromWhatIsOpen(t *testing.T) {
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	tap := func() threads.Arrival {
		a := d.text("menu")
		a.Event.Message.Window = &normalize.Window{Open: time.Minute, Messages: 3}
		return a
	}
	d.take(d.text("hello"))
	wrote := d.only().LastInboundAt
	d.wait(time.Hour)
	d.take(tap())
	require.Equal(t, wrote, d.only().LastInboundAt)
	require.Nil(t, d.only().Window)
	d.wait(24 * time.Hour)
	d.take(tap())
	conv := d.only()
	require.Equal(t, time.Minute, conv.Window.Open)
	require.Equal(t, d.clock(), conv.LastInboundAt)
	d.take(d.text("words"))
	require.Nil(t, d.only().Window)
}
