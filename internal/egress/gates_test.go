package egress

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/normalize"
)

// platform stands in for the network: it answers with what status says, or
// hangs until the deadline when that is 0.
type platform struct {
	status atomic.Int64
	fail   atomic.Pointer[error]
	calls  atomic.Int64
}

func (p *platform) RoundTrip(req *http.Request) (*http.Response, error) {
	p.calls.Add(1)
	if e := p.fail.Load(); e != nil {
		return nil, *e
	}
	status := int(p.status.Load())
	if status == 0 {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	return &http.Response{StatusCode: status, Body: http.NoBody, Request: req}, nil
}

// simulated is a client on a platform that is not there.
func simulated(t *testing.T, o Options) (*Client, *platform) {
	c := client(t, o)
	p := new(platform)
	p.status.Store(200)
	c.kept, c.fresh = p, p
	return c, p
}

func do(t *testing.T, c *Client, to Target, call *connectors.Call) *Error {
	t.Helper()
	_, err := c.Do(t.Context(), to, call)
	if err == nil {
		return nil
	}
	var fail *Error
	require.ErrorAs(t, err, &fail)
	return fail
}

// failing is do for a call that must not go out.
func failing(t *testing.T, c *Client, to Target, call *connectors.Call) *Error {
	t.Helper()
	fail := do(t, c, to, call)
	require.NotNil(t, fail)
	return fail
}

const api = "https://api.example.com/send"

func TestABreakerOpensAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := simulated(t, Options{})
		p.status.Store(503)
		for range 5 {
			require.Nil(t, do(t, c, target, send(api)), "5xx is an answer, for the connector to read")
		}
		fail := failing(t, c, target, send(api))
		require.ErrorIs(t, fail, ErrBreakerOpen)
		require.ErrorIs(t, fail, ErrNotSent)
		require.Equal(t, 10*time.Second, fail.RetryAfter)
		require.EqualValues(t, 5, p.calls.Load())
		require.Equal(t, 10*time.Second, c.Delay(target, "send"))
		require.Equal(t, map[string]time.Time{"ch_1": time.Now().Add(10 * time.Second)}, c.Held())

		other := target
		other.Channel = "ch_2"
		require.Nil(t, do(t, c, other, send(api)), "another channel of the same platform goes on")
		check := &connectors.Call{Name: "getMe", URL: api}
		require.Nil(t, do(t, c, target, check), "another class of call goes on")

		time.Sleep(fail.RetryAfter + time.Millisecond)
		require.Empty(t, c.Held())
		require.Nil(t, do(t, c, target, send(api)), "the probe goes out")
		require.ErrorIs(t, failing(t, c, target, send(api)), ErrBreakerOpen, "it failed, so that nothing else does")

		time.Sleep(10*time.Second + time.Millisecond)
		p.status.Store(200)
		for range 20 {
			require.Nil(t, do(t, c, target, send(api)))
		}
	})
}

func TestProbesAreFewAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := simulated(t, Options{})
		p.status.Store(500)
		for range 5 {
			do(t, c, target, send(api))
		}
		time.Sleep(11 * time.Second)
		before := p.calls.Load()
		p.status.Store(0) // probes hang
		for range 10 {
			go func() { _, _ = c.Do(context.Background(), target, send(api)) }()
		}
		synctest.Wait()
		require.EqualValues(t, 2, p.calls.Load()-before)
		fail := failing(t, c, target, send(api))
		require.ErrorIs(t, fail, ErrBreakerOpen)
		require.Equal(t, time.Second, fail.RetryAfter)
		time.Sleep(21 * time.Second) // the deadline ends them: no probe is left open
		p.status.Store(200)
		time.Sleep(10 * time.Second)
		require.Nil(t, do(t, c, target, send(api)))
	})
}

func TestWhatDoesNotOpenABreaker(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, c *Client, p *platform){
		"400": func(t *testing.T, c *Client, p *platform) { p.status.Store(400); do(t, c, target, send(api)) },
		"401": func(t *testing.T, c *Client, p *platform) { p.status.Store(401); do(t, c, target, send(api)) },
		"429": func(t *testing.T, c *Client, p *platform) { p.status.Store(429); do(t, c, target, send(api)) },
		"a private address": func(t *testing.T, c *Client, p *platform) {
			err := error(ErrBlocked)
			p.fail.Store(&err)
			do(t, c, target, send(api))
		},
		"the caller gives up": func(t *testing.T, c *Client, p *platform) {
			p.status.Store(0)
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			time.AfterFunc(time.Second, cancel)
			_, err := c.Do(ctx, target, send(api))
			require.ErrorIs(t, err, context.Canceled)
		},
		"the rate limit": func(t *testing.T, c *Client, _ *platform) {
			to := target
			to.Rate = normalize.Rate{PerSecond: 0.001}
			do(t, c, to, send(api))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := simulated(t, Options{})
				for range 30 {
					spoil(t, c, p)
				}
				p.status.Store(200)
				p.fail.Store(nil)
				require.Nil(t, do(t, c, target, send(api)))
			})
		})
	}
}

func TestTimeoutsOpenABreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := simulated(t, Options{})
		p.status.Store(0)
		for range 5 {
			require.Equal(t, ReasonTimeout, failing(t, c, target, send(api)).Reason)
		}
		require.ErrorIs(t, failing(t, c, target, send(api)), ErrBreakerOpen)
	})
}

func TestAHostThatCannotBeReachedIsLeftAloneByAllChannels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := simulated(t, Options{})
		err := error(dialError{})
		p.fail.Store(&err)
		for i := range 5 {
			to := target
			to.Channel = string(rune('a' + i))
			require.Equal(t, ReasonDial, failing(t, c, to, send(api)).Reason)
		}
		to := target
		to.Channel = "another"
		require.ErrorIs(t, failing(t, c, to, send(api)), ErrBreakerOpen)
		p.fail.Store(nil)
		require.Nil(t, do(t, c, to, send("https://elsewhere.example.com/")), "another host is not concerned")
	})
}

func TestACallThatTheHostsBreakerRefusesIsNoProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := simulated(t, Options{})
		refused := error(dialError{})
		p.fail.Store(&refused)
		for range 5 {
			do(t, c, target, send(api)) // opens the channel's breaker and the host's
		}
		time.Sleep(11 * time.Second) // both let probes through
		other := target
		other.Channel = "ch_3"
		require.Equal(t, ReasonDial, failing(t, c, other, send(api)).Reason, "opens the host's again")
		for range 5 {
			require.ErrorIs(t, failing(t, c, target, send(api)), ErrBreakerOpen)
		}
		p.fail.Store(nil)
		time.Sleep(11 * time.Second)
		require.Nil(t, do(t, c, target, send(api)), "the channel's probes are still there")
	})
}

type dialError struct{}

func (dialError) Error() string   { return "connection refused" }
func (dialError) Timeout() bool   { return false }
func (dialError) Temporary() bool { return false }

func TestIdleBreakersAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := simulated(t, Options{})
		for i := range 100 {
			to := target
			to.Channel = strings.Repeat("x", i)
			require.Nil(t, do(t, c, to, send(api)))
		}
		require.Len(t, c.circuits.all, 101)
		time.Sleep(20 * time.Minute)
		require.Nil(t, do(t, c, target, send(api)))
		require.LessOrEqual(t, len(c.circuits.all), 2)
	})
}

func TestAChannelKeepsToItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := simulated(t, Options{})
		to := target
		to.Rate = normalize.Rate{PerSecond: 10, Burst: 5}
		sent, end := 0, time.Now().Add(10*time.Second)
		for time.Now().Before(end) {
			fail := do(t, c, to, send(api))
			if fail == nil {
				sent++
				continue
			}
			require.ErrorIs(t, fail, ErrThrottled)
			require.ErrorIs(t, fail, ErrNotSent)
			require.Equal(t, fail.RetryAfter, c.Delay(to, "send"))
			time.Sleep(fail.RetryAfter)
		}
		require.InDelta(t, 105, sent, 2)
		require.EqualValues(t, sent, p.calls.Load())

		for do(t, c, to, send(api)) == nil {
		}
		require.ErrorIs(t, failing(t, c, to, send(api)), ErrThrottled)
		hidden := send(api)
		hidden.Visible = false
		require.Nil(t, do(t, c, to, hidden), "what shows nothing to a peer does not count")
		other := to
		other.Channel = "ch_2"
		require.Nil(t, do(t, c, other, send(api)), "another channel has its own rate")
	})
}

func TestPeersArePacedEachOnTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := simulated(t, Options{})
		to := target
		to.Rate = normalize.Rate{PerSecond: 30, Burst: 30, PeerEvery: time.Second}
		to.Peer = "anna"
		require.Nil(t, do(t, c, to, send(api)))
		fail := failing(t, c, to, send(api))
		require.ErrorIs(t, fail, ErrThrottled)
		require.InDelta(t, time.Second, fail.RetryAfter, float64(2*time.Millisecond))
		bert := to
		bert.Peer = "bert"
		require.Nil(t, do(t, c, bert, send(api)))
		time.Sleep(fail.RetryAfter)
		require.Nil(t, do(t, c, to, send(api)))

		time.Sleep(time.Hour)
		require.Nil(t, do(t, c, bert, send(api)))
		require.Len(t, c.limiter.(*localLimiter).buckets, 2, "full buckets are forgotten")
	})
}

func TestARefusalUsesUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := simulated(t, Options{})
		to := target
		to.Rate = normalize.Rate{PerSecond: 1, Burst: 1, PeerEvery: time.Hour}
		to.Peer = "anna"
		require.Nil(t, do(t, c, to, send(api)))
		time.Sleep(2 * time.Second)
		for range 10 { // refused for the peer: the channel's token stays
			require.ErrorIs(t, failing(t, c, to, send(api)), ErrThrottled)
		}
		to.Peer = "bert"
		require.Nil(t, do(t, c, to, send(api)))
	})
}

func TestARateCanChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := simulated(t, Options{})
		to := target
		to.Rate = normalize.Rate{PerSecond: 0.01}
		require.Nil(t, do(t, c, to, send(api)))
		require.Greater(t, failing(t, c, to, send(api)).RetryAfter, 90*time.Second)
		to.Rate = normalize.Rate{PerSecond: 100}
		require.Less(t, failing(t, c, to, send(api)).RetryAfter, 100*time.Millisecond)
	})
}

func TestACoolDownIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := simulated(t, Options{})
		to := target
		to.Peer = "anna"
		bert := to
		bert.Peer = "bert"
		until := time.Now().Add(30 * time.Second)
		c.CoolDown("ch_1", "anna", until)
		c.CoolDown("ch_1", "anna", time.Now().Add(time.Second)) // shortens nothing
		fail := failing(t, c, to, send(api))
		require.ErrorIs(t, fail, ErrThrottled)
		require.Equal(t, 30*time.Second, fail.RetryAfter)
		require.Nil(t, do(t, c, bert, send(api)))
		require.Empty(t, c.Held(), "one peer's pause is not the channel's")

		c.CoolDown("ch_1", "", until)
		require.ErrorIs(t, failing(t, c, bert, send(api)), ErrThrottled)
		require.Equal(t, map[string]time.Time{"ch_1": until}, c.Held())
		require.EqualValues(t, 1, p.calls.Load())

		time.Sleep(30 * time.Second)
		require.Nil(t, do(t, c, to, send(api)))
		require.Nil(t, do(t, c, bert, send(api)))
		time.Sleep(2 * time.Minute)
		c.CoolDown("ch_2", "", time.Now().Add(time.Second))
		require.Len(t, c.coolDowns.until, 1, "pauses that are over are forgotten")
	})
}

// broken is a shared limiter whose server is gone.
type broken struct{}

func (broken) Take(context.Context, string, string, normalize.Rate) (time.Duration, error) {
	return 0, errors.New("no connection")
}
func (broken) Delay(string, string, normalize.Rate) time.Duration { return 0 }

func TestALimiterThatFailsHoldsCallsBack(t *testing.T) {
	c, p := simulated(t, Options{Limiter: broken{}})
	fail := failing(t, c, target, send(api))
	require.ErrorIs(t, fail, ErrThrottled)
	require.Positive(t, fail.RetryAfter)
	require.Zero(t, p.calls.Load())
}

func TestRedactor(t *testing.T) {
	r := NewRedactor(map[string]connectors.Secret{
		"token":  connectors.NewSecret(`pa ss/w"örd+1`),
		"longer": connectors.NewSecret(`xx pa ss/w"örd+1 yy`),
		"empty":  connectors.NewSecret(""),
		"short":  connectors.NewSecret("ab"),
	}, "basic-form")
	for name, text := range map[string]string{
		"as it is":           `x pa ss/w"örd+1 y`,
		"in a query":         "x pa+ss%2Fw%22%C3%B6rd%2B1 y",
		"in a query, lower":  "x pa+ss%2fw%22%c3%b6rd%2b1 y",
		"in a path":          "x pa%20ss%2Fw%22%C3%B6rd+1 y",
		"in JSON":            `x pa ss/w\"örd+1 y`,
		"in base64":          "x cGEgc3MvdyLDtnJkKzE= y",
		"inside another one": `x xx pa ss/w"örd+1 yy y`,
		"one named besides":  "x basic-form y",
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, []string{"x [secret] y", "x [secret]= y"}, r.String(text))
		})
	}
	require.Equal(t, "ab cd", r.String("ab cd"), "what is too short to be a secret stays")
	require.Equal(t, "text", (*Redactor)(nil).String("text"))
}
