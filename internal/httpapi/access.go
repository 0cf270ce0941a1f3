package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"threadhub/internal/auth"
)

// access is who may call an operation.
type access struct {
	public  bool       // nobody has to say who they are
	anyone  bool       // whoever has a token or a session
	session bool       // anyone, but it makes sense with a session only
	scope   auth.Scope // whose token allows it; none of these: admins only
}

// sessionOnly marks operations that are about the session of who signed in.
const sessionOnly = "session"

// readAccess reads the security requirement of an operation. One that says
// nothing is the admins'.
func readAccess(requirements []map[string][]string) access {
	switch {
	case len(requirements) == 0:
		return access{public: true}
	case requirements[0][sessionOnly] != nil:
		return access{anyone: true, session: true}
	case requirements[0]["visitor"] != nil:
		return access{public: true} // nobody of the hub's: the handler looks at the visitor's token
	case len(requirements[0]["bearer"]) == 0:
		return access{anyone: true}
	case requirements[0]["bearer"][0] == "admin":
		return access{}
	default:
		return access{scope: auth.Scope(requirements[0]["bearer"][0])}
	}
}

// String tells people who may call.
func (a access) String() string {
	switch {
	case a.public:
		return "public"
	case a.session:
		return "who signed in"
	case a.anyone:
		return "any token"
	case a.scope != "":
		return string(a.scope)
	default:
		return "admin"
	}
}

// admins tells whether only they may call.
func (a access) admins() bool { return !a.public && !a.anyone && a.scope == "" }

func (a access) allows(p auth.Principal) bool {
	return a.anyone || (a.scope != "" && p.Allows(a.scope)) || p.Admin()
}

// authorize lets a request pass that comes from somebody who may make it. A
// route that the document does not name is nobody's.
func (s *server) authorize(c *gin.Context) {
	op := s.operation(c)
	switch {
	case op == nil:
		s.refuse(c, notFound("there is no such address"))
		return
	case op.access.public:
		c.Next()
		return
	}
	id, ok := s.identify(c.Request)
	if !ok {
		s.unauthenticated(c)
		return
	}
	p, err := id.who(c.Request.Context())
	if errors.Is(err, auth.ErrUnauthenticated) {
		if id.cookie {
			s.dropSession(c)
		}
		s.stranger(c)
		return
	}
	if err == nil && id.cookie {
		err = s.forged(c.Request, id.secret)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	if s.crowded(c, p) {
		return
	}
	if !op.access.allows(p) {
		detail := "only admins may do this"
		if op.access.scope != "" {
			detail = "the token lacks the scope " + string(op.access.scope)
		}
		s.refuse(c, problem(http.StatusForbidden, codeForbidden, detail))
		return
	}
	c.Set(keyPrincipal, p)
	c.Set(keyBearer, id.secret)
	c.Set(keyWho, id.who)
	c.Next()
}

// identity is what a request says of who makes it.
type identity struct {
	secret string
	cookie bool
	// who looks it up, now.
	who func(context.Context) (auth.Principal, error)
}

// identify finds what the request says of its maker: a token, or else the
// cookie of a session.
func (s *server) identify(r *http.Request) (identity, bool) {
	if r.Header.Get("Authorization") != "" {
		token, ok := bearer(r)
		return identity{secret: token, who: func(ctx context.Context) (auth.Principal, error) { return s.Auth.Authenticate(ctx, token) }}, ok
	}
	secret, ok := s.sessionSecret(r)
	return identity{secret: secret, cookie: true, who: func(ctx context.Context) (auth.Principal, error) {
		return s.Auth.AuthenticateSession(ctx, secret)
	}}, ok
}

func (s *server) unauthenticated(c *gin.Context) {
	c.Header("WWW-Authenticate", "Bearer")
	s.refuse(c, problem(http.StatusUnauthorized, codeUnauthenticated, "send a valid token as Authorization: Bearer …, or sign in with POST /v1/session"))
}

func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	token = strings.TrimSpace(token)
	return token, token != ""
}

// caller is who made the request. Only operations that are not public have one.
func caller(c *gin.Context) auth.Principal {
	p, _ := c.MustGet(keyPrincipal).(auth.Principal)
	return p
}
