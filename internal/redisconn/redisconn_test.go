package redisconn_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"threadhub/internal/queue/queuetest"
	"threadhub/internal/redisconn"
)

var limits = redisconn.Limits{Dial: time.Second, Read: time.Second, Write: time.Second, Pool: time.Second, Context: true}

func open(t *testing.T, address string) redis.UniversalClient {
	t.Helper()
	c, err := redisconn.Open(address, limits)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestAddressesSayWhatRedisIs(t *testing.T) {
	for address, want := range map[string]any{
		"redis://:pw@h:1/2":      &redis.Client{},
		"rediss://h":             &redis.Client{},
		"unix:///run/redis.sock": &redis.Client{},
		"redis://:pw@h:1/2?master_name=hub&addr=i:1&addr=j:1":           &redis.Client{},
		"rediss://u:pw@h:1?cluster=true&addr=i:1":                       &redis.ClusterClient{},
		"redis://h?master_name=hub&sentinel_password=other&pool_size=5": &redis.Client{},
	} {
		require.IsType(t, want, open(t, address), address)
	}
	for _, address := range []string{
		"", "http://h", "redis://:secret@h:nope", "redis://:secret@h?unheard=1", "redis://:secret@h?addr=i:1",
		"redis://:secret@h?cluster=true&master_name=hub", "redis://:secret@h/3?cluster=true",
	} {
		_, err := redisconn.Open(address, limits)
		require.Error(t, err, address)
		require.NotContains(t, err.Error(), "secret")
	}
}

// answers waits until the client is served.
func answers(t *testing.T, c redis.UniversalClient) {
	t.Helper()
	require.Eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return c.Set(ctx, "threadhub:test", "x", time.Minute).Err() == nil
	}, 60*time.Second, 50*time.Millisecond)
}

// sentinel watches the Redis at an address under the name hub, and answers its
// own address.
func sentinel(t *testing.T, primary string) string {
	t.Helper()
	u, err := url.Parse(primary)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().(*net.TCPAddr)
	require.NoError(t, l.Close())
	dir := t.TempDir()
	file := filepath.Join(dir, "sentinel.conf")
	text := fmt.Sprintf("port %d\nbind 127.0.0.1\ndir %s\nsentinel monitor hub 127.0.0.1 %s 1\n", address.Port, dir, u.Port())
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) // it writes there what it learns
	cmd := exec.Command("redis-server", file, "--sentinel")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return address.String()
}

func TestAPrimaryThatSentinelWatchesIsFound(t *testing.T) {
	primary := queuetest.Start(t)
	c := open(t, "redis://"+sentinel(t, primary.URL())+"/0?master_name=hub")
	answers(t, c)
	primary.Do(func(ctx context.Context, direct *redis.Client) error { return direct.Get(ctx, "threadhub:test").Err() })
}

func TestAClusterIsFound(t *testing.T) {
	node := queuetest.Start(t, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf")
	node.Do(func(ctx context.Context, c *redis.Client) error { return c.ClusterAddSlotsRange(ctx, 0, 16383).Err() })
	u, err := url.Parse(node.URL())
	require.NoError(t, err)
	answers(t, open(t, "redis://"+u.Host+"?cluster=true"))
}
