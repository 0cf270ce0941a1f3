package httpapi

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/threads"
)

// message answers a message of a conversation that the caller may see.
func (s *server) message(ctx context.Context, p auth.Principal, id string) (threads.Message, error) {
	m, err := s.Records.Message(ctx, threads.MessageID(id))
	if err != nil {
		return threads.Message{}, err
	}
	_, err = s.conversation(ctx, p, string(m.ConversationID))
	return m, err
}

// GetMessage implements GET /v1/messages/{message_id}.
func (s *server) GetMessage(c *gin.Context, id string) {
	m, err := s.message(c.Request.Context(), caller(c), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, s.messageView(m))
}

// CancelMessage implements POST /v1/messages/{message_id}/cancel.
func (s *server) CancelMessage(c *gin.Context, id string, _ api.CancelMessageParams) {
	ctx := c.Request.Context()
	m, err := s.message(ctx, caller(c), id)
	if err == nil {
		m, err = s.Conversations.Cancel(ctx, m.ID, caller(c).Author())
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, s.messageView(m))
}

// ResendMessage implements POST /v1/messages/{message_id}/resend.
func (s *server) ResendMessage(c *gin.Context, id string, _ api.ResendMessageParams) { s.resend(c, id) }

// RetryDeadLetter implements POST /v1/dead-letters/{message_id}/retry.
func (s *server) RetryDeadLetter(c *gin.Context, id string, _ api.RetryDeadLetterParams) {
	s.resend(c, id)
}

func (s *server) resend(c *gin.Context, id string) {
	ctx, by := c.Request.Context(), caller(c).Author()
	m, err := s.message(ctx, caller(c), id)
	if err == nil && by.Type != threads.AuthorAgent {
		err = problem(http.StatusForbidden, codeForbidden, "only a person sends a message again: use the token of an agent or admin")
	}
	if err == nil {
		m, _, err = s.Conversations.Resend(ctx, m.ID, by)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusAccepted, s.messageView(m))
}

// ListDeadLetters implements GET /v1/dead-letters.
func (s *server) ListDeadLetters(c *gin.Context, params api.ListDeadLettersParams) {
	filter := threads.DeadLetterFilter{Channels: caller(c).Channels, Status: threads.MessageStatus(value(params.Status))}
	if params.ChannelID != nil {
		id := threads.ChannelID(*params.ChannelID)
		if !caller(c).SeesChannel(id) {
			s.answer(c, http.StatusOK, api.MessageList{Data: []api.Message{}, NextCursor: nextCursor("")})
			return
		}
		filter.Channels = []threads.ChannelID{id}
	}
	page := threads.Page{After: threads.Cursor(value(params.Cursor)), Limit: limitOf(params.Limit)}
	list, next, err := s.Records.DeadLetters(c.Request.Context(), filter, page)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.Media.Look(c.Request.Context(), list)
	s.answer(c, http.StatusOK, api.MessageList{Data: convert(list, s.messageView), NextCursor: nextCursor(string(next))})
}
