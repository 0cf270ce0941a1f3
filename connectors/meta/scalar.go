package meta

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Flex is a string that some versions of the API write as a number.
type Flex string

// UnmarshalJSON never fails, since the failure of an Unmarshaler would lose all
// that follows it: what is neither a string nor a number is empty.
func (f *Flex) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case '"':
		return json.Unmarshal(data, (*string)(f))
	case '{', '[', 'n', 't', 'f':
		return nil
	}
	*f = Flex(data)
	return nil
}

// Int is the whole number f holds, 0 when it holds none. Some are written as
// decimals: the quantity 2.0 of an order.
func (f Flex) Int() int {
	whole, zeros, _ := strings.Cut(string(f), ".")
	n, err := strconv.Atoi(whole)
	if err != nil || strings.Trim(zeros, "0") != "" {
		return 0
	}
	return n
}

// Stamp is a time, in UTC to the millisecond, that webhooks write as Unix
// seconds or milliseconds, in a string or a number, or as an ISO 8601 text. An
// absurd one is zero: it costs its event nothing but the time.
type Stamp struct{ time.Time }

// Times outside of these, in Unix seconds, are nonsense: Meta's messaging APIs
// are younger than 2009. Values above oldestMillis are milliseconds.
const (
	oldest       = 1_230_768_000 // 2009-01-01
	newest       = 4_102_444_800 // 2100-01-01
	oldestMillis = 1_000_000_000_000
)

// isoZone is ISO 8601 as the Graph API writes it, without a colon in the zone.
const isoZone = "2006-01-02T15:04:05-0700"

// UnmarshalJSON never fails.
func (s *Stamp) UnmarshalJSON(data []byte) error {
	text := string(bytes.Trim(data, `" `))
	if millis, ok := milliseconds(text); ok && millis >= oldest*1000 && millis < newest*1000 {
		s.Time = time.UnixMilli(millis).UTC()
	}
	return nil
}

func milliseconds(text string) (int64, bool) {
	whole, _, _ := strings.Cut(text, ".")
	if n, err := strconv.ParseInt(whole, 10, 64); err == nil && n >= 0 {
		if n < oldestMillis {
			n *= 1000
		}
		return n, true
	}
	for _, layout := range []string{isoZone, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UnixMilli(), true
		}
	}
	return 0, false
}
