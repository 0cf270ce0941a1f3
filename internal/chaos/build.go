package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// BuildOptions say how a hub is built.
type BuildOptions struct {
	// Race builds with the race detector.
	Race bool
	// Tags are build tags; "chaos" has the hub die at named points.
	Tags string
	// Overlay are files of the project that others take the place of, by path.
	Overlay map[string]string
}

// Build builds the hub into dir and answers the program. It has to be run
// inside the project.
func Build(ctx context.Context, dir string, o BuildOptions) (string, error) {
	path := filepath.Join(dir, "threadhub")
	args := []string{"build", "-o", path}
	if o.Race {
		args = append(args, "-race")
	}
	if o.Tags != "" {
		args = append(args, "-tags", o.Tags)
	}
	if len(o.Overlay) > 0 {
		file := filepath.Join(dir, "overlay.json")
		raw, err := json.Marshal(map[string]any{"Replace": o.Overlay})
		if err != nil {
			return "", fmt.Errorf("overlay: %w", err)
		}
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			return "", fmt.Errorf("overlay: %w", err)
		}
		args = append(args, "-overlay", file)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "threadhub/cmd/threadhub")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build threadhub: %w\n%s", err, bytes.TrimSpace(out))
	}
	return path, nil
}

// CanRace tells whether programs can be built with the race detector here.
func CanRace(ctx context.Context) bool {
	out, err := exec.CommandContext(ctx, "go", "env", "CGO_ENABLED").Output()
	return err == nil && bytes.Equal(bytes.TrimSpace(out), []byte("1"))
}
