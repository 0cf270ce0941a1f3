package workers

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"threadhub/internal/journal"
)

// herd is a store of countdowns and of webhooks that nobody has worked yet.
type herd struct {
	Housekeeping
	journal.Store
	due     []time.Time // in order
	waiting time.Time   // the oldest webhook; zero: none
	worked  time.Time   // when that webhook is done with; zero: never
	commits []int       // how many closed in each
	lags    []time.Duration
	looks   int
}

func (h *herd) NextDue(context.Context) (time.Time, error) {
	if len(h.due) == 0 {
		return time.Time{}, nil
	}
	return h.due[0], nil
}

func (h *herd) Oldest(context.Context) (time.Time, error) {
	if !h.worked.IsZero() && !time.Now().Before(h.worked) {
		return time.Time{}, nil
	}
	return h.waiting, nil
}

func (h *herd) CloseDue(_ context.Context, accepted time.Time, limit int) (int, error) {
	h.looks++
	n := 0
	for n < min(limit, len(h.due)) && !h.due[n].After(time.Now()) && (accepted.IsZero() || !accepted.Before(h.due[n])) {
		h.lags = append(h.lags, time.Since(h.due[n]))
		n++
	}
	h.due = h.due[n:]
	h.commits = append(h.commits, n)
	time.Sleep(time.Duration(n) * 100 * time.Microsecond) // a commit takes its time
	return n, nil
}

// run sweeps for a while in the time of a synctest bubble.
func (h *herd) run(t *testing.T, during time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), during)
	defer cancel()
	s := &Sweeper{
		Journal: h, Now: time.Now, Logger: slog.New(slog.DiscardHandler), Metrics: NewMetrics(prometheus.NewRegistry()),
	}
	s.wait(ctx, "close", &s.closes, sweep{h.NextDue, h.CloseDue, s.Metrics.Closed})
}

func TestAHerdOfCountdownsIsClosedInTimeWithoutCrowdingOthersOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &herd{}
		for i := range 20_000 { // 1,667 a second
			h.due = append(h.due, time.Now().Add(time.Second+time.Duration(i)*600*time.Microsecond).Truncate(time.Millisecond))
		}
		h.run(t, 15*time.Second)
		require.Len(t, h.lags, 20_000, "none is missed")
		require.Less(t, slices.Max(h.lags), 300*time.Millisecond)
		require.Less(t, h.looks, 1000, "those that come due together close together")
		require.LessOrEqual(t, slices.Max(h.commits), dueBatch)
	})
}

func TestWhatIsOverdueAtTheStartClosesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &herd{}
		for range 5_000 {
			h.due = append(h.due, time.Now().Add(-time.Hour))
		}
		h.run(t, 2*time.Second)
		require.Len(t, h.lags, 5_000)
		require.Empty(t, h.due)
	})
}

func TestASingleCountdownClosesOnTheDot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &herd{due: []time.Time{time.Now().Add(1234 * time.Millisecond), time.Now().Add(5 * time.Second)}}
		h.run(t, 10*time.Second)
		require.Len(t, h.lags, 2)
		require.LessOrEqual(t, slices.Max(h.lags), time.Millisecond)
	})
}

func TestACloseWaitsForWebhooksAcceptedBeforeItAndNotForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &herd{due: []time.Time{time.Now().Add(time.Second)}, waiting: time.Now()}
		h.run(t, time.Minute)
		require.Empty(t, h.lags)
		h.run(t, yieldFor+time.Minute)
		require.Len(t, h.lags, 1)
	})
}

func TestAWebhookWorkedInAMomentDelaysACloseByAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		h := &herd{due: []time.Time{now.Add(time.Second)}, waiting: now, worked: now.Add(1050 * time.Millisecond)}
		h.run(t, 5*time.Second)
		require.Len(t, h.lags, 1)
		require.LessOrEqual(t, h.lags[0], 150*time.Millisecond)
	})
}
