package workers_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/channels"
	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/workers"
)

func TestAMessageIsSentOnceAndShowsIt(t *testing.T) {
	b := newBench(t)
	id := b.send(b.conversation("ana"), "hi")
	b.deliver()
	b.deliver()
	m := b.message(id)
	require.Equal(t, threads.MessageSent, m.Status)
	require.Equal(t, []normalize.PlatformID{"p1"}, m.ExternalIDs)
	require.Equal(t, []string{"hi"}, b.platform.texts())
	require.Zero(t, b.backlog())
}

func TestMessagesToOneContactLeaveInOrder(t *testing.T) {
	b := newBench(t)
	conv := b.conversation("ana")
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprint(i))
		b.send(conv, want[i])
	}
	b.deliver()
	require.Equal(t, want, b.platform.texts())
}

func TestALongMessageGoesOutInPartsAndResumesAtTheMissingOne(t *testing.T) {
	b := newBench(t)
	b.platform.script = func(n int, _ string, w http.ResponseWriter) {
		if n == 2 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		fmt.Fprintf(w, "p%d", n)
	}
	id := b.send(b.conversation("ana"), "first words of it all and then the second half")
	b.deliver()
	m := b.message(id)
	require.Equal(t, threads.MessageSending, m.Status, "one part is out, the message is not")
	require.Equal(t, []normalize.PlatformID{"p1"}, m.ExternalIDs)
	for range 5 {
		b.wait(time.Minute)
		b.deliver()
	}
	m = b.message(id)
	require.Equal(t, threads.MessageSent, m.Status)
	got := b.platform.texts()
	require.Equal(t, got[1], got[2], "the part that failed is the one tried again")
	require.Len(t, m.ExternalIDs, len(got)-1)
	require.NotEqual(t, got[0], got[1])
}

// receipt is what the platform tells of what it was sent.
func (b *bench) receipt(target normalize.PlatformID, ref threads.MessageID, status normalize.Status) {
	b.t.Helper()
	b.webhook(normalize.Event{
		Key: fmt.Sprintf("rct:%s:%s", target, status), Type: normalize.EventReceipt, Peer: normalize.Peer{ID: "ana"}, At: b.clock(),
		Receipt: &normalize.Receipt{Target: target, Ref: string(ref), Status: status},
	})
	b.work()
}

func TestAReceiptForOnePartNeitherStopsTheOthersNorSpeaksForThem(t *testing.T) {
	for _, ref := range []bool{true, false} {
		t.Run(fmt.Sprintf("names our id %t", ref), func(t *testing.T) {
			b := newBench(t)
			var id threads.MessageID
			ours := func() threads.MessageID {
				if ref {
					return id
				}
				return ""
			}
			b.platform.script = func(n int, _ string, w http.ResponseWriter) {
				switch n {
				case 1:
					b.receipt("p1", ours(), normalize.StatusDelivered)
				case 2:
					w.WriteHeader(http.StatusBadGateway)
					return
				}
				fmt.Fprintf(w, "p%d", n)
			}
			id = b.send(b.conversation("ana"), "first words of it all and then the second half")
			b.deliver()
			b.receipt("p1", ours(), normalize.StatusRead)
			require.Equal(t, threads.MessageSending, b.message(id).Status, "one part was read, the others have not left")
			for range 3 {
				b.wait(time.Minute)
				b.deliver()
			}
			m := b.message(id)
			require.Len(t, m.ExternalIDs, m.Parts, "every part went out")
			require.Equal(t, threads.MessageSent, m.Status, "nothing was heard of the other parts yet")
			for _, part := range m.ExternalIDs[1:] {
				b.receipt(part, ours(), normalize.StatusDelivered)
			}
			require.Equal(t, threads.MessageDelivered, b.message(id).Status)
			for _, part := range m.ExternalIDs[1:] {
				b.receipt(part, ours(), normalize.StatusRead)
			}
			require.Equal(t, threads.MessageRead, b.message(id).Status)
		})
	}
}

func TestAMessageOfWhichOnePartFailsHasFailed(t *testing.T) {
	b := newBench(t)
	id := b.send(b.conversation("ana"), "first words of it all and then the second half")
	b.deliver()
	m := b.message(id)
	require.Equal(t, threads.MessageSent, m.Status)
	b.receipt(m.ExternalIDs[0], "", normalize.StatusRead)
	b.receipt(m.ExternalIDs[1], "", normalize.StatusFailed)
	require.Equal(t, threads.MessageFailed, b.message(id).Status)
}

func TestWhatThePlatformAnswersDecides(t *testing.T) {
	cases := []struct {
		name   string
		answer func(http.ResponseWriter)
		status threads.MessageStatus
		reason normalize.Reason
		left   int // deliveries kept
	}{
		{"a server error is tried again", func(w http.ResponseWriter) { w.WriteHeader(500) }, threads.MessageQueued, normalize.ReasonUnavailable, 1},
		{"a refusal is final", func(w http.ResponseWriter) { w.WriteHeader(403) }, threads.MessageFailed, normalize.ReasonBlocked, 0},
		{"an answer without meaning leaves the outcome open", func(http.ResponseWriter) {}, threads.MessageUnknown, normalize.ReasonUnknown, 0},
		{"a connection that breaks after the request leaves the outcome open", func(w http.ResponseWriter) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			_ = conn.Close()
		}, threads.MessageUnknown, normalize.ReasonUnknown, 0},
		{"dead credentials keep the message", func(w http.ResponseWriter) { w.WriteHeader(401) }, threads.MessageQueued, normalize.ReasonUnavailable, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.platform.script = func(_ int, _ string, w http.ResponseWriter) { c.answer(w) }
			conv := b.conversation("ana")
			id := b.send(conv, "hi")
			b.deliver()
			m := b.message(id)
			require.Equal(t, c.status, m.Status)
			require.Equal(t, c.reason, m.Error.Reason)
			require.NotEmpty(t, m.Error.Message+string(m.Error.Reason))
			require.Equal(t, c.left, b.backlog())
			require.Len(t, b.platform.texts(), 1)
			got, err := b.store.Conversation(context.Background(), conv.ID)
			require.NoError(t, err)
			require.Equal(t, c.status == threads.MessageFailed, got.State.NeedsAttention)
		})
	}
}

func TestNothingIsSentBeforeThePlatformAllowsItAgain(t *testing.T) {
	b := newBench(t)
	b.platform.script = func(n int, _ string, w http.ResponseWriter) {
		if n == 1 {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		fmt.Fprintf(w, "p%d", n)
	}
	id := b.send(b.conversation("ana"), "hi")
	b.deliver()
	require.Len(t, b.platform.texts(), 1)
	b.wait(6 * time.Second)
	b.deliver()
	require.Len(t, b.platform.texts(), 1, "six seconds are not seven")
	require.Equal(t, threads.MessageQueued, b.message(id).Status)
	require.WithinDuration(t, b.clock().Add(time.Second), b.rings[len(b.rings)-1], time.Second, "the alarm is set for when it may go on")
}

func TestASuspendedChannelSendsNothingUntilItWorksAgain(t *testing.T) {
	b := newBench(t)
	dead := true
	b.platform.script = func(n int, _ string, w http.ResponseWriter) {
		if dead {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, "p%d", n)
	}
	var ids []threads.MessageID
	for i := range 5 {
		ids = append(ids, b.send(b.conversation(normalize.PeerID(fmt.Sprint(i))), "hi"))
	}
	b.deliver()
	calls := len(b.platform.texts())
	b.wait(time.Minute)
	b.deliver()
	require.Len(t, b.platform.texts(), calls, "no storm on a dead account")
	dead, b.health = false, channels.HealthOK
	b.wait(time.Minute)
	b.deliver()
	for _, id := range ids {
		require.Equal(t, threads.MessageSent, b.message(id).Status)
	}
}

func TestACrashBetweenTheCallAndItsRecordEndsAsUnknown(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	id := b.send(b.conversation("ana"), "hi")
	_, err := b.store.ClaimDeliveries(ctx, "dead", b.clock(), time.Second, workers.Room{All: 1})
	require.NoError(t, err)
	_, err = b.store.BeginCalls(ctx, []threads.MessageID{id})
	require.NoError(t, err)
	b.deliver()
	require.Equal(t, threads.MessageSending, b.message(id).Status, "its lease still runs")
	b.wait(time.Minute)
	b.deliver()
	require.Equal(t, threads.MessageUnknown, b.message(id).Status)
	require.Empty(t, b.platform.texts(), "never sent blindly")
	require.Zero(t, b.backlog())
}

// A platform that knows a repetition for some time only is asked again within
// that time, and never after it.
func TestACallOfUnclearOutcomeIsRepeatedWhileThePlatformKnowsIt(t *testing.T) {
	for name, c := range map[string]struct {
		away time.Duration // after the unclear answer
		want threads.MessageStatus
		got  int
	}{
		"soon":        {away: time.Minute, want: threads.MessageSent, got: 2},
		"too late":    {away: 10 * time.Minute, want: threads.MessageUnknown, got: 1},
		"after a day": {away: 25 * time.Hour, want: threads.MessageUnknown, got: 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.knownFor = 2 * time.Minute
			b.platform.script = func(n int, _ string, w http.ResponseWriter) {
				if n > 1 {
					fmt.Fprintf(w, "p%d", n)
				}
			}
			id := b.send(b.conversation("ana"), "hi")
			b.deliver()
			require.Equal(t, threads.MessageQueued, b.message(id).Status, "it may be made again")
			b.wait(c.away)
			b.deliver()
			require.Equal(t, c.want, b.message(id).Status)
			require.Len(t, b.platform.texts(), c.got)
			require.Zero(t, b.backlog())
		})
	}
}

func TestAWorkerThatIsToStopWaitsForTheCallsThatAreOut(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.platform.script = func(n int, _ string, w http.ResponseWriter) {
		cancel()
		fmt.Fprintf(w, "p%d", n)
	}
	conv := b.conversation("ana")
	first, second := b.send(conv, "one"), b.send(conv, "two")
	require.NoError(t, b.outbound.Drain(ctx))
	require.Equal(t, threads.MessageSent, b.message(first).Status)
	require.Equal(t, threads.MessageQueued, b.message(second).Status, "nothing new is taken up")
	b.deliver()
	require.Equal(t, threads.MessageSent, b.message(second).Status)
}

func TestAReceiptThatOvertakesTheAnswerIsKept(t *testing.T) {
	b := newBench(t)
	conv := b.conversation("ana")
	b.platform.script = func(_ int, _ string, w http.ResponseWriter) {
		b.webhook(normalize.Event{
			Key: "rct:p1:read", Type: normalize.EventReceipt, Peer: normalize.Peer{ID: "ana"},
			Receipt: &normalize.Receipt{Target: "p1", Status: normalize.StatusRead},
		})
		b.work()
		fmt.Fprint(w, "p1")
	}
	id := b.send(conv, "hi")
	b.deliver()
	require.Equal(t, threads.MessageRead, b.message(id).Status)
}

func TestAReceiptResolvesAnUnknownOutcome(t *testing.T) {
	b := newBench(t)
	b.platform.script = func(int, string, http.ResponseWriter) {}
	id := b.send(b.conversation("ana"), "hi")
	b.deliver()
	require.Equal(t, threads.MessageUnknown, b.message(id).Status)
	b.webhook(normalize.Event{
		Key: "rct:p9:delivered", Type: normalize.EventReceipt, Peer: normalize.Peer{ID: "ana"},
		Receipt: &normalize.Receipt{Target: "p9", Ref: string(id), Status: normalize.StatusDelivered},
	})
	b.work()
	m := b.message(id)
	require.Equal(t, threads.MessageDelivered, m.Status)
	require.Equal(t, []normalize.PlatformID{"p9"}, m.ExternalIDs)
}

func TestAMessageThatCannotBeSentForADayExpires(t *testing.T) {
	b := newBench(t)
	b.platform.script = func(_ int, _ string, w http.ResponseWriter) { w.WriteHeader(500) }
	id := b.send(b.conversation("ana"), "hi")
	b.deliver()
	b.wait(25 * time.Hour)
	b.deliver()
	m := b.message(id)
	require.Equal(t, threads.MessageFailed, m.Status)
	require.Equal(t, normalize.ReasonExpired, m.Error.Reason)
}
