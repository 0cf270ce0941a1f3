package accept

import (
	"context"
	"errors"
	"fmt"
	"time"

	"threadhub/connectors"
	"threadhub/internal/ident"
	"threadhub/internal/journal"
	"threadhub/threads"
)

// Deliver journals what came over a connection that the hub itself opened
// (connectors.Streamed). There is no signature to verify: the connection is the
// proof. Errors: threads.ErrNotFound (no such channel) and ErrUnavailable;
// after either nothing is stored.
func (d *Desk) Deliver(ctx context.Context, id threads.ChannelID, req *connectors.Request) error {
	ch, err := d.channels.Open(ctx, id)
	switch {
	case errors.Is(err, threads.ErrNotFound):
		return fmt.Errorf("deliver from a stream: %w", err)
	case err != nil:
		return fmt.Errorf("deliver from a stream: %w: %w", ErrUnavailable, err)
	}
	entry := journal.Entry{
		ID: ident.New("ev"), ChannelID: string(ch.ID), ReceivedAt: d.now().UTC().Truncate(time.Millisecond),
		Method: req.Method, Header: keep(req.Header, ch.Headers), Body: req.Body, State: journal.Pending,
	}
	if err := d.journal.append(ctx, []journal.Entry{entry}); err != nil {
		return fmt.Errorf("deliver from a stream: %w: %w", ErrUnavailable, err)
	}
	return nil
}

// fromStream tells that a webhook claims to have come over a connection of the
// hub's own, which nothing that comes in over HTTP has.
func fromStream(req *connectors.Request) bool {
	return len(req.Header.Values(connectors.StreamHeader)) > 0
}
