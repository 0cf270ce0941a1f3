package workers_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/egress"
	"threadhub/normalize"
	"threadhub/threads"
)

func TestACallThatHangsKeepsNobodyElseWaiting(t *testing.T) {
	b := newBench(t)
	hanging, arrived := make(chan struct{}), make(chan string, 2)
	patient, err := egress.New(egress.Options{AllowPrivate: true, Timeout: time.Minute})
	require.NoError(t, err)
	t.Cleanup(patient.Close)
	b.outbound.Carrier = patient
	b.platform.script = func(n int, text string, w http.ResponseWriter) {
		arrived <- text
		if text == "hangs" {
			<-hanging
		}
		fmt.Fprintf(w, "p%d", n)
	}
	b.send(b.conversation("ana"), "hangs")
	ended := make(chan error)
	go func() { ended <- b.outbound.Drain(context.Background()) }()
	require.Equal(t, "hangs", <-arrived)
	id := b.send(b.conversation("bob"), "goes")
	b.deliver() // the ring of its commit
	require.Equal(t, "goes", <-arrived, "while the other call is still out")
	close(hanging)
	require.NoError(t, <-ended)
	require.Equal(t, threads.MessageSent, b.message(id).Status)
}

func TestAMessageSentAgainGoesOnAfterThePartsThatLeft(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	refuse := true
	b.platform.script = func(n int, _ string, w http.ResponseWriter) {
		if n == 2 && refuse {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fmt.Fprintf(w, "p%d", n)
	}
	id := b.send(b.conversation("ana"), "first words of it all and then the second half")
	b.deliver()
	old := b.message(id)
	require.Equal(t, threads.MessageFailed, old.Status)
	require.Equal(t, []normalize.PlatformID{"p1"}, old.ExternalIDs)
	refuse = false
	m, _, err := b.service.Resend(ctx, id, threads.Author{Type: threads.AuthorAgent, ID: "ag_bea"})
	require.NoError(t, err)
	b.deliver()
	m = b.message(m.ID)
	require.Equal(t, threads.MessageSent, m.Status)
	got := b.platform.texts()
	require.Equal(t, got[1], got[2], "the part that failed comes first")
	require.NotContains(t, got[1:], got[0], "the one that had left is not sent again")
	require.Len(t, m.ExternalIDs, m.Parts)
	require.NotContains(t, m.ExternalIDs, normalize.PlatformID("p1"))
	require.Equal(t, threads.MessageFailed, b.message(id).Status)
}

func TestAScheduledMessageLeavesAtItsTimeUnlessItIsTakenBack(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(b *bench, id threads.MessageID, conv threads.Conversation)
		ends      threads.MessageStatus
		reason    normalize.Reason
	}{
		"nothing happens": {func(*bench, threads.MessageID, threads.Conversation) {}, threads.MessageSent, ""},
		"it is taken back": {func(b *bench, id threads.MessageID, _ threads.Conversation) {
			_, err := b.service.Cancel(context.Background(), id, threads.Author{Type: threads.AuthorAgent, Name: "Bea"})
			require.NoError(b.t, err)
		}, threads.MessageFailed, normalize.ReasonCanceled},
		"its conversation is closed": {func(b *bench, _ threads.MessageID, conv threads.Conversation) {
			for _, status := range []threads.Status{threads.StatusSolved, threads.StatusClosed} {
				_, err := b.service.Update(context.Background(), conv.ID, threads.UpdateCommand{Admin: true, Status: &status})
				require.NoError(b.t, err)
			}
		}, threads.MessageFailed, normalize.ReasonCanceled},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			conv := b.conversation("ana")
			m, _, err := b.service.Send(context.Background(), threads.SendCommand{
				Conversation: conv.ID, Author: threads.Author{Type: threads.AuthorAgent, ID: "ag_bea"}, SendAt: b.clock().Add(48 * time.Hour),
				Content: normalize.Message{Type: normalize.TypeText, Text: "later"},
			})
			require.NoError(t, err)
			now := b.send(conv, "now")
			b.deliver()
			require.Equal(t, threads.MessageSent, b.message(now).Status, "it is passed by")
			require.Equal(t, threads.MessageQueued, b.message(m.ID).Status)
			b.wait(47 * time.Hour)
			b.deliver()
			c.meanwhile(b, m.ID, conv)
			b.wait(time.Hour)
			b.deliver()
			got := b.message(m.ID)
			require.Equal(t, c.ends, got.Status)
			require.Zero(t, b.backlog())
			want := []string{"now"}
			if c.reason == "" {
				want = append(want, "later")
			} else {
				require.Equal(t, c.reason, got.Error.Reason)
			}
			require.Equal(t, want, b.platform.texts())
		})
	}
}

func TestAScheduledMessageIsAnAnswerWhenItLeaves(t *testing.T) {
	ctx := context.Background()
	b := newBench(t)
	conv := b.conversation("ana")
	m, _, err := b.service.Send(ctx, threads.SendCommand{
		Conversation: conv.ID, Author: threads.Author{Type: threads.AuthorAgent, ID: "ag_bea"}, SendAt: b.clock().Add(time.Hour),
		Content: normalize.Message{Type: normalize.TypeText, Text: "later"},
	})
	require.NoError(t, err)
	now := func() threads.Conversation {
		got, err := b.store.Conversation(ctx, conv.ID)
		require.NoError(t, err)
		return got
	}
	b.deliver()
	require.Equal(t, threads.StatusNew, now().State.Status)
	require.Equal(t, conv.LastMessage, now().LastMessage, "it is not shown before it leaves")
	require.Equal(t, b.clock().Add(time.Hour), b.message(m.ID).SentAt, "its place is where it will be said")
	b.platform.script = func(n int, _ string, w http.ResponseWriter) {
		if n == 1 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, "p%d", n)
	}
	b.wait(time.Hour)
	b.deliver()
	left := now()
	require.Equal(t, threads.StatusOpen, left.State.Status)
	require.Equal(t, threads.AgentID("ag_bea"), left.State.Assignee)
	require.Equal(t, b.clock(), left.State.FirstReplyAt)
	require.Equal(t, m.ID, left.LastMessage.ID)
	b.wait(time.Minute)
	b.deliver()
	require.Equal(t, threads.MessageSent, b.message(m.ID).Status)
	require.Equal(t, left, now(), "another try is no other answer")
}

func TestTheReplyWindowIsLookedAtAgainBeforeAMessageLeaves(t *testing.T) {
	for name, c := range map[string]struct {
		writes bool
		ends   threads.MessageStatus
	}{
		"it has closed": {false, threads.MessageFailed},
		"the contact has opened it once more meanwhile": {true, threads.MessageSent},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.window = &normalize.Window{Open: time.Hour}
			b.platform.script = func(_ int, _ string, w http.ResponseWriter) { w.WriteHeader(500) }
			id := b.send(b.conversation("ana"), "hi")
			b.deliver()
			b.platform.script = nil
			b.wait(2 * time.Hour)
			if c.writes {
				b.conversation("ana")
			}
			b.deliver()
			m := b.message(id)
			require.Equal(t, c.ends, m.Status)
			if c.ends == threads.MessageFailed {
				require.Equal(t, normalize.ReasonWindow, m.Error.Reason)
				require.Len(t, b.platform.texts(), 1)
			}
		})
	}
}

func TestAReminderNeverLeavesOutsideTheReplyWindow(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.window = &normalize.Window{Open: time.Hour}
	b.ladder = threads.Ladder{RemindAfter: 10 * time.Minute, RemindText: "Are you there?", AgainAfter: 20 * time.Minute, AgainText: "Still there?"}
	conv := b.conversation("ana")
	b.send(conv, "hi")
	b.deliver()
	remind := func() threads.MessageID {
		b.wait(10 * time.Minute)
		n, err := b.service.SilenceDue(ctx, time.Time{}, 10)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		list, _, err := b.store.Messages(ctx, conv.ID, threads.MessagePage{Limit: 10})
		require.NoError(t, err)
		return list[len(list)-1].ID
	}
	first := remind()
	b.deliver()
	require.Equal(t, threads.MessageSent, b.message(first).Status)
	second := remind()
	b.platform.script = func(_ int, _ string, w http.ResponseWriter) { w.WriteHeader(500) }
	b.deliver()
	require.Equal(t, threads.MessageQueued, b.message(second).Status)
	b.platform.script = nil
	b.wait(time.Hour)
	b.deliver()
	m := b.message(second)
	require.Equal(t, threads.MessageFailed, m.Status)
	require.Equal(t, normalize.ReasonWindow, m.Error.Reason)
	require.Equal(t, []string{"hi", "Are you there?", "Still there?"}, b.platform.texts(), "tried once while the window was open, and never again")
	require.Zero(t, b.backlog())
}
