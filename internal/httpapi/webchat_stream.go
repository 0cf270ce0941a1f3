package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/webchat"
	"threadhub/threads"
)

// StreamWebchat implements GET /webchat/{channel_id}/stream.
func (s *server) StreamWebchat(c *gin.Context, id string, params api.StreamWebchatParams) {
	chat, sess, ok := s.follower(c, id, value(params.Ticket))
	if !ok {
		return
	}
	after := value(params.LastEventID)
	if after == "" {
		after = value(params.After)
	}
	out := &stream{w: c.Writer, control: http.NewResponseController(c.Writer)}
	ctx, begun := c.Request.Context(), false
	err := s.Webchat.Follow(ctx, sess, c.ClientIP(), after, func(e webchat.Event) error {
		if !begun {
			begun = true
			beginStream(c, out)
		}
		text, err := s.visitorEvent(ctx, chat, e)
		if err != nil {
			return err
		}
		return out.write(text)
	})
	if err != nil && !begun {
		s.failWebchat(c, err)
	} else if err != nil {
		// The client left, or comes back and finds everything.
		s.Logger.DebugContext(ctx, "a visitor's stream ended", "channel", id, "error", err)
	}
}

// follower answers whose stream it is to be: by the token in the header, or by
// a ticket.
func (s *server) follower(c *gin.Context, id, ticket string) (*webchat.Chat, webchat.Session, bool) {
	if ticket == "" {
		return s.visitor(c, id, webchat.DeedConnect)
	}
	chat, err := s.chat(c, id)
	var sess webchat.Session
	if err == nil {
		sess, err = s.Webchat.Redeem(c.Request.Context(), chat.ID, ticket)
	}
	if err != nil {
		s.failWebchat(c, err)
		return nil, sess, false
	}
	return chat, sess, true
}

// beginStream answers the request: what follows are events.
func beginStream(c *gin.Context, out *stream) {
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	c.Status(http.StatusOK)
	// A server's read timeout would end the stream: there is nothing to read.
	_ = out.control.SetReadDeadline(time.Time{})
}

// visitorEvent writes an event as the stream has it.
func (s *server) visitorEvent(ctx context.Context, chat *webchat.Chat, e webchat.Event) (string, error) {
	if e.Type == webchat.EventHeartbeat {
		if e.ID == "" {
			return ": still here\n\n", nil
		}
		return fmt.Sprintf("retry: %d\nid: %s\n\n", reconnect.Milliseconds(), e.ID), nil
	}
	var data any = map[string]any{}
	switch e.Type {
	case webchat.EventMessage, webchat.EventUpdated:
		view, err := s.visitorMessageView(ctx, chat, e.Message)
		if err != nil {
			return "", err
		}
		data = view
	case webchat.EventDeleted:
		data = map[string]any{"id": webchat.MessageID(*e.Message)}
	case webchat.EventStatus:
		data = map[string]any{"id": webchat.MessageID(*e.Message), "status": visitorStatus(*e.Message)}
	case webchat.EventRead:
		data = map[string]any{"up_to": e.UpTo}
	case webchat.EventJoined, webchat.EventTyping:
		data = map[string]any{"author": visitorAuthorView(threads.Author{Type: threads.AuthorAgent, Name: e.Name})}
	case webchat.EventClosed:
		data = visitorConversationView(*e.Conversation)
	}
	body, err := json.Marshal(data)
	if err != nil {
		return "", fmt.Errorf("event of a visitor's stream: %w", err)
	}
	return "id: " + e.ID + "\nevent: " + string(e.Type) + "\ndata: " + string(body) + "\n\n", nil
}
