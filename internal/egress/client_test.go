package egress

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/connectors"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var target = Target{Kind: "stub", Channel: "ch_1"}

func client(t testing.TB, o Options) *Client {
	t.Helper()
	c, err := New(o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func send(url string) *connectors.Call {
	return &connectors.Call{Name: "send", Method: http.MethodPost, URL: url, Body: []byte(`{"text":"hello"}`), Visible: true}
}

func serve(t testing.TB, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// raw is a server that does with each connection what a test says.
func raw(t testing.TB, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			handle(conn)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return "http://" + l.Addr().String()
}

func TestDoAnswersWhatThePlatformSaid(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", r.Method+" "+r.Header.Get("Authorization")+" "+r.Header.Get("User-Agent"))
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write(body)
	})
	reg := prometheus.NewRegistry()
	c := client(t, Options{AllowPrivate: true, Registerer: reg})
	call := send(s.URL + "/send?x=1")
	call.Header = http.Header{"Authorization": {"Bearer t"}}
	resp, err := c.Do(t.Context(), target, call)
	require.NoError(t, err)
	require.Equal(t, http.StatusTeapot, resp.Status)
	require.Equal(t, `{"text":"hello"}`, string(resp.Body))
	require.Equal(t, "POST Bearer t Threadhub", resp.Header.Get("X-Seen"))
	require.Len(t, call.Header, 1, "the connector's header is left alone")
	text := scrape(reg)
	require.Contains(t, text, `threadhub_egress_calls_total{kind="stub",name="send",result="4xx"} 1`)
	require.Contains(t, text, `threadhub_egress_call_seconds_count{kind="stub",name="send"} 1`)
	require.Contains(t, text, `threadhub_egress_breakers{kind="stub",state="closed"} 2`)
}

// scrape answers the metrics as Prometheus sees them.
func scrape(reg *prometheus.Registry) string {
	rec := httptest.NewRecorder()
	promhttp.HandlerFor(reg, promhttp.HandlerOpts{}).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return rec.Body.String()
}

func TestWhatIsKnownOfAFailedCall(t *testing.T) {
	reset := func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0); _ = c.Close() }
	insecure := serve(t, func(http.ResponseWriter, *http.Request) {})
	answer := func(text string) string {
		return raw(t, func(c net.Conn) {
			_, _ = http.ReadRequest(bufio.NewReader(c))
			_, _ = io.WriteString(c, text)
			_ = c.Close()
		})
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	gone := "http://" + l.Addr().String()

	for name, c := range map[string]struct {
		call   *connectors.Call
		is     error
		reason Reason
		status int
	}{
		"nobody listens":                 {send(gone), ErrNotSent, ReasonDial, 0},
		"the name does not resolve":      {send("http://no-such-host.invalid"), ErrNotSent, ReasonDNS, 0},
		"no secure connection":           {send(strings.Replace(insecure.URL, "http:", "https:", 1)), ErrNotSent, ReasonTLS, 0},
		"a header with a line break":     {&connectors.Call{Name: "send", Method: "POST", URL: insecure.URL, Header: http.Header{"X": {"a\r\nB: c"}}}, ErrNotSent, ReasonInvalid, 0},
		"a method with a line break":     {&connectors.Call{Name: "send", Method: "POST / HTTP/1.1\r\n", URL: insecure.URL}, ErrNotSent, ReasonInvalid, 0},
		"no URL":                         {&connectors.Call{Name: "send"}, ErrNotSent, ReasonInvalid, 0},
		"a file URL":                     {send("file:///etc/passwd"), ErrNotSent, ReasonInvalid, 0},
		"a URL with a password":          {send("http://user:pass@127.0.0.1/"), ErrNotSent, ReasonInvalid, 0},
		"reset after accepting":          {send(raw(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 1)); reset(c) })), ErrOutcomeUnknown, ReasonReset, 0},
		"reset after the request":        {send(raw(t, func(c net.Conn) { _, _ = http.ReadRequest(bufio.NewReader(c)); reset(c) })), ErrOutcomeUnknown, ReasonReset, 0},
		"closed without an answer":       {send(answer("")), ErrOutcomeUnknown, ReasonReset, 0},
		"not HTTP":                       {send(answer("SSH-2.0-OpenSSH\r\n")), ErrOutcomeUnknown, ReasonReset, 0},
		"the answer breaks off":          {send(answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")), ErrOutcomeUnknown, ReasonTruncated, 200},
		"the answer never starts":        {send(answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")), ErrOutcomeUnknown, ReasonTruncated, 200},
		"a chunked answer breaks off":    {send(answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")), ErrOutcomeUnknown, ReasonTruncated, 200},
		"an answer of 5 GB is announced": {send(answer("HTTP/1.1 200 OK\r\nContent-Length: 5368709120\r\n\r\nabc")), ErrOutcomeUnknown, ReasonTooLarge, 200},
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := client(t, Options{AllowPrivate: true}).Do(t.Context(), target, c.call)
			require.Nil(t, resp)
			require.ErrorIs(t, err, c.is)
			var fail *Error
			require.ErrorAs(t, err, &fail)
			require.Equal(t, c.reason, fail.Reason, err.Error())
			require.Equal(t, c.status, fail.Status)
			require.NotEqual(t, errors.Is(err, ErrNotSent), errors.Is(err, ErrOutcomeUnknown))
			require.Equal(t, c.reason == ReasonInvalid, errors.Is(err, ErrURL))
		})
	}
}

func TestTheDeadlineEndsACall(t *testing.T) {
	block := make(chan struct{})
	hang := serve(t, func(http.ResponseWriter, *http.Request) { <-block })
	drip := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := io.WriteString(w, "x"); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			select {
			case <-time.After(time.Millisecond):
			case <-r.Context().Done():
				return
			case <-block:
				return
			}
		}
	})
	t.Cleanup(func() { close(block) }) // before the servers close
	for name, url := range map[string]string{"a platform that hangs": hang.URL, "a platform that drips": drip.URL} {
		t.Run(name, func(t *testing.T) {
			c := client(t, Options{AllowPrivate: true, Timeout: 50 * time.Millisecond})
			_, err := c.Do(t.Context(), target, send(url))
			require.ErrorIs(t, err, ErrOutcomeUnknown)
			require.ErrorIs(t, err, context.DeadlineExceeded)
		})
	}
}

func TestTheCallerCanGiveUp(t *testing.T) {
	block, arrived := make(chan struct{}), make(chan struct{})
	s := serve(t, func(http.ResponseWriter, *http.Request) { close(arrived); <-block })
	t.Cleanup(func() { close(block) })
	c := client(t, Options{AllowPrivate: true})

	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	_, err := c.Do(ctx, target, send(s.URL))
	require.ErrorIs(t, err, ErrOutcomeUnknown, "the request had been written")
	require.ErrorIs(t, err, context.Canceled)

	_, err = c.Do(ctx, target, send(s.URL))
	require.ErrorIs(t, err, ErrNotSent, "the caller had given up before")
	require.ErrorIs(t, err, context.Canceled)
}

func TestAnEndlessAnswerIsCutOff(t *testing.T) {
	var written atomic.Int64
	ended := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		defer close(ended)
		chunk := bytes.Repeat([]byte("x"), 64<<10)
		for written.Load() < 5<<30 {
			n, err := w.Write(chunk)
			written.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	c := client(t, Options{AllowPrivate: true, MaxBody: 1 << 20})
	_, err := c.Do(t.Context(), target, send(s.URL))
	require.ErrorIs(t, err, ErrOutcomeUnknown)
	var fail *Error
	require.ErrorAs(t, err, &fail)
	require.Equal(t, ReasonTooLarge, fail.Reason)
	<-ended
	require.Less(t, written.Load(), int64(256<<20))
}

func TestAnAnswerAsLargeAsAllowedPasses(t *testing.T) {
	for _, chunked := range []bool{false, true} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if chunked {
				w.(http.Flusher).Flush()
			}
			_, _ = w.Write(make([]byte, 1000))
		})
		resp, err := client(t, Options{AllowPrivate: true, MaxBody: 1000}).Do(t.Context(), target, send(s.URL))
		require.NoError(t, err)
		require.Len(t, resp.Body, 1000)
		_, err = client(t, Options{AllowPrivate: true, MaxBody: 999}).Do(t.Context(), target, send(s.URL))
		require.ErrorIs(t, err, ErrOutcomeUnknown)
	}
}

func TestRedirectsAreAnsweredNotFollowed(t *testing.T) {
	var followed atomic.Bool
	private := serve(t, func(http.ResponseWriter, *http.Request) { followed.Store(true) })
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, private.URL, http.StatusFound) })
	resp, err := client(t, Options{AllowPrivate: true}).Do(t.Context(), target, send(s.URL))
	require.NoError(t, err)
	require.Equal(t, http.StatusFound, resp.Status)
	require.False(t, followed.Load())
}

func TestAProxyOfTheEnvironmentIsIgnored(t *testing.T) {
	var proxied atomic.Bool
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { proxied.Store(true) })
	for _, v := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(v, proxy.URL)
	}
	_, err := client(t, Options{AllowPrivate: true}).Do(t.Context(), target, send("http://no-such-host.invalid/"))
	require.ErrorIs(t, err, ErrNotSent)
	require.False(t, proxied.Load())
}

// A kept connection that the platform closes while a request is on it is where
// net/http repeats requests by itself.
func TestAVisibleCallIsNeverRepeated(t *testing.T) {
	for name, call := range map[string]connectors.Call{
		"a POST": {Method: http.MethodPost, Body: []byte("x")},
		"a GET":  {Method: http.MethodGet},
		"a POST with an idempotency key": {
			Method: http.MethodPost, Body: []byte("x"), Header: http.Header{"Idempotency-Key": {"1"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var sends atomic.Int64
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/send" {
					return
				}
				sends.Add(1)
				conn, _, _ := w.(http.Hijacker).Hijack()
				_ = conn.Close()
			})
			c := client(t, Options{AllowPrivate: true})
			warm := &connectors.Call{Name: "me", Method: http.MethodGet, URL: s.URL + "/me"}
			for range 3 {
				_, err := c.Do(t.Context(), target, warm)
				require.NoError(t, err)
			}
			call.Name, call.URL, call.Visible = "send", s.URL+"/send", true
			_, err := c.Do(t.Context(), target, &call)
			require.ErrorIs(t, err, ErrOutcomeUnknown)
			require.EqualValues(t, 1, sends.Load())
		})
	}
}

func TestConnectionsAreKept(t *testing.T) {
	var opened atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	c := client(t, Options{AllowPrivate: true})
	for range 20 {
		_, err := c.Do(t.Context(), target, send(s.URL))
		require.NoError(t, err)
	}
	require.EqualValues(t, 1, opened.Load())
}

func TestNoErrorHoldsASecret(t *testing.T) {
	const token = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
	to := target
	to.Redactor = NewRedactor(map[string]connectors.Secret{"bot_token": connectors.NewSecret(token)})
	echo := raw(t, func(c net.Conn) {
		req, _ := http.ReadRequest(bufio.NewReader(c))
		_, _ = fmt.Fprintf(c, "HTTP/1.1 %s\r\n\r\n", req.URL) // net/http complains of it by name
		_ = c.Close()
	})
	c := client(t, Options{AllowPrivate: true, Timeout: time.Second})
	for name, url := range map[string]string{
		"an answer that repeats the URL":  echo + "/bot" + token + "/sendMessage",
		"a URL that cannot be read":       "http://127.0.0.1:bad/bot" + token + "/sendMessage",
		"a URL with user information":     "http://bot:" + token + "@127.0.0.1/",
		"a scheme that is not called":     "gopher://127.0.0.1/" + token,
		"a broken escape behind a secret": "http://127.0.0.1/" + token + "%zz",
	} {
		t.Run(name, func(t *testing.T) {
			for e := range chain(c, to, url) {
				for _, text := range []string{e.Error(), fmt.Sprintf("%+v %#v", e, e)} {
					require.NotContains(t, text, token)
				}
			}
		})
	}
}

// chain yields the error of a call and everything it wraps.
func chain(c *Client, to Target, url string) func(yield func(error) bool) {
	return func(yield func(error) bool) {
		_, err := c.Do(context.Background(), to, send(url))
		for err != nil && yield(err) {
			err = errors.Unwrap(err)
		}
	}
}

func TestManyCallsAtOnce(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	c := client(t, Options{AllowPrivate: true})
	const workers, each = 16, 50
	errs := make(chan error, workers)
	for w := range workers {
		go func() {
			to := target
			to.Channel = fmt.Sprint("ch_", w%4)
			for i := range each {
				call := send(s.URL)
				call.Body = fmt.Append(nil, w, ":", i)
				resp, err := c.Do(context.Background(), to, call)
				if err == nil && string(resp.Body) != string(call.Body) {
					err = errors.New("another call's answer")
				}
				if err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range workers {
		require.NoError(t, <-errs)
	}
}

func BenchmarkDo(b *testing.B) {
	s := serve(b, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"ok":true}`) })
	c := client(b, Options{AllowPrivate: true})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.Do(b.Context(), target, send(s.URL)); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
