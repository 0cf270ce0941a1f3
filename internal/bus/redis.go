package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"threadhub/internal/redisconn"
)

// RedisOptions of a shared bus. URL is required; zero fields take defaults.
type RedisOptions struct {
	URL    string
	Stream string        // key of the stream, default "threadhub:events"
	Keep   time.Duration // default 1 h
	Logger *slog.Logger
}

// Redis is a bus of all processes that share a Redis: each batch is one entry
// of a stream, which every process follows and spreads among its own
// listeners. While Redis is away nothing is heard, and publishing fails. When
// it comes back without its memory, listeners are cut off and told to read
// everything again.
type Redis struct {
	client  redis.UniversalClient
	opts    RedisOptions
	limits  bounds
	history *history
	stop    context.CancelFunc
	done    sync.WaitGroup
}

var _ Bus = (*Redis)(nil)

const (
	payload = "events" // the field of an entry that holds the events
	// maxBatch is how many events one entry holds.
	maxBatch = 200
	// maxEntries bounds the stream whatever its age.
	maxEntries = 50_000
	// ioTimeout bounds a command, other than one that waits on purpose.
	ioTimeout = time.Second
)

// OpenRedis begins to follow the stream. A Redis that cannot be reached is no
// error: the bus goes on trying.
func OpenRedis(ctx context.Context, o RedisOptions) (*Redis, error) {
	client, err := redisconn.Open(o.URL, redisconn.Limits{Dial: ioTimeout, Read: ioTimeout, Write: ioTimeout, Pool: ioTimeout, Context: true})
	if err != nil {
		return nil, fmt.Errorf("open bus: %w", err)
	}
	if o.Stream == "" {
		o.Stream = "threadhub:events"
	}
	if o.Keep == 0 {
		o.Keep = time.Hour
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	b := &Redis{client: client, opts: o, limits: bounds{keep: o.Keep, count: 50_000, bytes: 32 << 20}}
	b.history = newHistory(b.limits, "")
	if err := b.locate(ctx); err != nil {
		o.Logger.WarnContext(ctx, "live events are not heard until Redis is back", "error", err)
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	b.stop = stop
	b.done.Go(func() { b.tail(life) })
	return b, nil
}

// Publish implements [Bus].
func (b *Redis) Publish(ctx context.Context, events []Event) error {
	pipe := b.client.Pipeline()
	for len(events) > 0 {
		n := min(len(events), maxBatch)
		body, err := json.Marshal(events[:n])
		if err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		b.add(ctx, pipe, body)
		events = events[n:]
	}
	if pipe.Len() == 0 {
		return nil
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// add appends an entry.
func (b *Redis) add(ctx context.Context, c redis.Cmdable, body []byte) *redis.StringCmd {
	return c.XAdd(ctx, &redis.XAddArgs{Stream: b.opts.Stream, MaxLen: maxEntries, Approx: true, Values: []any{payload, body}})
}

// Subscribe implements [Bus].
func (b *Redis) Subscribe(ctx context.Context, after string) (*Subscription, bool, error) {
	if b.history.isClosed() {
		return nil, false, ErrClosed
	}
	if at, ok := b.history.after(after); ok && after != "" {
		return subscribe(b.history, at, after, nil), false, nil
	}
	if entry, ok := entryOf(after); ok {
		// The place is taken first: what is read until there, and what comes
		// after it, is everything.
		at, base := b.history.start()
		missed, known, err := b.readBack(ctx, entry, after, base)
		if err != nil {
			return nil, false, fmt.Errorf("subscribe: %w", err)
		}
		if known {
			return subscribe(b.history, at, after, missed), false, nil
		}
	}
	at, position := b.history.end()
	return subscribe(b.history, at, position, nil), after != "", nil
}

// readBack reads the stream from an entry on, as far as the ids are after the
// given one and not after the base. The entry must still be there: the stream
// only ever loses its oldest entries, or all, so that then nothing after it is
// missing.
func (b *Redis) readBack(ctx context.Context, entry, after, base string) (missed []Event, known bool, err error) {
	const page = 500
	for from := entry; ; {
		list, err := b.client.XRangeN(ctx, b.opts.Stream, from, "+", page).Result()
		if err != nil {
			return nil, false, err
		}
		if !known && (len(list) == 0 || list[0].ID != entry) {
			return nil, false, nil
		}
		known = true
		for _, x := range list {
			for _, e := range events(x) {
				if e.ID > base {
					return missed, true, nil
				}
				if e.ID > after {
					missed = append(missed, e)
				}
			}
		}
		if len(missed) > b.limits.count {
			return nil, false, nil
		}
		if len(list) < page {
			return missed, true, nil
		}
		from = "(" + list[len(list)-1].ID
	}
}

// Close implements [Bus].
func (b *Redis) Close() error {
	if b.history.isClosed() {
		return nil
	}
	b.stop()
	err := b.client.Close() // ends a read that waits
	b.done.Wait()
	b.history.close()
	return err
}

// events answers the events of an entry. Their ids are the entry's and their
// place in it.
func events(entry redis.XMessage) []Event {
	text, _ := entry.Values[payload].(string)
	var list []Event
	if text == "" || json.Unmarshal([]byte(text), &list) != nil {
		return nil // a mark, or somebody else's
	}
	for i := range list {
		list[i].ID = eventID(entry.ID, i)
	}
	return list
}

// lastPlace stands for the end of an entry.
const lastPlace = 99_999

// eventID writes the id of an entry and a place in it so that ids sort as
// text.
func eventID(entry string, index int) string {
	ms, seq, _ := strings.Cut(entry, "-") // Redis writes it so
	return padded(ms, 13) + "-" + padded(seq, 8) + "-" + padded(strconv.Itoa(index), 5)
}

func padded(digits string, width int) string {
	return strings.Repeat("0", max(width-len(digits), 0)) + digits
}

// entryOf answers the entry that an event's id names.
func entryOf(id string) (entry string, ok bool) {
	const form = "0000000000000-00000000-00000"
	if len(id) != len(form) || id[13] != '-' || id[22] != '-' {
		return "", false
	}
	ms, err1 := strconv.ParseUint(id[:13], 10, 64)
	seq, err2 := strconv.ParseUint(id[14:22], 10, 64)
	_, err3 := strconv.ParseUint(id[23:], 10, 64)
	return fmt.Sprintf("%d-%d", ms, seq), errors.Join(err1, err2, err3) == nil
}
