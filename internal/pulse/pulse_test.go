package pulse

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/internal/directory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func board(store directory.Store) *Board {
	return NewBoard(store, time.Now, slog.New(slog.DiscardHandler))
}

func TestFiguresOfSeveralProcessesAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &directory.Memory{}
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		boards := []*Board{board(store), board(store), board(store)}
		for _, b := range boards {
			all.Go(func() { b.Run(ctx) })
			for range 10 {
				b.Sent("ch_1")
				b.Failed("ch_1", "auth")
			}
			b.Unproved("ch_2")
		}
		got, err := boards[0].Of(ctx, "ch_1")
		require.NoError(t, err)
		require.EqualValues(t, 10, got.Sent.Count, "its own, before any addition")
		time.Sleep(2 * every)
		boards[1].Failed("ch_1", "gone")
		stop()
		all.Wait()
		got, err = board(store).Of(t.Context(), "ch_1")
		require.NoError(t, err)
		require.EqualValues(t, 30, got.Sent.Count)
		require.EqualValues(t, 30, got.Failed["auth"].Count)
		require.EqualValues(t, 1, got.Failed["gone"].Count, "the last addition is made when it stops")
		require.True(t, got.Failed["gone"].Last.After(got.Sent.Last))
		got, err = board(store).Of(t.Context(), "ch_2")
		require.NoError(t, err)
		require.EqualValues(t, 3, got.Unproved.Count)
	})
}

func TestWhatCannotBeAddedIsKept(t *testing.T) {
	store := &directory.Memory{Err: errors.New("away")}
	b := board(store)
	b.Sent("ch_1")
	b.add(t.Context())
	store.Err = nil
	b.Sent("ch_1")
	b.add(t.Context())
	got, err := board(store).Of(t.Context(), "ch_1")
	require.NoError(t, err)
	require.EqualValues(t, 2, got.Sent.Count)
	require.NoError(t, b.Forget(t.Context(), "ch_1"))
	require.NoError(t, b.Forget(t.Context(), "ch_1"))
	got, err = b.Of(t.Context(), "ch_1")
	require.NoError(t, err)
	require.Zero(t, got.Sent.Count)
}
