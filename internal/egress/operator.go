package egress

import (
	"io"
	"net"
	"net/http"
	"time"
)

// Operator calls addresses of the configuration; see [Client.Operator].
type Operator = http.Client

// Operator answers a client for addresses that only the hub's configuration can name,
// such as the identity provider's, which often stands in a private network: the
// address guard does not apply. Redirects are not followed, no proxy of the
// environment is used, and an answer may have as many bytes as any other.
func (c *Client) Operator() *Operator {
	transport := NewOperatorTransport()
	c.idle = append(c.idle, transport)
	return &http.Client{
		Timeout: c.timeout, Transport: bounded{transport, c.maxBody},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// OperatorTransport carries the requests of a library that makes its own; see
// [NewOperatorTransport].
type OperatorTransport = http.Transport

// NewOperatorTransport answers a transport for addresses that only the hub's
// configuration can name, for libraries that make their own requests, such as
// those to a bucket: as [Client.Operator], but answers are of any length. Close
// its idle connections when it is no longer used.
func NewOperatorTransport() *OperatorTransport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return newTransport(dialer.DialContext)
}

// bounded cuts answers off.
type bounded struct {
	http.RoundTripper
	limit int64
}

// RoundTrip is http.RoundTripper.RoundTrip.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, b.limit), resp.Body}
	return resp, nil
}
