package chaos

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// diskSize is that of a hub's own disk, in MiB.
const diskSize = 24

// CanFill tells whether a process can be given a small disk of its own here,
// which takes user namespaces.
func CanFill(ctx context.Context) bool {
	return exec.CommandContext(ctx, "unshare", "-Urm", "sh", "-c", "mount -t tmpfs tmpfs /mnt").Run() == nil
}

// DiskFull fills the disk of an embedded store. Webhooks have to be refused with
// 503, and all is well by itself once there is room again.
func DiskFull(ctx context.Context, s *Stack, seed uint64, drained time.Duration) (Result, error) {
	data := filepath.Join(s.Dir, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return Result{}, err
	}
	program := s.Program
	s.Program = filepath.Join(s.Dir, "on-a-small-disk")
	script := fmt.Sprintf("#!/bin/sh\nexec unshare -Urm sh -c 'mount -t tmpfs -o size=%dm tmpfs %q && exec %q \"$@\"' sh \"$@\"\n", diskSize, data, program)
	if err := os.WriteFile(s.Program, []byte(script), 0o700); err != nil {
		return Result{}, err
	}
	o, err := beginOutage(ctx, s, "disk full", seed)
	if err != nil {
		return Result{}, err
	}
	ballast := filepath.Join("/proc", fmt.Sprint(s.Process(0).PID()), "root", data, "ballast")
	for round := range 3 {
		if err := fill(ballast); err != nil {
			return o.res, err
		}
		var status int
		var w Webhook
		err := Eventually(ctx, "a webhook is refused", func() bool {
			w = o.traffic.From(Telegram)
			status, _, _ = s.Hub.Do(ctx, http.MethodPost, w.Path, w.Header, w.Body)
			if status != http.StatusServiceUnavailable {
				o.traffic.Go(func() { o.traffic.Deliver(w) }) // there was room yet
			}
			return status == http.StatusServiceUnavailable
		})
		if err != nil {
			return o.res, err
		}
		<-time.After(time.Second)
		if err := os.Remove(ballast); err != nil {
			return o.res, err
		}
		o.traffic.Deliver(w)
		s.Log("disk full and free again, %d", round+1)
	}
	o.res.Summary = "; the disk was full 3 times, webhooks were answered 503"
	return o.end(ctx, drained)
}

// fill writes to a file until there is no room.
func fill(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("fill the disk: %w", err)
	}
	defer func() { _ = f.Close() }()
	block := make([]byte, 4096)
	for i := 0; ; i++ {
		if i > diskSize<<20/len(block) {
			return fmt.Errorf("fill the disk: %s is on a larger one", path)
		}
		if _, err := f.Write(block); err != nil {
			return nil // full
		}
	}
}
