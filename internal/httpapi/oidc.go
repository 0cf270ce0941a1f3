package httpapi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/internal/oidc"
)

// IdentityProvider vouches for people; oidc.Provider does.
type IdentityProvider interface {
	Begin(ctx context.Context) (address string, flow oidc.Flow, err error)
	Finish(ctx context.Context, flow oidc.Flow, state, code string) (oidc.Identity, error)
}

const (
	oidcPath = "/v1/session/oidc"
	// CallbackPath is where the identity provider sends people back to.
	CallbackPath = oidcPath + "/callback"
	// flowCookie keeps a sign-in that is under way, for flowTime.
	flowCookie = "threadhub_oidc"
	flowTime   = 10 * time.Minute
	// Where the console takes who has come in, or has not.
	consoleHome   = "/console/"
	consoleSignIn = "/console/#/sign-in?error="
)

func (s *server) flowCookieName() string {
	if s.secureCookies() {
		return hostPrefix + flowCookie
	}
	return flowCookie
}

// keepFlow gives the browser what it needs when it comes back. It comes from
// the provider's site, which SameSite=Strict would not allow.
func (s *server) keepFlow(c *gin.Context, value string, age time.Duration) {
	seconds := int(age.Seconds())
	if value == "" {
		seconds = -1
	}
	http.SetCookie(c.Writer, &http.Cookie{
		Name: s.flowCookieName(), Value: value, Path: "/", HttpOnly: true, Secure: s.secureCookies(), SameSite: http.SameSiteLaxMode, MaxAge: seconds,
	})
}

// BeginOIDC implements GET /v1/session/oidc.
func (s *server) BeginOIDC(c *gin.Context) {
	if s.Identities == nil {
		s.refuse(c, notFound("single sign-on is not set up: see THREADHUB_OIDC_ISSUER"))
		return
	}
	address, flow, err := s.Identities.Begin(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	body, err := json.Marshal(flow)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.keepFlow(c, base64.RawURLEncoding.EncodeToString(body), flowTime)
	c.Redirect(http.StatusFound, address)
}

// FinishOIDC implements GET /v1/session/oidc/callback. A person looks at it: what
// went wrong is shown by the console.
func (s *server) FinishOIDC(c *gin.Context, params api.FinishOIDCParams) {
	if s.Identities == nil {
		s.refuse(c, notFound("single sign-on is not set up: see THREADHUB_OIDC_ISSUER"))
		return
	}
	s.keepFlow(c, "", 0)
	code := "oidc_failed"
	secret, err := s.finish(c, value(params.State), value(params.Code))
	switch {
	case err == nil:
		s.setSession(c, secret)
		c.Redirect(http.StatusSeeOther, consoleHome)
		return
	case value(params.Error) != "":
		code = "oidc_cancelled"
	case errors.Is(err, auth.ErrNoAccount):
		code = "no_account"
	}
	s.Logger.WarnContext(c.Request.Context(), "single sign-on failed", "request_id", c.GetString(keyRequestID), "why", code, "error", err)
	c.Redirect(http.StatusSeeOther, consoleSignIn+code)
}

func (s *server) finish(c *gin.Context, state, code string) (secret string, err error) {
	cookie, err := c.Request.Cookie(s.flowCookieName())
	if err != nil {
		return "", oidc.ErrRefused
	}
	var flow oidc.Flow
	body, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || json.Unmarshal(body, &flow) != nil {
		return "", oidc.ErrRefused
	}
	who, err := s.Identities.Finish(c.Request.Context(), flow, state, code)
	if err != nil {
		return "", err
	}
	_, secret, err = s.Auth.SignInVouched(c.Request.Context(), auth.Vouched{
		Issuer: who.Issuer, Subject: who.Subject, Email: who.Email, Verified: who.Verified,
	}, cameFrom(c))
	if err == nil {
		s.endPrevious(c)
	}
	return secret, err
}
