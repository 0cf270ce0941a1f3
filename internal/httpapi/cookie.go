package httpapi

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"threadhub/internal/auth"
)

// Names of the session's cookie. The prefix makes browsers hold it to this very
// host, which they do over https only.
const (
	sessionCookie = "threadhub_session"
	hostPrefix    = "__Host-"
)

// csrfHeader carries the proof that a page of our own sends the request.
const csrfHeader = "X-CSRF-Token"

// secureCookies tells whether browsers reach the hub over https.
func (s *server) secureCookies() bool { return strings.HasPrefix(s.PublicURL, "https://") }

func (s *server) sessionCookieName() string {
	if s.secureCookies() {
		return hostPrefix + sessionCookie
	}
	return sessionCookie
}

// sessionSecret is what the request's cookie holds.
func (s *server) sessionSecret(r *http.Request) (string, bool) {
	cookie, err := r.Cookie(s.sessionCookieName())
	return cookieValue(cookie), err == nil && cookie.Value != ""
}

func cookieValue(c *http.Cookie) string {
	if c == nil {
		return ""
	}
	return c.Value
}

// setSession gives the browser its session. The cookie outlives the session at
// most by what is left of its longest life: the hub decides.
func (s *server) setSession(c *gin.Context, secret string) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: s.sessionCookieName(), Value: secret, Path: "/", HttpOnly: true, Secure: s.secureCookies(),
		SameSite: http.SameSiteStrictMode, MaxAge: int(s.Auth.LongestSession().Seconds()),
	})
	c.Set(keyBearer, secret)
}

// dropSession takes the cookie back.
func (s *server) dropSession(c *gin.Context) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: s.sessionCookieName(), Path: "/", HttpOnly: true, Secure: s.secureCookies(), SameSite: http.SameSiteStrictMode, MaxAge: -1,
	})
}

// newOriginGuard makes what tells requests of other sites by what browsers say
// of them. Behind a proxy that changes the Host header the public URL is still
// our own site.
func newOriginGuard(publicURL string) (*http.CrossOriginProtection, error) {
	guard := http.NewCrossOriginProtection()
	u, err := url.Parse(publicURL)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return guard, nil
	}
	return guard, guard.AddTrustedOrigin(u.Scheme + "://" + u.Host)
}

// sameSite refuses a request that changes something and comes from a page of
// another site. Programs that are no browsers pass.
func (s *server) sameSite(r *http.Request) error {
	if s.origins.Check(r) != nil {
		return problem(http.StatusForbidden, codeCrossSite, "the request comes from a page of another site: open the console at "+s.PublicURL+"/console/")
	}
	return nil
}

// forged refuses a request that a page of another site made the browser send
// with its cookie.
func (s *server) forged(r *http.Request, secret string) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	}
	if err := s.sameSite(r); err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(r.Header.Get(csrfHeader)), []byte(auth.CSRFToken(secret))) == 1 {
		return nil
	}
	return problem(http.StatusForbidden, codeCSRF, "send the session's csrf_token, as GET /v1/me tells it, in the header "+csrfHeader)
}
