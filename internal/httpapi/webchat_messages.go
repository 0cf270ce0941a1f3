package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	widget "threadhub/connectors/webchat"
	"threadhub/internal/media"
	"threadhub/internal/webchat"
	"threadhub/normalize"
)

// ListWebchatMessages implements GET /webchat/{channel_id}/messages.
func (s *server) ListWebchatMessages(c *gin.Context, id string, params api.ListWebchatMessagesParams) {
	chat, sess, ok := s.visitor(c, id, webchat.DeedElse)
	if !ok {
		return
	}
	ctx, limit := c.Request.Context(), limitOf(params.Limit)
	var page webchat.Page
	var err error
	switch {
	case params.After != nil && params.Before != nil:
		err = invalid(fieldError{"before", "cannot be combined with after"})
	case params.After != nil:
		page, err = s.Webchat.After(ctx, sess, *params.After, limit)
	default:
		page, err = s.Webchat.History(ctx, sess, value(params.Before), limit)
	}
	if err != nil {
		s.failWebchat(c, err)
		return
	}
	view := api.WebchatMessages{Cursor: page.Cursor, Before: orNull(page.Before), More: page.More, Data: []api.WebchatMessage{}}
	for i := range page.Messages {
		m, err := s.visitorMessageView(ctx, chat, &page.Messages[i])
		if err != nil {
			s.failWebchat(c, err)
			return
		}
		view.Data = append(view.Data, m)
	}
	convs := convert(page.Conversations, visitorConversationView)
	view.Conversations = &convs
	if page.ReadUpTo != "" {
		view.ReadUpTo = &page.ReadUpTo
	}
	s.Webchat.Fetched(ctx, sess, page.Messages)
	s.answer(c, http.StatusOK, view)
}

// PostWebchatMessage implements POST /webchat/{channel_id}/messages.
func (s *server) PostWebchatMessage(c *gin.Context, id string) {
	_, sess, ok := s.visitor(c, id, webchat.DeedPost)
	if !ok {
		return
	}
	var in api.WebchatDraft
	if !s.decode(c, &in) {
		return
	}
	d := webchat.Draft{
		ClientID: in.ClientID, Text: value(in.Text), Files: value(in.AttachmentIDs), ReplyTo: value(in.ReplyTo), Page: visitedPage(in.Page),
	}
	if l := in.Location; l != nil {
		d.Location = &normalize.Location{Latitude: l.Latitude, Longitude: l.Longitude, Name: value(l.Name), Address: value(l.Address)}
	}
	if p := in.Postback; p != nil {
		d.Choice = &normalize.Choice{Kind: normalize.ChoiceButton, ID: p.ID, Title: value(p.Title)}
		if p.Kind != nil {
			d.Choice.Kind = normalize.ChoiceKind(*p.Kind)
		}
	}
	posted, err := s.Webchat.Post(c.Request.Context(), sess, d)
	if err != nil {
		s.failWebchat(c, err)
		return
	}
	s.answer(c, http.StatusCreated, api.WebchatReceived{ID: posted.ID, CreatedAt: timeView(posted.At)})
}

func visitedPage(p *api.WebchatPage) *widget.Page {
	if p == nil {
		return nil
	}
	return &widget.Page{URL: value(p.URL), Title: value(p.Title), Referrer: value(p.Referrer)}
}

// done answers a request of which nothing is to be told.
func (s *server) done(c *gin.Context, err error) {
	if err != nil {
		s.failWebchat(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// TypeWebchat implements POST /webchat/{channel_id}/typing.
func (s *server) TypeWebchat(c *gin.Context, id string) {
	if chat, sess, ok := s.visitor(c, id, webchat.DeedType); ok {
		s.done(c, s.Webchat.Typing(c.Request.Context(), chat, sess))
	}
}

// ReadWebchat implements POST /webchat/{channel_id}/read.
func (s *server) ReadWebchat(c *gin.Context, id string) {
	var in api.ReadWebchatJSONBody
	if _, sess, ok := s.visitor(c, id, webchat.DeedElse); ok && s.decode(c, &in) {
		s.done(c, s.Webchat.Read(c.Request.Context(), sess, in.UpTo))
	}
}

// PostWebchatEvent implements POST /webchat/{channel_id}/events.
func (s *server) PostWebchatEvent(c *gin.Context, id string) {
	var in api.WebchatEventDraft
	_, sess, ok := s.visitor(c, id, webchat.DeedElse)
	switch {
	case !ok || !s.decode(c, &in):
	case in.Type == api.WebchatEventDraftTypeChatEnded:
		s.done(c, s.Webchat.End(c.Request.Context(), sess))
	default:
		s.done(c, s.Webchat.ViewPage(c.Request.Context(), sess, visitedPage(in.Page)))
	}
}

// CreateWebchatAttachment implements POST /webchat/{channel_id}/attachments.
func (s *server) CreateWebchatAttachment(c *gin.Context, id string, params api.CreateWebchatAttachmentParams) {
	_, sess, ok := s.visitor(c, id, webchat.DeedUpload)
	if !ok {
		return
	}
	if strings.HasPrefix(c.ContentType(), "multipart/") || c.GetHeader("Content-Encoding") != "" {
		s.refuse(c, problem(http.StatusUnsupportedMediaType, codeMediaType, "send the file itself as the body, neither a form nor compressed"))
		return
	}
	if c.Request.ContentLength > widget.MaxFile {
		s.failWebchat(c, media.ErrTooLarge)
		return
	}
	f, err := s.Webchat.TakeFile(c.Request.Context(), sess, value(params.Name), c.Request.Body)
	if err != nil {
		s.failWebchat(c, err)
		return
	}
	s.answer(c, http.StatusCreated, api.WebchatUpload{ID: f.ID, Name: f.Name, MIME: f.MIME, Size: f.Size, ExpiresAt: timeView(f.ExpiresAt)})
}

// GetWebchatAttachment implements GET /webchat/{channel_id}/attachments/{attachment_id}.
func (s *server) GetWebchatAttachment(c *gin.Context, id, attachment string, params api.GetWebchatAttachmentParams) {
	chat, err := s.chat(c, id)
	if err == nil {
		err = s.Webchat.Allow(webchat.DeedElse, webchat.Session{Channel: chat.ID}, c.ClientIP())
	}
	var item *media.Item
	if err == nil {
		item, err = s.Webchat.File(c.Request.Context(), chat.ID, attachment, params.Expires, params.Signature)
	}
	var away *media.Error
	switch {
	case errors.As(err, &away):
		s.failMedia(c, err)
	case err != nil:
		s.failWebchat(c, err)
	default:
		c.Header("Cache-Control", "private, max-age=3600")
		serveItem(c, item, value(params.Download))
	}
}

// visitorMessageView is a message as its visitor sees it: what the channel's
// capabilities leave of it, as one message.
func (s *server) visitorMessageView(ctx context.Context, chat *webchat.Chat, m *messageRecord) (api.WebchatMessage, error) {
	content := chat.Content(*m)
	view := api.WebchatMessage{
		ID: webchat.MessageID(*m), ClientID: ptr(webchat.ClientID(*m)), ConversationID: string(m.ConversationID), Author: visitorAuthorView(m.Author),
		Type: api.MessageType(content.Type), Text: orNull(content.Text), Attachments: []api.WebchatFile{}, Buttons: convert(content.Buttons, buttonView),
		Status: visitorStatus(*m), CreatedAt: timeView(m.SentAt), EditedAt: timeOrNull(m.EditedAt), DeletedAt: timeOrNull(m.DeletedAt),
	}
	for i, a := range content.Attachments {
		address, err := s.Webchat.FileURL(ctx, m, i)
		if err != nil {
			return view, err
		}
		view.Attachments = append(view.Attachments, api.WebchatFile{
			ID: media.AttachmentID(m.ID, i), Type: api.MessageType(a.Type), MIME: ptr(a.MIME), Name: ptr(a.Name), Size: ptr(a.Size),
			Caption: ptr(a.Caption), URL: address,
		})
	}
	addVisitorContent(&view, content)
	for _, r := range m.Reactions {
		view.Reactions = appendTo(view.Reactions, r.Emoji)
	}
	return view, nil
}
