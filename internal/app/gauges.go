package app

import (
	"context"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// gaugesWithin bounds what one scrape asks the store.
const gaugesWithin = 5 * time.Second

// gauges tell how much work waits, and for how long, when they are scraped.
// Every process of a hub tells the same of the store: dashboards take the
// largest.
type gauges struct {
	hub *Hub

	journalPending, journalAge, outboxPending, outboxOverdue, diskFree *prometheus.Desc
}

func newGauges(h *Hub) *gauges {
	desc := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }
	return &gauges{
		hub:            h,
		journalPending: desc("threadhub_journal_pending", "Accepted webhooks that are yet to be worked into conversations."),
		journalAge:     desc("threadhub_journal_age_seconds", "Age of the oldest accepted webhook that is yet to be worked, 0 when there is none."),
		outboxPending:  desc("threadhub_outbox_pending", "Messages that are yet to leave, scheduled ones included."),
		outboxOverdue:  desc("threadhub_outbox_overdue_seconds", "For how long the message that should have left first has been due, 0 when none is."),
		diskFree:       desc("threadhub_data_dir_free_bytes", "Room that is left on the disk of the data directory."),
	}
}

// Describe implements [prometheus.Collector].
func (g *gauges) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{g.journalPending, g.journalAge, g.outboxPending, g.outboxOverdue, g.diskFree} {
		out <- d
	}
}

// Collect implements [prometheus.Collector]. What cannot be found out is left
// out: the rest is scraped all the same.
func (g *gauges) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), gaugesWithin)
	defer cancel()
	tell := func(d *prometheus.Desc, v float64, err error) {
		if err == nil {
			out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
		}
	}
	b, err := backlogOf(ctx, g.hub.store, time.Now())
	tell(g.journalPending, float64(b.webhooks), err)
	tell(g.journalAge, b.oldest.Seconds(), err)
	tell(g.outboxPending, float64(b.messages), err)
	tell(g.outboxOverdue, b.overdue.Seconds(), err)
	free, err := freeBytes(g.hub.Config.DataDir)
	tell(g.diskFree, float64(free), err)
}

// backlog is the work that waits in a store.
type backlog struct {
	webhooks int
	oldest   time.Duration // how long the oldest of them has waited
	messages int
	overdue  time.Duration // how long the one that should have left first has been due
}

func backlogOf(ctx context.Context, s store, now time.Time) (b backlog, err error) {
	journal := s.Journal()
	if b.webhooks, err = journal.Backlog(ctx); err != nil {
		return b, err
	}
	oldest, err := journal.Oldest(ctx)
	if err != nil {
		return b, err
	}
	if b.messages, err = s.DeliveryBacklog(ctx); err != nil {
		return b, err
	}
	due, err := s.NextDelivery(ctx)
	if err != nil {
		return b, err
	}
	b.oldest, b.overdue = since(oldest, now), since(due, now)
	return b, nil
}

// since is how long ago t was, 0 for the zero time and for one to come.
func since(t, now time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return max(0, now.Sub(t))
}

// buildInfo says what runs, as a gauge that is always 1.
func buildInfo(version string, role Role) prometheus.Collector {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "threadhub_build_info", Help: "Always 1: the version of the hub, its role and the version of Go it was built with.",
	}, []string{"version", "role", "go"})
	g.WithLabelValues(version, string(role), runtime.Version()).Set(1)
	return g
}
