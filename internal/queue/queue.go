package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// queueName is the one asynq queue in use: several weighted ones halve throughput.
const queueName = "threadhub"

// Options of a [Queue]. Zero fields take the defaults.
type Options struct {
	// RedisURL is redis://, rediss:// or unix:// (see redisconn.Open); empty for a Redis inside this
	// process, which keeps nothing when the process ends.
	RedisURL string
	Logger   *slog.Logger
	// Concurrency is how many handlers may run at a time. Default 16.
	Concurrency int
	// CheckInterval is how often an idle worker looks for rings. Default 20 ms,
	// 5 ms when Redis is inside the process, where looking costs next to
	// nothing (see quiet).
	CheckInterval time.Duration
	// HandlerTimeout ends the context of one run of a handler. Default 60 s.
	HandlerTimeout time.Duration
	// Registerer takes the metrics; nil keeps them to the queue.
	Registerer prometheus.Registerer
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Concurrency <= 0 {
		o.Concurrency = 16
	}
	if o.CheckInterval <= 0 {
		o.CheckInterval = 20 * time.Millisecond
		if o.RedisURL == "" {
			o.CheckInterval = 5 * time.Millisecond
		}
	}
	if o.HandlerTimeout <= 0 {
		o.HandlerTimeout = 60 * time.Second
	}
	return o
}

// Queue rings bells and answers them. It is safe for concurrent use.
type Queue struct {
	opts     Options
	logger   *slog.Logger
	embedded *embedded

	rings  redis.UniversalClient // short timeouts, for rings, Ping and metrics
	polls  redis.UniversalClient // the server's
	client atomic.Pointer[asynq.Client]
	tasks  *asynq.Inspector
	server *asynq.Server

	metrics *metrics
	alarms  *alarms
	errLog  *sparse

	mu       sync.RWMutex // guards what follows
	bells    map[string]*bell
	handlers map[string]*handler
	started  bool
	closed   bool

	life     context.Context // ends with the queue
	end      context.CancelFunc
	work     context.Context // of the handlers; ends when Shutdown has no more patience
	endWork  context.CancelFunc
	draining chan struct{}  // closed when Shutdown begins
	own      sync.WaitGroup // goroutines of the queue
}

// Open connects to Redis, or starts the one inside the process. A Redis that
// cannot be reached is no error: the queue goes on trying. One that is too old
// is an error when it answers now, and is logged when it answers later.
func Open(ctx context.Context, o Options) (*Queue, error) {
	o = o.withDefaults()
	q := &Queue{
		opts: o, logger: o.Logger, errLog: newSparse(o.Logger, 10*time.Second),
		bells: map[string]*bell{}, handlers: map[string]*handler{}, draining: make(chan struct{}),
	}
	q.life, q.end = context.WithCancel(context.Background())
	q.work, q.endWork = context.WithCancel(context.Background())
	address, err := q.connection()
	if err == nil {
		err = q.connect(address)
	}
	if err != nil {
		if q.embedded != nil {
			q.embedded.close()
		}
		return nil, fmt.Errorf("open queue: %w", err)
	}
	q.alarms = newAlarms(q.Ring)
	if q.metrics, err = newMetrics(o.Registerer, q.tasks); err == nil && q.embedded == nil {
		err = q.checkServer(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open queue: %w", err), q.Shutdown(ctx))
	}
	return q, nil
}

// connect makes the clients and the server; none of them dials yet.
func (q *Queue) connect(address string) (err error) {
	if q.rings, err = ringClient(address); err != nil {
		return err
	}
	if q.polls, err = pollClient(address, q.life); err != nil {
		return err
	}
	if q.embedded != nil {
		q.polls.AddHook(q.embedded.quiet)
	}
	q.client.Store(asynq.NewClientFromRedisClient(q.rings))
	q.tasks = asynq.NewInspectorFromRedisClient(q.rings)
	q.server = asynq.NewServerFromRedisClient(q.polls, asynq.Config{
		Concurrency:       q.opts.Concurrency,
		Queues:            map[string]int{queueName: 1},
		TaskCheckInterval: q.opts.CheckInterval,
		// Tasks always succeed (see answer), save when a process died over
		// one: then the ring is heard again soon.
		RetryDelayFunc:  func(int, error, *asynq.Task) time.Duration { return time.Second },
		JanitorInterval: time.Minute, // nothing is retained that it could remove
		ShutdownTimeout: 30 * time.Second,
		Logger:          asynqLog{q.logger.With("from", "asynq")},
		LogLevel:        asynq.InfoLevel,
	})
	return nil
}

// Embedded tells whether Redis is inside this process.
func (q *Queue) Embedded() bool { return q.embedded != nil }

// Start begins to answer the bells that have a handler. A Redis that cannot be
// reached is no error.
func (q *Queue) Start() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.started {
		return errors.New("start queue: already started or shut down")
	}
	q.started = true
	if err := q.server.Start(asynq.HandlerFunc(q.answer)); err != nil {
		return fmt.Errorf("start queue: %w", err)
	}
	return nil
}

// Ping tells whether Redis answers, within half a second.
func (q *Queue) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, ringTimeout)
	defer cancel()
	if err := q.rings.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("ping queue: %w", err)
	}
	return nil
}

// Shutdown stops taking rings, lets handlers that run finish and ends the
// queue. Handlers learn of it by [Draining]; when ctx ends before they have
// finished, their contexts end too, and Shutdown answers ctx's error without
// waiting any longer for them or for a Redis that does not answer. Later calls
// do nothing.
func (q *Queue) Shutdown(ctx context.Context) error {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return nil
	}
	q.closed = true
	started := q.started
	q.mu.Unlock()
	close(q.draining)
	q.alarms.stop()

	stopped := make(chan struct{})
	if started {
		go func() {
			defer close(stopped)
			q.server.Shutdown()
		}()
	} else {
		close(stopped)
	}
	err := await(ctx, stopped)
	q.endWork()
	q.end()
	if err != nil {
		go q.disconnect(stopped)
		return err
	}
	q.disconnect(stopped)
	return nil
}

// disconnect closes the connections once nobody uses them: asynq panics when
// its connection is closed under it.
func (q *Queue) disconnect(stopped <-chan struct{}) {
	<-stopped
	q.own.Wait()
	_, _ = q.rings.Close(), q.polls.Close()
	if q.embedded != nil {
		q.embedded.close()
	}
}

// await waits for ch, at most until ctx ends.
func await(ctx context.Context, ch <-chan struct{}) error {
	select {
	case <-ch:
		return nil
	default:
	}
	select {
	case <-ch:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("shut down queue: handlers or Redis did not finish in time: %w", ctx.Err())
	}
}

// Close ends the queue at once, without patience for handlers that run. After
// Shutdown it does nothing.
func (q *Queue) Close() error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := q.Shutdown(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
