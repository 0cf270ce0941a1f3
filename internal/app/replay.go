package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"threadhub/internal/config"
	"threadhub/internal/directory"
	"threadhub/internal/journal"
)

// replayStep is how many webhooks are looked at in one go.
const replayStep = 10_000

// Replay makes webhooks of channels pending again, straight in the store, for
// the workers to find; channel "" stands for every channel. It answers how many
// there were.
func Replay(ctx context.Context, cfg config.Server, channel string, r journal.Replay) (total int, err error) {
	s, err := openExisting(ctx, cfg.MongoDBURI.Reveal(), cfg.DataDir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	list, err := channelIDs(ctx, s)
	if err != nil {
		return 0, err
	}
	if channel != "" {
		if !slices.Contains(list, channel) {
			return 0, fmt.Errorf("there is no channel %s: leave --channel out for all, or see GET /v1/channels", channel)
		}
		list = []string{channel}
	}
	for _, r.ChannelID = range list {
		for r.Before = ""; ; {
			out, err := journal.Again(ctx, s.Journal(), r, replayStep)
			total += out.Reopened
			if err != nil {
				return total, err
			}
			if r.Before = out.Next; r.Before == "" {
				break
			}
		}
	}
	return total, nil
}

func channelIDs(ctx context.Context, s directory.Store) (ids []string, err error) {
	const page = 200
	after := ""
	for {
		list, err := s.List(ctx, "channel", after, page)
		if err != nil {
			return nil, fmt.Errorf("list channels: %w", err)
		}
		for _, d := range list {
			after = d.ID
			ids = append(ids, d.ID)
		}
		if len(list) < page {
			return ids, nil
		}
	}
}
