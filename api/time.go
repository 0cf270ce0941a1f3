package api

import (
	"fmt"
	"strings"
	"time"
)

// TimeLayout is how the API writes a time: RFC 3339, UTC, always with three
// digits of milliseconds, so that times sort as text.
const TimeLayout = "2006-01-02T15:04:05.000Z07:00"

// Time is a moment in the API's form. Any RFC 3339 time is read; what is finer
// than a millisecond is cut off, since no store keeps it.
type Time struct{ time.Time }

// MarshalJSON writes the time in [TimeLayout].
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(`"` + t.UTC().Format(TimeLayout) + `"`), nil
}

// UnmarshalJSON reads an RFC 3339 time.
func (t *Time) UnmarshalJSON(data []byte) error {
	parsed, err := time.Parse(time.RFC3339, strings.Trim(string(data), `"`))
	if err != nil {
		return fmt.Errorf("not an RFC 3339 time: %s", data)
	}
	t.Time = parsed.UTC().Truncate(time.Millisecond)
	return nil
}
