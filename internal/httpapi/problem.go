package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/internal/canned"
	"threadhub/internal/channels"
	"threadhub/internal/directory"
	"threadhub/internal/reactions"
	"threadhub/internal/rulebook"
	"threadhub/internal/schedules"
	"threadhub/internal/spool"
	"threadhub/threads"
	"threadhub/threads/rules"
)

// Codes of errors, besides the refusals of package threads: stable names that
// clients may rely on.
const (
	codeBadJSON         = "malformed_json"
	codeValidation      = "validation"
	codeUnauthenticated = "unauthenticated"
	codeForbidden       = "forbidden"
	codeNotFound        = "not_found"
	codeMethod          = "method_not_allowed"
	codeVersion         = "version_conflict"
	codeTaken           = "already_exists"
	codeChannelInUse    = "channel_in_use"
	codeScheduleInUse   = "schedule_in_use"
	codeSystemRule      = "system_rule"
	codeTooLarge        = "body_too_large"
	codeMediaType       = "unsupported_media_type"
	codeKeyMismatch     = "idempotency_mismatch"
	codeKeyInProgress   = "idempotency_in_progress"
	codeAgentRequired   = "agent_required"
	codeUnavailable     = "unavailable"
	codePlatformRefused = "platform_refused"
	codePlatformAway    = "platform_unavailable"
	codeMediaGone       = "media_gone"
	codeMediaTooLarge   = "content_too_large"
	codeStorageFull     = "storage_full"
	codeInternal        = "internal"
	codeWrong           = "wrong_credentials"
	codeTooManyTries    = "too_many_tries"
	codeNoSession       = "no_session"
	codeNoPassword      = "no_password"
	codeSetUp           = "already_set_up"
	codeLastAdmin       = "last_admin"
	codeCSRF            = "csrf"
	codeCrossSite       = "cross_site"
	codeRateLimited     = "rate_limited"
)

// problemType is what makes a code a URI, as RFC 9457 wants it.
const problemType = "urn:threadhub:problem:"

// problemError is an error that knows its answer.
type problemError struct{ api.Problem }

// Error is the code and the detail.
func (e *problemError) Error() string {
	if e.Detail == nil {
		return e.Code
	}
	return e.Code + ": " + *e.Detail
}

// fieldError names a field and what is wrong with it.
type fieldError struct{ field, message string }

func problem(status int, code, detail string) *problemError {
	p := api.Problem{Type: problemType + code, Title: http.StatusText(status), Status: status, Code: code}
	if detail != "" {
		p.Detail = &detail
	}
	return &problemError{p}
}

func invalid(fields ...fieldError) *problemError {
	list := make([]api.FieldProblem, len(fields))
	told := make([]string, len(fields))
	for i, f := range fields {
		list[i] = api.FieldProblem{Field: f.field, Message: f.message}
		told[i] = strings.TrimPrefix(f.field+": "+f.message, ": ")
	}
	p := problem(http.StatusUnprocessableEntity, codeValidation, strings.Join(told, "; "))
	p.Errors = &list
	return p
}

func notFound(detail string) *problemError {
	return problem(http.StatusNotFound, codeNotFound, detail)
}

func methodNotAllowed() *problemError {
	return problem(http.StatusMethodNotAllowed, codeMethod, "this address does not take the method; see the Allow header")
}

func unavailable() *problemError {
	return problem(http.StatusServiceUnavailable, codeUnavailable,
		"the hub cannot reach its store or is too slow right now; nothing was half done, try again")
}

// problemOf says what an error means to a client. What no package named is the
// store's trouble or ours: 503, and the request may be repeated.
func problemOf(err error) *problemError {
	var (
		own     *problemError
		refused *threads.RefusedError
		record  *directory.InvalidError
		inUse   *channels.InUseError
		person  *auth.InvalidError
		reply   *canned.InvalidError
		hours   *threads.HoursError
		counted *schedules.InUseError
		written *rulebook.InvalidError
		system  *rulebook.SystemError

		throttled *auth.ThrottledError
		unreacted *reactions.Error
	)
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &unreacted) && unreacted.Again:
		return problem(http.StatusServiceUnavailable, codePlatformAway, unreacted.Detail+"; do it again later, twice does no harm")
	case errors.As(err, &unreacted):
		return problem(http.StatusUnprocessableEntity, codePlatformRefused, unreacted.Detail)
	case errors.As(err, &refused):
		return refusal(refused)
	case errors.As(err, &record):
		return invalid(convert(record.Fields, func(f directory.FieldError) fieldError { return fieldError{f.Field, f.Message} })...)
	case errors.As(err, &inUse):
		return problem(http.StatusConflict, codeChannelInUse, inUse.Error())
	case errors.As(err, &person):
		return invalid(fieldError{person.Field, person.Message})
	case errors.As(err, &reply):
		return invalid(fieldError{reply.Field, reply.Message})
	case errors.As(err, &hours):
		return invalid(convert(hours.Problems, func(p threads.HoursProblem) fieldError { return fieldError{p.Field, p.Message} })...)
	case errors.As(err, &counted):
		return problem(http.StatusConflict, codeScheduleInUse, counted.Error())
	case errors.As(err, &written):
		return invalid(convert(written.Problems, func(p rules.Problem) fieldError { return fieldError{p.Field, p.Message} })...)
	case errors.As(err, &system):
		return problem(http.StatusConflict, codeSystemRule, system.Error())
	case errors.Is(err, auth.ErrUnauthenticated):
		return problem(http.StatusUnauthorized, codeUnauthenticated, "the token is not a valid admin token: take the one the first start printed, or THREADHUB_ADMIN_TOKEN")
	case errors.Is(err, auth.ErrWrongCredentials):
		return problem(http.StatusUnauthorized, codeWrong, "the e-mail address or the password is wrong; an admin can make a link to set another password")
	case errors.As(err, &throttled):
		return problem(http.StatusTooManyRequests, codeTooManyTries, "there were too many wrong tries: wait, then try again")
	case errors.Is(err, auth.ErrSetUp):
		return problem(http.StatusConflict, codeSetUp, "an admin can sign in already: sign in, or ask one for an invitation")
	case errors.Is(err, auth.ErrNoLink):
		return notFound("the link was used, replaced or has expired: ask an admin for another one")
	case errors.Is(err, auth.ErrNoPassword):
		return problem(http.StatusConflict, codeNoPassword, "the account has no password: ask an admin for a link to set one")
	case errors.Is(err, auth.ErrLastAdmin):
		return problem(http.StatusConflict, codeLastAdmin, "no admin would be left who can sign in: make somebody else an admin and let them set a password first")
	case errors.Is(err, threads.ErrCursor), errors.Is(err, spool.ErrCursor):
		return invalid(fieldError{"cursor", "is not one that this list has handed out"})
	case errors.Is(err, threads.ErrNotFound), errors.Is(err, directory.ErrNotFound), errors.Is(err, spool.ErrNotFound):
		return notFound("there is no such record")
	case errors.Is(err, threads.ErrConflict), errors.Is(err, directory.ErrConflict):
		return problem(http.StatusConflict, codeVersion, "somebody else changed it: read it again")
	case errors.Is(err, directory.ErrTaken):
		return problem(http.StatusConflict, codeTaken, "another record has this name or e-mail address")
	}
	return unavailable()
}

// refusal answers a command that the conversation does not allow.
func refusal(r *threads.RefusedError) *problemError {
	status := http.StatusConflict
	switch r.Code {
	case threads.RefusedInvalid, threads.RefusedWindow, threads.RefusedUnsupported, threads.RefusedTooLarge, threads.RefusedSendAt, threads.RefusedTemplate:
		status = http.StatusUnprocessableEntity
	}
	p := problem(status, string(r.Code), r.Detail)
	if r.Code == threads.RefusedClosed && r.Conversation != "" {
		path := "/v1/conversations/" + string(r.Conversation) + "/follow-up"
		p.FollowUp = &path
	}
	if r.Code == threads.RefusedWindow {
		allowed := make([]string, len(r.Allowed))
		for i, t := range r.Allowed {
			allowed[i] = string(t)
		}
		p.Allowed = &allowed
		if !r.Until.IsZero() {
			until := timeView(r.Until)
			p.Until = &until
		}
	}
	return p
}

// fail answers an error that a handler met.
func (s *server) fail(c *gin.Context, err error) {
	p := problemOf(err)
	var throttled *auth.ThrottledError
	if errors.As(err, &throttled) {
		c.Header("Retry-After", retryAfter(throttled.After))
	}
	if p.Status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		s.Logger.ErrorContext(c.Request.Context(), "request failed",
			"operation", operationName(c), "request_id", c.GetString(keyRequestID), "error", err)
	}
	s.refuse(c, p)
}

// refuse answers a problem and ends the request.
func (s *server) refuse(c *gin.Context, e *problemError) {
	p := e.Problem
	if id := c.GetString(keyRequestID); id != "" {
		p.RequestID = &id
	}
	if p.Status == http.StatusServiceUnavailable && c.Writer.Header().Get("Retry-After") == "" {
		c.Header("Retry-After", "1")
	}
	body, err := json.Marshal(p)
	if err != nil { // strings and numbers always marshal
		body = []byte(`{}`)
	}
	c.Abort()
	c.Data(p.Status, "application/problem+json", body)
}

// answer writes a JSON body.
func (s *server) answer(c *gin.Context, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		s.Logger.ErrorContext(c.Request.Context(), "answer cannot be written", "operation", operationName(c), "error", err)
		s.refuse(c, problem(http.StatusInternalServerError, codeInternal, ""))
		return
	}
	c.Data(status, "application/json", body)
}
