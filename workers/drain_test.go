package workers

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhoeverAsksForADrainGetsOneThatBeginsAfterwards(t *testing.T) {
	var d drain
	var mu sync.Mutex
	queued, served := 0, 0
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			mu.Lock()
			queued++
			mu.Unlock()
			require.NoError(t, d.run(context.Background(), func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				served = queued
				return nil
			}))
		})
	}
	wg.Wait()
	require.Equal(t, 200, served)
}

func TestADrainThatFailsIsDoneAgainByTheNextWhoAsks(t *testing.T) {
	var d drain
	require.Error(t, d.run(context.Background(), func(context.Context) error { return errors.New("away") }))
	ran := false
	require.NoError(t, d.run(context.Background(), func(context.Context) error { ran = true; return nil }))
	require.True(t, ran)
}
