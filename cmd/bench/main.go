// Command bench measures a built threadhub from outside: it starts the binary
// as a child on loopback with a fresh data directory, drives it over HTTP,
// prints a table and writes the figures as JSON. docs/performance.md says what
// each figure is.
//
//	bench                     all phases
//	bench --only accept,send  some of them
//	bench stub                the platform that the send phase sends to (a child of bench)
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is the command line.
type cli struct {
	Run  options     `cmd:"" default:"withargs" help:"Measure the hub."`
	Stub stubCommand `cmd:"" help:"Answer Bot API and Graph API sends; started by run."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	k := kong.Parse(&c, kong.Name("bench"), kong.Description("Measure a threadhub from outside."), kong.BindTo(ctx, (*context.Context)(nil)))
	if err := k.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}
