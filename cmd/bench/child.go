package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopPatience is how long a child may take to end before it is killed.
const stopPatience = 20 * time.Second

// child is a process that bench started.
type child struct {
	name string
	cmd  *exec.Cmd
	done chan error
	addr string // host:port
}

// launch starts a process with more environment; its output goes to out.
func launch(name, binary string, args, env []string, out io.Writer) (*child, error) {
	c := &child{name: name, cmd: exec.Command(binary, args...), done: make(chan error, 1)}
	c.cmd.Env = append(os.Environ(), env...)
	c.cmd.Stdout, c.cmd.Stderr = out, os.Stderr
	if name == "hub" {
		c.cmd.Stderr = out
	}
	// Children do not outlive bench, whatever becomes of it.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() { c.done <- c.cmd.Wait() }()
	return c, nil
}

// launchTelling starts a process whose first line of output is its address.
func launchTelling(name, binary string, args, env []string) (*child, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer func() { _, _ = r.Close(), w.Close() }()
	c, err := launch(name, binary, args, env, w)
	if err != nil {
		return nil, err
	}
	_ = w.Close() // the child has its own
	_ = r.SetReadDeadline(time.Now().Add(20 * time.Second))
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("%s tells no address: %w", name, err)
	}
	c.addr = strings.TrimPrefix(strings.TrimSpace(line), "http://")
	return c, nil
}

// stop ends the process, kindly first.
func (c *child) stop() {
	if c == nil {
		return
	}
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(stopPatience):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

// ended is an error once the process is gone.
func (c *child) ended() error {
	select {
	case err := <-c.done:
		c.done <- err
		return fmt.Errorf("%s ended: %w", c.name, errors.Join(err, io.EOF))
	default:
		return nil
	}
}

// freeAddr is a loopback address nobody listens on at the moment.
func freeAddr(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("free port: %w", err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String(), nil
}

// ticksPerSecond is the unit of CPU times in /proc: USER_HZ, 100 on Linux
// whatever the kernel's own tick is.
const ticksPerSecond = 100

// cpu is the CPU time the process has used so far.
func (c *child) cpu() (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("cpu time: %w", err)
	}
	return parseStat(raw)
}

// parseStat reads utime and stime, fields 14 and 15 of proc(5)'s stat. The
// second field, the name, may hold spaces and parentheses; the last one ends it.
func parseStat(raw []byte) (time.Duration, error) {
	f := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	if len(f) < 13 {
		return 0, fmt.Errorf("cpu time: %q", raw)
	}
	user, err := strconv.ParseInt(f[11], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("cpu time: %w", err)
	}
	system, err := strconv.ParseInt(f[12], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("cpu time: %w", err)
	}
	return time.Duration(user+system) * time.Second / ticksPerSecond, nil
}

// peakMemory is the highest resident memory so far, in MiB.
func (c *child) peakMemory() (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("memory: %w", err)
	}
	return parseMemory(raw, "VmHWM:")
}

// parseMemory reads a size from proc(5)'s status, in MiB.
func parseMemory(raw []byte, name string) (float64, error) {
	for line := range strings.Lines(string(raw)) {
		if v, ok := strings.CutPrefix(line, name); ok {
			kb, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(v), " kB"), 64)
			if err != nil {
				return 0, fmt.Errorf("memory: %w", err)
			}
			return kb / 1024, nil
		}
	}
	return 0, fmt.Errorf("memory: no %s", name)
}
