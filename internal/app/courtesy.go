package app

import (
	"context"

	"threadhub/connectors"
	"threadhub/normalize"
	"threadhub/threads"
)

// showTyping shows the contact that somebody types, where the platform can:
// once, best effort.
func (h *Hub) showTyping(ctx context.Context, conv threads.Conversation) {
	ch, err := h.channels.Open(ctx, conv.ChannelID)
	if err != nil || !ch.Enabled {
		return
	}
	typist, ok := ch.Connector.(connectors.Typist)
	if !ok {
		return
	}
	call := typist.Typing(&normalize.Outbound{
		To:      normalize.Peer{ID: conv.Contact.ExternalID, Aliases: conv.Contact.Aliases, Name: conv.Contact.Name},
		Context: conv.ReplyContext, LastInbound: conv.LastInboundID, Now: h.threads.Now().UTC(),
	})
	if call != nil {
		h.errands.Make(ch, call)
	}
}
