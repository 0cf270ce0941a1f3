package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"threadhub/internal/redisconn"
)

const (
	// ringTimeout bounds each step of a ring: a frozen Redis would hold a call
	// for as long as the client waits.
	ringTimeout = 500 * time.Millisecond
	// failurePause is how long a failed command of the server waits before it
	// is reported: asynq asks again at once, which would keep a core busy for
	// as long as Redis is away.
	failurePause = 200 * time.Millisecond
	// recheckEvery is how often a Redis that was away at the start is looked
	// at again.
	recheckEvery = 5 * time.Second
)

// connection answers how to reach Redis, starting the embedded one if it is to
// be used.
func (q *Queue) connection() (address string, err error) {
	if q.opts.RedisURL != "" {
		return q.opts.RedisURL, nil
	}
	if q.embedded, err = startEmbedded(); err != nil {
		return "", err
	}
	return q.embedded.address(), nil
}

func ringClient(address string) (redis.UniversalClient, error) {
	return redisconn.Open(address, redisconn.Limits{Dial: ringTimeout, Read: ringTimeout, Write: ringTimeout, Pool: ringTimeout, Context: true})
}

func pollClient(address string, life context.Context) (redis.UniversalClient, error) {
	c, err := redisconn.Open(address, redisconn.Limits{Dial: 2 * time.Second, Read: 3 * time.Second, Write: 3 * time.Second})
	if err != nil {
		return nil, err
	}
	c.AddHook(unhurried{life})
	return c, nil
}

// unhurried makes failing commands slow.
type unhurried struct{ life context.Context }

// DialHook implements redis.Hook.
func (unhurried) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessPipelineHook implements redis.Hook.
func (unhurried) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// ProcessHook implements redis.Hook.
func (u unhurried) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if err == nil || errors.Is(err, redis.Nil) || strings.HasPrefix(err.Error(), "NOSCRIPT") {
			return err
		}
		pause := time.NewTimer(failurePause)
		defer pause.Stop()
		select {
		case <-pause.C:
		case <-u.life.Done():
		}
		return err
	}
}

// checkServer looks at the server's version and memory policy, later when it
// is away now.
func (q *Queue) checkServer(ctx context.Context) error {
	err := q.inspectServer(ctx)
	if err == nil || errors.Is(err, errTooOld) {
		return err
	}
	q.logger.Warn("Redis cannot be reached; rings wait until it is back", "error", err)
	q.own.Go(func() {
		tick := time.NewTicker(recheckEvery)
		defer tick.Stop()
		for {
			select {
			case <-q.life.Done():
				return
			case <-tick.C:
			}
			switch err := q.inspectServer(q.life); {
			case err == nil:
				return
			case errors.Is(err, errTooOld):
				q.logger.Error("Redis is too old for the queue", "error", err)
				return
			}
		}
	})
	return nil
}

var errTooOld = errors.New("version 6.2 or later is needed")

// inspectServer answers errTooOld, wrapped, or why the server did not answer.
func (q *Queue) inspectServer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	text, err := q.rings.Info(ctx).Result()
	if err != nil {
		return fmt.Errorf("ask Redis for its version: %w", err)
	}
	info := infoOf(text)
	if version := info["redis_version"]; tooOld(version) {
		return fmt.Errorf("this Redis is version %s: %w", version, errTooOld)
	}
	if evicts(info) {
		q.logger.Warn("Redis evicts keys when its memory is full and may drop rings; set maxmemory-policy to noeviction", "policy", info["maxmemory_policy"])
	}
	return nil
}

// tooOld tells versions before 6.2; one that is not told is believed.
func tooOld(version string) bool {
	parts := strings.Split(version+".0", ".")
	major, _ := strconv.Atoi(parts[0])
	minor, _ := strconv.Atoi(parts[1])
	return version != "" && (major < 6 || major == 6 && minor < 2)
}

// evicts tells whether a Redis drops keys when its memory is full.
func evicts(info map[string]string) bool {
	policy := info["maxmemory_policy"]
	return policy != "" && policy != "noeviction" && info["maxmemory"] != "0"
}
