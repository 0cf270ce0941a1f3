package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"threadhub/internal/ident"
)

// Keys of values that belong to one request.
const (
	keyRequestID = "request_id"
	keyPrincipal = "principal"
	keyBearer    = "bearer" // the secret that proved it: of a token or a session
	keyWho       = "who"    // looks the principal up again
	keyBody      = "body"
)

const maxRequestID = 64

// requestID gives every request a name for logs and answers: the client's own
// if it is a plain one.
func (s *server) requestID(c *gin.Context) {
	id := c.GetHeader("X-Request-Id")
	if !plain(id, maxRequestID) {
		id = ident.New("req")
	}
	c.Set(keyRequestID, id)
	c.Header("X-Request-Id", id)
	c.Next()
}

// plain tells whether s may be written into logs, headers and paths: up to
// limit letters, digits and a few signs, at least one.
func plain(s string, limit int) bool {
	if s == "" || len(s) > limit {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_-.:", r)
	}) < 0
}

func (s *server) observe(c *gin.Context) {
	if s.Observe == nil {
		c.Next()
		return
	}
	began := time.Now()
	c.Next()
	name := "none"
	if op := s.operation(c); op != nil {
		name = op.id
	}
	s.Observe(name, c.Writer.Status(), time.Since(began))
}

// recover turns a panic into a 500: one request's trouble stays there.
func (s *server) recover(c *gin.Context) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if r == http.ErrAbortHandler {
			panic(r)
		}
		// The type of a panic's value says enough; the value may hold a secret.
		s.Logger.ErrorContext(c.Request.Context(), "request panicked", "operation", operationName(c),
			"request_id", c.GetString(keyRequestID), "panic", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
		if c.Writer.Written() {
			c.Abort()
			return
		}
		s.refuse(c, problem(http.StatusInternalServerError, codeInternal, "the hub made a mistake; it is in its log"))
	}()
	c.Next()
}

// secure sets headers that suit answers no browser should run. Pages override
// the content security policy with one of their own.
func secure(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if strings.HasPrefix(c.Request.URL.Path, "/v1/") {
		h.Set("Cache-Control", "no-store")
	}
	c.Next()
}

// requestTime bounds how long a handler may take. It is shorter than the time
// after which a request under an idempotency key counts as abandoned.
const requestTime = 30 * time.Second

func (s *server) deadline(c *gin.Context) {
	if op := s.operation(c); op != nil && op.stream {
		c.Next()
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), requestTime)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}

const maxID = 128

// checkPath refuses ids that cannot be any record's, so that no store has to
// cope with them.
func (s *server) checkPath(c *gin.Context) {
	for _, p := range c.Params {
		if !plain(p.Value, maxID) {
			s.refuse(c, notFound("there is no such record"))
			return
		}
	}
	c.Next()
}
