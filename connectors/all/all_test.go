package all_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors/all"
)

func TestEveryKindIsListedOnceUnderItsName(t *testing.T) {
	kinds := all.Kinds()
	require.NotEmpty(t, kinds)
	seen := map[string]bool{}
	for _, k := range kinds {
		require.False(t, seen[k.Name], "%s is listed twice", k.Name)
		seen[k.Name] = true
		found, ok := kinds.Lookup(k.Name)
		require.True(t, ok)
		require.Equal(t, k.Title, found.Title)
	}
	_, ok := kinds.Lookup("carrier-pigeon")
	require.False(t, ok)
}
