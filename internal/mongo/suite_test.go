package mongo_test

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/mongo/mongotest"
	"threadhub/internal/storetest"
)

func TestTheStoreBehavesLikeEveryStore(t *testing.T) {
	server := mongotest.Start(t)
	storetest.Run(t, func(t *testing.T) storetest.Store { return server.Open(t) }, storetest.Options{Concurrent: true, Unsettled: true})
}

// What the store asks for means the same to a server that others wrote.
func TestTheStoreBehavesLikeEveryStoreOnFerretDB(t *testing.T) {
	server := mongotest.Double(t)
	fewerModelChecks(t)
	storetest.Run(t, func(t *testing.T) storetest.Store { return server.Open(t) }, storetest.Options{Unsettled: true})
}

// fewerModelChecks shortens the model test, of which each step takes FerretDB
// a scan of whole collections.
func fewerModelChecks(t *testing.T) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	before := checks.Value.String()
	require.NoError(t, checks.Value.Set("5"))
	t.Cleanup(func() { require.NoError(t, checks.Value.Set(before)) })
}
