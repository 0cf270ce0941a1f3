package workers

import (
	"context"
	"log/slog"
	"sync"

	"threadhub/connectors"
	"threadhub/internal/channels"
)

// Courtesies makes the calls that belong to incoming events and show nothing
// to the contact: once, best effort, never in the way of anything else.
type Courtesies struct {
	carrier Carrier
	logger  *slog.Logger
	waiting chan courtesy
}

type courtesy struct {
	channel *channels.Opened
	call    *connectors.Call
}

const (
	courtesyPlaces  = 4
	courtesyWaiting = 1000
)

// NewCourtesies returns courtesies that are made while Run runs.
func NewCourtesies(c Carrier, logger *slog.Logger) *Courtesies {
	return &Courtesies{carrier: c, logger: logger, waiting: make(chan courtesy, courtesyWaiting)}
}

// Make takes a call to be made soon. When too many wait it is dropped.
func (c *Courtesies) Make(ch *channels.Opened, call *connectors.Call) {
	select {
	case c.waiting <- courtesy{ch, call}:
	default:
		c.logger.Warn("too many courtesy calls, one is left out", "channel", ch.ID, "call", call.Name)
	}
}

// Run makes the calls until ctx ends.
func (c *Courtesies) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for range courtesyPlaces {
		wg.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case next := <-c.waiting:
					if _, err := c.carrier.Do(ctx, next.channel.Target, next.call); err != nil {
						c.logger.DebugContext(ctx, "a courtesy call failed", "channel", next.channel.ID, "error", err)
					}
				}
			}
		})
	}
	wg.Wait()
}
