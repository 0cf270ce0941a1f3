package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/callout"
	"threadhub/internal/directory"
	"threadhub/internal/egress"
	"threadhub/internal/spool"
)

func TestOneConversationThatFailsHoldsUpNoOther(t *testing.T) {
	r := newRig(t)
	s := r.subscribe(crm, "message.created")
	r.answers(func(c call) (int, error) {
		if c.body["text"] == "poison" {
			return 500, nil
		}
		return 200, nil
	})
	conv := r.receive("ct_1", "poison")
	next, notices := follow(conv, "behind it")
	r.commit(next)
	r.announce(notices)
	r.receive("ct_2", "elsewhere")
	r.work()
	require.ElementsMatch(t, []string{"message.created poison", "message.created elsewhere"}, r.heard(crm))
	waits := r.events(s, spool.Pending)
	require.Len(t, waits, 2)
	require.Equal(t, []any{1, 500, "the receiver answered 500"}, []any{waits[1].Attempts, waits[1].Status, waits[1].Error})
	require.WithinDuration(t, r.clock().Add(5*time.Second), waits[1].NextAt, 500*time.Millisecond)

	r.answers(always(200))
	r.work()
	require.Len(t, r.heard(crm), 2, "not before its time")
	r.wait(6 * time.Second)
	r.work()
	require.Equal(t, []string{"message.created poison", "message.created behind it"}, r.heard(crm)[2:])
	require.Empty(t, r.events(s, spool.Pending))
}

func TestPausesGrowAndAreNotAllAlike(t *testing.T) {
	for attempts, want := range map[int]time.Duration{1: 5 * time.Second, 2: 15 * time.Second, 10: time.Hour, 99: time.Hour} {
		seen := map[time.Duration]bool{}
		for range 50 {
			got := pauseAfter(attempts, 0)
			require.InDelta(t, want, got, float64(want)/9)
			seen[got] = true
		}
		require.Greater(t, len(seen), 10)
	}
	require.Equal(t, 10*time.Minute, pauseAfter(1, 10*time.Minute), "what is asked for is waited")
}

// untilDue moves the clock to the next attempt of the subscription's first
// event that waits.
func (r *rig) untilDue(s Subscription) {
	r.t.Helper()
	waits := slices.DeleteFunc(r.events(s, spool.Pending), func(e spool.Event) bool { return e.NextAt.IsZero() })
	first := slices.MinFunc(waits, func(a, b spool.Event) int { return a.NextAt.Compare(b.NextAt) })
	r.wait(max(first.NextAt.Sub(r.clock()), 0))
}

func TestASubscriberThatTakesNothingFor72HoursIsDisabledWithNotice(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	s := r.subscribe(crm, "message.created")
	r.subscribe(audit, string(SubscriptionDisabled))
	r.answers(func(c call) (int, error) {
		if c.url == crm {
			return 503, nil
		}
		return 200, nil
	})
	began := r.clock()
	r.receive("ct_1", "hello")
	attempts := 0
	for r.get(s).Enabled {
		r.work()
		attempts++
		require.Less(t, attempts, 200)
		if r.get(s).Enabled {
			r.untilDue(s)
		}
	}
	took := r.clock().Sub(began)
	require.GreaterOrEqual(t, took, 72*time.Hour)
	require.Less(t, took, 74*time.Hour)
	got := r.get(s)
	require.Equal(t, "nothing was taken for 72 hours; lately: the receiver answered 503", got.DisabledReason)
	require.Contains(t, r.log.String(), "a subscription was disabled")
	r.work()
	require.Equal(t, []string{"subscription.disabled"}, r.heard(audit))
	require.Len(t, r.events(s, spool.Pending), 1, "what waits is kept")

	// It is mended, and enabled again.
	r.answers(always(200))
	before := len(r.heard(crm))
	_, err := r.Update(ctx, s.ID, Change{Enabled: new(true)})
	require.NoError(t, err)
	r.work()
	require.Equal(t, []string{"message.created hello"}, r.heard(crm)[before:])
	require.Empty(t, r.get(s).DisabledReason)
}

func TestOneEnabledAgainHas72HoursAnew(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	s := r.subscribe(crm, "message.created")
	r.answers(always(500))
	r.receive("ct_1", "hello")
	r.work()
	_, err := r.Update(ctx, s.ID, Change{Enabled: new(false)})
	require.NoError(t, err)
	r.wait(100 * time.Hour)
	_, err = r.Update(ctx, s.ID, Change{Enabled: new(true)})
	require.NoError(t, err)
	r.work()
	require.Len(t, r.heard(crm), 2, "at once")
	require.True(t, r.get(s).Enabled)
}

func TestAnEventThatAloneIsRefusedFor72HoursIsGivenUpAlone(t *testing.T) {
	r := newRig(t)
	s := r.subscribe(crm, "message.created")
	r.answers(func(c call) (int, error) {
		if c.body["text"] == "poison" {
			return 422, nil
		}
		return 200, nil
	})
	conv := r.receive("ct_1", "poison")
	next, notices := follow(conv, "behind it")
	r.commit(next)
	r.announce(notices)
	for i := 0; len(r.events(s, spool.Failed)) == 0; i++ {
		r.work()
		require.Less(t, i, 200)
		if i == 20 {
			r.receive("ct_2", "elsewhere")
			r.work()
		}
		if len(r.events(s, spool.Failed)) == 0 {
			r.untilDue(s)
		}
	}
	require.True(t, r.get(s).Enabled)
	require.Contains(t, r.heard(crm), "message.created behind it")
	require.Equal(t, "message.created", r.events(s, spool.Failed)[0].Type)
	require.Contains(t, r.log.String(), "it can be replayed")

	r.answers(always(200))
	before := len(r.heard(crm))
	_, err := r.Replay(context.Background(), s.ID, r.events(s, spool.Failed)[0].ID)
	require.NoError(t, err)
	r.work()
	require.Equal(t, []string{"message.created poison"}, r.heard(crm)[before:])
}

func TestASubscriberThatComesBackCatchesUpAtOnce(t *testing.T) {
	r := newRig(t)
	s := r.subscribe(crm, "message.created")
	r.answers(always(500))
	for i := range 6 {
		r.receive(fmt.Sprint("ct_", i), fmt.Sprint(i))
	}
	for range 40 {
		r.work()
		r.untilDue(s)
	}
	require.Len(t, r.events(s, spool.Pending), 6)
	r.answers(always(200))
	r.work()
	require.Empty(t, r.events(s, spool.Pending), "none waits for its own next attempt")
}

func TestWhatIsHeldBackUsesUpNoAttempt(t *testing.T) {
	r := newRig(t)
	s := r.subscribe(crm, "message.created")
	r.answers(func(call) (int, error) {
		return 0, &egress.Error{Reason: egress.ReasonBreaker, RetryAfter: 10 * time.Second}
	})
	r.receive("ct_1", "hello")
	r.work()
	require.Equal(t, 1, len(r.heard(crm)))
	require.Zero(t, r.events(s, spool.Pending)[0].Attempts)
	r.receive("ct_2", "another")
	r.work()
	require.Equal(t, 1, len(r.heard(crm)), "the whole subscription rests")
	r.answers(always(200))
	r.wait(10 * time.Second)
	r.work()
	require.Empty(t, r.events(s, spool.Pending))
}

func TestACallThatTheStopBreaksOffIsMadeAgain(t *testing.T) {
	r := newRig(t)
	s := r.subscribe(crm, "message.created")
	r.receive("ct_1", "hello")
	ctx, stop := context.WithCancel(context.Background())
	r.answers(func(call) (int, error) {
		stop()
		return 0, &egress.Error{Reason: egress.ReasonCanceled, Sent: true}
	})
	r.courier.Run(ctx)
	require.Zero(t, r.events(s, spool.Pending)[0].Attempts, "it is nobody's fault")
	r.answers(always(200))
	r.start("hub_2")
	r.work()
	require.Equal(t, []string{"message.created hello", "message.created hello"}, r.heard(crm))
}

func TestALaneWhoseProcessDiedIsTakenOver(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	s := r.subscribe(crm, "message.created")
	conv := r.receive("ct_1", "hello")
	l, err := r.store.Lane(ctx, s.ID, string(conv.ID))
	require.NoError(t, err)
	l.Version, l.Owner, l.NextAt = l.Version+1, "run_dead", r.clock().Add(lease)
	require.NoError(t, r.store.SaveLane(ctx, l))
	r.work()
	require.Empty(t, r.heard(crm))
	r.wait(lease)
	r.work()
	require.Len(t, r.heard(crm), 1)
}

func TestALaneIsSoonTakenOverAndNotFromWhoIsAtWork(t *testing.T) {
	require.Less(t, lease+lookTick, 12*time.Second, "who waits for a dead process's work must not wait for longer, and the calls take time")
	require.Less(t, orphanAge+housekeep+heldMost, 14*time.Second, "nor who waits for news that it did not tell")
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		s := r.subscribe(crm, "message.created")
		r.talk(4)
		r.answers(func(call) (int, error) {
			for range callout.Time / time.Second { // as slow as may be
				r.wait(time.Second)
				time.Sleep(time.Second)
				_, err := r.store.TakeLane(context.Background(), s.ID, "run_other", r.clock(), r.clock())
				if !errors.Is(err, spool.ErrNotFound) {
					t.Errorf("somebody else would call at the same time: %v", err)
				}
			}
			return 200, nil
		})
		r.work()
		require.Len(t, r.heard(crm), 4)
	})
}

func TestTwoProcessesDeliverOnceAndInOrder(t *testing.T) {
	r := newRig(t)
	s := r.subscribe(crm, "message.created")
	var want []string
	for i := range 41 {
		want = append(want, fmt.Sprint("message.created ", i))
	}
	r.talk(len(want))
	first := r.courier
	r.start("hub_2")
	var both sync.WaitGroup
	for _, c := range []*Courier{first, r.courier} {
		both.Go(func() {
			for len(r.events(s, spool.Pending)) > 0 {
				_ = c.look(context.Background())
				c.work.Wait()
			}
		})
	}
	both.Wait()
	require.Equal(t, want, r.heard(crm))
}

func TestADeadSubscriberTakesNoPlacesOfOthers(t *testing.T) {
	r := newRig(t)
	r.subscribe(crm, "message.created")
	r.subscribe(audit, "message.created")
	ctx, stop := context.WithCancel(context.Background())
	free := make(chan struct{})
	hung := make(chan struct{}, 100)
	r.answers(func(c call) (int, error) {
		if c.url == crm {
			hung <- struct{}{}
			<-free
			return 0, &egress.Error{Reason: egress.ReasonTimeout, Sent: true}
		}
		return 200, nil
	})
	for i := range 3 * places {
		r.receive(fmt.Sprint("ct_", i), fmt.Sprint(i))
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.courier.Run(ctx)
	}()
	require.Eventually(t, func() bool { return len(r.heard(audit)) == 3*places }, 20*time.Second, time.Millisecond)
	for range places {
		<-hung
	}
	require.Len(t, r.heard(crm), places, "as many at once, and no more")
	stop()
	close(free)
	<-ended
}

func TestWhatHasEndedIsKept72Hours(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	s := r.subscribe(crm, "message.created")
	r.receive("ct_1", "hello")
	r.work()
	r.wait(72 * time.Hour)
	require.NoError(t, r.courier.purge(ctx))
	require.Len(t, r.events(s, spool.Delivered), 1)
	r.wait(time.Millisecond)
	require.NoError(t, r.courier.purge(ctx))
	require.Empty(t, r.events(s, ""))
}

func TestADeletedSubscriptionLeavesNothing(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	s := r.subscribe(crm)
	r.receive("ct_1", "hello")
	require.NoError(t, r.Delete(ctx, s.ID))
	require.ErrorIs(t, r.Delete(ctx, s.ID), directory.ErrNotFound)
	list, _, err := r.store.Events(ctx, spool.Filter{Subscription: s.ID}, "", 10)
	require.NoError(t, err)
	require.Empty(t, list)
	r.work()
	require.Empty(t, r.heard(crm))
}

func TestHealthTellsHowASubscriberDoes(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	s := r.subscribe(crm, "message.created")
	health := func() Health {
		h, err := r.Health(ctx, s.ID)
		require.NoError(t, err)
		return h
	}
	require.Equal(t, Health{}, health())
	began := r.clock()
	r.answers(always(500))
	r.receive("ct_1", "hello")
	r.work()
	require.Equal(t, Health{LastFailureAt: began, FailingSince: began, LastStatus: 500, LastError: "the receiver answered 500"}, health())
	r.answers(always(200))
	r.wait(10 * time.Second)
	r.work()
	require.Equal(t, r.clock(), health().LastSuccessAt)
	require.True(t, health().FailingSince.IsZero())
}

func TestASubscriberThatCannotBeToldIsTold(t *testing.T) {
	r := newRig(t)
	s := r.subscribe(crm, "message.created")
	r.answers(func(call) (int, error) {
		return 0, &egress.Error{Reason: egress.ReasonBlocked}
	})
	r.receive("ct_1", "hello")
	r.work()
	require.True(t, r.get(s).Enabled, "a name may come to mean another address again")
	require.Contains(t, r.events(s, spool.Pending)[0].Error, "blocked")
	_, err := r.courier.Try(context.Background(), "sub_none")
	require.ErrorIs(t, err, directory.ErrNotFound)
	tried, err := r.courier.Try(context.Background(), s.ID)
	require.NoError(t, err)
	require.Contains(t, tried.Detail, "blocked")
	require.True(t, strings.HasPrefix(tried.EventID, "ev_"))
	require.Equal(t, "subscription.test", r.heard(crm)[1])
}
