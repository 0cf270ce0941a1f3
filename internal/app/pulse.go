package app

import (
	"context"

	"threadhub/internal/httpapi"
	"threadhub/internal/pulse"
	"threadhub/normalize"
	"threadhub/threads"
)

// counted counts what becomes of messages, on the way to whoever is told.
type counted struct {
	next  threads.Announcer
	board *pulse.Board
}

// Announce implements [threads.Announcer].
func (c counted) Announce(ctx context.Context, notices []threads.Notice) error {
	for _, n := range notices {
		m := n.Message
		switch {
		case m == nil || m.Direction != threads.Outbound || m.Internal:
		case n.Type == threads.NoticeMessageFailed:
			reason := normalize.ReasonUnknown
			if m.Error != nil {
				reason = m.Error.Reason
			}
			c.board.Failed(string(m.ChannelID), string(reason))
		case n.Type == threads.NoticeMessageUpdated && m.Status == threads.MessageSent:
			c.board.Sent(string(m.ChannelID))
		}
	}
	return c.next.Announce(ctx, notices)
}

// pulse is how a channel does.
func (h *Hub) pulse(ctx context.Context, channel string) (p httpapi.Pulse, err error) {
	if p.Figures, err = h.board.Of(ctx, channel); err != nil {
		return p, err
	}
	p.HeldUntil = h.egress.Held()[channel]
	p.Token, p.HasToken, err = h.tokens.Expiry(ctx, channel)
	return p, err
}
