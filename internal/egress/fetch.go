package egress

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"

	"threadhub/connectors"
)

const (
	// fetchTimeout is how long a file may take to come, redirects included.
	fetchTimeout = 2 * time.Minute
	maxRedirects = 5
)

// Fetch carries out a call whose answer may be a file of up to limit bytes. The
// answer's Body holds its beginning, at most 1 MiB; the file is nil unless the
// status is 2xx, and has to be closed. Redirects of a GET are followed, with
// the call's headers to the same host only. The error is an [*Error], with
// ReasonTooLarge for a longer file.
func (c *Client) Fetch(ctx context.Context, t Target, call *connectors.Call, limit int64) (*File, *connectors.Response, error) {
	started := time.Now()
	f, resp, fail := c.fetchCall(ctx, t, call, limit)
	c.metrics.observe(t, call.Name, resp, fail, time.Since(started))
	if fail != nil {
		return nil, nil, fail
	}
	return f, resp, nil
}

func (c *Client) fetchCall(ctx context.Context, t Target, call *connectors.Call, limit int64) (*File, *connectors.Response, *Error) {
	u, err := parseURL(call.URL)
	if err != nil {
		return nil, nil, &Error{Reason: ReasonInvalid, call: call.Name, detail: err.Error()}
	}
	report, fail := c.admit(ctx, t, call, u)
	if fail != nil {
		return nil, nil, fail
	}
	bounded, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	f, resp, fail := c.fetch(bounded, t, call, u, limit)
	if fail != nil && fail.Reason == ReasonTooLarge {
		report(nil, nil) // the platform is at work
	} else {
		report(judge(ctx, resp, fail))
	}
	return f, resp, fail
}

// fetch makes the request, follows redirects and reads the answer.
func (c *Client) fetch(ctx context.Context, t Target, call *connectors.Call, u *url.URL, limit int64) (*File, *connectors.Response, *Error) {
	header := call.Header
	for hops := 0; ; hops++ {
		var p progress
		step := &connectors.Call{Name: call.Name, Method: call.Method, Header: header, Body: call.Body}
		req := c.request(httptrace.WithClientTrace(ctx, p.trace()), step, u, plainBody(call.Body))
		resp, err := c.kept.RoundTrip(req)
		if err != nil {
			return nil, nil, c.failed(t, call, &p, err)
		}
		next, follow := c.redirect(resp, u)
		if !follow || call.Method != http.MethodGet {
			f, answer, err := receive(resp, limit)
			_ = resp.Body.Close()
			if err == nil {
				return f, answer, nil
			}
			fail := c.failed(t, call, &p, err)
			fail.Status = resp.StatusCode
			if errors.Is(err, errFileTooLarge) {
				fail.Reason, fail.detail = ReasonTooLarge, ""
			}
			return nil, nil, fail
		}
		_ = resp.Body.Close()
		if next == nil || hops == maxRedirects {
			return nil, nil, &Error{Reason: ReasonInvalid, call: call.Name, detail: "it redirects to where the hub does not go, or too often"}
		}
		if next.Host != u.Host {
			header = nil // what is meant for one host is not told to another
		}
		u = next
	}
}

// redirect answers where the answer sends us. The address is nil when it is
// none that the hub calls.
func (c *Client) redirect(resp *http.Response, from *url.URL) (to *url.URL, follow bool) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, false
	}
	location, err := from.Parse(resp.Header.Get("Location"))
	if err != nil || resp.Header.Get("Location") == "" {
		return nil, true
	}
	to, err = parseURL(location.String())
	if err != nil || c.guard.checkHost(to.Hostname()) != nil || from.Scheme == "https" && to.Scheme != "https" {
		return nil, true
	}
	return to, true
}

// receive reads a 2xx answer as a file, and the beginning of any other.
func receive(resp *http.Response, limit int64) (*File, *connectors.Response, error) {
	answer := &connectors.Response{Status: resp.StatusCode, Header: resp.Header}
	f := &File{Type: resp.Header.Get("Content-Type")}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		err := f.take(resp.Body, inMemory-1)
		if errors.Is(err, errFileTooLarge) {
			err = nil
		}
		answer.Body = f.memory
		if err != nil {
			return nil, nil, err
		}
		return nil, answer, nil
	}
	if resp.ContentLength > limit {
		return nil, nil, errFileTooLarge
	}
	if err := f.take(resp.Body, limit); err != nil {
		f.Close()
		return nil, nil, err
	}
	answer.Body = f.Start()
	return f, answer, nil
}
