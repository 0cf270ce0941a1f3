package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Patience is for what takes a moment on an idle machine and must come in the
// end on a busy one.
const Patience = 60 * time.Second

// AdminToken and MasterKey are those of the hubs that Environment describes.
const (
	AdminToken = "adm_black_box_0123456789"
	MasterKey  = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

// Environment is that of a hub in dir which nothing from outside disturbs.
func Environment(dir string, more ...string) []string {
	env := []string{
		"THREADHUB_ADDR=127.0.0.1:0", "THREADHUB_DATA_DIR=" + dir, "THREADHUB_ADMIN_TOKEN=" + AdminToken,
		"THREADHUB_ALLOW_PRIVATE_NETWORKS=true", "THREADHUB_LOG_FORMAT=json",
	}
	return append(env, more...)
}

// runs is the line in which a hub says where it listens.
var runs = regexp.MustCompile(`"msg":"threadhub runs".*"addr":"([^"]+)"`)

// Command is a program to start.
type Command struct {
	Program string
	Args    []string
	// Env is added to the environment, from which all settings of a hub are
	// taken out first.
	Env []string
	// Dir is where it runs.
	Dir string
	// System, when set, is how it is started, save that it ends with its parent.
	System *syscall.SysProcAttr
}

// Process is a program that was started. Its methods are safe for concurrent
// use.
type Process struct {
	name string
	cmd  *exec.Cmd
	out  transcript
	log  transcript
	done chan struct{} // closed when it has ended
}

// Launch starts a program. It ends with its parent at the latest (on Linux).
func Launch(c Command) (*Process, error) {
	p := &Process{name: strings.Join(c.Args, " "), cmd: exec.Command(c.Program, c.Args...), done: make(chan struct{})}
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "THREADHUB_") {
			p.cmd.Env = append(p.cmd.Env, entry)
		}
	}
	p.cmd.Env = append(p.cmd.Env, c.Env...)
	p.cmd.Dir = c.Dir
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.log
	p.cmd.SysProcAttr = orphanless(c.System)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Program, err)
	}
	go func() {
		_ = p.cmd.Wait() // its answer is in ProcessState
		close(p.done)
	}()
	return p, nil
}

// Address waits until the hub says where it listens.
func (p *Process) Address(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	for {
		m, changed := p.log.find(runs)
		if m != nil {
			return m[1], nil
		}
		select {
		case <-changed:
		case <-p.done:
			return "", p.trouble("ended before it listened")
		case <-ctx.Done():
			return "", p.stuck("does not listen")
		}
	}
}

func (p *Process) trouble(what string) error {
	return fmt.Errorf("%s (pid %d) %s; it said last:\n%s", p.name, p.PID(), what, p.Tail(10))
}

// stuck is trouble with a process that hangs: it ends and shows where.
func (p *Process) stuck(what string) error {
	_ = p.cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
	}
	return fmt.Errorf("%s (pid %d) %s: %s", p.name, p.PID(), what, tail(p.Log(), 400))
}

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Name is the arguments it was started with.
func (p *Process) Name() string { return p.name }

// Kill ends the process as a power cut would, and waits for its end.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// Terminate asks the process to end.
func (p *Process) Terminate() { _ = p.cmd.Process.Signal(syscall.SIGTERM) }

// Freeze stops it in its tracks; Thaw lets it go on.
func (p *Process) Freeze() { _ = p.cmd.Process.Signal(syscall.SIGSTOP) }

// Thaw lets a frozen process go on.
func (p *Process) Thaw() { _ = p.cmd.Process.Signal(syscall.SIGCONT) }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait answers the exit code of a process that ends by itself within a time; -1
// for one that was killed.
func (p *Process) Wait(within time.Duration) (int, error) {
	select {
	case <-p.done:
	case <-time.After(within):
		return 0, p.trouble("does not end")
	}
	return p.cmd.ProcessState.ExitCode(), nil
}

// Stop ends a hub cleanly.
func (p *Process) Stop() error {
	p.Terminate()
	code, err := p.Wait(Patience)
	if err == nil && code != 0 {
		err = p.trouble(fmt.Sprintf("was asked to stop and ended with %d", code))
	}
	return err
}

// Output and Log are all that the process wrote to its standard output and
// error so far.
func (p *Process) Output() string { return p.out.String() }

// Log is what the process wrote to standard error so far.
func (p *Process) Log() string { return p.log.String() }

// Tail is the last lines of the log.
func (p *Process) Tail(lines int) string { return tail(p.Log(), lines) }

// Sound is an error when the process has shown a data race or a panic.
func (p *Process) Sound() error {
	log := p.Log()
	for _, sign := range []string{"DATA RACE", "panic"} {
		if at := strings.Index(log, sign); at >= 0 {
			return errors.New(p.name + " showed a " + sign + ":\n" + log[at:min(at+4000, len(log))])
		}
	}
	return nil
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
