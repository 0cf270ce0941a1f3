package egress

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
)

func TestAfterABreakerClosedCallsComeFewAtFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := simulated(t, Options{})
		p.status.Store(503)
		for range 5 {
			do(t, c, target, send(api))
		}
		p.status.Store(200)
		time.Sleep(10*time.Second + time.Millisecond)
		for range 2 {
			require.Nil(t, do(t, c, target, send(api)), "the probes")
		}
		var each []int
		for range 8 {
			n := 0
			for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
				for do(t, c, target, send(api)) == nil && n < 2000 {
					n++
				}
			}
			each = append(each, n)
		}
		require.InDelta(t, 40, each[0], 5, "the first and what had gathered")
		require.InDelta(t, 40, each[1], 5)
		require.InDelta(t, 320, each[4], 20)
		require.Equal(t, 2000, each[7], "as many as there are")
		require.Empty(t, c.Held())
	})
}

func TestFiveThousandAtOnceLeaveAtTheRateOfTheirChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := simulated(t, Options{})
		to := target
		to.Rate = normalize.Rate{PerSecond: 80, Burst: 80}
		began := time.Now()
		for sent := 0; sent < 5000; {
			if until := c.Held()[to.Channel]; until.After(time.Now()) {
				time.Sleep(time.Until(until)) // as a worker does
				continue
			}
			if do(t, c, to, send(api)) == nil {
				sent++
			}
		}
		require.EqualValues(t, 5000, p.calls.Load())
		require.InEpsilon(t, 80, 5000/time.Since(began).Seconds(), 0.05)
	})
}
