package main_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// seed repeats the random moments and traffic of an earlier run.
var seed = flag.Uint64("seed", 0, "repeats the random choices of the run that logged it; 0 takes new ones")

// folder holds the program for the length of the run.
var folder = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "threadhub-test-") })

// program builds threadhub, with the race detector if the tests have it.
var program = sync.OnceValues(func() (string, error) {
	dir, err := folder()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "threadhub")
	args := []string{"build", "-o", path}
	if raceDetector {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build threadhub: %w\n%s", err, bytes.TrimSpace(out))
	}
	return path, nil
})

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if dir, err := folder(); err == nil {
			_ = os.RemoveAll(dir)
		}
		os.Exit(code)
	}))
}

// chance answers the test's source of random choices and logs its seed.
func chance(t *testing.T) *rand.Rand {
	t.Helper()
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("repeat with: go test ./cmd/threadhub -run '^%s$' -args -seed %d", t.Name(), s)
	return rand.New(rand.NewPCG(s, 0))
}

// built answers the program.
func built(t *testing.T) string {
	t.Helper()
	path, err := program()
	require.NoError(t, err)
	return path
}
