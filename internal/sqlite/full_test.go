package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/accept"
	"threadhub/internal/channels"
	"threadhub/internal/httpapi"
	"threadhub/normalize"
	"threadhub/threads"
)

// letterbox is a platform whose webhooks are JSON strings, each of them an event.
type letterbox struct{ connectors.Connector }

func (letterbox) Verify(*connectors.Request, time.Time) error { return nil }

func (letterbox) Parse(r *connectors.Request) ([]normalize.Event, error) {
	var text string
	if json.Unmarshal(r.Body, &text) != nil {
		return nil, connectors.ErrMalformed
	}
	return []normalize.Event{{Key: text[:8], Type: normalize.EventUnknown, Unknown: &normalize.Unknown{}}}, nil
}

// Open implements [accept.Channels].
func (b letterbox) Open(_ context.Context, id threads.ChannelID) (*channels.Opened, error) {
	return &channels.Opened{Channel: channels.Channel{ID: id, Kind: "letterbox", Enabled: true}, Connector: b}, nil
}

// ByAccount implements [accept.Channels].
func (letterbox) ByAccount(context.Context, string, string) ([]*channels.Opened, error) {
	return nil, nil
}

// TestAFullDiskRefusesWebhooksAndTakesThemAgainByItself fills the journal's file
// while webhooks come, and makes room again.
func TestAFullDiskRefusesWebhooksAndTakesThemAgainByItself(t *testing.T) {
	gin.SetMode(gin.TestMode)
	s := open(t, t.TempDir())
	desk := accept.NewDesk(letterbox{}, s.Journal(), func() {}, time.Now, slog.New(slog.DiscardHandler))
	defer desk.Close()
	engine := gin.New()
	engine.POST("/webhooks/:channel_id", httpapi.NewWebhook(desk, "https://hub.example", slog.New(slog.DiscardHandler)))
	post := func(n int) int {
		w := httptest.NewRecorder()
		body := fmt.Sprintf(`"%08d%s"`, n, strings.Repeat("x", 20_000))
		engine.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/ch_1", strings.NewReader(body)))
		return w.Code
	}
	// all sends many at once and answers which of them were refused.
	all := func(numbers []int) (refused []int) {
		codes := make([]int, len(numbers))
		var wg sync.WaitGroup
		for i, n := range numbers {
			wg.Go(func() { codes[i] = post(n) })
		}
		wg.Wait()
		for i, code := range codes {
			require.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, code)
			if code != http.StatusOK {
				refused = append(refused, numbers[i])
			}
		}
		return refused
	}
	// stored counts the webhooks of the journal by their numbers.
	stored := func() map[string]int {
		counts := map[string]int{}
		list, err := s.Journal().Entries(t.Context(), "ch_1", "", 1000)
		require.NoError(t, err)
		for _, head := range list {
			e, err := s.Journal().Entry(t.Context(), head.ID)
			require.NoError(t, err)
			counts[string(e.Body[1:9])]++
		}
		return counts
	}

	require.Equal(t, http.StatusOK, post(0))
	onWriter(t, s.journal.write, "max_page_count = 60")
	var numbers []int
	for n := 1; n <= 40; n++ {
		numbers = append(numbers, n)
	}
	var refused []int
	for _, n := range numbers[:20] { // one by one, so that some still find room
		refused = append(refused, all([]int{n})...)
	}
	refused = append(refused, all(numbers[20:])...)
	require.NotEmpty(t, refused)
	require.Less(t, len(refused), len(numbers), "the first found room")
	require.Len(t, stored(), 1+len(numbers)-len(refused), "what was taken is there, and nothing else")

	onWriter(t, s.journal.write, "max_page_count = 1073741823")
	require.Empty(t, all(refused), "the platform sends again what was refused")
	require.Len(t, stored(), 1+len(numbers))
	for n, times := range stored() {
		require.Equal(t, 1, times, n)
	}
	require.NoError(t, s.Ping(t.Context()))
	ok := []string{}
	require.NoError(t, s.journal.read.with(t.Context(), func(c *conn) error {
		return c.queryOnce(t.Context(), "PRAGMA integrity_check", func(r row) error {
			ok = append(ok, r.text(0))
			return nil
		})
	}))
	require.Equal(t, []string{"ok"}, ok)
}
