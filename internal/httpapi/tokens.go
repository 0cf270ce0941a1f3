package httpapi

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/internal/directory"
	"threadhub/threads"
)

// ListTokens implements GET /v1/tokens.
func (s *server) ListTokens(c *gin.Context, params api.ListTokensParams) {
	limit := limitOf(params.Limit)
	tokens, err := s.Auth.Tokens(c.Request.Context(), value(params.Cursor), limit+1)
	if err != nil {
		s.fail(c, err)
		return
	}
	tokens, next := cut(tokens, limit, func(t auth.Token) string { return t.ID })
	s.answer(c, http.StatusOK, api.TokenList{Data: convert(tokens, tokenView), NextCursor: next})
}

// CreateToken implements POST /v1/tokens.
func (s *server) CreateToken(c *gin.Context, _ api.CreateTokenParams) {
	var in api.TokenDraft
	if !s.decode(c, &in) {
		return
	}
	if !s.unlimited(c) {
		return
	}
	if err := s.channelsExist(c, "channels", typed[threads.ChannelID](in.Channels)); err != nil {
		s.fail(c, err)
		return
	}
	agent, _ := in.AgentID.Get()
	expires, _ := in.ExpiresAt.Get()
	token, secret, err := s.Auth.CreateToken(c.Request.Context(), auth.TokenDraft{
		Name: in.Name, Role: auth.Role(in.Role), AgentID: threads.AgentID(agent), Scopes: typed[auth.Scope](in.Scopes),
		Channels: typed[threads.ChannelID](in.Channels), Groups: typed[threads.GroupID](in.Groups), ExpiresAt: expires.Time,
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusCreated, api.IssuedToken{Token: tokenView(token), Secret: secret})
}

// unlimited refuses a caller who sees only some channels or groups: by a token
// or a person of its own making it would see the rest.
func (s *server) unlimited(c *gin.Context) bool {
	if !caller(c).Limited() {
		return true
	}
	s.refuse(c, problem(http.StatusForbidden, codeForbidden, "who is limited to channels or groups may not change who may do what"))
	return false
}

// DeleteToken implements DELETE /v1/tokens/{token_id}.
func (s *server) DeleteToken(c *gin.Context, id string) {
	if !s.unlimited(c) {
		return
	}
	if err := s.Auth.DeleteToken(c.Request.Context(), id); err != nil {
		s.fail(c, err)
		return
	}
	gone(c)
}

// GetMe implements GET /v1/me.
func (s *server) GetMe(c *gin.Context) {
	p := caller(c)
	me := api.Me{
		TokenID: p.TokenID, Name: p.Name, Role: api.TokenRole(p.Role), Scopes: convert(p.Scopes, scopeView),
		Channels: convert(p.Channels, text[threads.ChannelID]), Groups: convert(p.Groups, text[threads.GroupID]),
		ExpiresAt: timeOrNull(p.ExpiresAt), Agent: null[api.Agent](), Permissions: p.Permissions(),
		Session: null[api.SignInSession](), CsrfToken: null[string](),
	}
	if p.Session != "" && !s.tellSession(c, p, &me) {
		return
	}
	if p.AgentID != "" {
		agent, err := s.Auth.Agent(c.Request.Context(), p.AgentID)
		var m []member
		if err == nil {
			m, err = s.members(c.Request.Context(), []auth.Agent{agent})
		}
		if errors.Is(err, directory.ErrNotFound) { // removed a moment ago
			s.unauthenticated(c)
			return
		}
		if err != nil {
			s.fail(c, err)
			return
		}
		me.Agent = nullable.NewNullableWithValue(agentView(m[0]))
	}
	s.answer(c, http.StatusOK, me)
}

// tellSession adds the session to what the caller learns of themselves.
func (s *server) tellSession(c *gin.Context, p auth.Principal, me *api.Me) bool {
	list, err := s.Auth.Sessions(c.Request.Context(), p.AgentID)
	if err != nil {
		s.fail(c, err)
		return false
	}
	for _, v := range list {
		if v.ID == p.Session {
			me.Session = nullable.NewNullableWithValue(signInView(v, p.Session))
		}
	}
	me.CsrfToken = nullable.NewNullableWithValue(auth.CSRFToken(c.GetString(keyBearer)))
	return true
}
