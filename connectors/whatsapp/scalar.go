package whatsapp

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// flex is a string that some versions write as a number.
type flex string

// UnmarshalJSON never fails, since the failure of an Unmarshaler would lose all
// that follows it: what is neither a string nor a number is empty.
func (f *flex) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case '"':
		return json.Unmarshal(data, (*string)(f))
	case '{', '[', 'n', 't', 'f':
		return nil
	}
	*f = flex(data)
	return nil
}

// int is the number f holds, 0 when it holds none.
func (f flex) int() int {
	n, err := strconv.Atoi(string(f))
	if err != nil {
		return 0
	}
	return n
}

// stamp is a time written as Unix seconds or, by some versions, milliseconds,
// in a string or a number. An absurd one is zero: it costs its event nothing
// but the time.
type stamp struct{ time.Time }

// Times outside of these, in Unix seconds, are nonsense: WhatsApp began in
// 2009. Values above oldestMillis are milliseconds.
const (
	oldest       = 1_230_768_000 // 2009-01-01
	newest       = 4_102_444_800 // 2100-01-01
	oldestMillis = 1_000_000_000_000
)

// UnmarshalJSON never fails.
func (s *stamp) UnmarshalJSON(data []byte) error {
	text := string(bytes.Trim(data, `" `))
	if whole, _, found := strings.Cut(text, "."); found {
		text = whole
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil
	}
	millis := n
	if n < oldestMillis {
		millis = n * 1000
	}
	if millis >= oldest*1000 && millis < newest*1000 {
		s.Time = time.UnixMilli(millis).UTC()
	}
	return nil
}
