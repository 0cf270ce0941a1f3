package settings

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/directory"
	"threadhub/threads"
)

func TestSettingsHaveDefaultsUntilTheyAreSet(t *testing.T) {
	ctx, s := context.Background(), New(&directory.Memory{})
	got, err := s.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, threads.SocialMessaging, got.DefaultStyle.Name)
	require.EqualValues(t, 1, got.Version)

	style, err := threads.NewStyle(threads.LiveChatReturning, new(time.Minute), "", "")
	require.NoError(t, err)
	changed, err := s.Update(ctx, Change{IfVersion: new(int64(1)), DefaultStyle: &style})
	require.NoError(t, err)
	got.DefaultStyle, got.Version = style, 2
	require.Equal(t, got, changed)
	_, err = s.Update(ctx, Change{IfVersion: new(int64(1)), DefaultStyle: &style})
	require.ErrorIs(t, err, directory.ErrConflict)
	again, err := s.DefaultStyle(ctx)
	require.NoError(t, err)
	require.Equal(t, style, again)
}

func TestChangesAtOnceAllCount(t *testing.T) {
	ctx, s := context.Background(), New(&directory.Memory{})
	style, _ := threads.DefaultStyle(threads.LiveChat)
	errs := make([]error, 10)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { _, errs[i] = s.Update(ctx, Change{DefaultStyle: &style}) })
	}
	all.Wait()
	require.NoError(t, errors.Join(errs...))
	got, err := s.Get(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 11, got.Version)
}

func TestAStoreThatIsAwayIsAnError(t *testing.T) {
	away := errors.New("away")
	s := New(&directory.Memory{Err: away})
	_, err := s.DefaultStyle(context.Background())
	require.ErrorIs(t, err, away)
	_, err = s.Update(context.Background(), Change{})
	require.ErrorIs(t, err, away)
}
