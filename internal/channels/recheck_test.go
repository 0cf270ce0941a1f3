package channels

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestASuspendedChannelIsCheckedEverMoreSeldom(t *testing.T) {
	since := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	h := Health{State: HealthSuspended, Since: since}
	var pauses []time.Duration
	for range 12 {
		next := h.recheckAt()
		last := h.CheckedAt
		if last.IsZero() {
			last = since
		}
		pauses = append(pauses, next.Sub(last))
		h.CheckedAt = next
	}
	require.Equal(t, time.Minute, pauses[0])
	require.IsNonDecreasing(t, pauses)
	require.Equal(t, 30*time.Minute, pauses[11])
}
