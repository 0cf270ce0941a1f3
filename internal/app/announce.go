package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"threadhub/internal/bus"
	"threadhub/internal/channels"
	"threadhub/internal/subscriptions"
	"threadhub/threads"
)

// announcer puts notices of changes onto the bus. New messages are shown to
// created, which must not block.
type announcer struct {
	bus     bus.Bus
	created func(m *threads.Message)
}

// Announce publishes the notices in their order.
func (a announcer) Announce(ctx context.Context, notices []threads.Notice) error {
	events := make([]bus.Event, len(notices))
	for i, n := range notices {
		e := bus.Event{Type: string(n.Type), At: n.At}
		if c := n.Conversation; c != nil {
			e.Channel, e.Conversation = string(c.ChannelID), string(c.ID)
		}
		if m := n.Message; m != nil {
			e.Channel, e.Conversation, e.Message = string(m.ChannelID), string(m.ConversationID), string(m.ID)
			if n.Type == threads.NoticeMessageCreated {
				a.created(m)
			}
		}
		data, err := json.Marshal(n)
		if err != nil {
			return fmt.Errorf("announce %s: %w", n.Type, err)
		}
		e.Data = data
		events[i] = e
	}
	return a.bus.Publish(ctx, events)
}

// channelNews is a change of a channel's health on the bus.
type channelNews struct {
	Type    threads.NoticeType
	At      time.Time
	Channel *channels.Channel
}

// channelChanged tells the worker that a channel was changed, and whoever
// listens when it works no longer, or again.
func (h *Hub) channelChanged(ctx context.Context, ch channels.Channel, health bool) {
	if h.outbound != nil {
		h.outbound.Resume(ch.ID)
	}
	if !health {
		return
	}
	news := channelNews{Type: subscriptions.ChannelHealth, At: ch.UpdatedAt, Channel: &ch}
	data, err := json.Marshal(news)
	if err == nil {
		err = h.bus.Publish(ctx, []bus.Event{{Type: string(news.Type), At: news.At, Channel: string(ch.ID), Data: data}})
	}
	if err != nil {
		h.Logger.WarnContext(ctx, "a channel's health was not announced", "channel", ch.ID, "error", err)
	}
	h.tellHealth(ctx, ch)
}
