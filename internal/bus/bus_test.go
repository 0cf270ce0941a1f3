package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"threadhub/internal/queue/queuetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen.
const patience = time.Minute

// eachBus runs a test on every kind of bus.
func eachBus(t *testing.T, test func(t *testing.T, b Bus)) {
	t.Run("memory", func(t *testing.T) {
		b := NewMemory(MemoryOptions{})
		defer func() { require.NoError(t, b.Close()) }()
		test(t, b)
	})
	t.Run("miniredis", func(t *testing.T) { test(t, shared(t, "redis://"+miniredis.RunT(t).Addr())) })
	t.Run("redis-server", func(t *testing.T) { test(t, shared(t, queuetest.Start(t).URL())) })
}

func shared(t testing.TB, url string) *Redis {
	t.Helper()
	b, err := OpenRedis(t.Context(), RedisOptions{URL: url})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

// numbered makes events that tell their number.
func numbered(from, to int) (events []Event) {
	for i := from; i < to; i++ {
		events = append(events, Event{
			Type: "message.created", At: time.UnixMilli(int64(i)).UTC(), Channel: "ch_1", Conversation: "cv_1",
			Message: fmt.Sprint("msg_", i), Data: json.RawMessage(fmt.Sprintf(`{"n":%d}`, i)),
		})
	}
	return events
}

func publish(t testing.TB, b Bus, from, to int) {
	t.Helper()
	require.NoError(t, b.Publish(context.Background(), numbered(from, to)))
}

func subscribeTo(t testing.TB, b Bus, after string) (*Subscription, bool) {
	t.Helper()
	s, reset, err := b.Subscribe(context.Background(), after)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s, reset
}

// next waits for an event; ok is false when the subscription ended.
func next(t testing.TB, s *Subscription) (Event, bool) {
	t.Helper()
	select {
	case e, ok := <-s.Events():
		return e, ok
	case <-time.After(patience):
		require.Fail(t, "no event came")
		return Event{}, false
	}
}

// expect reads the numbered events and checks them and the order of their ids.
func expect(t testing.TB, s *Subscription, from, to int) (ids []string) {
	t.Helper()
	last := s.Position
	for i, want := range numbered(from, to) {
		e, ok := next(t, s)
		require.True(t, ok, "ended at %d", from+i)
		require.Greater(t, e.ID, last)
		last = e.ID
		ids = append(ids, last)
		e.ID = ""
		require.Equal(t, want, e)
	}
	return ids
}

// settle waits until the bus itself has heard everything published.
func settle(t testing.TB, b Bus) {
	t.Helper()
	s, _ := subscribeTo(t, b, "")
	defer s.Close()
	require.NoError(t, b.Publish(context.Background(), []Event{{Type: "settle"}}))
	for {
		if e, ok := next(t, s); !ok || e.Type == "settle" {
			return
		}
	}
}

func TestEventsReachEveryListenerInOrder(t *testing.T) {
	eachBus(t, func(t *testing.T, b Bus) {
		one, reset := subscribeTo(t, b, "")
		require.False(t, reset)
		two, _ := subscribeTo(t, b, "")
		publish(t, b, 0, 1)
		publish(t, b, 1, 1) // nothing
		publish(t, b, 1, 500)
		require.Equal(t, expect(t, one, 0, 500), expect(t, two, 0, 500))
		late, _ := subscribeTo(t, b, "")
		publish(t, b, 500, 501)
		expect(t, late, 500, 501)
		expect(t, one, 500, 501)
	})
}

func TestAListenerResumesWithoutAGap(t *testing.T) {
	eachBus(t, func(t *testing.T, b Bus) {
		s, _ := subscribeTo(t, b, "")
		publish(t, b, 0, 300)
		ids := expect(t, s, 0, 300)
		s.Close()
		for _, at := range []int{0, 1, 150, 199, 200, 298, 299} {
			again, reset := subscribeTo(t, b, ids[at])
			require.False(t, reset)
			require.Equal(t, ids[at], again.Position)
			require.Equal(t, ids[at+1:], append([]string{}, expect(t, again, at+1, 300)...))
			again.Close()
		}
	})
}

func TestAListenerResumesFromItsFirstPosition(t *testing.T) {
	eachBus(t, func(t *testing.T, b Bus) {
		s, _ := subscribeTo(t, b, "") // an empty bus
		require.NotEmpty(t, s.Position)
		s.Close()
		publish(t, b, 0, 10)
		again, reset := subscribeTo(t, b, s.Position)
		require.False(t, reset)
		expect(t, again, 0, 10)
		later, _ := subscribeTo(t, b, "")
		publish(t, b, 10, 11)
		expect(t, later, 10, 11)
		once, reset := subscribeTo(t, b, later.Position)
		require.False(t, reset)
		expect(t, once, 10, 11)
	})
}

func TestAnUnknownPlaceIsReset(t *testing.T) {
	eachBus(t, func(t *testing.T, b Bus) {
		publish(t, b, 0, 10)
		settle(t, b)
		for _, id := range []string{
			"x", "0", "9999999999999-000000000001", "0000000000001-00000000-00000", "9999999999999-00000000-00000",
			"0000000000001-000000000001", "-", "\x00", "1-2-3", "∞∞∞∞-00000000-00000",
		} {
			s, reset := subscribeTo(t, b, id)
			require.True(t, reset, "%q", id)
			publish(t, b, 10, 11)
			expect(t, s, 10, 11)
			s.Close()
			settle(t, b)
		}
	})
}

func TestAListenerThatDoesNotListenHoldsNobodyUp(t *testing.T) {
	eachBus(t, func(t *testing.T, b Bus) {
		idle, _ := subscribeTo(t, b, "")
		quick, _ := subscribeTo(t, b, "")
		for i := range 50 {
			publish(t, b, i*100, (i+1)*100)
		}
		expect(t, quick, 0, 5000)
		expect(t, idle, 0, 5000) // it was all within what is kept
	})
}

func TestClosingEndsSubscriptions(t *testing.T) {
	eachBus(t, func(t *testing.T, b Bus) {
		one, _ := subscribeTo(t, b, "")
		one.Close()
		one.Close()
		_, ok := next(t, one)
		require.False(t, ok)
		stuck, _ := subscribeTo(t, b, "")
		two, _ := subscribeTo(t, b, "")
		publish(t, b, 0, 1000)
		expect(t, two, 0, 1000)
		require.NoError(t, b.Close())
		_, ok = next(t, two)
		require.False(t, ok)
		_, _, err := b.Subscribe(t.Context(), "")
		require.ErrorIs(t, err, ErrClosed)
		_ = stuck // never reads, never closes: goleak would find its goroutine
	})
}

// Whatever happens at the same time: a listener that comes back again and
// again gets every event once, each publisher's in order.
func TestPublishersAndListenersAtOnce(t *testing.T) {
	eachBus(t, func(t *testing.T, b Bus) {
		const publishers, each = 4, 300
		start, _ := subscribeTo(t, b, "")
		defer start.Close()
		var wg sync.WaitGroup
		for p := range publishers {
			wg.Go(func() {
				for n := range each {
					e := Event{Type: fmt.Sprint(p), Message: fmt.Sprint(n)}
					if err := b.Publish(context.Background(), []Event{e}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for l := range 3 {
			wg.Go(func() { follow(t, b, start.Position, publishers*each, 17+l) })
		}
		wg.Wait()
	})
}

// follow reads n events, subscribing anew after every few of them.
func follow(t *testing.T, b Bus, position string, n, every int) {
	seen := map[string]int{}
	for got := 0; got < n; {
		s, reset, err := b.Subscribe(context.Background(), position)
		if err != nil || reset {
			t.Errorf("subscribe after %s: reset %v, %v", position, reset, err)
			return
		}
		for range every {
			if got == n {
				break
			}
			e, ok := <-s.Events()
			if want := fmt.Sprint(seen[e.Type]); !ok || e.Message != want || e.ID <= position {
				t.Errorf("event %d of %s: got %s (%s after %s)", seen[e.Type], e.Type, e.Message, e.ID, position)
				s.Close()
				return
			}
			seen[e.Type]++
			position = e.ID
			got++
		}
		s.Close()
	}
}

// A history against a plain list.
func TestHistoryIsAWindowOnTheList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := bounds{keep: time.Hour, count: rapid.IntRange(1, 20).Draw(t, "count"), bytes: rapid.IntRange(256, 8192).Draw(t, "bytes")}
		now := time.UnixMilli(0)
		h := newHistory(limits, "000")
		var all []string
		var arrived []time.Time
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				var list []Event
				for range rapid.IntRange(0, 8).Draw(t, "events") {
					id := fmt.Sprintf("%03d", len(all)+1)
					all, arrived = append(all, id), append(arrived, now)
					list = append(list, Event{ID: id, Data: make([]byte, rapid.IntRange(0, 500).Draw(t, "size"))})
				}
				h.append(now, list)
			},
			"time passes": func(t *rapid.T) { now = now.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "min")) * time.Minute) },
			"resume": func(t *rapid.T) {
				n := rapid.IntRange(0, len(all)).Draw(t, "place")
				at, ok := h.after(fmt.Sprintf("%03d", n))
				if !ok {
					require.Positive(t, len(all)-n, "the end is always known")
					return
				}
				var got []string
				for {
					list, _, ok := h.read(&at, make([]Event, 3))
					require.True(t, ok)
					if len(list) == 0 {
						break
					}
					for _, e := range list {
						got = append(got, e.ID)
					}
				}
				require.Equal(t, append([]string(nil), all[n:]...), got)
			},
			"": func(t *rapid.T) {
				kept := len(h.kept) - h.head
				require.LessOrEqual(t, kept, limits.count)
				require.LessOrEqual(t, h.bytes, limits.bytes)
				size := 0
				for i := h.head; i < len(h.kept); i++ {
					size += h.kept[i].size()
				}
				require.Equal(t, size, h.bytes)
				_, ok := h.after("999")
				require.False(t, ok)
			},
		})
	})
}
