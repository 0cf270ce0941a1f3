package app_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"threadhub/internal/sqlite"
)

// collected are the spans that a collector got, as "name" by trace.
type collected struct {
	mu    sync.Mutex
	spans map[string][]string
	raw   bytes.Buffer
}

func (c *collected) of(trace string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.spans[trace]...)
}

func collectorStub(t *testing.T) (*collected, string) {
	t.Helper()
	c := &collected{spans: map[string][]string{}}
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		var got collector.ExportTraceServiceRequest
		if r.URL.Path != "/v1/traces" || proto.Unmarshal(raw, &got) != nil {
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.raw.Write(raw)
		for _, resource := range got.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					id := hex.EncodeToString(span.GetTraceId())
					c.spans[id] = append(c.spans[id], span.GetName())
				}
			}
		}
	}))
	t.Cleanup(s.Close)
	return c, s.URL
}

func TestOneTraceGoesFromAWebhookToTheCallThatAnswersIt(t *testing.T) {
	spans, url := collectorStub(t)
	platform := telegramStub(t)
	cfg := newConfig(t)
	cfg.TracesURL, cfg.TracesShare = url, 0 // only what came with a trace
	h := startHub(t, cfg)
	ch := h.telegram(platform.URL, nil)
	_, token := h.agent("bea")

	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	body, err := json.Marshal(update(7, "something private"))
	require.NoError(t, err)
	header := http.Header{
		"X-Telegram-Bot-Api-Secret-Token": {tgSecret}, "Content-Type": {"application/json"}, "Traceparent": {"00-" + trace + "-00f067aa0ba902b7-01"},
	}
	require.Equal(t, http.StatusOK, h.hook(ch, body, header))
	h.reply(h.one(ch)["id"], token, "nobody else's business")
	h.eventually("it is sent", func() bool { return len(platform.sent("/sendMessage")) == 1 })
	h.reads(`threadhub_deliveries_total{reason="",status="sent"}`)
	require.NoError(t, h.stop(), "what is left is sent at the end")

	require.ElementsMatch(t, []string{"webhook", "journal", "thread", "reply", "call telegram sendMessage"}, spans.of(trace))
	require.NotContains(t, spans.raw.String(), "private")
	require.NotContains(t, spans.raw.String(), "business")
	require.Len(t, spans.spans, 1, "nothing else was asked for")
}

func TestWithoutACollectorNothingIsKeptOfATrace(t *testing.T) {
	h := startHub(t, newConfig(t))
	ch := h.telegram("", nil)
	body, err := json.Marshal(update(7, "hi"))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, h.hook(ch, body, http.Header{
		"X-Telegram-Bot-Api-Secret-Token": {tgSecret}, "Traceparent": {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
	}))
	h.one(ch)
	require.NoError(t, h.stop())
	for _, file := range sqlite.Files() {
		raw, err := os.ReadFile(filepath.Join(h.cfg.DataDir, file))
		require.NoError(t, err)
		require.NotContains(t, string(raw), "4bf92f3577b34da6a3ce929d0e0e4736")
	}
}

func TestACollectorThatIsAwayCostsNothingButSpans(t *testing.T) {
	cfg := newConfig(t)
	cfg.TracesURL, cfg.TracesShare = "http://127.0.0.1:1", 1
	h := startHub(t, cfg)
	ch := h.telegram("", nil)
	require.Equal(t, http.StatusOK, h.tg(ch, update(7, "hi")))
	h.one(ch)
}
