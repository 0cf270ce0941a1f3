package queue

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"threadhub/internal/queue/queuetest"
)

// ringALot rings often and proves that none of the rings waited for Redis: one
// that had would have taken as long as a ring's own time limit.
func ringALot(t *testing.T, q *Queue) {
	t.Helper()
	started := time.Now()
	for range 1000 {
		q.Ring("inbound")
	}
	require.Less(t, time.Since(started), ringTimeout)
}

func TestRingsSurviveTheLossOfRedis(t *testing.T) {
	for name, fault := range map[string]struct{ breaks, mends func(*queuetest.Redis) }{
		"stopped and started empty": {(*queuetest.Redis).Stop, (*queuetest.Redis).Restart},
		"frozen":                    {(*queuetest.Redis).Freeze, (*queuetest.Redis).Thaw},
		// Wiped once: a ring that is in it when it is wiped is lost, and the
		// sweeper's to make up for.
		"wiped": {(*queuetest.Redis).Flush, func(*queuetest.Redis) {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := queuetest.Start(t)
			reg := prometheus.NewRegistry()
			q := open(t, Options{RedisURL: r.URL(), Registerer: reg})
			c := newCounter()
			q.Handle("inbound", c.handle)
			require.NoError(t, q.Start())
			q.Ring("inbound")
			c.wait(t)

			fault.breaks(r)
			ringALot(t, q)
			if name != "wiped" {
				require.Eventually(t, func() bool { return len(q.mostOf(t, "failed", reg)) > 0 }, patience, 5*time.Millisecond)
				require.Error(t, q.Ping(t.Context()))
				ringALot(t, q)
			}
			fault.mends(r)
			c.wait(t) // without another ring
			require.NoError(t, q.Ping(t.Context()))
			for range 3 {
				before := c.runs.Load()
				q.Ring("inbound")
				require.Eventually(t, func() bool { return c.runs.Load() > before }, patience, time.Millisecond)
			}
		})
	}
}

func TestAQueueStartsBeforeItsRedis(t *testing.T) {
	t.Parallel()
	r := queuetest.Start(t)
	r.Stop()
	q := open(t, Options{RedisURL: r.URL()})
	c := newCounter()
	q.Handle("inbound", c.handle)
	require.NoError(t, q.Start())
	ringALot(t, q)
	r.Restart()
	c.wait(t)
}

func TestShutdownWhileRedisIsFrozen(t *testing.T) {
	t.Parallel()
	r := queuetest.Start(t)
	q, err := Open(t.Context(), Options{RedisURL: r.URL()})
	require.NoError(t, err)
	require.NoError(t, q.Start())
	r.Freeze()
	defer r.Thaw() // lets what still waits for Redis end
	q.Ring("inbound")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, q.Shutdown(ctx), context.DeadlineExceeded)
}

// Tasks whose worker died hold their ids until asynq finds them, a minute or
// two later. Rings must not wait for that.
func TestLostTasksDoNotSilenceTheBell(t *testing.T) {
	t.Parallel()
	r := queuetest.Start(t)
	q := open(t, Options{RedisURL: r.URL()})
	b := q.bell("inbound")
	r.Do(func(ctx context.Context, c *redis.Client) error {
		for i := range slots {
			if got := b.enqueue(); got != enqueued {
				t.Errorf("slot %d: %s", i, got)
			}
			id, err := c.RPopLPush(ctx, "asynq:{threadhub}:pending", "asynq:{threadhub}:active").Result()
			if err != nil {
				return err
			}
			c.HSet(ctx, "asynq:{threadhub}:t:"+id, "state", "active")
			c.ZAdd(ctx, "asynq:{threadhub}:lease", redis.Z{Score: float64(time.Now().Add(time.Hour).Unix()), Member: id})
		}
		return nil
	})
	require.Equal(t, busy, b.enqueue())
	c := newCounter()
	q.Handle("inbound", c.handle)
	require.NoError(t, q.Start())
	q.Ring("inbound")
	c.wait(t)
}

func TestADeadRedisDoesNotKeepTheProcessBusy(t *testing.T) {
	t.Parallel()
	r := queuetest.Start(t)
	var polls pollCount
	q := open(t, Options{RedisURL: r.URL()})
	q.polls.AddHook(&polls)
	require.NoError(t, q.Start())
	r.Stop()
	require.Eventually(t, func() bool { return polls.failed.Load() > 0 }, patience, time.Millisecond)
	started, before := time.Now(), polls.failed.Load()
	require.Eventually(t, func() bool { return polls.failed.Load() >= before+4 }, patience, time.Millisecond)
	require.GreaterOrEqual(t, time.Since(started), 3*failurePause)
}

// pollCount counts a client's polls that failed.
type pollCount struct {
	unhurried
	failed atomic.Int64
}

// ProcessHook implements redis.Hook.
func (p *pollCount) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if isPoll(cmd) && err != nil && !errors.Is(err, redis.Nil) {
			p.failed.Add(1)
		}
		return err
	}
}
