package workers

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"threadhub/threads"
	"threadhub/threads/routing"
)

// looks answers looks one after the other, the last one for good.
type looks struct {
	mu      sync.Mutex
	results []routing.Result
	err     error
	n       int
}

func (l *looks) Look(context.Context) (routing.Result, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	r := l.results[0]
	if len(l.results) > 1 {
		l.results = l.results[1:]
	}
	return r, l.err
}

// bells remembers what was rung for.
type bells struct {
	mu    sync.Mutex
	rings int
	at    []time.Time
}

func (b *bells) Ring(string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rings++
}

func (b *bells) RingAt(_ string, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = append(b.at, at)
}

// figures gathers metrics by name, and by the value of their label if they have
// one.
func figures(t *testing.T, c ...prometheus.Collector) map[string]float64 {
	t.Helper()
	r := prometheus.NewRegistry()
	r.MustRegister(c...)
	families, err := r.Gather()
	require.NoError(t, err)
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			out[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return out
}

func newRouter(t *testing.T, results ...routing.Result) (*Router, *looks, *bells) {
	t.Helper()
	l, b := &looks{results: results}, &bells{}
	noon := time.Date(2030, 3, 4, 12, 0, 0, 0, time.UTC)
	return &Router{
		Dispatcher: l, Forget: func() {}, Bell: b, Now: func() time.Time { return noon }, Logger: slog.New(slog.DiscardHandler),
		Metrics: NewRouteMetrics(prometheus.NewRegistry(), func(context.Context) (Line, error) { return Line{}, nil }),
	}, l, b
}

func conversationIn(status threads.Status, edit func(*threads.State)) threads.Conversation {
	c := threads.Conversation{State: threads.State{Status: status, Session: threads.SessionActive}}
	if edit != nil {
		edit(&c.State)
	}
	return c
}

func TestARingIsMadeOnlyForWhatMayBringTwoTogether(t *testing.T) {
	queued := time.Date(2030, 3, 4, 11, 0, 0, 0, time.UTC)
	waiting := conversationIn(threads.StatusNew, func(s *threads.State) { s.QueuedAt = queued })
	offered := conversationIn(threads.StatusNew, func(s *threads.State) {
		s.QueuedAt, s.Offer = queued, threads.Offer{Agent: "ag_1", Number: 1}
	})
	held := conversationIn(threads.StatusOpen, func(s *threads.State) { s.Assignee = "ag_1" })
	solved := conversationIn(threads.StatusSolved, func(s *threads.State) { s.Assignee = "ag_1" })
	for _, c := range []struct {
		name          string
		before, after threads.Conversation
		found         routing.Result // by the look before
		want          int
	}{
		{"somebody waits", threads.Conversation{}, waiting, routing.Result{Room: true}, 1},
		{"somebody waits, and all are full", threads.Conversation{}, waiting, routing.Result{}, 0},
		{"somebody waits, and nobody is there", threads.Conversation{}, waiting, routing.Result{Idle: true}, 0},
		{"a place is free", held, solved, routing.Result{}, 1},
		{"a place is free, and agents pick for themselves", held, solved, routing.Result{Idle: true}, 0},
		{"a place is taken again", solved, held, routing.Result{Room: true}, 0},
		{"an offer was made", waiting, offered, routing.Result{Room: true}, 0},
		{"an offer was declined", offered, waiting, routing.Result{}, 1},
		{"an offer was accepted", offered, held, routing.Result{Room: true}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _, b := newRouter(t, c.found)
			require.NoError(t, r.Drain(t.Context()))
			r.News(c.before, c.after)
			require.Equal(t, c.want, b.rings)
		})
	}
	r, _, b := newRouter(t, routing.Result{})
	r.News(threads.Conversation{}, waiting)
	require.Equal(t, 1, b.rings, "before the first look nothing is known")
}

func TestALookIsRepeatedWhileOthersAreFaster(t *testing.T) {
	next := time.Date(2030, 3, 4, 12, 0, 30, 0, time.UTC)
	r, l, b := newRouter(t, routing.Result{Again: true}, routing.Result{Again: true}, routing.Result{Offered: 1, Next: next, Waits: []time.Duration{time.Second}})
	require.NoError(t, r.Drain(t.Context()))
	require.Equal(t, 3, l.n)
	require.Equal(t, []time.Time{next}, b.at)

	r, l, _ = newRouter(t, routing.Result{Again: true})
	require.NoError(t, r.Drain(t.Context()))
	require.Equal(t, routeAgain, l.n, "then it is left to the next sweep")

	r, l, _ = newRouter(t, routing.Result{})
	l.err = errors.New("the store is away")
	require.ErrorIs(t, r.Drain(t.Context()), l.err)
}

func TestASweepRestsAfterALongLook(t *testing.T) {
	r, l, _ := newRouter(t, routing.Result{})
	require.NoError(t, r.Sweep(t.Context()))
	require.Equal(t, 1, l.n)
	r.rested.Store(r.Now().Add(time.Second).UnixMilli())
	require.NoError(t, r.Sweep(t.Context()))
	require.Equal(t, 1, l.n)
	require.NoError(t, r.Drain(t.Context()), "a ring is heard all the same")
	require.Equal(t, 2, l.n)
	forgot := false
	r.Forget = func() { forgot = true }
	require.NoError(t, r.Regroup(t.Context()))
	require.True(t, forgot)
}

func TestWhatRoutingDoesIsCounted(t *testing.T) {
	r, _, _ := newRouter(t, routing.Result{Assigned: 2, Freed: 3})
	require.NoError(t, r.Drain(t.Context()))
	waiting := conversationIn(threads.StatusNew, func(s *threads.State) { s.QueuedAt = time.Unix(1, 0) })
	offered := waiting
	offered.State.Offer = threads.Offer{Agent: "ag_1", Number: 1}
	r.News(waiting, offered)
	r.News(offered, waiting)
	back := conversationIn(threads.StatusOpen, func(s *threads.State) { s.Assignee = "ag_1" })
	back.Metrics.OverCapacityReturns = 1
	r.News(conversationIn(threads.StatusSolved, nil), back)
	m := r.Metrics
	require.Equal(t, map[string]float64{
		"threadhub_routed_total": 2, "threadhub_requeued_total": 3, "threadhub_over_capacity_returns_total": 1,
		"threadhub_offers_total made": 1, "threadhub_offers_total withdrawn": 1, "threadhub_offers_total accepted": 0,
		"threadhub_offers_total declined": 0, "threadhub_offers_total timed_out": 0,
	}, figures(t, m.Assigned, m.Requeued, m.Returns, m.Offers))
}

func TestHowThingsStandIsAskedAtEachScrape(t *testing.T) {
	var line Line
	var err error
	c := newLineCollector(func(context.Context) (Line, error) { return line, err })
	line = Line{Waiting: 7, Oldest: time.Minute, Online: 3, Capacity: 9, Used: 4, OverCapacity: 1}
	require.Equal(t, map[string]float64{
		"threadhub_queue_waiting": 7, "threadhub_queue_age_seconds": 60, "threadhub_agents_online": 3, "threadhub_agents_capacity": 9,
		"threadhub_agents_load": 4, "threadhub_agents_over_capacity": 1,
	}, figures(t, c))
	err = errors.New("the store is away")
	require.Empty(t, figures(t, c), "the other figures are scraped all the same")
}
