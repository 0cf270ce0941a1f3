package expiry

import (
	"context"
	"errors"
	"fmt"

	"threadhub/internal/retention"
	"threadhub/threads"
)

// channels goes through all that something is kept of. One that fails does not
// keep the others.
func (w *sweep) channels(ctx context.Context) error {
	hub, err := w.Hub(ctx)
	if err != nil {
		return fmt.Errorf("expiry: %w", err)
	}
	var errs []error
	for after := threads.ChannelID(""); ; {
		id, err := w.next(ctx, after)
		if err != nil || id == "" {
			return errors.Join(append(errs, err)...)
		}
		own, err := w.Channel(ctx, id)
		if err == nil {
			err = w.channel(ctx, id, own.Over(hub))
		}
		if errors.Is(err, errElsewhere) || ctx.Err() != nil {
			return err
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("channel %s: %w", id, err))
		}
		after = id
	}
}

// next answers the first channel after the given one that is registered or of
// which something is kept, "" when there is none.
func (k *Keeper) next(ctx context.Context, after threads.ChannelID) (threads.ChannelID, error) {
	next := threads.ChannelID("")
	first := func(id threads.ChannelID) {
		if id != "" && (next == "" || id < next) {
			next = id
		}
	}
	list, err := k.Registered(ctx, after, 1)
	if err != nil {
		return "", fmt.Errorf("registered channels: %w", err)
	}
	if len(list) > 0 {
		first(list[0])
	}
	kept, err := k.Store.Kept(ctx, after)
	if err != nil {
		return "", err
	}
	first(kept)
	hooks, err := k.Journal.NextChannel(ctx, string(after))
	first(threads.ChannelID(hooks))
	return next, err
}

// Forecast is what would be erased right now of the conversations of a channel
// and style.
type Forecast struct {
	Channel threads.ChannelID
	Style   threads.StyleName
	// Keep is for how long they are kept.
	Keep retention.Keep
	// Conversations are those to be erased, of which at most Most are counted.
	Conversations int
}

// Most is how many conversations a forecast counts.
const Most = 10_000

// Preview tells what the policies would erase of conversations right now, and
// changes nothing. hub and channel answer the policies, as stored or as somebody
// thinks of them; only, when it is not empty, is the one channel that is asked
// about.
func (k *Keeper) Preview(ctx context.Context, hub retention.Policy, channel func(ctx context.Context, id threads.ChannelID) (retention.Policy, error), only threads.ChannelID) ([]Forecast, error) {
	var list []Forecast
	w := &sweep{Keeper: k}
	for after := threads.ChannelID(""); ; {
		id, err := only, error(nil)
		if only == "" {
			id, err = k.next(ctx, after)
		}
		if err != nil || id == "" {
			return list, err
		}
		own, err := channel(ctx, id)
		if err != nil {
			return nil, err
		}
		p := own.Over(hub)
		for _, style := range threads.StyleNames {
			f := Forecast{Channel: id, Style: style, Keep: p.Talk(style)}
			if before, ok := w.before(f.Keep); ok {
				if f.Conversations, err = k.Store.CountSpent(ctx, threads.Share{Channel: id, Style: style, Before: before}, Most); err != nil {
					return nil, err
				}
			}
			list = append(list, f)
		}
		if after = id; only != "" {
			return list, nil
		}
	}
}
