package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"threadhub/connectors"
)

// Config is what a client needs of the connector.
type Config struct {
	Token   connectors.Secret
	Intents int
	// Discover asks where the Gateway is, History for a channel's messages
	// after one, at most HistoryPage of them; Judge reads their answers.
	Discover func() *connectors.Call
	History  func(channel, after string) *connectors.Call
	Judge    func(*connectors.Call, *connectors.Response) connectors.Outcome
	// Wanted tells which dispatches are to be delivered.
	Wanted func(event string, data []byte) bool
	// Plain allows a Gateway without TLS, for an API without it.
	Plain bool
}

// HistoryPage is how many messages one call for a channel's history may answer.
const HistoryPage = 100

// timing is how long things take; tests have less time.
type timing struct {
	hello        time.Duration // longest wait for Discord's first word
	firstPause   time.Duration // after a connection that broke; doubles up to
	longestPause time.Duration
	invalid      time.Duration // after a session was refused, at most
	history      time.Duration // between two calls for channels' histories
	settled      time.Duration // a connection that lasts this long begins the pauses anew
}

func usual() timing {
	return timing{
		hello: 20 * time.Second, firstPause: time.Second, longestPause: time.Minute,
		invalid: 5 * time.Second, history: 250 * time.Millisecond, settled: 30 * time.Second,
	}
}

// maxResumes is how often in a row resuming may fail before a new session is
// begun: the address to resume at may be gone.
const maxResumes = 5

// Client is a connection to the Gateway, run once.
type Client struct {
	Config
	timing timing
	memory atomic.Pointer[memory]
}

var _ connectors.Stream = (*Client)(nil)

// New returns a client that does nothing until Run.
func New(c Config) *Client { return &Client{Config: c, timing: usual()} }

// State implements [connectors.Stream].
func (c *Client) State() []byte {
	m := c.memory.Load()
	if m == nil {
		return nil
	}
	return m.encode()
}

// Run implements [connectors.Stream].
func (c *Client) Run(ctx context.Context, host connectors.StreamHost) error {
	m := recall(host.State())
	c.memory.Store(m)
	tries, resumes := 0, 0
	for {
		_, _, resuming := m.session()
		began := time.Now()
		end, settled := c.connect(ctx, host, m)
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("gateway: %w", err)
		}
		if end.fatal != "" {
			host.Report(false, end.fatal)
			return &connectors.StreamEnded{Reason: end.fatal}
		}
		host.Report(false, end.cause)
		if time.Since(began) >= c.timing.settled {
			tries = 0
		}
		// A session that was resumed is a good one, even if what came then
		// could not be stored.
		if resuming && !settled {
			resumes++
		} else {
			resumes = 0
		}
		if end.lost || resumes >= maxResumes {
			m.lose()
			resumes = 0
		}
		if !sleep(ctx, max(end.pause, c.timing.pause(tries))) {
			return fmt.Errorf("gateway: %w", ctx.Err())
		}
		tries++
	}
}

// pause grows with each attempt and is spread, so that hubs that lost Discord
// together do not come back together.
func (t timing) pause(tries int) time.Duration {
	p := min(t.firstPause<<min(tries, 16), t.longestPause)
	return p/2 + rand.N(p/2+1)
}

// sleep waits, and answers false when ctx ended meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// connect opens one connection and serves it to its end. settled tells whether
// there was a session meanwhile.
func (c *Client) connect(ctx context.Context, host connectors.StreamHost, m *memory) (end *ending, settled bool) {
	session, address, ok := m.session()
	hello := command{Op: opResume}
	if ok {
		session.Token = c.Token.Reveal()
		hello.Data = session
	} else {
		where, end := c.discover(ctx, host)
		if end != nil {
			return end, false
		}
		address = where.URL
		hello = command{opIdentify, identify{
			Token: c.Token.Reveal(), Intents: c.Intents, Shard: [2]int{0, max(where.Shards, 1)},
			Properties: map[string]string{"os": "linux", "browser": "threadhub", "device": "threadhub"},
		}}
	}
	address, err := c.address(address)
	if err != nil {
		return &ending{cause: err.Error(), lost: ok}, false
	}
	bounded, cancel := context.WithTimeout(ctx, c.timing.hello)
	socket, err := host.Dial(bounded, address)
	cancel()
	if err != nil {
		return &ending{cause: "connect to the Gateway: " + err.Error()}, false
	}
	l := &link{client: c, host: host, memory: m, socket: socket, pace: newPace()}
	end = ended(l.serve(ctx, hello))
	return end, l.settled
}

// discover asks where the Gateway is, and obeys the limit on new sessions.
func (c *Client) discover(ctx context.Context, host connectors.StreamHost) (entrance, *ending) {
	var e entrance
	call := c.Discover()
	resp, err := host.Do(ctx, call)
	if err != nil {
		return e, &ending{cause: "ask where the Gateway is: " + err.Error()}
	}
	if o := c.Judge(call, resp); o.Verdict != connectors.Done {
		end := &ending{cause: fmt.Sprintf("Discord answered %d when asked where the Gateway is", resp.Status), pause: o.After}
		if o.Failure != nil && o.Verdict == connectors.Suspend {
			end.fatal = o.Failure.Message
		}
		return e, end
	}
	if err := json.Unmarshal(resp.Body, &e); err != nil {
		return e, &ending{cause: "Discord does not say where the Gateway is"}
	}
	if l := e.Limit; l != nil && l.Remaining <= 0 && l.ResetAfter > 0 {
		pause := time.Duration(min(l.ResetAfter, 48*3600*1000)) * time.Millisecond
		return e, &ending{cause: "Discord allows no new session for " + pause.Round(time.Second).String() + ": the bot began too many today", pause: pause}
	}
	return e, nil
}

// address adds the protocol's version to where the Gateway is. The token goes
// there, so it must be encrypted wherever the API is.
func (c *Client) address(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "wss" && !(c.Plain && u.Scheme == "ws") {
		return "", fmt.Errorf("the Gateway's address is not one that begins with wss")
	}
	q := u.Query()
	q.Set("v", "10")
	q.Set("encoding", "json")
	u.RawQuery = q.Encode()
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	return u.String(), nil
}
