package mongo_test

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/mongo"
	"threadhub/internal/mongo/mongotest"
	"threadhub/internal/storetest"
)

func TestTheStoreBehavesLikeEveryStore(t *testing.T) {
	server := mongotest.Start(t)
	o := mongo.Options{}
	if !server.Real {
		fewerModelChecks(t)
		t.Logf("commands go one at a time, for the concurrent part too: set %s to run them at once", mongotest.URIVariable)
		o.Dialer, o.TidyEvery = &turns{}, soon
	}
	storetest.Run(t, func(t *testing.T) storetest.Store {
		return server.OpenAt(t, server.Database(t), o)
	}, storetest.Options{Concurrent: true, Unsettled: true})
}

// fewerModelChecks shortens the model test, of which each step takes the test
// double a scan of whole collections.
func fewerModelChecks(t *testing.T) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	before := checks.Value.String()
	require.NoError(t, checks.Value.Set("5"))
	t.Cleanup(func() { require.NoError(t, checks.Value.Set(before)) })
}
