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
	h.sign(ctx, conv, func(c connectors.Connector, out *normalize.Outbound) *connectors.Call {
		if typist, ok := c.(connectors.Typist); ok {
			return typist.Typing(out)
		}
		return nil
	})
}

// showRead shows the contact that their messages were read, likewise.
func (h *Hub) showRead(ctx context.Context, conv threads.Conversation) {
	h.sign(ctx, conv, func(c connectors.Connector, out *normalize.Outbound) *connectors.Call {
		if reader, ok := c.(connectors.Reader); ok {
			return reader.Read(out)
		}
		return nil
	})
}

// sign has the call made that gives a sign of life to the contact, if there is
// one.
func (h *Hub) sign(ctx context.Context, conv threads.Conversation, of func(connectors.Connector, *normalize.Outbound) *connectors.Call) {
	ch, err := h.channels.Open(ctx, conv.ChannelID)
	if err != nil || !ch.Enabled {
		return
	}
	call := of(ch.Connector, &normalize.Outbound{
		To:      normalize.Peer{ID: conv.Contact.ExternalID, Aliases: conv.Contact.Aliases, Name: conv.Contact.Name},
		Context: conv.ReplyContext, LastInbound: conv.LastInboundID, Now: h.threads.Now().UTC(),
	})
	if call != nil {
		h.errands.Make(ch, call)
	}
}
