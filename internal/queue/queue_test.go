package queue

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2/server"
	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"threadhub/internal/queue/queuetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen.
const patience = time.Minute

func open(t testing.TB, o Options) *Queue {
	t.Helper()
	q, err := Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, q.Shutdown(ctx))
	})
	return q
}

// counter is a handler that counts its runs and tells of each.
type counter struct {
	runs atomic.Int64
	ran  chan struct{}
}

func newCounter() *counter { return &counter{ran: make(chan struct{}, 100_000)} }

func (c *counter) handle(context.Context) error {
	c.runs.Add(1)
	c.ran <- struct{}{}
	return nil
}

// wait waits for the next run.
func (c *counter) wait(t testing.TB) {
	t.Helper()
	select {
	case <-c.ran:
	case <-time.After(patience):
		require.Fail(t, "the handler did not run")
	}
}

func scrape(reg *prometheus.Registry) string {
	rec := httptest.NewRecorder()
	promhttp.HandlerFor(reg, promhttp.HandlerOpts{}).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return rec.Body.String()
}

// eachRedis runs a test on the Redis inside the process and on a real one.
func eachRedis(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("embedded", func(t *testing.T) { t.Parallel(); test(t, "") })
	t.Run("redis-server", func(t *testing.T) { t.Parallel(); test(t, queuetest.Start(t).URL()) })
}

func TestARingLeadsToARun(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		reg := prometheus.NewRegistry()
		q := open(t, Options{RedisURL: url, Registerer: reg})
		require.Equal(t, url == "", q.Embedded())
		require.NoError(t, q.Ping(t.Context()))
		one, two := newCounter(), newCounter()
		q.Handle("one", one.handle)
		q.Handle("two", two.handle)
		require.NoError(t, q.Start())
		for range 20 { // idle each time
			q.Ring("one")
			one.wait(t)
		}
		require.Zero(t, two.runs.Load())
		q.Ring("two")
		two.wait(t)
		require.Eventually(t, func() bool { // the run may end before the count of what began it
			return strings.Contains(scrape(reg), `threadhub_queue_enqueues_total{name="two",result="enqueued"} 1`)
		}, patience, time.Millisecond)
		text := scrape(reg)
		require.Contains(t, text, `threadhub_queue_rings_total{name="one"} 20`)
		require.Contains(t, text, `threadhub_queue_runs_total{name="one",result="ok"} 20`)
		require.Contains(t, text, `threadhub_queue_tasks{state="archived"} 0`)
	})
}

func TestAProcessRingsForAnother(t *testing.T) {
	url := queuetest.Start(t).URL()
	api, worker := open(t, Options{RedisURL: url}), open(t, Options{RedisURL: url})
	c := newCounter()
	worker.Handle("inbound", c.handle)
	require.NoError(t, worker.Start())
	api.Ring("inbound")
	c.wait(t)
}

func TestRingsAreMerged(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		reg := prometheus.NewRegistry()
		q := open(t, Options{RedisURL: url, Registerer: reg})
		c := newCounter()
		q.Handle("inbound", c.handle)
		require.NoError(t, q.Start())
		started := time.Now()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				for range 500 {
					q.Ring("inbound")
				}
			})
		}
		wg.Wait()
		c.wait(t)
		require.Eventually(t, func() bool { return !q.bell("inbound").busyNow() }, patience, time.Millisecond)
		most := 2 + time.Since(started)/gap // one at once, one each gap, one at the end
		require.Contains(t, scrape(reg), `threadhub_queue_rings_total{name="inbound"} 10000`)
		require.LessOrEqual(t, c.runs.Load(), int64(most))
		require.Empty(t, q.mostOf(t, "failed", reg))
	})
}

// busyNow tells whether the bell has rings to pass on.
func (b *bell) busyNow() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.working
}

// mostOf answers the lines of the metric that count a result at all.
func (q *Queue) mostOf(t *testing.T, result string, reg *prometheus.Registry) (lines []string) {
	t.Helper()
	for line := range strings.Lines(scrape(reg)) {
		if strings.Contains(line, `result="`+result+`"`) && !strings.HasSuffix(line, " 0\n") {
			lines = append(lines, line)
		}
	}
	return lines
}

// What a ring is for: whoever stores something and rings is sure that the
// handler looks into the store afterwards.
func TestTheHandlerLooksAfterTheLastRing(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		q := open(t, Options{RedisURL: url, Concurrency: 4})
		var stored, seen, running atomic.Int64
		var length atomic.Int64
		looked := make(chan struct{}, 1)
		q.Handle("inbound", func(context.Context) error {
			if running.Add(1) != 1 {
				t.Error("the handler ran twice at a time")
			}
			now := stored.Load()
			time.Sleep(time.Duration(length.Load()))
			seen.Store(now)
			running.Add(-1)
			select {
			case looked <- struct{}{}:
			default:
			}
			return nil
		})
		require.NoError(t, q.Start())
		rapid.Check(t, func(rt *rapid.T) {
			length.Store(int64(rapid.IntRange(0, 25).Draw(rt, "run lasts, ms")) * int64(time.Millisecond))
			for _, pause := range rapid.SliceOfN(rapid.IntRange(0, 25), 1, 3).Draw(rt, "pauses, ms") {
				time.Sleep(time.Duration(pause) * time.Millisecond)
				stored.Add(1)
				q.Ring("inbound")
			}
			deadline := time.After(patience)
			for seen.Load() != stored.Load() {
				select {
				case <-looked:
				case <-deadline:
					rt.Fatalf("stored %d, seen %d", stored.Load(), seen.Load())
				}
			}
		})
	})
}

func TestARunningHandlerHearsOfRingsWithoutTasks(t *testing.T) {
	reg := prometheus.NewRegistry()
	q := open(t, Options{Registerer: reg})
	c := newCounter()
	heard, goOn := make(chan struct{}, 100), make(chan struct{})
	q.Handle("inbound", func(ctx context.Context) error {
		defer func() { <-goOn }()
		return c.handle(ctx)
	})
	q.Heard("inbound", func() { heard <- struct{}{} })
	require.NoError(t, q.Start())
	q.Ring("inbound")
	c.wait(t)
	for range 100 {
		q.Ring("inbound")
	}
	require.Len(t, heard, 100, "it is told at once")
	close(goOn)
	c.wait(t)
	require.Eventually(t, func() bool { return !q.bell("inbound").busyNow() }, patience, time.Millisecond)
	require.EqualValues(t, 2, c.runs.Load(), "it looks once more for all of them")
	require.Contains(t, scrape(reg), `threadhub_queue_rings_total{name="inbound"} 101`)
	require.Contains(t, scrape(reg), `threadhub_queue_enqueues_total{name="inbound",result="enqueued"} 1`)
}

func TestWithoutAWorkerFewTasksPileUp(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		reg := prometheus.NewRegistry()
		q := open(t, Options{RedisURL: url, Registerer: reg})
		for range 10 {
			q.Ring("inbound")
			require.Eventually(t, func() bool { return !q.bell("inbound").busyNow() }, patience, time.Millisecond)
		}
		require.Contains(t, scrape(reg), `threadhub_queue_tasks{state="pending"} 1`)
		require.Contains(t, scrape(reg), `threadhub_queue_enqueues_total{name="inbound",result="heard"} 9`)
	})
}

func TestAFailingHandlerIsRunAgain(t *testing.T) {
	for name, fail := range map[string]func() error{
		"an error": func() error { return errors.New("the store is away") },
		"a panic":  func() error { panic("a bug") },
	} {
		t.Run(name, func(t *testing.T) {
			var logs logBuffer
			q := open(t, Options{Logger: slog.New(slog.NewTextHandler(&logs, nil))})
			c := newCounter()
			q.Handle("inbound", func(ctx context.Context) error {
				_ = c.handle(ctx)
				if c.runs.Load() == 1 {
					return fail()
				}
				return nil
			})
			require.NoError(t, q.Start())
			q.Ring("inbound")
			c.wait(t)
			c.wait(t) // nobody rang again
			require.Equal(t, name == "an error", strings.Contains(logs.String(), "handler failed"))
			require.Equal(t, name == "a panic", strings.Contains(logs.String(), "queue_test.go"), "a panic is logged with its stack")
		})
	}
}

// logBuffer is a log that a test reads while it is written.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestAHandlerThatTakesTooLongIsEnded(t *testing.T) {
	q := open(t, Options{HandlerTimeout: 50 * time.Millisecond})
	ended := make(chan error, 1)
	q.Handle("inbound", func(ctx context.Context) error {
		<-ctx.Done()
		select {
		case ended <- ctx.Err():
		default:
		}
		return nil
	})
	require.NoError(t, q.Start())
	q.Ring("inbound")
	require.ErrorIs(t, <-ended, context.DeadlineExceeded)
}

func TestRingAt(t *testing.T) {
	q := open(t, Options{})
	c := newCounter()
	var first atomic.Int64
	due := time.Now().Add(60 * time.Millisecond)
	q.Handle("close", func(ctx context.Context) error {
		first.CompareAndSwap(0, time.Now().UnixNano())
		return c.handle(ctx)
	})
	require.NoError(t, q.Start())
	q.RingAt("close", due.Add(300*time.Millisecond))
	q.RingAt("close", due)
	c.wait(t)
	require.False(t, time.Unix(0, first.Load()).Before(due), "no alarm is early")
	c.wait(t)
	q.RingAt("close", time.Now().Add(-time.Hour))
	c.wait(t)
}

func TestShutdownLetsHandlersFinish(t *testing.T) {
	q := open(t, Options{})
	running, finish := make(chan struct{}), make(chan struct{})
	var drained, ended atomic.Bool
	q.Handle("inbound", func(ctx context.Context) error {
		close(running)
		<-finish
		drained.Store(Draining(ctx))
		ended.Store(ctx.Err() != nil)
		return nil
	})
	require.NoError(t, q.Start())
	q.Ring("inbound")
	<-running
	done := make(chan error)
	go func() { done <- q.Shutdown(t.Context()) }()
	<-q.draining
	close(finish)
	require.NoError(t, <-done)
	require.True(t, drained.Load(), "the handler could see it coming")
	require.False(t, ended.Load(), "its context was left alone")
	q.Ring("inbound")
	q.RingAt("inbound", time.Now().Add(time.Millisecond))
	require.NoError(t, q.Shutdown(t.Context()))
	require.NoError(t, q.Close())
	require.Error(t, q.Start())
}

func TestShutdownDoesNotWaitForEver(t *testing.T) {
	q := open(t, Options{})
	running, ended := make(chan struct{}), make(chan struct{})
	q.Handle("inbound", func(ctx context.Context) error {
		close(running)
		<-ctx.Done()
		close(ended)
		return ctx.Err()
	})
	require.NoError(t, q.Start())
	q.Ring("inbound")
	<-running
	require.NoError(t, q.Close())
	<-ended
}

func TestBadURLsAreRefusedWithoutTheirPassword(t *testing.T) {
	for _, url := range []string{"http://u:hunter2@host", "u:hunter2@host:6379", "redis://u:hunter2@h/x/y/z"} {
		_, err := Open(t.Context(), Options{RedisURL: url})
		require.ErrorContains(t, err, "redis://", url)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

func TestAnOldRedisIsRefused(t *testing.T) {
	for version, fits := range map[string]bool{"5.0.14": false, "6.0.20": false, "6.2.0": true, "7.4.1": true, "255.255.255": true} {
		s, err := server.NewServer("127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, s.Register("INFO", func(c *server.Peer, _ string, _ []string) {
			c.WriteBulk("# Server\r\nredis_version:" + version + "\r\nmaxmemory:100\r\nmaxmemory_policy:allkeys-lru\r\n")
		}))
		var logs logBuffer
		q, err := Open(t.Context(), Options{
			RedisURL: "redis://" + s.Addr().String(), Logger: slog.New(slog.NewTextHandler(&logs, nil)),
		})
		if !fits {
			require.ErrorIs(t, err, errTooOld)
			require.ErrorContains(t, err, version)
		} else {
			require.NoError(t, err)
			require.NoError(t, q.Close())
			require.Contains(t, logs.String(), "noeviction")
		}
		s.Close()
	}
}

func TestTheEmbeddedRedisIsClosedToOthers(t *testing.T) {
	q := open(t, Options{})
	o, err := redis.ParseURL(q.embedded.address())
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(o.Addr, "127.0.0.1:"))
	require.Len(t, o.Password, 64, "256 bits")
	c := redis.NewClient(&redis.Options{Addr: o.Addr, MaxRetries: -1})
	defer func() { _ = c.Close() }()
	require.ErrorContains(t, c.LLen(t.Context(), "x").Err(), "NOAUTH")
}

func TestExpiryMovesOnInTheEmbeddedRedis(t *testing.T) {
	q := open(t, Options{})
	require.NoError(t, q.rings.Set(t.Context(), "k", "v", 500*time.Millisecond).Err())
	require.Eventually(t, func() bool { return errors.Is(q.rings.Get(t.Context(), "k").Err(), redis.Nil) }, patience, 10*time.Millisecond)
}

func TestAnIdleHubLeavesTheEmbeddedRedisAlone(t *testing.T) {
	q := open(t, Options{})
	c := newCounter()
	q.Handle("inbound", c.handle)
	require.NoError(t, q.Start())
	for range 5 {
		before := q.embedded.quiet.spared.Load()
		require.Eventually(t, func() bool { return q.embedded.quiet.spared.Load() > before+10 }, patience, time.Millisecond)
		q.Ring("inbound")
		c.wait(t)
	}
	// A task that comes by another way is found as well.
	_, err := asynq.NewClientFromRedisClient(q.rings).Enqueue(asynq.NewTask("inbound", nil), asynq.Queue(queueName))
	require.NoError(t, err)
	c.wait(t)
}
