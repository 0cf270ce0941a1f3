package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// patience is for what takes a moment on an idle machine and must come in
	// the end on a busy one.
	patience = 60 * time.Second

	adminToken = "adm_black_box_0123456789"
	masterKey  = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

// runs is the line in which a hub says where it listens.
var runs = regexp.MustCompile(`"msg":"threadhub runs".*"addr":"([^"]+)"`)

// process is a threadhub that the test started.
type process struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	out  transcript
	log  transcript
	done chan struct{} // closed when it has ended
}

// environment is that of a hub in dir which nothing from outside disturbs.
func environment(dir string, more ...string) []string {
	env := []string{
		"THREADHUB_ADDR=127.0.0.1:0", "THREADHUB_DATA_DIR=" + dir, "THREADHUB_ADMIN_TOKEN=" + adminToken,
		"THREADHUB_ALLOW_PRIVATE_NETWORKS=true", "THREADHUB_LOG_FORMAT=json",
	}
	return append(env, more...)
}

// launch starts threadhub with the given arguments. It is killed when the test
// ends, and then must not have shown a data race or a panic.
func launch(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: strings.Join(args, " "), cmd: exec.Command(built(t), args...), done: make(chan struct{})}
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "THREADHUB_") {
			p.cmd.Env = append(p.cmd.Env, entry)
		}
	}
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Dir = t.TempDir()
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.log
	p.cmd.SysProcAttr = orphanless()
	require.NoError(t, p.cmd.Start())
	go func() {
		_ = p.cmd.Wait() // its answer is in ProcessState
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		log := p.log.String()
		if t.Failed() {
			t.Logf("%s (pid %d) said last:\n%s", p.name, p.cmd.Process.Pid, tail(log, 30))
		}
		require.NotContains(t, log, "DATA RACE")
		require.NotContains(t, log, "panic")
	})
	return p
}

// address waits until the hub says where it listens.
func (p *process) address() string {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		m, changed := p.log.find(runs)
		if m != nil {
			return m[1]
		}
		select {
		case <-changed:
		case <-p.done:
			require.Fail(p.t, p.name+" ended before it listened", tail(p.log.String(), 10))
		case <-deadline:
			require.Fail(p.t, p.name+" does not listen", tail(p.log.String(), 10))
		}
	}
}

// kill ends the process as a power cut would, and waits for its end.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// terminate asks the process to end.
func (p *process) terminate() { _ = p.cmd.Process.Signal(syscall.SIGTERM) }

// wait answers the exit code of a process that ends by itself within a time.
func (p *process) wait(within time.Duration) int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(within):
		require.Fail(p.t, p.name+" does not end", tail(p.log.String(), 10))
	}
	return p.cmd.ProcessState.ExitCode()
}

// stop ends a hub cleanly.
func (p *process) stop() {
	p.t.Helper()
	p.terminate()
	require.Zero(p.t, p.wait(patience), "a hub that is asked to stop ends without an error: %s", tail(p.log.String(), 10))
}

// transcript is what a process wrote. It is safe for concurrent use.
type transcript struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

// Write appends.
func (s *transcript) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
	return s.text.Write(b)
}

// String is all of it.
func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// find looks for a match, and answers what tells of more text if there is none.
func (s *transcript) find(re *regexp.Regexp) ([]string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return re.FindStringSubmatch(s.text.String()), s.changed
}

// tail is the last lines of a text.
func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(len(all)-lines, 0):], "\n")
}
