package bus

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	tailBlock = time.Second // how long a read of the stream waits
	tailBatch = 256         // entries
	tailPause = 250 * time.Millisecond
	trimEvery = 10 * time.Second
	logEvery  = 30 * time.Second
)

// tailer follows the stream; it belongs to one goroutine.
type tailer struct {
	*Redis
	last    string // id of the latest entry seen
	trimmed time.Time
	logged  time.Time
}

// tail follows the stream until ctx ends.
func (b *Redis) tail(ctx context.Context) {
	t := &tailer{Redis: b, trimmed: time.Now()}
	t.last, _ = entryOf(b.latest())
	for ctx.Err() == nil {
		err := t.step(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if now := time.Now(); now.Sub(t.logged) > logEvery {
			t.logged = now
			b.opts.Logger.WarnContext(ctx, "live events are not heard, trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(tailPause):
		}
	}
}

func (b *Redis) latest() string {
	_, id := b.history.end()
	return id
}

// locate begins the history at the stream's newest entry, making one in an
// empty stream: without it nobody could tell whether a later one is the next.
func (b *Redis) locate(ctx context.Context) error {
	list, err := b.client.XRevRangeN(ctx, b.opts.Stream, "+", "-", 1).Result()
	if err != nil {
		return err
	}
	id := ""
	if len(list) > 0 {
		id = list[0].ID
	} else if id, err = b.mark(ctx); err != nil {
		return err
	}
	b.history.restart(eventID(id, lastPlace))
	return nil
}

// mark appends an entry without events.
func (b *Redis) mark(ctx context.Context) (string, error) {
	return b.add(ctx, b.client, nil).Result()
}

// step reads what is new, or waits for it.
func (t *tailer) step(ctx context.Context) error {
	if t.last == "" {
		return t.relocate(ctx)
	}
	t.trim(ctx)
	res, err := t.client.XRead(ctx, &redis.XReadArgs{
		Streams: []string{t.opts.Stream, t.last}, Count: tailBatch, Block: tailBlock,
	}).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	// The latest entry seen must still be there. If it is not, the stream was
	// wiped or has run away from us: what came in between is not known.
	seen, err := t.client.XRangeN(ctx, t.opts.Stream, t.last, t.last, 1).Result()
	if err != nil {
		return err
	}
	if len(seen) == 0 {
		t.opts.Logger.WarnContext(ctx, "live events were lost with Redis's memory; listeners start over")
		return t.relocate(ctx)
	}
	if len(res) == 0 {
		return t.refresh(ctx)
	}
	for _, entry := range res[0].Messages {
		if list := events(entry); len(list) > 0 {
			t.history.append(time.Now(), list)
		}
		t.last = entry.ID
		t.history.advance(eventID(entry.ID, lastPlace))
	}
	return nil
}

// relocate starts over at the stream's end, cutting off all listeners.
func (t *tailer) relocate(ctx context.Context) error {
	if err := t.locate(ctx); err != nil {
		return err
	}
	t.last, _ = entryOf(t.latest())
	return nil
}

// refresh appends a mark when the latest entry is growing old, before it is
// trimmed.
func (t *tailer) refresh(ctx context.Context) error {
	if time.Since(entryTime(t.last)) < t.opts.Keep/4 {
		return nil
	}
	_, err := t.mark(ctx)
	return err
}

// trim removes what is older than is kept. It is no trouble when that fails.
func (t *tailer) trim(ctx context.Context) {
	now := time.Now()
	if now.Sub(t.trimmed) < trimEvery {
		return
	}
	t.trimmed = now
	oldest := now.Add(-t.opts.Keep).UnixMilli()
	_ = t.client.XTrimMinIDApprox(ctx, t.opts.Stream, strconv.FormatInt(oldest, 10), 0).Err()
}

// entryTime is the time in an entry's id, by the clock of Redis.
func entryTime(entry string) time.Time {
	id := eventID(entry, 0)
	ms, _ := strconv.ParseInt(id[:13], 10, 64)
	return time.UnixMilli(ms)
}
