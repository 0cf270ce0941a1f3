package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// small is a measurement of the fake hub that this test binary plays.
func small(t *testing.T) *options {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return &options{
		Binary: self, Requests: 300, Sends: 60, Samples: 5, Rounds: 2, Concurrency: 8, Contacts: 20, Channels: 2, SendTo: 4, ReportOver: 60,
		Kind: "telegram", Only: []string{"accept", "threaded", "send", "idle", "report", "close", "growth", "channels", "burst", "soak"}, Soak: 4 * time.Second, Closes: 60, Many: 5, Steady: 50, Stretch: 200 * time.Millisecond, Neighbours: 5, Agents: 5, Customers: 50, Within: time.Second, JSON: filepath.Join(t.TempDir(), "bench.json"),
		DataDir: t.TempDir(), Timeout: time.Minute, out: io.Discard, Patience: 20 * time.Second,
	}
}

func read(t *testing.T, o *options) map[string]*float64 {
	t.Helper()
	raw, err := os.ReadFile(o.JSON)
	require.NoError(t, err)
	var got map[string]*float64
	require.NoError(t, json.Unmarshal(raw, &got))
	return got
}

func TestEveryFigureIsMeasured(t *testing.T) {
	for _, kind := range []string{"telegram", "whatsapp"} {
		t.Run(kind, func(t *testing.T) {
			o := small(t)
			o.Kind = kind
			require.NoError(t, o.Validate())
			require.NoError(t, o.Run(t.Context()))
			got := read(t, o)
			for _, f := range newReport().figures {
				phase, _, _ := strings.Cut(f.key, "_")
				if slices.Contains([]string{"neighbour", "route", "day", "scale", "screen", "scroll"}, phase) {
					continue // the hub that plays along here keeps its caller waiting while it sends, routes nothing, is one process and has no console
				}
				require.NotNil(t, got[f.key], f.key)
				switch f.key {
				case "lost", "duplicates":
					require.Zero(t, *got[f.key], f.key)
				case "cpu_ms_per_message": // 0 is possible: the clock ticks every 10 ms
				default:
					require.Positive(t, *got[f.key], f.key)
				}
			}
			require.Len(t, got, len(newReport().figures))
			left, err := os.ReadDir(o.DataDir)
			require.NoError(t, err)
			require.Empty(t, left, "the data directory is cleared away")
		})
	}
}

func TestAPhaseCanBeLeftOut(t *testing.T) {
	o := small(t)
	o.Only = []string{"idle"}
	require.NoError(t, o.Run(t.Context()))
	got := read(t, o)
	require.Nil(t, got["accept_rps"])
	require.Nil(t, got["send_rps"])
	require.NotNil(t, got["idle_latency_p99_ms"])
	require.NotNil(t, got["lost"])
}

func TestAHubThatLosesIsFoundOut(t *testing.T) {
	t.Setenv("FAKE_HUB_LOSES", "7")
	o := small(t)
	o.Only = []string{"accept"}
	require.ErrorContains(t, o.Run(t.Context()), "lost")
	require.Positive(t, *read(t, o)["lost"])
	require.Zero(t, *read(t, o)["duplicates"])
}

func TestAHubThatDoublesIsFoundOut(t *testing.T) {
	t.Setenv("FAKE_HUB_DOUBLES", "yes")
	o := small(t)
	o.Only = []string{"accept"}
	require.ErrorContains(t, o.Run(t.Context()), "doubled")
	require.Positive(t, *read(t, o)["duplicates"])
	require.Zero(t, *read(t, o)["lost"])
}

func TestAHubThatDoesNotStartIsSaidSo(t *testing.T) {
	o := small(t)
	o.Binary = "/bin/false"
	require.ErrorContains(t, o.Run(t.Context()), "hub ended")
}

func TestNonsenseIsRefused(t *testing.T) {
	o := small(t)
	o.Rounds = 0
	require.ErrorContains(t, o.Validate(), "--rounds must be at least 1")
}
