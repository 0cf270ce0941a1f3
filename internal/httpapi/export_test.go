package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/internal/directory"
	"threadhub/threads"
)

// OperationRoutes answers method and route of every operation of the document.
func OperationRoutes(t testing.TB) []string {
	t.Helper()
	body, err := api.DocumentJSON()
	require.NoError(t, err)
	c, err := newContract(body)
	require.NoError(t, err)
	var routes []string
	for r := range c.operations {
		routes = append(routes, r)
	}
	return routes
}

// FollowTest runs the inside of a stream, for tests with a clock of their own.
type FollowTest struct {
	s      *server
	out    *sharedWriter
	id     string
	events chan Event
	ended  chan struct{}
}

// NewFollowTest starts to follow a stream on which nothing happens.
func NewFollowTest(t *testing.T) *FollowTest {
	t.Helper()
	people := auth.New(auth.Options{Store: &directory.Memory{}, Now: time.Now, Fresh: time.Second})
	made, token, err := people.CreateToken(t.Context(), auth.TokenDraft{Name: "x", Role: auth.RoleAgent})
	require.NoError(t, err)
	f := &FollowTest{
		s: &server{Deps: Deps{Auth: people}}, out: &sharedWriter{ResponseRecorder: httptest.NewRecorder()}, id: made.ID, events: make(chan Event), ended: make(chan struct{}),
	}
	go func() {
		defer close(f.ended)
		who := func(ctx context.Context) (auth.Principal, error) { return people.Authenticate(ctx, token) }
		f.s.follow(t.Context(), who, &stream{w: f.out, control: http.NewResponseController(f.out)}, f.events)
	}()
	return f
}

// Advance lets time go by, and what it sets off happen.
func (f *FollowTest) Advance(pause time.Duration) {
	time.Sleep(pause) // on the test's own clock
	synctest.Wait()
}

// Written is what the client got so far.
func (f *FollowTest) Written() string {
	f.out.mu.Lock()
	defer f.out.mu.Unlock()
	return f.out.Body.String()
}

// sharedWriter is a client that can be looked at while it is written to.
type sharedWriter struct {
	mu sync.Mutex
	*httptest.ResponseRecorder
}

// WriteString writes.
func (w *sharedWriter) WriteString(s string) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ResponseRecorder.WriteString(s)
}

// Tell has something happen.
func (f *FollowTest) Tell() {
	f.events <- Event{Notice: threads.Notice{Type: threads.NoticeConversationUpdated, Message: &threads.Message{}}}
	synctest.Wait()
}

// Revoke takes the token away.
func (f *FollowTest) Revoke() { _ = f.s.Auth.DeleteToken(context.Background(), f.id) }

// Ended tells whether the stream is over.
func (f *FollowTest) Ended() bool {
	select {
	case <-f.ended:
		return true
	default:
		return false
	}
}
