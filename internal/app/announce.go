package app

import (
	"context"
	"encoding/json"
	"fmt"

	"threadhub/internal/bus"
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
