package tracing

import (
	"net/http"
	"strconv"
	"strings"
)

// Handler makes a step of each request: of the caller's trace if it sent one.
// Steps are called after the part of the API, not after the path, which holds
// ids.
func (t *Tracer) Handler(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := t.Start(t.From(r.Context(), r.Header.Get(Header)), part(r.URL.Path), "http.request.method", r.Method)
		seen := &status{ResponseWriter: w, code: http.StatusOK}
		defer func() {
			span.Note("http.response.status_code", strconv.Itoa(seen.code))
			failed := ""
			if seen.code >= http.StatusInternalServerError {
				failed = "status " + strconv.Itoa(seen.code)
			}
			span.End(failed)
		}()
		next.ServeHTTP(seen, r.WithContext(ctx))
	})
}

// part is what a path belongs to: "webhook", "GET /v1/conversations" is called
// "v1/conversations".
func part(path string) string {
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	second, _, _ := strings.Cut(rest, "/")
	switch first {
	case "webhooks":
		return "webhook"
	case "v1":
		for _, known := range []string{"conversations", "messages", "channels", "contacts", "events", "uploads", "attachments", "bulk", "webchat"} {
			if second == known {
				return "v1/" + known
			}
		}
		return "v1"
	}
	return "other"
}

// status notes the status of an answer.
type status struct {
	http.ResponseWriter
	code int
}

// WriteHeader implements [http.ResponseWriter].
func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// Flush lets event streams through.
func (s *status) Flush() {
	if f, ok := s.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Unwrap lets [http.ResponseController] reach the connection.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }
