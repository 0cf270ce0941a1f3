package httpapi

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/internal/directory"
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
	s     *server
	out   *bytes.Buffer
	token string
	id    string
	ended chan struct{}
}

// NewFollowTest starts to follow a stream on which nothing happens.
func NewFollowTest(t *testing.T) *FollowTest {
	t.Helper()
	people := auth.New(auth.Options{Store: &memory{}, Now: time.Now, Fresh: time.Second})
	made, token, err := people.CreateToken(t.Context(), auth.TokenDraft{Name: "x", Role: auth.RoleAgent})
	require.NoError(t, err)
	f := &FollowTest{
		s: &server{Deps: Deps{Auth: people}}, out: &bytes.Buffer{}, token: token, id: made.ID, ended: make(chan struct{}),
	}
	w := httptest.NewRecorder()
	w.Body = f.out
	go func() {
		defer close(f.ended)
		f.s.follow(t.Context(), token, &stream{w: w, control: http.NewResponseController(w)}, nil)
	}()
	return f
}

// Advance lets time go by, and what it sets off happen.
func (f *FollowTest) Advance(pause time.Duration) {
	time.Sleep(pause) // on the test's own clock
	synctest.Wait()
}

// Written is what the client got so far.
func (f *FollowTest) Written() string { return f.out.String() }

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

// memory is a store of one document.
type memory struct {
	directory.Store
	doc *directory.Document
}

func (m *memory) Put(_ context.Context, d directory.Document) error { m.doc = &d; return nil }

func (m *memory) Find(context.Context, string, string) (directory.Document, error) {
	if m.doc == nil {
		return directory.Document{}, directory.ErrNotFound
	}
	return *m.doc, nil
}

func (m *memory) Delete(context.Context, string, string) error { m.doc = nil; return nil }
