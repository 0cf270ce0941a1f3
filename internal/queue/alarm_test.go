package queue

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// bellLog notes when which bell was rung.
type bellLog struct {
	mu    sync.Mutex
	rings map[string][]time.Time
}

func (l *bellLog) ring(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rings == nil {
		l.rings = map[string][]time.Time{}
	}
	l.rings[name] = append(l.rings[name], time.Now())
}

// of answers when a bell was rung.
func (l *bellLog) of(name string) []time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.rings[name])
}

// pending counts the alarms that wait, which are those that are known.
func (a *alarms) pending(t require.TestingT) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	require.Equal(t, len(a.waiting), len(a.known))
	return len(a.waiting)
}

func TestEveryAlarmRingsInTime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		offsets := rapid.MapOf(rapid.SampledFrom([]string{"a", "b"}), rapid.SliceOf(rapid.Int64Range(-1000, 5000))).Draw(rt, "milliseconds")
		synctest.Test(t, func(t *testing.T) {
			var log bellLog
			a := newAlarms(log.ring)
			defer a.stop()
			start := time.Now()
			for name, list := range offsets {
				for _, ms := range list {
					a.set(name, start.Add(time.Duration(ms)*time.Millisecond))
				}
			}
			time.Sleep(6 * time.Second)
			for name, list := range offsets {
				for _, ms := range list {
					due := start.Add(max(time.Duration(ms)*time.Millisecond, 0))
					require.True(t, anyWithin(log.of(name), due, due.Add(alarmGrain)), "%s at %d ms: rang at %v", name, ms, log.of(name))
				}
				require.LessOrEqual(t, len(log.of(name)), len(list))
			}
			require.Zero(t, a.pending(t))
		})
	})
}

func anyWithin(times []time.Time, from, to time.Time) bool {
	for _, t := range times {
		if !t.Before(from) && !t.After(to) {
			return true
		}
	}
	return false
}

func TestManyAlarmsOfOneMomentAreOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bellLog
		a := newAlarms(log.ring)
		defer a.stop()
		at := time.Now().Add(time.Hour)
		for range 5000 {
			a.set("close", at)
		}
		require.Equal(t, 1, a.pending(t))
		time.Sleep(2 * time.Hour)
		require.Len(t, log.of("close"), 1)
	})
}

func TestAlarmsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bellLog
		a := newAlarms(log.ring)
		start := time.Now()
		for i := range maxAlarms + 10 {
			a.set("close", start.Add(time.Duration(i+1)*alarmGrain))
		}
		require.Equal(t, maxAlarms, a.pending(t))
		a.stop()
		time.Sleep(time.Hour)
		require.Empty(t, log.of("close"), "none rings after the end")
		a.set("close", time.Now().Add(time.Second))
		time.Sleep(time.Hour)
		require.Empty(t, log.of("close"))
	})
}
