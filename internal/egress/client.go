package egress

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"threadhub/connectors"
	"threadhub/internal/tracing"
	"threadhub/normalize"
)

// Options of a [Client]. Zero fields take the defaults.
type Options struct {
	// AllowPrivate lets calls reach private networks and this machine
	// (THREADHUB_ALLOW_PRIVATE_NETWORKS).
	AllowPrivate bool
	// Timeout is how long a call may take, answer included. Default 20 s.
	Timeout time.Duration
	// MaxBody is how many bytes an answer may have. Default 1 MiB.
	MaxBody int64
	// UserAgent is sent with calls that name none. Default "Threadhub".
	UserAgent string
	// Limiter keeps the rates. Default: one for this process.
	Limiter Limiter
	Breaker Breaker
	// Own opens files that the hub itself serves, for uploads; nil: none.
	Own    Own
	Logger *slog.Logger
	// Registerer takes the metrics; nil keeps them to the client.
	Registerer prometheus.Registerer
	// Trace records calls; nil records nothing.
	Trace *tracing.Tracer
}

// Target says on whose behalf a call is made.
type Target struct {
	Kind    string // the connector's kind
	Channel string // the channel's id
	// Peer is who a call shows something to; empty when that is nobody.
	Peer string
	// Rate is what the channel may send; only visible calls use it up.
	Rate normalize.Rate
	// Redactor knows the channel's secrets.
	Redactor *Redactor
}

// Client carries calls. It is safe for concurrent use.
type Client struct {
	timeout   time.Duration
	maxBody   int64
	userAgent string
	guard     *guard
	limiter   Limiter
	coolDowns *coolDowns
	circuits  *circuits
	rests     rests
	metrics   *metrics
	own       Own
	uploads   *reused
	trace     *tracing.Tracer

	kept  http.RoundTripper // connections are kept and used again
	fresh http.RoundTripper // one connection per call, see route
	idle  []*http.Transport
}

// New makes a client. Close it.
func New(o Options) (*Client, error) {
	if o.Timeout <= 0 {
		o.Timeout = 20 * time.Second
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 1 << 20
	}
	if o.UserAgent == "" {
		o.UserAgent = "Threadhub"
	}
	if o.Limiter == nil {
		o.Limiter = newLocalLimiter()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Client{
		timeout: o.Timeout, maxBody: o.MaxBody, userAgent: o.UserAgent,
		guard: newGuard(o.AllowPrivate), limiter: o.Limiter,
		coolDowns: &coolDowns{until: map[lane]time.Time{}, swept: time.Now()},
		circuits:  newCircuits(o.Breaker, o.Logger),
		own:       o.Own,
		uploads:   newReused(),
		trace:     o.Trace,
	}
	var err error
	if c.metrics, err = newMetrics(o.Registerer, c.circuits); err != nil {
		return nil, fmt.Errorf("egress metrics: %w", err)
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second, ControlContext: c.guard.control}
	c.useTransport(newTransport(dialer.DialContext))
	return c, nil
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// newTransport speaks HTTP/1.1 only, keeps enough connections for thousands of
// calls a second to one host, and takes no proxy from the environment: a proxy
// would dial for us, past the guard.
func newTransport(dial dialFunc) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		DialContext:         dial,
		Protocols:           protocols,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConns:        1024,
		MaxIdleConnsPerHost: 256,
		// Shorter than a platform keeps its end open, so that calls seldom
		// meet a connection that is just being closed.
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
	}
}

func (c *Client) useTransport(kept *http.Transport) {
	fresh := kept.Clone()
	fresh.DisableKeepAlives = true
	c.kept, c.fresh, c.idle = kept, fresh, []*http.Transport{kept, fresh}
}

// Close ends the connections that no call is using.
func (c *Client) Close() {
	for _, t := range c.idle {
		t.CloseIdleConnections()
	}
}

// Do carries a call out and answers what the platform said, whatever its
// status; redirects are answered, not followed. Its error is an [*Error].
//
// A call with ErrThrottled or ErrBreakerOpen used up nothing: make it again
// after RetryAfter. Do does not repeat calls.
func (c *Client) Do(ctx context.Context, t Target, call *connectors.Call) (*connectors.Response, error) {
	started := time.Now()
	ctx, span := c.trace.Start(ctx, "call "+t.Kind+" "+call.Name, "threadhub.channel", t.Channel)
	resp, fail := c.do(ctx, t, call)
	noteCall(span, resp, fail)
	c.metrics.observe(t, call.Name, resp, fail, time.Since(started))
	if fail != nil {
		return nil, fail
	}
	return resp, nil
}

// noteCall ends the step of a trace that a call is.
func noteCall(span tracing.Span, resp *connectors.Response, fail *Error) {
	if fail != nil {
		span.End(string(fail.Reason))
		return
	}
	span.Note("http.response.status_code", strconv.Itoa(resp.Status))
	span.End("")
}

func (c *Client) do(ctx context.Context, t Target, call *connectors.Call) (*connectors.Response, *Error) {
	u, err := parseURL(call.URL)
	if err != nil {
		return nil, &Error{Reason: ReasonInvalid, call: call.Name, detail: err.Error()}
	}
	if err := ctx.Err(); err != nil {
		return nil, c.failed(t, call, &progress{}, err)
	}
	// Before the gates: a file that does not come says nothing of the platform.
	body, done, fail := c.content(ctx, t, call)
	if fail != nil {
		return nil, fail
	}
	defer done()
	if body.known != nil {
		return body.known, nil
	}
	report, fail := c.admit(ctx, t, call, u)
	if fail != nil {
		return nil, fail
	}
	resp, fail := c.carry(ctx, t, call, u, body)
	report(judge(ctx, resp, fail))
	if fail == nil && call.Upload != nil && call.Upload.Again.For > 0 {
		c.uploads.put(body.key, call.Upload.Again, resp, time.Now())
	}
	return resp, fail
}

// admit asks the gates in turn. report tells the breakers how the call went
// and must be called.
func (c *Client) admit(ctx context.Context, t Target, call *connectors.Call, u *url.URL) (report func(channel, host error), fail *Error) {
	refused := func(r Reason, after time.Duration) *Error {
		return &Error{Reason: r, RetryAfter: after, call: call.Name, detail: "retry after " + after.Round(time.Millisecond).String()}
	}
	if wait := c.coolDowns.left(t.Channel, t.Peer); wait > 0 {
		return nil, refused(ReasonThrottled, wait)
	}
	channel, wait := c.circuits.allow(circuitKey{kind: t.Kind, channel: t.Channel, call: call.Name}, call.Visible)
	if channel == nil {
		return nil, refused(ReasonBreaker, wait)
	}
	host, wait := c.circuits.allow(circuitKey{kind: t.Kind, host: u.Scheme + "://" + u.Host}, false)
	if host == nil {
		channel(errIgnored)
		return nil, refused(ReasonBreaker, wait)
	}
	report = func(forChannel, forHost error) { channel(forChannel); host(forHost) }
	if !call.Visible {
		return report, nil
	}
	// Last, since what it takes cannot be given back.
	switch wait, err := c.limiter.Take(ctx, t.Channel, t.Peer, t.Rate); {
	case err != nil:
		report(errIgnored, errIgnored)
		return nil, &Error{Reason: ReasonThrottled, RetryAfter: time.Second, call: call.Name, detail: "rate limiter: " + t.Redactor.String(err.Error())}
	case wait > 0:
		c.rest(t)
		report(errIgnored, errIgnored)
		return nil, refused(ReasonThrottled, wait)
	}
	return report, nil
}

// rest holds a channel back that has used up its rate; not one of which only a
// peer has.
func (c *Client) rest(t Target) {
	if wait := c.limiter.Delay(t.Channel, "", t.Rate); wait > 0 {
		c.rests.begin(t.Channel, wait, t.Rate)
	}
}

// judge says what a call tells the channel's and the host's breaker.
func judge(ctx context.Context, resp *connectors.Response, fail *Error) (channel, host error) {
	if fail == nil {
		if resp.Status >= 500 {
			return errFailure, nil
		}
		return nil, nil // 429 and other 4xx too: the platform is at work
	}
	switch {
	case fail.Reason == ReasonInvalid, fail.Reason == ReasonBlocked, ctx.Err() == context.Canceled:
		return errIgnored, errIgnored
	case !fail.Sent:
		return errFailure, errFailure
	}
	return errFailure, nil
}

// CoolDown holds back the calls of a channel, or with peer set those to this
// peer, until the given time: what a platform asks for with a 429 or its like.
// It never shortens an earlier one.
func (c *Client) CoolDown(channel, peer string, until time.Time) {
	c.coolDowns.set(lane{channel, peer}, until)
}

// Delay tells how long a visible call of the class would be refused for as
// things are: 0 when it would go out. It lets a worker leave a delivery alone
// before it is marked as begun.
func (c *Client) Delay(t Target, call string) time.Duration {
	rate := c.limiter.Delay(t.Channel, t.Peer, t.Rate)
	if rate > 0 {
		c.rest(t)
	}
	return max(
		c.coolDowns.left(t.Channel, t.Peer),
		c.circuits.left(circuitKey{kind: t.Kind, channel: t.Channel, call: call}),
		rate,
	)
}

// Held answers the channels that cannot send for now, with the time at which
// that ends: those that cool down, those with a breaker that is open or has just
// closed, and those that have used up their rate.
func (c *Client) Held() map[string]time.Time {
	held := map[string]time.Time{}
	c.coolDowns.channels(held)
	c.circuits.channels(held)
	c.rests.channels(held)
	return held
}
