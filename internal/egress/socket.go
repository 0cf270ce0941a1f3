package egress

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/coder/websocket"

	"threadhub/connectors"
)

// maxSocketMessage bounds one message of a WebSocket, in bytes.
const maxSocketMessage = 16 << 20

// Dial opens a WebSocket on behalf of a channel, to an address that begins with
// ws or wss. The guard looks at the address as for any call; redirects are not
// followed. ctx bounds the opening alone.
func (c *Client) Dial(ctx context.Context, t Target, address string) (connectors.Socket, error) {
	fail := func(detail string) error {
		return fmt.Errorf("open a WebSocket: %s", t.Redactor.String(detail))
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" || u.User != nil {
		return nil, fail("the address must begin with ws:// or wss:// and hold no user name")
	}
	if err := c.guard.checkHost(u.Hostname()); err != nil {
		return nil, fmt.Errorf("open a WebSocket: %w", err)
	}
	conn, resp, err := websocket.Dial(ctx, address, &websocket.DialOptions{
		HTTPClient: &http.Client{
			Transport:     c.kept,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		HTTPHeader:      http.Header{"User-Agent": {c.userAgent}},
		CompressionMode: websocket.CompressionDisabled,
	})
	switch {
	case errors.Is(err, ErrBlocked):
		return nil, fmt.Errorf("open a WebSocket: %w", ErrBlocked)
	case err != nil && resp != nil:
		return nil, fail(fmt.Sprintf("%s answered %s", u.Host, strings.TrimSpace(resp.Status)))
	case err != nil:
		return nil, fail(err.Error())
	}
	conn.SetReadLimit(maxSocketMessage)
	return &socket{conn, t.Redactor}, nil
}

// socket is a WebSocket as connectors see it.
type socket struct {
	conn     *websocket.Conn
	redactor *Redactor
}

// Read implements [connectors.Socket].
func (s *socket) Read(ctx context.Context) ([]byte, error) {
	_, message, err := s.conn.Read(ctx)
	return message, s.failed("read", err)
}

// Write implements [connectors.Socket].
func (s *socket) Write(ctx context.Context, message []byte) error {
	return s.failed("write", s.conn.Write(ctx, websocket.MessageText, message))
}

// Close implements [connectors.Socket]. It waits up to five seconds for the
// other side to agree.
func (s *socket) Close(code int) {
	// Whatever comes of it, the connection is over.
	_ = s.conn.Close(websocket.StatusCode(code), "")
}

func (s *socket) failed(what string, err error) error {
	var closed websocket.CloseError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &closed):
		return &connectors.SocketClosed{Code: int(closed.Code), Reason: s.redactor.String(closed.Reason)}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s a WebSocket: %w", what, err)
	}
	return fmt.Errorf("%s a WebSocket: %s", what, s.redactor.String(err.Error()))
}
