package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/internal/chaos"
	"threadhub/internal/crashpoint"
)

// folder holds the program for the length of the tests.
var folder = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "threadhub-chaos-test-") })

// program is a hub that dies at named points. It is built without the race
// detector: cmd/threadhub's tests, and make chaos, kill one that has it.
var program = sync.OnceValues(func() (string, error) {
	dir, err := folder()
	if err != nil {
		return "", err
	}
	return chaos.Build(context.Background(), dir, chaos.BuildOptions{Tags: "chaos"})
})

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if dir, err := folder(); err == nil {
			_ = os.RemoveAll(dir)
		}
		os.Exit(code)
	}))
}

// stack is a hub on the embedded store and queue, for a test.
func stack(t *testing.T) *chaos.Stack {
	t.Helper()
	path, err := program()
	require.NoError(t, err)
	s, err := chaos.NewStack(chaos.StackOptions{Program: path, Pair: chaos.Embedded, Dir: t.TempDir(), Log: t.Logf})
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, err)
	return s
}

// kept checks a result.
func kept(t *testing.T, r chaos.Result, err error) {
	t.Helper()
	require.NoError(t, err)
	t.Logf("seed %d: %d kills, drained in %s: %s", r.Seed, r.Kills, r.Drained.Round(time.Millisecond), r.Summary)
	require.Empty(t, r.Wrong, "repeat with: go run ./cmd/chaos --seed %d", r.Seed)
}

// patience is how soon a busy machine must be through.
const patience = 2 * time.Minute

// Two processes on MongoDB and Redis go through the same in cmd/threadhub.
func TestRandomFaultsBreakNoPromise(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, rand.Uint64()} {
		t.Run(fmt.Sprintf("the embedded store, seed %d", seed), func(t *testing.T) {
			t.Parallel()
			r, err := chaos.Run(t.Context(), stack(t), chaos.RunOptions{
				Seed: seed, Kills: 3, Webhooks: 40, Replies: 12, Contacts: 20, Drained: patience, Calm: true,
			})
			kept(t, r, err)
		})
	}
}

func TestAHubThatDiesBetweenTwoStepsSendsOnceOrSaysItDoesNotKnow(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	cases := chaos.Some(seed, chaos.Embedded, 2,
		chaos.Case{Fault: chaos.NoFault, At: crashpoint.CallsBegun, Nth: 1},
		chaos.Case{Fault: chaos.NoFault, At: crashpoint.CallAnswered, Nth: 1},
		chaos.Case{Fault: chaos.Early, At: crashpoint.CallsBack, Nth: 1},
	)
	r, err := chaos.Matrix(t.Context(), stack(t), seed, cases, patience)
	kept(t, r, err)
}

func TestARunSaysWhatItDidAndFailsWhereAPromiseWasBroken(t *testing.T) {
	t.Parallel()
	out, err := os.Create(filepath.Join(t.TempDir(), "table.txt"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, out.Close()) })
	good := chaos.Result{Name: "random, a", Kills: 3, Drained: 1234 * time.Millisecond}
	bad := chaos.Result{Name: "random, b", Wrong: "\nletter doubled, 1:\n  letter 7"}
	require.NoError(t, table(out, []chaos.Result{good}))
	require.ErrorIs(t, table(out, []chaos.Result{good, bad}), errBroken)
	text, err := os.ReadFile(out.Name())
	require.NoError(t, err)
	require.Contains(t, string(text), "random, a  3      1.2s     kept")
	require.Contains(t, string(text), "BROKEN")
}
