// Package queuetest runs a real Redis for tests: a child process on a free
// port, with what a test needs to break it.
package queuetest

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// Redis is a redis-server that ends with its test. It keeps nothing on disk.
type Redis struct {
	t    testing.TB
	port int
	args []string
	cmd  *exec.Cmd
}

// Available tells whether a redis-server is installed.
func Available() bool {
	_, err := exec.LookPath("redis-server")
	return err == nil
}

// Start runs a redis-server with further arguments. The test is skipped when
// none is installed.
func Start(t testing.TB, args ...string) *Redis {
	t.Helper()
	if !Available() {
		t.Skip("no redis-server is installed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &Redis{t: t, port: l.Addr().(*net.TCPAddr).Port, args: args}
	require.NoError(t, l.Close())
	r.Restart()
	t.Cleanup(r.Stop)
	return r
}

// URL is where it listens.
func (r *Redis) URL() string { return fmt.Sprintf("redis://127.0.0.1:%d/0", r.port) }

// Restart runs it (again) and waits until it answers.
func (r *Redis) Restart() {
	r.t.Helper()
	args := append([]string{
		"--port", fmt.Sprint(r.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", r.t.TempDir(),
	}, r.args...)
	r.cmd = exec.Command("redis-server", args...)
	require.NoError(r.t, r.cmd.Start())
	r.Do(func(ctx context.Context, c *redis.Client) error {
		for ctx.Err() == nil && c.Ping(ctx).Err() != nil {
			time.Sleep(5 * time.Millisecond) // nothing tells when it listens
		}
		return c.Ping(ctx).Err()
	})
}

// Stop kills it. Restart brings it back, empty.
func (r *Redis) Stop() {
	if r.cmd != nil {
		r.signal(syscall.SIGKILL)
		_ = r.cmd.Wait()
		r.cmd = nil
	}
}

// Freeze stops it in its tracks: connections stay and nobody answers.
func (r *Redis) Freeze() { r.signal(syscall.SIGSTOP) }

// Thaw lets it go on.
func (r *Redis) Thaw() { r.signal(syscall.SIGCONT) }

// Flush removes everything in it.
func (r *Redis) Flush() {
	r.t.Helper()
	r.Do(func(ctx context.Context, c *redis.Client) error { return c.FlushAll(ctx).Err() })
}

// Do runs commands on it.
func (r *Redis) Do(f func(context.Context, *redis.Client) error) {
	r.t.Helper()
	o, err := redis.ParseURL(r.URL())
	require.NoError(r.t, err)
	o.MaxRetries = -1
	c := redis.NewClient(o)
	defer func() { _ = c.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(r.t, f(ctx, c))
}

func (r *Redis) signal(s syscall.Signal) {
	if r.cmd != nil {
		_ = r.cmd.Process.Signal(s)
	}
}
