package egress

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"threadhub/normalize"
)

// sharing is a Redis with a clock that the test moves, and limiters on it, as
// processes of their own have.
func sharing(t *testing.T, n int) (*miniredis.Miniredis, []*SharedLimiter) {
	t.Helper()
	server := miniredis.RunT(t)
	list := make([]*SharedLimiter, n)
	for i := range list {
		var err error
		list[i], err = NewSharedLimiter("redis://"+server.Addr(), slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		t.Cleanup(func() { _ = list[i].Close() })
	}
	return server, list
}

func TestProcessesShareTheRateOfAChannel(t *testing.T) {
	server, list := sharing(t, 3)
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	server.SetTime(now)
	rate := normalize.Rate{PerSecond: 10, Burst: 5, PeerEvery: 2 * time.Second, PeerBurst: 1}
	take := func(process int, peer string) time.Duration {
		wait, err := list[process].Take(t.Context(), "ch_1", peer, rate)
		require.NoError(t, err)
		return wait
	}
	for i := range 5 {
		require.Zero(t, take(i%3, string(rune('a'+i))))
	}
	require.Equal(t, 100*time.Millisecond, take(1, "z"), "the channel's five are gone, whoever took them")
	require.Positive(t, list[1].Delay("ch_1", "anybody", rate))
	require.Zero(t, list[1].Delay("ch_2", "anybody", rate))
	wait, err := list[0].Take(t.Context(), "ch_2", "z", rate)
	require.NoError(t, err)
	require.Zero(t, wait, "another channel has its own")
	server.SetTime(now.Add(500 * time.Millisecond))
	require.Equal(t, 1500*time.Millisecond, take(2, "a"), "a person is written to every two seconds")
	require.Zero(t, take(2, "y"), "that used up nothing")
	server.SetTime(now.Add(2 * time.Second))
	require.Zero(t, take(0, "a"))
}

func TestNoMoreAreTakenThanThereAreHoweverManyAskAtOnce(t *testing.T) {
	server, list := sharing(t, 4)
	server.SetTime(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	var mu sync.Mutex
	var all sync.WaitGroup
	got := 0
	for _, l := range list {
		all.Go(func() {
			for range 20 {
				wait, err := l.Take(t.Context(), "ch_1", "", normalize.Rate{PerSecond: 1, Burst: 30})
				mu.Lock()
				if err == nil && wait == 0 {
					got++
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	require.Equal(t, 30, got)
}

func TestWithoutRedisAProcessKeepsToTheRateByItself(t *testing.T) {
	server, list := sharing(t, 1)
	server.Close()
	rate := normalize.Rate{PerSecond: 0.001, Burst: 2}
	for range 2 {
		wait, err := list[0].Take(t.Context(), "ch_1", "", rate)
		require.NoError(t, err)
		require.Zero(t, wait)
	}
	wait, err := list[0].Take(t.Context(), "ch_1", "", rate)
	require.NoError(t, err)
	require.Positive(t, wait)
	require.Positive(t, list[0].Delay("ch_1", "", rate))
	_, err = NewSharedLimiter("://", nil)
	require.ErrorContains(t, err, "want redis://")
}
