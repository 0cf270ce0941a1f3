package bus

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatIsTooOldIsForgotten(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	b := NewMemory(MemoryOptions{Now: func() time.Time { return now }})
	defer func() { _ = b.Close() }()
	s, _ := subscribeTo(t, b, "")
	publish(t, b, 0, 10)
	ids := expect(t, s, 0, 10)
	s.Close()
	now = now.Add(time.Hour)
	publish(t, b, 10, 11)
	again, reset := subscribeTo(t, b, ids[0])
	require.False(t, reset, "an hour is kept")
	expect(t, again, 1, 11)
	now = now.Add(time.Minute)
	publish(t, b, 11, 12)
	_, reset = subscribeTo(t, b, ids[0])
	require.True(t, reset)
	_, reset = subscribeTo(t, b, ids[9])
	require.False(t, reset)
}

func TestAListenerThatFallsOutOfTheHistoryIsCutOff(t *testing.T) {
	b := NewMemory(MemoryOptions{MaxCount: 200})
	defer func() { _ = b.Close() }()
	slow, _ := subscribeTo(t, b, "")
	for i := range 20 {
		publish(t, b, i*100, (i+1)*100)
	}
	last, got := slow.Position, 0
	for e := range slow.Events() {
		last = e.ID
		got++
	}
	require.Less(t, got, 2000)
	_, reset := subscribeTo(t, b, last)
	require.True(t, reset, "what came after it is gone")
}

func TestAnotherProcessIsReset(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	open := func() *Memory {
		b := NewMemory(MemoryOptions{Now: func() time.Time { return now }})
		t.Cleanup(func() { _ = b.Close() })
		return b
	}
	before := open()
	s, _ := subscribeTo(t, before, "")
	publish(t, before, 0, 10)
	ids := expect(t, s, 0, 10)

	now = now.Add(time.Second)
	after := open()
	publish(t, after, 0, 10)
	_, reset := subscribeTo(t, after, ids[4])
	require.True(t, reset)
	fresh, _ := subscribeTo(t, after, "")
	require.Greater(t, fresh.Position, ids[9], "ids go on increasing")
}

func TestMemoryIsBounded(t *testing.T) {
	b := NewMemory(MemoryOptions{MaxBytes: 1 << 20})
	defer func() { _ = b.Close() }()
	data := make([]byte, 10_000)
	for range 1000 {
		require.NoError(t, b.Publish(t.Context(), []Event{{Type: "x", Data: data}}))
	}
	require.LessOrEqual(t, b.history.bytes, 1<<20)
	require.LessOrEqual(t, len(b.history.kept), 1024+200)
}
