package meta_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors/meta"
)

func TestStampReadsEveryFormOfTime(t *testing.T) {
	second := time.Date(2026, 3, 13, 11, 6, 40, 0, time.UTC)
	for text, want := range map[string]time.Time{
		`1773400000`:                 second,
		`"1773400000"`:               second,
		`1773400000123`:              second.Add(123 * time.Millisecond),
		`"1773400000123"`:            second.Add(123 * time.Millisecond),
		`1773400000.9`:               second,
		`"2026-03-13T11:06:40+0000"`: second,
		`"2026-03-13T12:06:40+0100"`: second,
		`"2026-03-13T11:06:40Z"`:     second,
		`"2026-03-13T11:06:40.123Z"`: second.Add(123 * time.Millisecond),
		`"<TIMESTAMP>"`:              {},
		`99`:                         {},
		`-9000000000000000000`:       {},
		`9000000000000000000`:        {},
		`1e999`:                      {},
		`"1887-01-01T00:00:00Z"`:     {},
		`{}`:                         {},
		`null`:                       {},
		`[1773400000]`:               {},
	} {
		var v struct{ At meta.Stamp }
		require.NoError(t, json.Unmarshal([]byte(`{"at":`+text+`}`), &v), text)
		require.True(t, want.Equal(v.At.Time), "%s is %s", text, v.At.Time)
	}
}

func TestFlexReadsTextsAndNumbers(t *testing.T) {
	for text, want := range map[string]string{
		`"1"`: "1", `1`: "1", `26390203743090`: "26390203743090", `-1`: "-1", `"x"`: "x", `{}`: "", `[1]`: "", `null`: "", `true`: "",
	} {
		var v struct{ ID meta.Flex }
		require.NoError(t, json.Unmarshal([]byte(`{"id":`+text+`}`), &v), text)
		require.Equal(t, want, string(v.ID), text)
	}
	for text, want := range map[string]int{
		"-1": -1, "2": 2, "2.0": 2, "2.00": 2, "190.0": 190, "2.5": 0, "2.0.0": 0, "x": 0, "x.0": 0, ".0": 0, "": 0,
	} {
		require.Equal(t, want, meta.Flex(text).Int(), text)
	}
}
