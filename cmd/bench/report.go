package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

// figure is one line of the report, nil while it has not been measured.
type figure struct {
	key, unit, meaning string
	want               string
	value              *float64
}

// report is the figures in the order they are shown and written.
type report struct {
	figures []*figure
	notes   []string // what else there is to say
}

func newReport() *report {
	r := &report{}
	for _, f := range []figure{
		{key: "bare_rps", unit: "1/s", meaning: "webhooks a handler answers that only verifies and decodes"},
		{key: "accept_rps", unit: "1/s", meaning: "webhooks the hub answers 200, threading meanwhile"},
		{key: "accept_ratio", meaning: "accept_rps / bare_rps", want: "≥ 0.4"},
		{key: "accept_p50_ms", unit: "ms", meaning: "time to the 200, under that load"},
		{key: "accept_p99_ms", unit: "ms", meaning: "time to the 200, under that load"},
		{key: "threaded_rps", unit: "1/s", meaning: "webhooks until all messages are read by the API"},
		{key: "threaded_ratio", meaning: "threaded_rps / bare_rps", want: "≥ 0.2"},
		{key: "bare_send_rps", unit: "1/s", meaning: "replies a handler takes that only decodes and calls the stub platform"},
		{key: "send_rps", unit: "1/s", meaning: "replies by the API until all are at the stub platform"},
		{key: "send_ratio", meaning: "send_rps / bare_send_rps", want: "≥ 0.3"},
		{key: "neighbour_p99_ratio", meaning: "neighbour_p99_ms / neighbour_quiet_p99_ms", want: "≤ 1.3"},
		{key: "neighbour_p99_ms", unit: "ms", meaning: "reply by the API → platform, while another platform hangs"},
		{key: "neighbour_worst_ms", unit: "ms", meaning: "the slowest of those"},
		{key: "neighbour_quiet_p99_ms", unit: "ms", meaning: "the same before, with nothing else to send"},
		{key: "idle_latency_p50_ms", unit: "ms", meaning: "webhook sent → message in a stream, idle hub"},
		{key: "idle_latency_p99_ms", unit: "ms", meaning: "webhook sent → message in a stream, idle hub", want: "≤ 60"},
		{key: "screen_latency_p50_ms", unit: "ms", meaning: "webhook sent → message on the screen of a console, idle hub", want: "≤ 150"},
		{key: "screen_latency_p99_ms", unit: "ms", meaning: "webhook sent → message on the screen of a console, idle hub"},
		{key: "scroll_fps", unit: "1/s", meaning: "frames while the console's list of 10,000 conversations is scrolled through", want: "60"},
		{key: "scroll_late", meaning: "share of these frames that took longer than 25 ms"},
		{key: "cpu_ms_per_message", unit: "ms", meaning: "the hub's CPU to accept and thread one", want: "≤ 0.5"},
		{key: "report_ms", unit: "ms", meaning: "a report over a million messages, the slowest kind", want: "≤ 1000"},
		{key: "rss_mb", unit: "MiB", meaning: "the hub's highest resident memory", want: "≤ 200"},
		{key: "lost", meaning: "accepted and not there", want: "0"},
		{key: "duplicates", meaning: "there more than once", want: "0"},
		{key: "route_latency_p50_ms", unit: "ms", meaning: "an agent is free → the next conversation is theirs, in a stream"},
		{key: "route_latency_p99_ms", unit: "ms", meaning: "an agent is free → the next conversation is theirs, in a stream", want: "≤ 1000"},
		{key: "day_breaches", meaning: "new work beyond a capacity, and miscounts, in a simulated day", want: "0"},
		{key: "day_wait_p95_s", unit: "s", meaning: "waiting time in that day"},
		{key: "day_ideal_p95_s", unit: "s", meaning: "the same with one ideal queue"},
		{key: "day_wait_ratio", meaning: "day_wait_p95_s / day_ideal_p95_s", want: "≤ 1.1"},
		{key: "day_same_agent", meaning: "returns to the agent of before, where they were there", want: "≥ 0.95"},
		{key: "day_seconds", unit: "s", meaning: "time to play the day three times", want: "≤ 60"},
		{key: "close_rps", unit: "1/s", meaning: "conversations closed, from the first that is due to the last close"},
		{key: "close_lag_p99_ms", unit: "ms", meaning: "due → close carried out", want: "≤ 1000"},
		{key: "close_inbound_p99_ms", unit: "ms", meaning: "webhook sent → message in a stream, while they close"},
		{key: "close_quiet_p99_ms", unit: "ms", meaning: "the same before, with nothing due"},
		{key: "growth_ratio", meaning: "threaded with a million messages stored / threaded on a new hub", want: "≥ 0.8"},
		{key: "list_p99_ms", unit: "ms", meaning: "a page of a list of conversations, a million messages stored", want: "≤ 30"},
		{key: "open_p99_ms", unit: "ms", meaning: "a conversation and its messages, a million messages stored", want: "≤ 30"},
		{key: "grown_rss_mb", unit: "MiB", meaning: "highest resident memory of the hub with the million", want: "≤ 200"},
		{key: "channels_ratio", meaning: "threaded over a thousand channels / threaded over one"},
		{key: "fair_p99_ms", unit: "ms", meaning: "webhook sent → message in a stream, while another channel floods"},
		{key: "fair_quiet_p99_ms", unit: "ms", meaning: "the same before"},
		{key: "burst_before_rps", unit: "1/s", meaning: "webhooks answered 200 at the steady rate before a burst"},
		{key: "burst_before_p99_ms", unit: "ms", meaning: "time to the 200, then"},
		{key: "burst_rps", unit: "1/s", meaning: "webhooks answered 200 in a burst of five times the rate"},
		{key: "burst_p99_ms", unit: "ms", meaning: "time to the 200, in the burst"},
		{key: "burst_after_rps", unit: "1/s", meaning: "webhooks answered 200 after it, at the steady rate"},
		{key: "burst_after_p99_ms", unit: "ms", meaning: "time to the 200, then"},
		{key: "burst_drain_ms", unit: "ms", meaning: "last webhook → all can be read"},
		{key: "soak_rss_early", unit: "MiB", meaning: "resident memory in the second tenth of a soak"},
		{key: "soak_rss_late", unit: "MiB", meaning: "resident memory in the last tenth", want: "alike"},
		{key: "soak_goroutines_early", meaning: "goroutines in the second tenth"},
		{key: "soak_goroutines_late", meaning: "goroutines in the last tenth", want: "alike"},
		{key: "soak_p99_ms", unit: "ms", meaning: "time to the 200, in all of it"},
		{key: "scale_ratio", meaning: "threaded with two workers / threaded with one, on MongoDB and Redis"},
		{key: "start_ms", unit: "ms", meaning: "start of the process → ready, new data directory"},
	} {
		r.figures = append(r.figures, &f)
	}
	return r
}

// set writes a figure. A key that is not in the report is a mistake in the
// program.
func (r *report) set(key string, v float64) {
	for _, f := range r.figures {
		if f.key == key {
			f.value = &v
			return
		}
	}
	panic("bench: no figure " + key)
}

// get reads a figure, 0 while it has not been measured.
func (r *report) get(key string) float64 {
	for _, f := range r.figures {
		if f.key == key && f.value != nil {
			return *f.value
		}
	}
	return 0
}

// add counts up a figure.
func (r *report) add(key string, v float64) { r.set(key, r.get(key)+v) }

// ratio sets key to the quotient of two figures that are there.
func (r *report) ratio(key, over, under string) {
	if r.get(under) > 0 {
		r.set(key, r.get(over)/r.get(under))
	}
}

// broken is an error when a promise was not kept.
func (r *report) broken() error {
	if r.get("lost") > 0 || r.get("duplicates") > 0 {
		return fmt.Errorf("%.0f lost, %.0f doubled", r.get("lost"), r.get("duplicates"))
	}
	if n := r.get("day_breaches"); n > 0 {
		return fmt.Errorf("the day has %.0f breaches of a capacity", n)
	}
	return nil
}

func (r *report) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range r.figures {
		v := "–"
		if f.value != nil {
			v = number(*f.value)
		}
		_, _ = fmt.Fprintf(t, "%s\t%s %s\t%s\t%s\n", f.key, v, f.unit, f.want, f.meaning)
	}
	_ = t.Flush()
	for _, n := range r.notes {
		_, _ = fmt.Fprintln(w, "note:", n)
	}
}

func number(v float64) string {
	if v >= 100 || v == float64(int64(v)) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// MarshalJSON writes one object in the report's order, null for what was not
// measured.
func (r *report) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range r.figures {
		if i > 0 {
			b.WriteByte(',')
		}
		v, err := json.Marshal(f.value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.key, err)
		}
		fmt.Fprintf(&b, "%q:%s", f.key, v)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (r *report) save(path string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := os.WriteFile(path, append(raw, '\n'), 0o644); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// median of at least one value.
func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	n := len(s)
	if n%2 == 1 {
		return s[n/2]
	}
	return (s[n/2-1] + s[n/2]) / 2
}

// quantile of sorted durations in milliseconds: the smallest value that at
// least the share q does not exceed.
func quantile(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := int(q*float64(len(sorted))+0.999999) - 1
	return float64(sorted[min(max(i, 0), len(sorted)-1)]) / float64(time.Millisecond)
}

// logTail is the end of a child's log as an error, nil when there is none.
func logTail(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil || len(raw) == 0 {
		return nil
	}
	return errors.New("the hub's log ends with:\n" + string(raw[max(0, len(raw)-3000):]))
}
