package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"

	"threadhub/connectors"
	"threadhub/internal/app"
	"threadhub/internal/config"
	"threadhub/internal/simulate"
)

// demoCommand is a hub with everything around it played: make run.
type demoCommand struct {
	config.Server
	Seed uint64  `help:"Tells the same stories again; 0 takes the clock."`
	Rate float64 `default:"6" help:"Dialogues that begin in a minute; 0 for none."`
	Fill int     `default:"12" help:"Dialogues to play at once at the start, beside those that show what there is."`
	// Platforms are those to register channels of.
	Platforms []string `default:"${simulated}" help:"Platforms to play, or all. There are: ${playable}."`
	// Password is everybody's in the demo.
	Password string `help:"With which the demo's people sign in to the console, at least 12 characters; unset: one is made."`
}

func (c *demoCommand) Run(ctx context.Context) error {
	cfg := c.Server
	// The simulated platforms answer on loopback.
	cfg.AllowPrivateNetworks = true
	if cfg.AdminToken.Empty() {
		cfg.AdminToken = connectors.NewSecret("demo_" + rand.Text())
	}
	hub, err := app.New(ctx, app.Options{Config: cfg, Role: app.RoleAll, Logger: cfg.Logger(os.Stderr), Version: version})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var ran error
	wg.Go(func() {
		defer cancel()
		ran = hub.Run(ctx)
	})
	shown := c.show(ctx, "http://"+hub.Addr(), cfg.AdminToken.Reveal(), cfg)
	if shown != nil {
		cancel()
	}
	wg.Wait()
	if errors.Is(shown, context.Canceled) {
		shown = nil
	}
	return errors.Join(ran, shown)
}

// show plays until ctx ends.
func (c *demoCommand) show(ctx context.Context, hubURL, adminToken string, cfg config.Server) error {
	fmt.Printf("\nThreadhub is at %s. The demo's day is being told, which takes some seconds …\n", hubURL)
	show, err := simulate.Demo(ctx, hubURL, adminToken, simulate.Options{
		Seed: c.Seed, Rate: c.Rate, Fill: c.Fill, Attended: 0.6, Pace: 1, Password: c.Password, Platforms: c.Platforms, Opening: true,
		Log: cfg.Logger(os.Stderr),
	})
	if err != nil {
		return err
	}
	fmt.Printf("\n%s\n  admin      token %s\n\nCustomers go on writing, %g dialogues a minute. Press Ctrl-C to stop.\n", show.Guide, adminToken, c.Rate)
	return show.Wait()
}

// simulateCommand plays against a hub that runs already.
type simulateCommand struct{ simulate.Options }

func (c *simulateCommand) Run(ctx context.Context) error {
	o := c.Options
	o.Out = os.Stdout
	o.Log = config.Logging{LogLevel: "info", LogFormat: "text"}.Logger(os.Stderr)
	return simulate.Run(ctx, o)
}
