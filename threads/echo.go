package threads

import (
	"context"
	"fmt"
	"slices"

	"threadhub/normalize"
)

// confirmEchoes makes receipts of the echoes of messages that the hub itself
// sent: they say that the platform took the message, and nothing else. What is
// left as an echo was typed in the platform's own app.
func (s *Service) confirmEchoes(ctx context.Context, arrivals []Arrival) ([]Arrival, error) {
	ids := map[ChannelID][]normalize.PlatformID{}
	for _, a := range arrivals {
		if a.Event.Type == normalize.EventEcho && carriesMessage(a.Event) && a.Event.Message.ID != "" {
			ids[a.Channel] = append(ids[a.Channel], a.Event.Message.ID)
		}
	}
	if len(ids) == 0 {
		return arrivals, nil
	}
	arrivals = slices.Clone(arrivals)
	for channel, list := range ids {
		have, err := s.Store.MessagesByExternal(ctx, channel, list)
		if err != nil {
			return nil, fmt.Errorf("look for echoed messages: %w", err)
		}
		for i, a := range arrivals {
			if a.Channel != channel || a.Event.Type != normalize.EventEcho || !carriesMessage(a.Event) {
				continue
			}
			if m, ok := have[a.Event.Message.ID]; ok && m.Direction == Outbound && m.Author.Type != AuthorExternal {
				e := &arrivals[i].Event
				e.Type, e.Receipt, e.Message = normalize.EventReceipt, &normalize.Receipt{Target: e.Message.ID, Status: normalize.StatusSent}, nil
			}
		}
	}
	return arrivals, nil
}
