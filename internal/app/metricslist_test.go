package app

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"threadhub/internal/config"
	"threadhub/internal/journal"
)

var update = flag.Bool("update", false, "rewrite docs/metrics.md")

// idle is a hub that was opened and does not run.
func idle(t *testing.T) *Hub {
	t.Helper()
	var cfg config.Server
	cfg.Addr, cfg.DataDir, cfg.WorkerConcurrency = "127.0.0.1:0", t.TempDir(), 2
	ctx, cancel := context.WithCancel(t.Context())
	h, err := New(ctx, Options{Config: cfg, Role: RoleAll, Logger: slog.New(slog.DiscardHandler), Version: "test"})
	require.NoError(t, err)
	t.Cleanup(func() {
		cancel()
		require.NoError(t, h.Run(ctx))
	})
	return h
}

func gauge(t *testing.T, h *Hub, name string) float64 {
	t.Helper()
	families, err := h.registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	require.Fail(t, "no such metric", name)
	return 0
}

func TestABacklogThatNobodyWorksIsSeen(t *testing.T) {
	h := idle(t)
	require.Zero(t, gauge(t, h, "threadhub_journal_pending"))
	require.Zero(t, gauge(t, h, "threadhub_journal_age_seconds"))
	require.NoError(t, h.store.Journal().Append(t.Context(), []journal.Entry{
		{ID: "ev_1", ChannelID: "ch_1", ReceivedAt: time.Now().Add(-time.Minute), Method: "POST"},
		{ID: "ev_2", ChannelID: "ch_1", ReceivedAt: time.Now(), Method: "POST"},
	}))
	require.EqualValues(t, 2, gauge(t, h, "threadhub_journal_pending"))
	require.Greater(t, gauge(t, h, "threadhub_journal_age_seconds"), 59.0)
}

const metricsPage = "../../docs/metrics.md"

const metricsIntro = `<!-- Written by "go test ./internal/app -run ListOfMetrics -update". Do not edit. -->
# Metrics

What ` + "`GET /metrics`" + ` shows besides the figures of Go and of the process. Labels are of bounded number: none names a channel, a person or an address.
What to watch and what to do then: [operations.md](operations.md). Dashboard and alert rules: [deploy/](../deploy).

| metric | type | labels | |
|---|---|---|---|
`

var described = regexp.MustCompile(`fqName: "([^"]*)", help: "((?:[^"\\]|\\.)*)", unit: "[^"]*", constLabels: \{[^}]*\}, variableLabels: \{([^}]*)\}`)

// The list is made from what is registered, so that dashboards and alert rules
// can be held to it.
func TestTheListOfMetricsIsFresh(t *testing.T) {
	h := idle(t)
	families, err := h.registry.Gather()
	require.NoError(t, err)
	types := map[string]string{}
	for _, f := range families {
		types[f.GetName()] = strings.ToLower(f.GetType().String())
	}
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		h.registry.Describe(descs)
	}()
	lines := map[string]string{}
	for d := range descs {
		found := described.FindStringSubmatch(d.String())
		require.NotNil(t, found, d.String())
		name, help, labels := found[1], found[2], found[3]
		if !strings.HasPrefix(name, "threadhub_") {
			continue
		}
		kind := types[name]
		if kind == "" {
			kind = kindByName(name)
		}
		if labels != "" {
			labels = "`" + strings.ReplaceAll(labels, ",", "`, `") + "`"
		}
		lines[name] = fmt.Sprintf("| `%s` | %s | %s | %s |\n", name, kind, labels, help)
	}
	var b strings.Builder
	b.WriteString(metricsIntro)
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		b.WriteString(lines[name])
	}
	if *update {
		require.NoError(t, os.WriteFile(metricsPage, []byte(b.String()), 0o644))
	}
	page, err := os.ReadFile(metricsPage)
	require.NoError(t, err)
	require.Equal(t, string(page), b.String(), "run: go test ./internal/app -run ListOfMetrics -update")
}

// kindByName is the type of a metric that has no value before something
// happens.
func kindByName(name string) string {
	switch {
	case strings.HasSuffix(name, "_total"):
		return "counter"
	case strings.HasSuffix(name, "_lag_seconds"):
		return "gauge"
	case strings.HasSuffix(name, "_seconds"):
		return "histogram"
	}
	return "gauge"
}
