package main

import (
	"context"
	"fmt"
	"time"

	"threadhub/internal/app"
	"threadhub/internal/config"
	"threadhub/internal/journal"
)

// replayCommand works webhooks again, after what kept them was mended.
type replayCommand struct {
	config.Server
	Channel string        `help:"Id of the channel. Default: every channel."`
	All     bool          `help:"Also those that were used: whatever is missing is made up for, the rest stays."`
	Since   time.Duration `placeholder:"24h" help:"Only those that were received in the time given."`
}

func (c *replayCommand) Run(ctx context.Context) error {
	r := journal.Replay{}
	if c.All {
		r.States = []journal.State{journal.Quarantined, journal.Done}
	}
	if c.Since > 0 {
		r.From = time.Now().Add(-c.Since)
	}
	n, err := app.Replay(ctx, c.Server, c.Channel, r)
	if err != nil {
		return err
	}
	_, err = fmt.Printf("%d webhooks will be worked again when the hub runs\n", n)
	return err
}
