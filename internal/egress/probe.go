package egress

import (
	"context"
	"errors"
	"net/http"
	"time"

	"threadhub/connectors"
)

// probeTime is how long an address may take to say how large its file is, while
// somebody waits for the answer to their request.
const probeTime = 2 * time.Second

// Probe asks how many bytes the file at an address has without taking it in: -1
// when its server does not say so, or not in time. Its error wraps ErrBlocked or
// ErrURL: the address is one that the hub does not go to. It is for addresses
// that a client gives for a platform to fetch.
func (c *Client) Probe(ctx context.Context, address string) (int64, error) {
	u, err := parseURL(address)
	if err == nil {
		err = c.guard.checkHost(u.Hostname())
	}
	if err != nil {
		return -1, err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	for range maxRedirects {
		call := &connectors.Call{Method: http.MethodGet}
		resp, err := c.fresh.RoundTrip(c.request(ctx, call, u, content{}))
		switch {
		case errors.Is(err, ErrBlocked):
			return -1, ErrBlocked
		case err != nil:
			return -1, nil
		}
		_ = resp.Body.Close() // its length is in its head
		next, follow := c.redirect(resp, u)
		switch {
		case !follow && resp.StatusCode == http.StatusOK:
			return resp.ContentLength, nil
		case next == nil:
			return -1, nil
		}
		u = next
	}
	return -1, nil
}
