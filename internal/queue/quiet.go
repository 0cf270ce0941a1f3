package queue

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// quietPoll is how often the embedded Redis is asked although nothing was
// enqueued: asynq moves tasks about by itself, after a handler ignored its
// context for example.
const quietPoll = time.Second

// quiet spares the embedded Redis polls that cannot find anything. Each is a
// Lua script, which miniredis compiles anew, so that polling alone would keep
// an idle hub busy. Only this process enqueues there: as long as it did not
// since a poll that found nothing, the next one finds nothing either.
type quiet struct {
	enqueued atomic.Int64 // grows with each attempt to enqueue, after it
	empty    atomic.Int64 // what enqueued was before the latest poll that found nothing
	asked    atomic.Int64 // when that was, unix nanoseconds
	spared   atomic.Int64 // polls
}

func newQuiet() *quiet {
	q := new(quiet)
	q.empty.Store(-1)
	return q
}

// rung tells that there may be a new task.
func (q *quiet) rung() { q.enqueued.Add(1) }

// DialHook implements redis.Hook.
func (*quiet) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessPipelineHook implements redis.Hook.
func (*quiet) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// ProcessHook implements redis.Hook.
func (q *quiet) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if !isPoll(cmd) {
			return next(ctx, cmd)
		}
		before, now := q.enqueued.Load(), time.Now().UnixNano()
		if q.empty.Load() == before && now-q.asked.Load() < int64(quietPoll) {
			q.spared.Add(1)
			cmd.SetErr(redis.Nil)
			return redis.Nil
		}
		err := next(ctx, cmd)
		if errors.Is(err, redis.Nil) {
			q.asked.Store(now)
			q.empty.Store(before)
		}
		return err
	}
}

// isPoll recognises the script by which asynq takes a task: the only one whose
// first key is the list of pending tasks.
func isPoll(cmd redis.Cmder) bool {
	args := cmd.Args()
	if len(args) < 4 || !strings.HasPrefix(cmd.Name(), "eval") {
		return false
	}
	key, _ := args[3].(string)
	return strings.HasSuffix(key, ":pending")
}
