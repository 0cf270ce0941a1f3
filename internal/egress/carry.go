package egress

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"sync/atomic"

	"threadhub/connectors"
)

// progress is how far a request got.
//
// From the moment it has a connection, a call that brings no answer counts as
// sent: writing goes on in another goroutine, and "nothing was written yet"
// cannot be told from "is being written now". Until then it is certain that
// no byte of it left. When net/http tries again on another connection it has
// made sure that nothing was written on the first, so the count starts anew.
type progress struct {
	connected atomic.Bool
	secured   atomic.Bool // the TLS handshake has begun
}

func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:           func(string) { p.connected.Store(false) },
		GotConn:           func(httptrace.GotConnInfo) { p.connected.Store(true) },
		TLSHandshakeStart: func() { p.secured.Store(true) },
	}
}

// carry makes the request and reads its answer.
func (c *Client) carry(ctx context.Context, t Target, call *connectors.Call, u *url.URL, body content) (*connectors.Response, *Error) {
	timeout := c.timeout
	if call.Upload != nil {
		timeout += uploadTime
	}
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var p progress
	req := c.request(httptrace.WithClientTrace(bounded, p.trace()), call, u, body)
	resp, err := c.route(call).RoundTrip(req)
	if err != nil {
		return nil, c.failed(t, call, &p, err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := c.read(resp)
	if err != nil {
		fail := c.failed(t, call, &p, err)
		fail.Status = resp.StatusCode
		switch {
		case errors.Is(err, errTooLarge):
			fail.Reason, fail.detail = ReasonTooLarge, ""
		case fail.Reason == ReasonReset:
			fail.Reason = ReasonTruncated
		}
		return nil, fail
	}
	return &connectors.Response{Status: resp.StatusCode, Header: resp.Header, Body: answer}, nil
}

func (c *Client) request(ctx context.Context, call *connectors.Call, u *url.URL, body content) *http.Request {
	header := call.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if header.Get("User-Agent") == "" {
		header.Set("User-Agent", c.userAgent)
	}
	req := &http.Request{
		Method: call.Method, URL: u, Host: u.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if body.kind != "" {
		header.Set("Content-Type", body.kind)
	}
	if body.length > 0 {
		req.ContentLength, req.Body = body.length, body.open()
		// Lets net/http try again where it knows that nothing was written.
		req.GetBody = func() (io.ReadCloser, error) { return body.open(), nil }
	}
	return req.WithContext(ctx)
}

// route picks the transport. net/http repeats requests that it takes for
// repeatable (a GET, one with an idempotency key) when a kept connection fails
// under them. A call that shows something to a peer must not be repeated
// behind our back: such ones get a fresh connection each, on which net/http
// never repeats anything.
func (c *Client) route(call *connectors.Call) http.RoundTripper {
	if !call.Visible || call.Idempotent {
		return c.kept
	}
	repeatable := slices.Contains([]string{"", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace}, call.Method) ||
		len(call.Header.Values("Idempotency-Key"))+len(call.Header.Values("X-Idempotency-Key")) > 0
	if repeatable {
		return c.fresh
	}
	return c.kept
}

var errTooLarge = errors.New("answer too large")

// read takes in the body, at most the bound.
func (c *Client) read(resp *http.Response) ([]byte, error) {
	n := resp.ContentLength
	switch {
	case resp.Request.Method == http.MethodHead: // the length is of a body that does not come
		return nil, nil
	case n > c.maxBody:
		return nil, errTooLarge
	case n >= 0:
		body := make([]byte, n)
		_, err := io.ReadFull(resp.Body, body)
		return body, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.maxBody+1))
	if err == nil && int64(len(body)) > c.maxBody {
		return nil, errTooLarge
	}
	return body, err
}

// failed says what became of a request that brought no whole answer.
func (c *Client) failed(t Target, call *connectors.Call, p *progress, err error) *Error {
	fail := &Error{Sent: p.connected.Load(), call: call.Name, detail: t.Redactor.String(err.Error())}
	var dns *net.DNSError
	var network net.Error
	switch {
	case errors.Is(err, ErrBlocked):
		fail.Reason, fail.detail = ReasonBlocked, ErrBlocked.Error()
	case errors.Is(err, context.Canceled):
		fail.Reason, fail.cause = ReasonCanceled, context.Canceled
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		fail.Reason, fail.cause = ReasonTimeout, context.DeadlineExceeded
	case fail.Sent:
		fail.Reason = ReasonReset
	case errors.As(err, &dns):
		fail.Reason = ReasonDNS
	case p.secured.Load():
		fail.Reason = ReasonTLS
	case errors.As(err, &network):
		fail.Reason = ReasonDial
	default: // net/http refused the request: a header with a line break
		fail.Reason = ReasonInvalid
	}
	return fail
}
