package bus

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/internal/queue/queuetest"
)

func TestProcessesHearEachOther(t *testing.T) {
	url := queuetest.Start(t).URL()
	one, two := shared(t, url), shared(t, url)
	s, _ := subscribeTo(t, two, "")
	publish(t, one, 0, 450) // more than one entry
	ids := expect(t, s, 0, 450)

	third := shared(t, url) // began after all that
	for _, at := range []int{0, 198, 199, 200, 448} {
		again, reset := subscribeTo(t, third, ids[at])
		require.False(t, reset)
		require.Equal(t, ids[at+1:], expect(t, again, at+1, 450))
	}
	here, _ := subscribeTo(t, third, "")
	publish(t, two, 450, 460)
	expect(t, here, 450, 460)
}

// A listener may come from a process that has heard more than this one.
func TestAPlaceAheadOfTheProcessIsKnown(t *testing.T) {
	url := queuetest.Start(t).URL()
	ahead := shared(t, url)
	s, _ := subscribeTo(t, ahead, "")
	conn, err := redis.ParseURL(url)
	require.NoError(t, err)
	behind := &Redis{client: redis.NewClient(conn), opts: ahead.opts, limits: ahead.limits, history: newHistory(ahead.limits, "")}
	defer func() { _ = behind.client.Close() }()
	require.NoError(t, behind.locate(t.Context()))
	tail := &tailer{Redis: behind, trimmed: time.Now()}
	tail.last, _ = entryOf(behind.latest())

	publish(t, ahead, 0, 10)
	publish(t, ahead, 10, 20)
	ids := expect(t, s, 0, 20)
	again, reset := subscribeTo(t, behind, ids[4])
	require.False(t, reset)
	require.NoError(t, tail.step(t.Context()))
	expect(t, again, 5, 20)
}

func TestALongBacklogIsReadBack(t *testing.T) {
	url := queuetest.Start(t).URL()
	b := shared(t, url)
	s, _ := subscribeTo(t, b, "")
	for i := range 1200 {
		publish(t, b, i, i+1)
	}
	later := shared(t, url)
	again, reset := subscribeTo(t, later, s.Position)
	require.False(t, reset)
	expect(t, again, 0, 1200)
}

func TestTheBusSurvivesTheLossOfRedis(t *testing.T) {
	for name, fault := range map[string]struct {
		breaks, mends func(*queuetest.Redis)
		forgets       bool
	}{
		"stopped and started empty": {(*queuetest.Redis).Stop, (*queuetest.Redis).Restart, true},
		"wiped":                     {(*queuetest.Redis).Flush, func(*queuetest.Redis) {}, true},
		"frozen":                    {(*queuetest.Redis).Freeze, (*queuetest.Redis).Thaw, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := queuetest.Start(t)
			b := shared(t, r.URL())
			s, _ := subscribeTo(t, b, "")
			publish(t, b, 0, 3)
			ids := expect(t, s, 0, 3)

			fault.breaks(r)
			if name != "wiped" {
				require.Error(t, b.Publish(t.Context(), numbered(3, 4)))
			}
			fault.mends(r)
			if !fault.forgets {
				publish(t, b, 4, 5)
				for e := (Event{}); e.Message != "msg_4"; {
					var ok bool
					e, ok = next(t, s) // msg_3 may have got through
					require.True(t, ok)
				}
				return
			}
			_, ok := next(t, s)
			require.False(t, ok, "the listener is cut off")
			again, reset := subscribeTo(t, b, ids[2])
			require.True(t, reset)
			publish(t, b, 4, 5)
			expect(t, again, 4, 5)
		})
	}
}

func TestABusOpensBeforeItsRedis(t *testing.T) {
	t.Parallel()
	r := queuetest.Start(t)
	r.Stop()
	b := shared(t, r.URL())
	require.Error(t, b.Publish(t.Context(), numbered(0, 1)))
	_, _, err := b.Subscribe(t.Context(), "1700000000000-00000000-00000")
	require.Error(t, err, "whether this place is known cannot be told now")
	r.Restart()
	require.Eventually(t, func() bool { return b.latest() != "" }, patience, 5*time.Millisecond)
	s, _ := subscribeTo(t, b, "")
	publish(t, b, 0, 1)
	expect(t, s, 0, 1)
}

// A gap is noticed also while events keep coming.
func TestAStreamThatRanAwayIsNoticed(t *testing.T) {
	t.Parallel()
	r := queuetest.Start(t)
	b := shared(t, r.URL())
	s, _ := subscribeTo(t, b, "")
	publish(t, b, 0, 1)
	ids := expect(t, s, 0, 1)
	r.Do(func(ctx context.Context, c *redis.Client) error {
		pipe := c.TxPipeline() // nobody reads in between
		pipe.Del(ctx, b.opts.Stream)
		b.add(ctx, pipe, []byte(`[{"type":"x","at":"2026-01-01T00:00:00Z"}]`))
		_, err := pipe.Exec(ctx)
		return err
	})
	_, ok := next(t, s)
	require.False(t, ok)
	_, reset := subscribeTo(t, b, ids[0])
	require.True(t, reset)
}

func TestAnIdleStreamKeepsItsPlace(t *testing.T) {
	t.Parallel()
	r := queuetest.Start(t)
	b, err := OpenRedis(t.Context(), RedisOptions{URL: r.URL(), Keep: 40 * time.Millisecond})
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	before := b.latest()
	require.Eventually(t, func() bool { return b.latest() > before }, patience, 10*time.Millisecond, "a mark keeps the place")
	s, _ := subscribeTo(t, b, "")
	publish(t, b, 0, 1)
	expect(t, s, 0, 1)
}

func TestOldEventsLeaveTheStream(t *testing.T) {
	t.Parallel()
	r := queuetest.Start(t)
	b := shared(t, r.URL())
	r.Do(func(ctx context.Context, c *redis.Client) error {
		for i := range 500 { // whole nodes are trimmed, of a hundred entries each
			c.XAdd(ctx, &redis.XAddArgs{Stream: "other", ID: fmt.Sprint("1-", i+1), Values: []any{payload, "[]"}})
		}
		return nil
	})
	b.opts.Stream = "other"
	tl := &tailer{Redis: b}
	tl.trim(t.Context())
	r.Do(func(ctx context.Context, c *redis.Client) error {
		n, err := c.XLen(ctx, "other").Result()
		require.Less(t, n, int64(200))
		return err
	})
}

func TestEventIDsSortAsEntriesDo(t *testing.T) {
	type number struct{ ms, seq, index int }
	draw := rapid.Custom(func(t *rapid.T) number {
		return number{
			rapid.IntRange(0, 9_999_999_999_999).Draw(t, "ms"), rapid.IntRange(0, 99_999_999).Draw(t, "seq"),
			rapid.IntRange(0, lastPlace).Draw(t, "index"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw.Draw(t, "a"), draw.Draw(t, "b")
		id := func(n number) string { return eventID(fmt.Sprintf("%d-%d", n.ms, n.seq), n.index) }
		order := cmp.Or(cmp.Compare(a.ms, b.ms), cmp.Compare(a.seq, b.seq), cmp.Compare(a.index, b.index))
		require.Equal(t, order, strings.Compare(id(a), id(b)))
		entry, ok := entryOf(id(a))
		require.True(t, ok)
		require.Equal(t, fmt.Sprintf("%d-%d", a.ms, a.seq), entry)
	})
}

func FuzzEntryOf(f *testing.F) {
	f.Add("1700000000000-00000001-00002")
	f.Add("--")
	f.Fuzz(func(t *testing.T, id string) {
		entry, ok := entryOf(id)
		if ok {
			require.Equal(t, id[:22], eventID(entry, 0)[:22])
		}
	})
}
