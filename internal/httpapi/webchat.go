package httpapi

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	widget "threadhub/connectors/webchat"
	"threadhub/internal/accept"
	"threadhub/internal/media"
	"threadhub/internal/webchat"
	"threadhub/threads"
)

const (
	webchatPath = "/webchat/"
	// maxVisitorBody bounds what a visitor sends, files apart.
	maxVisitorBody = 64 << 10
	// preflight is how long browsers may remember what a site may do.
	preflight = 10 * time.Minute
)

// Codes of the web chat.
const (
	codeVisitorToken     = "visitor_token_invalid"
	codeTicket           = "ticket_invalid"
	codeIdentity         = "identity_invalid"
	codeIdentityRequired = "identity_required"
	codeOrigin           = "origin_not_allowed"
	codeTooMany          = "too_many_requests"
	codeLinkOver         = "link_expired"
)

// webchatDoor lets pages of allowed sites in, and nobody else's. Clients that
// are no browser name no origin; what they may do follows from their token.
func (s *server) webchatDoor(c *gin.Context) {
	rest, ok := strings.CutPrefix(c.Request.URL.Path, webchatPath)
	if !ok {
		c.Next()
		return
	}
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Add("Vary", "Origin")
	if origin := c.GetHeader("Origin"); origin != "" {
		id, _, _ := strings.Cut(rest, "/")
		chat, err := s.chat(c, id)
		if err != nil && !errors.Is(err, webchat.ErrDisabled) {
			s.failWebchat(c, err)
			return
		}
		if !chat.Widget.Allows(origin) && !sameOrigin(c, s.PublicURL) {
			s.refuse(c, problem(http.StatusForbidden, codeOrigin, "the page's site may not show this chat: add its origin to the channel's allowed_origins"))
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "Retry-After, X-Request-Id")
	}
	if c.Request.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID")
		h.Set("Access-Control-Max-Age", strconv.Itoa(int(preflight.Seconds())))
		c.AbortWithStatus(http.StatusNoContent)
		return
	}
	if !strings.HasSuffix(rest, "/attachments") {
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxVisitorBody)
	}
	c.Next()
}

// sameOrigin tells whether the page is the hub's own: it has the public
// address, or the browser, which no page can make say so, says that it came
// from where the request goes.
func sameOrigin(c *gin.Context, publicURL string) bool {
	if c.GetHeader("Sec-Fetch-Site") == "same-origin" {
		return true
	}
	u, err := url.Parse(publicURL)
	return err == nil && u.Host != "" && strings.EqualFold(c.GetHeader("Origin"), u.Scheme+"://"+u.Host)
}

// chat opens the web chat of a channel.
func (s *server) chat(c *gin.Context, id string) (*webchat.Chat, error) {
	if s.Webchat == nil || !plain(id, maxID) {
		return nil, threads.ErrNotFound
	}
	return s.Webchat.Chat(c.Request.Context(), threads.ChannelID(id))
}

// visitor answers the chat and the caller's session, if they may do the deed
// now. Otherwise the request was refused and ok is false.
func (s *server) visitor(c *gin.Context, id string, d webchat.Deed) (chat *webchat.Chat, sess webchat.Session, ok bool) {
	chat, err := s.chat(c, id)
	if err == nil {
		token, _ := bearer(c.Request)
		sess, err = s.Webchat.Authenticate(c.Request.Context(), chat.ID, token)
	}
	if err == nil {
		err = s.Webchat.Allow(d, sess, c.ClientIP())
	}
	if err != nil {
		s.failWebchat(c, err)
		return nil, sess, false
	}
	return chat, sess, true
}

// failWebchat answers an error that a visitor's client meets.
func (s *server) failWebchat(c *gin.Context, err error) {
	var field *webchat.InvalidError
	var limit *webchat.LimitError
	var own *problemError
	switch {
	case errors.As(err, &own):
		s.refuse(c, own)
	case errors.As(err, &field):
		s.refuse(c, invalid(fieldError{field.Field, field.Message}))
	case errors.As(err, &limit):
		c.Header("Retry-After", strconv.Itoa(max(1, int(limit.After.Round(time.Second).Seconds()))))
		s.refuse(c, problem(http.StatusTooManyRequests, codeTooMany, "too many requests: wait as long as Retry-After says"))
	case errors.Is(err, webchat.ErrToken):
		c.Header("WWW-Authenticate", "Bearer")
		s.refuse(c, problem(http.StatusUnauthorized, codeVisitorToken, "the visitor token is no longer good: open a session anew"))
	case errors.Is(err, webchat.ErrTicket):
		s.refuse(c, problem(http.StatusUnauthorized, codeTicket, "the ticket was used, or its minute is over: get another one"))
	case errors.Is(err, webchat.ErrIdentityRequired):
		s.refuse(c, problem(http.StatusUnauthorized, codeIdentityRequired, "the chat is for signed-in visitors only: send an identity"))
	case errors.Is(err, widget.ErrIdentity):
		s.refuse(c, problem(http.StatusUnauthorized, codeIdentity, err.Error()))
	case errors.Is(err, webchat.ErrDisabled):
		s.refuse(c, problem(http.StatusForbidden, string(threads.RefusedChannel), "the chat is switched off"))
	case errors.Is(err, webchat.ErrSignature):
		s.refuse(c, problem(http.StatusForbidden, codeLinkOver, "the address of the file is no longer good: read the message again"))
	case errors.Is(err, media.ErrTooLarge):
		s.refuse(c, problem(http.StatusRequestEntityTooLarge, codeMediaTooLarge, "a file may have 10 MB"))
	case errors.Is(err, media.ErrEmpty):
		s.refuse(c, invalid(fieldError{"", "the body is the file: it has no bytes"}))
	case errors.Is(err, media.ErrFull):
		s.refuse(c, problem(http.StatusInsufficientStorage, codeStorageFull, "there is no room for the file right now"))
	case errors.Is(err, threads.ErrNotFound):
		s.refuse(c, notFound("there is no such chat"))
	case errors.Is(err, accept.ErrUnavailable):
		s.fail(c, unavailable())
	default:
		s.fail(c, err)
	}
}

func configView(w *widget.Widget) api.WebchatConfig {
	return api.WebchatConfig{
		Greeting: w.Greeting, Colour: w.Colour, RequireIdentity: w.RequireIdentity,
		MaxText: widget.MaxText, MaxFileBytes: widget.MaxFile, MaxFiles: widget.MaxFiles,
	}
}

// GetWebchatConfig implements GET /webchat/{channel_id}/config.
func (s *server) GetWebchatConfig(c *gin.Context, id string) {
	chat, err := s.chat(c, id)
	if err != nil {
		s.failWebchat(c, err)
		return
	}
	s.answer(c, http.StatusOK, configView(chat.Widget))
}

// OpenWebchatSession implements POST /webchat/{channel_id}/sessions.
func (s *server) OpenWebchatSession(c *gin.Context, id string) {
	var in api.WebchatOpening
	if !s.decode(c, &in) {
		return
	}
	ctx := c.Request.Context()
	chat, err := s.chat(c, id)
	if err == nil {
		err = s.Webchat.Allow(webchat.DeedOpen, webchat.Session{Channel: threads.ChannelID(id)}, c.ClientIP())
	}
	if err != nil {
		s.failWebchat(c, err)
		return
	}
	o := webchat.Opening{Token: value(in.VisitorToken), Name: strings.TrimSpace(value(in.Name)), Locale: value(in.Locale)}
	if p := in.Identity; p != nil {
		if (p.Jwt == nil) == (p.ExternalID == nil || p.Hash == nil) {
			s.refuse(c, invalid(fieldError{"identity", "needs either jwt, or external_id and hash"}))
			return
		}
		o.Assertion = &widget.Assertion{JWT: value(p.Jwt), ExternalID: value(p.ExternalID), Hash: value(p.Hash)}
	}
	sess, token, err := s.Webchat.Open(ctx, chat, o)
	if err != nil {
		s.failWebchat(c, err)
		return
	}
	s.answerSession(c, chat, sess, token)
}

func (s *server) answerSession(c *gin.Context, chat *webchat.Chat, sess webchat.Session, token string) {
	ctx := c.Request.Context()
	conv, ok, err := s.Webchat.Conversation(ctx, sess)
	if err != nil {
		s.failWebchat(c, err)
		return
	}
	ticket, _, err := s.Webchat.Ticket(ctx, sess)
	if err != nil {
		s.failWebchat(c, err)
		return
	}
	view := api.WebchatSession{
		VisitorToken: token, ExpiresAt: timeView(sess.ExpiresAt), VisitorID: sess.Visitor.ID, ExternalID: orNull(sess.Visitor.ExternalID),
		Config: configView(chat.Widget), StreamURL: s.PublicURL + webchatPath + string(chat.ID) + "/stream?" + url.Values{"ticket": {ticket}}.Encode(),
	}
	if ok {
		view.Conversation = pick(&conv, visitorConversationView)
	} else {
		view.Conversation.SetNull()
	}
	s.answer(c, http.StatusCreated, view)
}

// CloseWebchatSession implements DELETE /webchat/{channel_id}/sessions.
func (s *server) CloseWebchatSession(c *gin.Context, id string) {
	_, sess, ok := s.visitor(c, id, webchat.DeedElse)
	if !ok {
		return
	}
	if err := s.Webchat.Close(c.Request.Context(), sess); err != nil {
		s.failWebchat(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// CreateWebchatTicket implements POST /webchat/{channel_id}/stream-tickets.
func (s *server) CreateWebchatTicket(c *gin.Context, id string) {
	_, sess, ok := s.visitor(c, id, webchat.DeedConnect)
	if !ok {
		return
	}
	ticket, until, err := s.Webchat.Ticket(c.Request.Context(), sess)
	if err != nil {
		s.failWebchat(c, err)
		return
	}
	s.answer(c, http.StatusCreated, api.WebchatTicket{Ticket: ticket, ExpiresAt: timeView(until)})
}
