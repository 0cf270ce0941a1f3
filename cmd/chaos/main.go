// Command chaos takes a built threadhub through the faults that it promises to
// survive (docs/chaos.md): it starts the program as a child, plays the platforms,
// agents and a subscriber, kills, freezes and cuts off what there is, and compares
// the ledgers at the end. It ends with an error if a promise was broken.
//
//	chaos                          the whole of it
//	chaos --only random --kills 10 a part
//	chaos --seed 7                 the random choices of an earlier run
//	chaos --sabotage sweeper       a hub without one of its safeguards, which must fail
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o options
	k := kong.Parse(&o, kong.Name("chaos"), kong.Description("Take a threadhub through the faults that it promises to survive."), kong.BindTo(ctx, (*context.Context)(nil)))
	if err := k.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		stop()
		os.Exit(1)
	}
}
