package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTheWireClientReadsAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		handle http.HandlerFunc
		status int
		body   string
	}{
		"with a length":  {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "short") }, 200, "short"},
		"without a body": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, 204, ""},
		"in chunks": {func(w http.ResponseWriter, _ *http.Request) {
			for i := range 3 {
				_, _ = fmt.Fprintf(w, "part %d,", i)
				_ = http.NewResponseController(w).Flush()
			}
		}, 200, "part 0,part 1,part 2,"},
		"and then the connection closes": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusTeapot)
		}, 418, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				asked = append(asked, r.Method+" "+r.URL.Path+" "+r.Header.Get("X-Test")+" "+string(body))
				tc.handle(w, r)
			}))
			defer srv.Close()
			addr := strings.TrimPrefix(srv.URL, "http://")
			w := newWire(addr)
			defer w.close()
			for range 3 { // the connection serves again, or a new one is made
				var body bytes.Buffer
				status, err := w.do(t.Context(), request(nil, addr, "/x", "X-Test: yes\r\n", []byte(`{}`)), &body)
				require.NoError(t, err)
				require.Equal(t, tc.status, status)
				require.Equal(t, tc.body, body.String())
				_, err = w.do(t.Context(), request(nil, addr, "/x", "X-Test: yes\r\n", []byte(`{}`)), nil)
				require.NoError(t, err)
			}
			require.Len(t, asked, 6)
			require.Equal(t, "POST /x yes {}", asked[0])
		})
	}
}

func TestMarkersAreFoundAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 99_999_999).Draw(t, "n")
		got, ok := parseMarker(marker(n))
		require.True(t, ok)
		require.Equal(t, n, got)
	})
	for _, text := range []string{"", "hello there", "n123", "nothing here"} {
		_, ok := parseMarker(text)
		require.False(t, ok, text)
	}
}

func TestEveryWebhookHasIdsOfItsOwn(t *testing.T) {
	for _, kind := range []string{"telegram", "whatsapp"} {
		p := payloads{kind: kind, secret: "s", contacts: 10, channels: []channel{{account: "1"}, {account: "2"}}, began: time.Now()}
		seen := map[string]bool{}
		for n := range 100 {
			body := p.body(n)
			require.True(t, json.Valid(body), string(body))
			require.False(t, seen[string(body)])
			seen[string(body)] = true
			require.Equal(t, p.channel(n), p.channel(n+10), "a contact stays on a channel")
		}
	}
}

func TestTheStubCountsWhatArrives(t *testing.T) {
	s := newStub()
	post := func(path, body string) string {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
		require.Equal(t, http.StatusOK, w.Code)
		return w.Body.String()
	}
	require.Contains(t, post("/bot1:a/sendMessage", `{"chat_id":"5","text":"n00000001 x"}`), `"chat":{"id":5`)
	require.Contains(t, post("/bot1:a/getMe", ``), `"result":true`)
	require.Contains(t, post("/v25.0/1/messages", `{"to":"5","text":{"body":"n00000002 x"}}`), `"id":"wamid.stub`)
	post("/bot1:a/sendMessage", `{"chat_id":5,"text":"n00000001 x"}`)
	require.JSONEq(t, `{"distinct":2,"total":3}`, post("/bench/wait?n=2", ""))
	require.JSONEq(t, `{"distinct":0,"total":0}`, post("/bench/reset", ""))
}

func TestProcFiles(t *testing.T) {
	cpu, err := parseStat([]byte("12 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0"))
	require.NoError(t, err)
	require.Equal(t, 2*time.Second, cpu)
	_, err = parseStat([]byte("12 (a"))
	require.Error(t, err)
	mb, err := parseMemory([]byte("VmPeak:\t 1 kB\nVmHWM:\t  204800 kB\n"), "VmHWM:")
	require.NoError(t, err)
	require.InDelta(t, 200.0, mb, 0.001)
	_, err = parseMemory(nil, "VmHWM:")
	require.Error(t, err)
}

func TestMetricsAreSummedOverLabels(t *testing.T) {
	const text = "# HELP x y\nx{a=\"1\"} 2\nx{a=\"} 2\"} 3 1700000000\nx_more 100\n"
	got, err := sumMetric(text, "x")
	require.NoError(t, err)
	require.InDelta(t, 5.0, got, 0)
	_, err = sumMetric(text, "z")
	require.ErrorIs(t, err, errNoMetric)
}

func TestFiguresOfAList(t *testing.T) {
	require.InDelta(t, 2.0, median([]float64{3, 1, 2}), 0)
	require.InDelta(t, 2.5, median([]float64{4, 1, 2, 3}), 0)
	var d []time.Duration
	for i := range 100 {
		d = append(d, time.Duration(i+1)*time.Millisecond)
	}
	require.InDelta(t, 50.0, quantile(d, 0.5), 0)
	require.InDelta(t, 99.0, quantile(d, 0.99), 0)
	require.InDelta(t, 100.0, quantile(d, 1), 0)
	require.Zero(t, quantile(nil, 0.5))
}

func TestTheReportSaysWhatWasNotMeasured(t *testing.T) {
	r := newReport()
	r.set("lost", 1)
	raw, err := json.Marshal(r)
	require.NoError(t, err)
	require.Contains(t, string(raw), `"lost":1`)
	require.Contains(t, string(raw), `"bare_rps":null`)
	require.ErrorContains(t, r.broken(), "1 lost, 0 doubled")
	require.Panics(t, func() { r.set("typo", 1) })
	var b strings.Builder
	r.notes = append(r.notes, "a note")
	r.print(&b)
	require.Contains(t, b.String(), "start_ms")
	require.Contains(t, b.String(), "note: a note")
}

func TestTheRestOfABacklogIsEstimated(t *testing.T) {
	require.Equal(t, 3*time.Second, remaining(time.Second, 100, 200, 500))
	require.Zero(t, remaining(time.Second, 100, 100, 500), "no progress yet")
	require.Zero(t, remaining(time.Second, 100, 600, 500), "all there")
}

func TestAssignmentsAreReadOutOfAStream(t *testing.T) {
	stream := strings.NewReader("retry: 1\n\nevent: conversation.created\ndata: {\"conversation\":{\"id\":\"cv_1\",\"assignee_id\":\"ag_1\"}}\n\n" +
		"event: conversation.assigned\ndata: {\"conversation\":{\"id\":\"cv_2\",\"assignee_id\":null}}\n\n" +
		"event: conversation.assigned\ndata: {\"conversation\":{\"id\":\"cv_3\",\"assignee_id\":\"ag_1\"}}\n\n")
	seen := make(chan assignment, 8)
	watchAssigned(stream, seen)
	got, err := nextAssigned(t.Context(), seen)
	require.NoError(t, err)
	require.Equal(t, "cv_3", got.conversation)
	_, err = nextAssigned(t.Context(), seen)
	require.ErrorContains(t, err, "ended")
}

func TestTheDayIsInTheReport(t *testing.T) {
	s := &session{options: &options{Seed: 3, Agents: 30, Customers: 1500}, report: newReport()}
	s.day()
	require.Zero(t, s.report.get("day_breaches"))
	require.GreaterOrEqual(t, s.report.get("day_same_agent"), 0.95)
	require.NoError(t, s.report.broken())
	s.report.set("day_breaches", 1)
	require.Error(t, s.report.broken())
}
