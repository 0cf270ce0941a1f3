package egress

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"threadhub/connectors"
)

// socketServer accepts WebSockets and hands them to fn.
func socketServer(t *testing.T, fn func(*websocket.Conn)) string {
	t.Helper()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = conn.CloseNow() }()
		fn(conn)
	})
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

func TestASocketCarriesTextBothWays(t *testing.T) {
	closed := make(chan websocket.StatusCode, 1)
	address := socketServer(t, func(conn *websocket.Conn) {
		_, said, err := conn.Read(context.Background())
		if err == nil {
			_ = conn.Write(context.Background(), websocket.MessageText, append([]byte("you said "), said...))
		}
		_, _, err = conn.Read(context.Background())
		closed <- websocket.CloseStatus(err)
	})
	s, err := client(t, Options{AllowPrivate: true}).Dial(t.Context(), Target{}, address)
	require.NoError(t, err)
	require.NoError(t, s.Write(t.Context(), []byte("hello")))
	heard, err := s.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, "you said hello", string(heard))
	s.Close(4000)
	s.Close(4000)
	require.EqualValues(t, 4000, <-closed)
}

func TestASocketTellsWhyItWasClosed(t *testing.T) {
	address := socketServer(t, func(conn *websocket.Conn) { _ = conn.Close(4004, "the token s3cret-canary is no good") })
	to := Target{Redactor: NewRedactor(map[string]connectors.Secret{"token": connectors.NewSecret("s3cret-canary")})}
	s, err := client(t, Options{AllowPrivate: true}).Dial(t.Context(), to, address)
	require.NoError(t, err)
	defer s.Close(1000)
	_, err = s.Read(t.Context())
	var gone *connectors.SocketClosed
	require.ErrorAs(t, err, &gone)
	require.Equal(t, 4004, gone.Code)
	require.NotContains(t, err.Error(), "canary")
}

func TestASocketEndsWithItsContext(t *testing.T) {
	address := socketServer(t, func(conn *websocket.Conn) { _, _, _ = conn.Read(context.Background()) })
	s, err := client(t, Options{AllowPrivate: true}).Dial(t.Context(), Target{}, address)
	require.NoError(t, err)
	defer s.Close(1000)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = s.Read(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestSocketsAreGuardedAsCallsAre(t *testing.T) {
	port, hits := reachable(t)
	tests := map[string]struct{ address, says string }{
		"this machine":                   {"ws://127.0.0.1" + port, ErrBlocked.Error()},
		"this machine by name":           {"ws://localhost" + port, ErrBlocked.Error()},
		"a private network":              {"wss://10.1.2.3/", ErrBlocked.Error()},
		"an address of another scheme":   {"http://gateway.example/", "ws://"},
		"an address with a password":     {"wss://u:p@gateway.example/", "user name"},
		"an address that cannot be read": {"wss://%zz/", "ws://"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := client(t, Options{}).Dial(t.Context(), Target{}, tt.address)
			require.ErrorContains(t, err, tt.says)
		})
	}
	t.Run("a name that comes to mean a private address", func(t *testing.T) {
		c := client(t, Options{})
		rebinding(c, "127.0.0.1")
		_, err := c.Dial(t.Context(), Target{}, "ws://gateway.example"+port)
		require.ErrorIs(t, err, ErrBlocked)
	})
	require.Zero(t, hits.Load())
}

func TestASocketFollowsNoRedirect(t *testing.T) {
	other := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("followed") })
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	_, err := client(t, Options{AllowPrivate: true}).Dial(t.Context(), Target{}, "ws"+strings.TrimPrefix(server.URL, "http"))
	require.ErrorContains(t, err, "302")
}
