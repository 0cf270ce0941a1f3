package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/internal/canned"
	"threadhub/internal/directory"
	"threadhub/threads"
)

func (s *server) answerCanned(c *gin.Context, status int) func(canned.Reply, error) {
	return func(v canned.Reply, err error) {
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answerVersioned(c, status, v.Version, cannedView(v))
	}
}

func cannedView(v canned.Reply) api.CannedReply {
	return api.CannedReply{
		ID: v.ID, Name: v.Name, Text: v.Text, CreatedAt: timeView(v.CreatedAt), UpdatedAt: timeView(v.UpdatedAt), Version: v.Version,
	}
}

// ListCannedReplies implements GET /v1/canned-replies.
func (s *server) ListCannedReplies(c *gin.Context, params api.ListCannedRepliesParams) {
	limit := limitOf(params.Limit)
	list, err := s.Canned.List(c.Request.Context(), value(params.Cursor), limit+1)
	if err != nil {
		s.fail(c, err)
		return
	}
	list, next := cut(list, limit, func(v canned.Reply) string { return v.ID })
	s.answer(c, http.StatusOK, api.CannedReplyList{Data: convert(list, cannedView), NextCursor: next})
}

// CreateCannedReply implements POST /v1/canned-replies.
func (s *server) CreateCannedReply(c *gin.Context, _ api.CreateCannedReplyParams) {
	var in api.CannedReplyDraft
	if !s.decode(c, &in) {
		return
	}
	s.answerCanned(c, http.StatusCreated)(s.Canned.Create(c.Request.Context(), in.Name, in.Text))
}

// GetCannedReply implements GET /v1/canned-replies/{canned_reply_id}.
func (s *server) GetCannedReply(c *gin.Context, id string, params api.GetCannedReplyParams) {
	ctx := c.Request.Context()
	v, err := s.Canned.Get(ctx, id)
	if err != nil || params.ConversationID == nil {
		s.answerCanned(c, http.StatusOK)(v, err)
		return
	}
	conv, err := s.conversation(ctx, caller(c), *params.ConversationID)
	if err != nil {
		s.fail(c, err)
		return
	}
	text, err := s.render(ctx, caller(c), v, conv)
	if err != nil {
		s.fail(c, err)
		return
	}
	view := cannedView(v)
	view.Rendered = &text
	s.answerVersioned(c, http.StatusOK, v.Version, view)
}

// render fills a canned reply in for a conversation.
func (s *server) render(ctx context.Context, p auth.Principal, v canned.Reply, conv threads.Conversation) (string, error) {
	values := canned.Values{
		"contact.external_id": string(conv.Contact.ExternalID), "conversation.id": string(conv.ID), "conversation.subject": conv.Subject,
	}.Named("contact", conv.Contact.Name).Named("agent", p.Name)
	ch, err := s.Channels.Get(ctx, conv.ChannelID)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return "", err
	}
	values["channel.name"] = ch.Name
	return canned.Render(v.Text, values), nil
}

// useCanned puts the canned reply that a draft names into its text.
func (s *server) useCanned(ctx context.Context, p auth.Principal, in *api.MessageDraft, conv threads.Conversation) error {
	if in.CannedReplyID == nil {
		return nil
	}
	if in.Text != nil {
		return invalid(fieldError{"canned_reply_id", "cannot be combined with text: give one of them"})
	}
	v, err := s.Canned.Get(ctx, *in.CannedReplyID)
	if errors.Is(err, directory.ErrNotFound) {
		return invalid(fieldError{"canned_reply_id", "there is no such canned reply: GET /v1/canned-replies lists those there are"})
	}
	if err != nil {
		return err
	}
	text, err := s.render(ctx, p, v, conv)
	in.Text = &text
	return err
}

// noCanned refuses a canned reply where there is no conversation to fill it in
// for.
func (s *server) noCanned(in api.MessageDraft) error {
	if in.CannedReplyID == nil {
		return nil
	}
	return invalid(fieldError{"message.canned_reply_id", "needs a conversation: give the text"})
}

// UpdateCannedReply implements PATCH /v1/canned-replies/{canned_reply_id}.
func (s *server) UpdateCannedReply(c *gin.Context, id string, params api.UpdateCannedReplyParams) {
	var in api.CannedReplyChange
	if !s.decode(c, &in) {
		return
	}
	change := canned.Change{Name: in.Name, Text: in.Text}
	var err error
	if change.IfVersion, err = expected(in.Version, params.IfMatch); err != nil {
		s.fail(c, err)
		return
	}
	s.answerCanned(c, http.StatusOK)(s.Canned.Update(c.Request.Context(), id, change))
}

// DeleteCannedReply implements DELETE /v1/canned-replies/{canned_reply_id}.
func (s *server) DeleteCannedReply(c *gin.Context, id string) {
	if err := s.Canned.Delete(c.Request.Context(), id); err != nil {
		s.fail(c, err)
		return
	}
	gone(c)
}
