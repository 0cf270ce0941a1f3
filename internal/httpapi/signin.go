package httpapi

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/threads"
)

// cameFrom says where a request comes from: nobody's word is taken for it but
// that of the proxies the configuration names.
func cameFrom(c *gin.Context) auth.From {
	return auth.From{Address: c.ClientIP(), Client: c.Request.UserAgent()}
}

// GetSignIn implements GET /v1/session.
func (s *server) GetSignIn(c *gin.Context) {
	required, err := s.Auth.SetupRequired(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	methods := api.SignInMethods{SetupRequired: required, Password: true, Oidc: null[api.OIDCMethod]()}
	if s.Identities != nil {
		methods.Oidc = nullable.NewNullableWithValue(api.OIDCMethod{Name: s.IdentitiesName, URL: oidcPath})
	}
	s.answer(c, http.StatusOK, methods)
}

// SignIn implements POST /v1/session.
func (s *server) SignIn(c *gin.Context, _ api.SignInParams) {
	var in api.Credential
	if !s.decode(c, &in) || !s.fromOurPage(c) {
		return
	}
	s.enter(c)(s.Auth.SignIn(c.Request.Context(), in.Email, in.Password, cameFrom(c)))
}

// SetUp implements POST /v1/setup.
func (s *server) SetUp(c *gin.Context, _ api.SetUpParams) {
	var in api.FirstAdmin
	if !s.decode(c, &in) || !s.fromOurPage(c) {
		return
	}
	s.enter(c)(s.Auth.SetUp(c.Request.Context(), auth.FirstAdmin{
		Token: in.Token, Name: in.Name, Email: in.Email, Password: in.Password,
	}, cameFrom(c)))
}

// fromOurPage refuses to sign somebody in for another site's page: what they do
// then would be done in the name of whoever wrote it.
func (s *server) fromOurPage(c *gin.Context) bool {
	err := s.sameSite(c.Request)
	if err != nil {
		s.fail(c, err)
	}
	return err == nil
}

// CheckInvitation implements POST /v1/invitations/check.
func (s *server) CheckInvitation(c *gin.Context, _ api.CheckInvitationParams) {
	var in api.InvitationToken
	if !s.decode(c, &in) {
		return
	}
	link, agent, err := s.Auth.CheckLink(c.Request.Context(), in.Token)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.Invited{
		Purpose: api.InvitationPurpose(link.Purpose), Name: agent.Name, Email: agent.Email, ExpiresAt: timeView(link.ExpiresAt),
	})
}

// AcceptInvitation implements POST /v1/invitations/accept.
func (s *server) AcceptInvitation(c *gin.Context, _ api.AcceptInvitationParams) {
	var in api.InvitationAnswer
	if !s.decode(c, &in) || !s.fromOurPage(c) {
		return
	}
	s.enter(c)(s.Auth.AcceptLink(c.Request.Context(), in.Token, in.Password, cameFrom(c)))
}

// enter answers who has just signed in. The session a browser had before is
// over: nobody keeps one that was planted on them.
func (s *server) enter(c *gin.Context) func(auth.Session, string, error) {
	return func(session auth.Session, secret string, err error) {
		ctx := c.Request.Context()
		if err != nil {
			s.fail(c, err)
			return
		}
		s.endPrevious(c)
		agent, err := s.Auth.Agent(ctx, session.AgentID)
		var m []member
		if err == nil {
			m, err = s.members(ctx, []auth.Agent{agent})
		}
		if err != nil {
			s.fail(c, err)
			return
		}
		s.setSession(c, secret)
		s.answer(c, http.StatusCreated, api.SignedIn{
			Session: signInView(session, session.ID), CsrfToken: auth.CSRFToken(secret), Agent: agentView(m[0]),
		})
	}
}

func (s *server) endPrevious(c *gin.Context) {
	secret, ok := s.sessionSecret(c.Request)
	if !ok {
		return
	}
	p, err := s.Auth.AuthenticateSession(c.Request.Context(), secret)
	if err == nil {
		err = s.Auth.EndSession(c.Request.Context(), p.AgentID, p.Session)
	}
	if err != nil && !errors.Is(err, auth.ErrUnauthenticated) {
		s.Logger.WarnContext(c.Request.Context(), "the session before cannot be ended, it ends by itself", "error", err)
	}
}

// signedIn answers who signed in, or refuses a caller with a token.
func (s *server) signedIn(c *gin.Context) (auth.Principal, bool) {
	p := caller(c)
	if p.Session == "" {
		s.refuse(c, problem(http.StatusConflict, codeNoSession, "the caller uses a token: sign in with POST /v1/session"))
	}
	return p, p.Session != ""
}

// SignOut implements DELETE /v1/session.
func (s *server) SignOut(c *gin.Context) {
	p, ok := s.signedIn(c)
	if !ok {
		return
	}
	s.endSession(c, p, p.Session)
}

// EndSession implements DELETE /v1/me/sessions/{session_id}.
func (s *server) EndSession(c *gin.Context, id string) {
	p, ok := s.signedIn(c)
	if !ok {
		return
	}
	s.endSession(c, p, id)
}

func (s *server) endSession(c *gin.Context, p auth.Principal, id string) {
	if err := s.Auth.EndSession(c.Request.Context(), p.AgentID, id); err != nil {
		s.fail(c, err)
		return
	}
	if id == p.Session {
		s.dropSession(c)
	}
	gone(c)
}

// ListSessions implements GET /v1/me/sessions.
func (s *server) ListSessions(c *gin.Context) {
	if p, ok := s.signedIn(c); ok {
		s.answerSessions(c, p.AgentID, p.Session)
	}
}

// EndOtherSessions implements DELETE /v1/me/sessions.
func (s *server) EndOtherSessions(c *gin.Context) {
	p, ok := s.signedIn(c)
	if !ok {
		return
	}
	if err := s.Auth.EndSessions(c.Request.Context(), p.AgentID, p.Session); err != nil {
		s.fail(c, err)
		return
	}
	gone(c)
}

func (s *server) answerSessions(c *gin.Context, agent threads.AgentID, current string) {
	list, err := s.Auth.Sessions(c.Request.Context(), agent)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.SessionList{
		Data:       convert(list, func(v auth.Session) api.SignInSession { return signInView(v, current) }),
		NextCursor: nextCursor(""),
	})
}

// ChangePassword implements PUT /v1/me/password.
func (s *server) ChangePassword(c *gin.Context, _ api.ChangePasswordParams) {
	var in api.PasswordChange
	if !s.decode(c, &in) {
		return
	}
	p, ok := s.signedIn(c)
	if !ok {
		return
	}
	if err := s.Auth.ChangePassword(c.Request.Context(), p, in.CurrentPassword, in.NewPassword, cameFrom(c)); err != nil {
		s.fail(c, err)
		return
	}
	gone(c)
}

// ConsoleLink is where the console takes a link's secret. What stands after the
// # is never sent to a server, nor written into anybody's log.
const ConsoleLink = "/console/#/invite/"

// InviteAgent implements POST /v1/agents/{agent_id}/invite.
func (s *server) InviteAgent(c *gin.Context, id string, _ api.InviteAgentParams) {
	if !s.unlimited(c) {
		return
	}
	link, secret, err := s.Auth.CreateLink(c.Request.Context(), threads.AgentID(id))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusCreated, api.Invitation{
		Purpose: api.InvitationPurpose(link.Purpose), URL: s.PublicURL + ConsoleLink + secret, Token: secret, ExpiresAt: timeView(link.ExpiresAt),
	})
}

// RevokeInvitation implements DELETE /v1/agents/{agent_id}/invite.
func (s *server) RevokeInvitation(c *gin.Context, id string) {
	if !s.unlimited(c) {
		return
	}
	if err := s.Auth.DeleteLink(c.Request.Context(), threads.AgentID(id)); err != nil {
		s.fail(c, err)
		return
	}
	gone(c)
}

// ListAgentSessions implements GET /v1/agents/{agent_id}/sessions.
func (s *server) ListAgentSessions(c *gin.Context, id string) {
	if !s.unlimited(c) {
		return
	}
	if _, err := s.Auth.Agent(c.Request.Context(), threads.AgentID(id)); err != nil {
		s.fail(c, err)
		return
	}
	s.answerSessions(c, threads.AgentID(id), caller(c).Session)
}

// EndAgentSessions implements DELETE /v1/agents/{agent_id}/sessions.
func (s *server) EndAgentSessions(c *gin.Context, id string) {
	if !s.unlimited(c) {
		return
	}
	agent, err := s.Auth.Agent(c.Request.Context(), threads.AgentID(id))
	if err == nil {
		err = s.Auth.EndSessions(c.Request.Context(), agent.ID, "")
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	if caller(c).AgentID == agent.ID && caller(c).Session != "" {
		s.dropSession(c)
	}
	gone(c)
}

func signInView(v auth.Session, current string) api.SignInSession {
	return api.SignInSession{
		ID: v.ID, Current: v.ID == current, CreatedAt: timeView(v.CreatedAt), SeenAt: timeView(v.SeenAt), ExpiresAt: timeView(v.ExpiresAt),
		Method: api.SignInSessionMethod(v.Method), Address: v.From.Address, Client: v.From.Client,
	}
}

// retryAfter writes a time to wait as a Retry-After header does: whole seconds,
// at least one.
func retryAfter(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}
