package httpapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/httpapi"
)

// line is one block of a stream.
type line struct{ id, event, data, comment string }

// follower reads a stream block by block.
type follower struct {
	t    *testing.T
	scan *bufio.Scanner
	end  func()
}

// follow opens the stream on a real server.
func (h *hub) follow(token, query string, header map[string]string) *follower {
	h.t.Helper()
	server := httptest.NewServer(h.handler)
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/v1/events"+query, nil)
	require.NoError(h.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := server.Client().Do(req)
	require.NoError(h.t, err)
	require.Equal(h.t, http.StatusOK, res.StatusCode)
	require.Equal(h.t, "text/event-stream", res.Header.Get("Content-Type"))
	end := func() {
		cancel()
		_ = res.Body.Close()
		server.Close()
	}
	h.t.Cleanup(end)
	return &follower{t: h.t, scan: bufio.NewScanner(res.Body), end: end}
}

func (f *follower) next() line {
	f.t.Helper()
	var l line
	for f.scan.Scan() {
		text := f.scan.Text()
		if text == "" {
			return l
		}
		name, v, _ := strings.Cut(text, ": ")
		switch name {
		case "id":
			l.id = v
		case "event":
			l.event = v
		case "data":
			l.data = v
		case "":
			l.comment = v
		}
	}
	f.t.Fatal("the stream ended")
	return l
}

func TestTheStreamTellsWhatHappensAndResumes(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	f := h.follow(adminToken, "", nil)
	require.Equal(t, line{id: "0"}, f.next(), "where the stream stands, before any event")
	id := h.receive(ch, "p1", "hello")
	created, message := f.next(), f.next()
	require.Equal(t, []string{"1", "conversation.created"}, []string{created.id, created.event})
	require.Equal(t, []string{"2", "message.created"}, []string{message.id, message.event})
	var event struct {
		ID, Type, At string
		Conversation map[string]any
		Message      map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(message.data), &event))
	require.Equal(t, []any{"2", "message.created", id, "hello"}, []any{event.ID, event.Type, event.Conversation["id"], event.Message["text"]})
	f.end()

	h.receive(ch, "p1", "again")
	for name, resumed := range map[string]*follower{
		"by header":    h.follow(adminToken, "", map[string]string{"Last-Event-ID": "2"}),
		"by parameter": h.follow(adminToken, "?last_event_id=2", nil),
	} {
		require.Equal(t, "2", resumed.next().id, name)
		require.Contains(t, resumed.next().data, `"again"`, name)
	}
}

func TestAClientThatCannotResumeIsToldToReset(t *testing.T) {
	h := newHub(t)
	h.receive(h.channel(""), "p1", "hello")
	h.live.reset = true
	f := h.follow(adminToken, "?last_event_id=1", nil)
	require.Equal(t, line{id: "2", event: "reset", data: "{}"}, f.next())
	bad := h.do(request{method: "GET", path: "/v1/events?last_event_id=a%0Ab", token: adminToken})
	require.Equal(t, http.StatusUnprocessableEntity, bad.status)
}

func TestTheStreamShowsOnlyWhatTheCallerMaySee(t *testing.T) {
	h := newHub(t)
	seen, hidden := h.channel(""), h.channel("")
	f := h.follow(h.token(fmt.Sprintf(`{"name":"c","role":"agent","channels":[%q]}`, seen)), "", nil)
	f.next()
	h.receive(hidden, "p1", "not for you")
	h.receive(seen, "p2", "for you")
	first := f.next()
	require.Equal(t, "conversation.created", first.event)
	require.Contains(t, first.data, seen)
	require.NotContains(t, first.data, "not for you")
}

func TestTheStreamIsKeptOpenAndEndsWithItsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logger := httpapi.NewFollowTest(t)
		logger.Advance(15 * time.Second)
		require.Equal(t, 1, strings.Count(logger.Written(), ": still here\n\n"))
		logger.Advance(30 * time.Second)
		require.Equal(t, 3, strings.Count(logger.Written(), ": still here\n\n"))
		logger.Revoke()
		logger.Advance(15 * time.Second)
		require.True(t, logger.Ended())
	})
}

func TestNothingIsToldToATokenThatNoLongerWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := httpapi.NewFollowTest(t)
		f.Advance(2 * time.Second)
		f.Revoke()
		f.Advance(2 * time.Second)
		require.False(t, f.Ended(), "there was nothing to tell")
		f.Tell()
		require.True(t, f.Ended())
		require.Empty(t, f.Written())
	})
}
