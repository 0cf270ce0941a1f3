package accept

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/internal/journal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// slow is a journal whose writes take their time, as a disk's do.
type slow struct {
	journal.Store
	mu     sync.Mutex
	groups [][]journal.Entry
	takes  time.Duration
	err    error
}

func (s *slow) Append(_ context.Context, entries []journal.Entry) error {
	time.Sleep(s.takes)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.groups = append(s.groups, entries)
	}
	return s.err
}

func one(id string) []journal.Entry { return []journal.Entry{{ID: id, Body: []byte("{}")}} }

func TestWebhooksThatArriveTogetherShareAWriteAndALoneOneWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slow{takes: 10 * time.Millisecond}
		var rings atomic.Int32
		c := newCommitter(store, func() { rings.Add(1) })
		began := time.Now()
		require.NoError(t, c.append(t.Context(), one("first")))
		require.Equal(t, 10*time.Millisecond, time.Since(began), "one write, no wait before it")

		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { require.NoError(t, c.append(t.Context(), one("x"))) })
		}
		wg.Wait()
		require.LessOrEqual(t, time.Since(began), 30*time.Millisecond, "a hundred share two writes at most")
		require.LessOrEqual(t, len(store.groups), 3)
		require.EqualValues(t, len(store.groups), rings.Load(), "one ring a group")
		c.close()
	})
}

func TestAWebhookIsNotAcceptedWhenTheStoreCannotWrite(t *testing.T) {
	full := errors.New("disk full")
	store := &slow{err: full}
	rung := false
	c := newCommitter(store, func() { rung = true })
	require.ErrorIs(t, c.append(context.Background(), one("x")), full)
	require.False(t, rung)
	store.mu.Lock()
	store.err = nil
	store.mu.Unlock()
	require.NoError(t, c.append(context.Background(), one("y")), "it recovers by itself")
	c.close()
	require.ErrorIs(t, c.append(context.Background(), one("z")), errClosed)
	c.close()
}

func TestClosingStoresWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slow{takes: time.Second}
		c := newCommitter(store, func() {})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { require.NoError(t, c.append(t.Context(), one("x"))) })
		}
		synctest.Wait()
		c.close()
		wg.Wait()
		n := 0
		for _, g := range store.groups {
			n += len(g)
		}
		require.Equal(t, 20, n)
	})
}

func TestTooManyWaitingWebhooksAreRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slow{takes: time.Minute}
		c := newCommitter(store, func() {})
		var refused atomic.Int32
		var wg sync.WaitGroup
		for range maxWaiting + maxGroup + 100 {
			wg.Go(func() {
				if errors.Is(c.append(t.Context(), one("x")), errBehind) {
					refused.Add(1)
				}
			})
		}
		synctest.Wait()
		require.Positive(t, refused.Load())
		c.close()
		wg.Wait()
	})
}

func TestGroupsAreBounded(t *testing.T) {
	c := &committer{waiting: make(chan *pending, 4*maxGroup)}
	big := make([]byte, maxGroupBytes/4)
	for range 2 * maxGroup {
		c.waiting <- &pending{entries: one("x")}
	}
	group, _ := c.gather(<-c.waiting)
	require.Len(t, group, maxGroup)
	for len(c.waiting) > 0 {
		<-c.waiting
	}
	for range 10 {
		c.waiting <- &pending{entries: []journal.Entry{{Body: big}}}
	}
	group, _ = c.gather(<-c.waiting)
	require.Len(t, group, 4, "bytes count too")
}

func TestARushIsOnWhileManyShareEachWriteAndManyComeAndEndsWithThem(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	// run writes groups of a size, one every pause, for a second.
	run := func(size int, pause time.Duration) (*flow, time.Time) {
		var f flow
		now := at
		for ; now.Before(at.Add(time.Second)); now = now.Add(pause) {
			f.note(size, now)
		}
		return &f, now
	}
	for _, c := range []struct {
		name  string
		size  int
		pause time.Duration
		want  bool
	}{
		{"many, together", 8, time.Millisecond, true},
		{"many, one by one", 1, 500 * time.Microsecond, false},
		{"few, on a slow disk", 5, 20 * time.Millisecond, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, now := run(c.size, c.pause)
			require.Equal(t, c.want, f.rush(now))
			require.False(t, f.rush(now.Add(rushFor)), "over when nothing comes any more")
		})
	}
}
