package api

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnOptionalNumberIsANumberOrNull(t *testing.T) {
	for text, n := range map[string]OptionalNumber{
		"null": {}, "0": {0, true}, "1.5": {1.5, true}, "-3": {-3, true}, "100000000000000000000000": {1e23, true},
	} {
		var got OptionalNumber
		require.NoError(t, json.Unmarshal([]byte(text), &got))
		require.Equal(t, n, got)
		back, err := json.Marshal(n)
		require.NoError(t, err)
		require.JSONEq(t, text, string(back))
	}
	var n OptionalNumber
	require.Error(t, json.Unmarshal([]byte(`"1"`), &n))
	_, err := json.Marshal(OptionalNumber{math.NaN(), true})
	require.Error(t, err)
}
