// Package queuetest runs a real Redis for tests: a child process on a free
// port, with what a test needs to break it.
package queuetest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// Server is a redis-server with what it takes to break it. It keeps nothing on
// disk.
type Server struct {
	port int
	dir  string
	args []string
	cmd  *exec.Cmd
}

// Available tells whether a redis-server is installed.
func Available() bool {
	_, err := exec.LookPath("redis-server")
	return err == nil
}

// Run runs a redis-server in dir, with further arguments, until Stop.
func Run(dir string, args ...string) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{port: l.Addr().(*net.TCPAddr).Port, dir: dir, args: args}
	if err := l.Close(); err != nil {
		return nil, err
	}
	return s, s.Restart()
}

// Addr is where it listens, URL the same as Redis clients take it.
func (s *Server) Addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// URL is where it listens.
func (s *Server) URL() string { return "redis://" + s.Addr() + "/0" }

// Restart runs it (again) and waits until it answers.
func (s *Server) Restart() error {
	args := append([]string{
		"--port", fmt.Sprint(s.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", s.dir,
	}, s.args...)
	s.cmd = exec.Command("redis-server", args...)
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start redis-server: %w", err)
	}
	return s.Do(func(ctx context.Context, c *redis.Client) error {
		for ctx.Err() == nil && c.Ping(ctx).Err() != nil {
			time.Sleep(5 * time.Millisecond) // nothing tells when it listens
		}
		return c.Ping(ctx).Err()
	})
}

// Stop kills it. Restart brings it back, empty.
func (s *Server) Stop() {
	if s.cmd != nil {
		s.signal(syscall.SIGKILL)
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// Freeze stops it in its tracks: connections stay and nobody answers.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw lets it go on.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

// Flush removes everything in it.
func (s *Server) Flush() error {
	return s.Do(func(ctx context.Context, c *redis.Client) error { return c.FlushAll(ctx).Err() })
}

// Do runs commands on it.
func (s *Server) Do(f func(context.Context, *redis.Client) error) error {
	o, err := redis.ParseURL(s.URL())
	if err != nil {
		return err
	}
	o.MaxRetries = -1
	c := redis.NewClient(o)
	defer func() { _ = c.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return f(ctx, c)
}

func (s *Server) signal(sig syscall.Signal) {
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(sig)
	}
}

// Redis is a redis-server that ends with its test.
type Redis struct {
	*Server
	t testing.TB
}

// Start runs a redis-server with further arguments. The test is skipped when
// none is installed, except in CI, which installs one.
func Start(t testing.TB, args ...string) *Redis {
	t.Helper()
	if !Available() {
		require.Empty(t, os.Getenv("CI"), "no redis-server is installed")
		t.Skip("no redis-server is installed")
	}
	s, err := Run(t.TempDir(), args...)
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	return &Redis{Server: s, t: t}
}

// Restart runs it (again) and waits until it answers.
func (r *Redis) Restart() {
	r.t.Helper()
	require.NoError(r.t, r.Server.Restart())
}

// Flush removes everything in it.
func (r *Redis) Flush() {
	r.t.Helper()
	require.NoError(r.t, r.Server.Flush())
}

// Do runs commands on it.
func (r *Redis) Do(f func(context.Context, *redis.Client) error) {
	r.t.Helper()
	require.NoError(r.t, r.Server.Do(f))
}
