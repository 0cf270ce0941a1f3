package main_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/chaos"
)

const (
	// patience is for what takes a moment on an idle machine and must come in
	// the end on a busy one.
	patience = chaos.Patience

	adminToken = chaos.AdminToken
	masterKey  = chaos.MasterKey
)

// environment is that of a hub in dir which nothing from outside disturbs.
func environment(dir string, more ...string) []string { return chaos.Environment(dir, more...) }

// process is a threadhub that the test started.
type process struct {
	*chaos.Process
	t *testing.T
}

// launch starts threadhub with the given arguments. It is killed when the test
// ends, and then must not have shown a data race or a panic.
func launch(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p, err := chaos.Launch(chaos.Command{Program: built(t), Args: args, Env: env, Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%s (pid %d) said last:\n%s", p.Name(), p.PID(), p.Tail(30))
		}
		require.NoError(t, p.Sound())
	})
	return &process{p, t}
}

// address waits until the hub says where it listens.
func (p *process) address() string {
	p.t.Helper()
	addr, err := p.Address(p.t.Context())
	require.NoError(p.t, err)
	return addr
}

func (p *process) kill()      { p.Kill() }
func (p *process) terminate() { p.Terminate() }

// wait answers the exit code of a process that ends by itself within a time.
func (p *process) wait(within time.Duration) int {
	p.t.Helper()
	code, err := p.Wait(within)
	require.NoError(p.t, err)
	return code
}

// stop ends a hub cleanly.
func (p *process) stop() {
	p.t.Helper()
	require.NoError(p.t, p.Stop())
}
