package mongo_test

import (
	"testing"

	"threadhub/internal/mongo/mongotest"
	"threadhub/internal/storetest"
)

func TestTheStoreBehavesLikeEveryStore(t *testing.T) {
	server := mongotest.Start(t)
	if !server.Real {
		t.Logf("leaving the concurrent part out: set %s to run it", mongotest.URIVariable)
	}
	storetest.Run(t, func(t *testing.T) storetest.Store {
		return server.Open(t)
	}, storetest.Options{Concurrent: server.Real, Unsettled: true})
}
