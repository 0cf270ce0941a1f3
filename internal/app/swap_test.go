package app_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/directory"
	"threadhub/internal/sqlite"
)

// swapRecords lets two channels change places in the store, but for their ids.
func swapRecords(t *testing.T, dir, one, two string) {
	t.Helper()
	ctx := context.Background()
	s, err := sqlite.Open(ctx, dir, sqlite.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	var docs [2]directory.Document
	var bodies [2]map[string]json.RawMessage
	for i, id := range []string{one, two} {
		docs[i], err = s.Get(ctx, "channel", id)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(docs[i].Body, &bodies[i]))
	}
	bodies[0]["credentials"], bodies[1]["credentials"] = bodies[1]["credentials"], bodies[0]["credentials"]
	for i := range docs {
		docs[i].Version++
		docs[i].Body, err = json.Marshal(bodies[i])
		require.NoError(t, err)
		require.NoError(t, s.Put(ctx, docs[i]))
	}
}
