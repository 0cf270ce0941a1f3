package workers

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
)

func TestCallsThatAreStuckTakeNobodysPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &run{out: map[threads.MessageID]calling{}}
		call := func(kind string, n int) {
			for range n {
				r.out[threads.MessageID(fmt.Sprint(len(r.out)))] = calling{kind, time.Now()}
			}
		}
		require.Equal(t, places, r.room())
		call("deaf", places)
		require.Zero(t, r.room(), "as many as there are places")
		time.Sleep(stuckAfter)
		require.Equal(t, places, r.room(), "they do not count any more")
		require.Equal(t, places, r.stuck()["deaf"], "and nothing more is sent there")
		call("quick", places)
		require.Zero(t, r.room())
		require.Zero(t, r.stuck()["quick"])
		call("quick", mostOut-2*places)
		time.Sleep(stuckAfter)
		require.Zero(t, r.room(), "there is an end to it")
	})
}
