package app_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/app"
	"threadhub/internal/config"
	"threadhub/internal/mongo/mongotest"
	"threadhub/internal/queue/queuetest"
)

// sharedConfig is that of a hub on MongoDB and Redis.
func sharedConfig(t *testing.T, mongoURI, redisURL string) config.Server {
	t.Helper()
	cfg := newConfig(t)
	cfg.MongoDBURI, cfg.RedisURL = connectors.NewSecret(mongoURI), connectors.NewSecret(redisURL)
	cfg.MasterKey = connectors.NewSecret("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	return cfg
}

func TestAPIAndWorkersInSeveralProcesses(t *testing.T) {
	server, redis := mongotest.Start(t), queuetest.Start(t)
	cfg := sharedConfig(t, server.Database(t), redis.URL())
	api := startRole(t, cfg, app.RoleAPI)
	worker := startRole(t, cfg, app.RoleWorker)
	startRole(t, cfg, app.RoleWorker)
	mainJob(t, api)
	st, _ := worker.call("GET", "/v1/conversations", nil, adminToken)
	require.Equal(t, 404, st, "a worker has no public routes")

	t.Run("what a worker does shows in the event stream of the API's process", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		events := api.follow(ctx, "")
		ch := api.telegram("", nil)
		require.Equal(t, 200, api.tg(ch, update(9, "across")))
		for e := range events {
			if e.name == "message.created" {
				require.Equal(t, "across", e.data["message"].(object)["text"])
				break
			}
		}
	})
	t.Run("a Redis that was wiped or is away loses nothing", func(t *testing.T) {
		ch := api.telegram("", nil)
		redis.Stop()
		for i := range 5 {
			require.Equal(t, 200, api.tg(ch, update(i+1, fmt.Sprint(i))))
		}
		api.eventually("worked in without Redis", func() bool { return len(api.conversations(ch)) == 5 })
		redis.Restart()
		require.Equal(t, 200, api.tg(ch, update(6, "after")))
		api.eventually("and with it again", func() bool { return len(api.conversations(ch)) == 6 })
	})
}

func TestAHubOnMongoDBNeedsItsMasterKey(t *testing.T) {
	cfg := newConfig(t)
	cfg.MongoDBURI = connectors.NewSecret(mongotest.Start(t).Database(t))
	_, err := newHub(cfg)
	require.ErrorContains(t, err, "THREADHUB_MASTER_KEY")
}

func TestARedisThatIsAwayDoesNotKeepTheEmbeddedStoreWaiting(t *testing.T) {
	redis := queuetest.Start(t)
	cfg := newConfig(t)
	cfg.RedisURL = connectors.NewSecret(redis.URL())
	h := startHub(t, cfg)
	ch := h.telegram("", nil)
	redis.Stop()
	for i := range 20 {
		began := time.Now()
		require.Equal(t, 200, h.tg(ch, update(i+1, "x")))
		require.Less(t, time.Since(began), 5*time.Second, "an answer never waits for Redis")
	}
	h.eventually("the sweeper makes up for the rings", func() bool { return len(h.conversations(ch)) == 20 })
	redis.Restart()
	require.Equal(t, 200, h.tg(ch, update(1, "again")))
}
