// Command threadhub is the hub: webhooks of social platforms in, conversations
// threaded, agents' replies out.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // schedules name zones, which not every machine knows

	"github.com/alecthomas/kong"

	"threadhub/internal/config"
	"threadhub/internal/simulate"
)

// version is set when a release is built.
var version = "dev"

// commands is the command line.
type commands struct {
	Serve       serveCommand       `cmd:"" help:"Run the whole hub in one process: API, webhooks and workers."`
	API         apiCommand         `cmd:"" name:"api" help:"Run the API and webhooks only; needs MongoDB and Redis."`
	Worker      workerCommand      `cmd:"" help:"Run the workers only; needs MongoDB and Redis."`
	Demo        demoCommand        `cmd:"" help:"Run a hub with simulated platforms, customers and agents to look at."`
	Simulate    simulateCommand    `cmd:"" help:"Play platforms and customers against a running hub."`
	Admin       adminCommand       `cmd:"" help:"Let an admin in again, on the hub's own machine."`
	Replay      replayCommand      `cmd:"" help:"Work webhooks again that were quarantined, after what kept them was mended. The embedded store: while the hub is stopped, or else POST /v1/channels/{id}/replay."`
	Rekey       rekeyCommand       `cmd:"" help:"Seal every stored secret with the first master key; or, where the hub made its key itself, with a new one. The embedded store: while the hub is stopped, or else POST /v1/rekey."`
	Migrate     migrateCommand     `cmd:"" help:"Bring the store up to this version and exit."`
	CheckConfig checkConfigCommand `cmd:"" help:"Say whether the configuration can be used, without starting."`
	Doctor      doctorCommand      `cmd:"" help:"Look at settings, data directory, store, queue, clocks and backlog, and say what to do. Changes nothing; the hub may run. Exit code 1 on a problem."`
	Backup      backupCommand      `cmd:"" help:"Copy the embedded store and the files of messages into one sealed file, while the hub runs."`
	Restore     restoreCommand     `cmd:"" help:"Make the data directory of a hub from a backup; there must be none yet."`
	OpenAPI     openAPICommand     `cmd:"" name:"openapi" help:"Print the OpenAPI document."`
	BenchBare   benchBareCommand   `cmd:"" hidden:"" help:"A webhook endpoint that only verifies and decodes: the limit make bench compares with."`
	BenchFill   benchFillCommand   `cmd:"" hidden:"" help:"Fill a store of its own with made-up conversations, for make bench."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
}

// memoryGoal is where the garbage collector begins to work harder. The hub
// needs less, but for bursts, which it would otherwise keep as its size.
const memoryGoal = 94 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryGoal)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cli commands
	run, err := config.Parse(&cli, config.Input{Args: os.Args[1:], Environ: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr},
		kong.Description("Threadhub, a social channel integration hub."), kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Vars(simulate.FlagVariables()))
	if err == nil {
		err = run.Run()
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "threadhub:", err)
		os.Exit(1)
	}
}

type benchBareCommand struct{ simulate.Bare }

func (c *benchBareCommand) Run(ctx context.Context) error { return c.Bare.Run(ctx, os.Stdout) }

type versionCommand struct{}

func (versionCommand) Run() error {
	_, err := fmt.Println("threadhub", version)
	return err
}
