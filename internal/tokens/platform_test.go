package tokens_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// ferry is an invented platform: its tokens are changed for a refresh token
// that is good once, and every call wears a seal.
type ferry struct {
	base, refresh, pass string
}

func ferryKind() connectors.Kind {
	return connectors.Kind{
		Name: "ferry", Title: "Ferry", Setup: "1. Board.",
		Credentials: json.RawMessage(`{"type":"object","additionalProperties":false,"properties":{"refresh":{"type":"string"},"pass":{"type":"string"}}}`),
		Settings:    json.RawMessage(`{"type":"object","properties":{"api_base_url":{"type":"string"}}}`),
		New: func(c connectors.Config) (connectors.Connector, error) {
			var s struct {
				Base string `json:"api_base_url"`
			}
			if err := json.Unmarshal(c.Settings, &s); err != nil {
				return nil, err
			}
			return &ferry{base: s.Base, refresh: c.Credentials["refresh"].Reveal(), pass: c.Credentials["pass"].Reveal()}, nil
		},
	}
}

func (f *ferry) Verify(*connectors.Request, time.Time) error { return nil }

func (f *ferry) Parse(*connectors.Request) ([]normalize.Event, error) { return nil, nil }

func (f *ferry) Next(*normalize.Outbound, []normalize.Exchange) (*connectors.Call, error) {
	return nil, nil
}

func (f *ferry) Check() *connectors.Call {
	return &connectors.Call{Name: "me", Method: http.MethodGet, URL: f.base + "/me"}
}

func (f *ferry) Classify(_ *connectors.Call, resp *connectors.Response) connectors.Outcome {
	why := &normalize.Failure{Reason: normalize.ReasonUnknown, Message: string(resp.Body)}
	switch resp.Status {
	case http.StatusOK:
		return connectors.Outcome{Verdict: connectors.Done}
	case http.StatusUnauthorized:
		return connectors.Outcome{Verdict: connectors.Retry, StaleToken: true, Failure: why}
	case http.StatusForbidden:
		return connectors.Outcome{Verdict: connectors.Suspend, Failure: why}
	}
	return connectors.Outcome{Verdict: connectors.Retry, Failure: why}
}

// season tells whether the pass is one that is changed for another in time.
func (f *ferry) season() bool {
	return strings.HasPrefix(f.pass, "season") || strings.HasPrefix(f.pass, "access-token")
}

func (f *ferry) RenewAfter() time.Duration {
	if f.season() {
		return 25 * time.Hour
	}
	return 0
}

func (f *ferry) TokenCall(time.Time) (*connectors.Call, error) {
	if f.season() {
		return &connectors.Call{Name: "token", Method: http.MethodPost, URL: f.base + "/token", Body: []byte(f.pass)}, nil
	}
	if f.pass != "" {
		return nil, nil
	}
	return &connectors.Call{Name: "token", Method: http.MethodPost, URL: f.base + "/token", Body: []byte(f.refresh)}, nil
}

func (f *ferry) ReadToken(resp *connectors.Response) (connectors.Token, error) {
	var a struct {
		Access, Refresh string
		Seconds         int
	}
	if err := json.Unmarshal(resp.Body, &a); err != nil || a.Access == "" {
		return connectors.Token{}, errors.New("no token in the answer")
	}
	if f.season() {
		access := connectors.NewSecret(a.Access)
		return connectors.Token{Access: access, TTL: 60 * 24 * time.Hour, Rotated: map[string]connectors.Secret{"pass": access}}, nil
	}
	return connectors.Token{
		Access: connectors.NewSecret(a.Access), TTL: time.Duration(a.Seconds) * time.Second,
		Rotated: map[string]connectors.Secret{"refresh": connectors.NewSecret(a.Refresh)},
	}, nil
}

func (f *ferry) Authorize(call *connectors.Call, access connectors.Secret) {
	if access.Empty() {
		access = connectors.NewSecret(f.pass)
	}
	call.Header.Set("Authorization", "Bearer "+access.Reveal())
}

func (f *ferry) Sign(call *connectors.Call, now time.Time, nonce string) {
	call.Header.Set("X-Seal", now.Format(time.RFC3339)+" "+nonce)
}

// harbour is the platform's side of ferry, over HTTP.
type harbour struct {
	*httptest.Server

	mu             sync.Mutex
	refresh        string // the one that is good, once
	access         string // the one that is good
	tokens, calls  int
	seals          map[string]bool
	trouble        func(w http.ResponseWriter) bool // before a token is given
	refuses        bool                             // every call, whatever its token
	seasons        bool                             // passes are changed, and good to their own end
	asking         int
	askingTogether bool
}

func newHarbour(t *testing.T) *harbour {
	h := &harbour{refresh: "refresh-token-0", seals: map[string]bool{}}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *harbour) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.URL.Path == "/token" {
		h.token(w, string(body))
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls++
	h.seals[r.Header.Get("X-Seal")] = true
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	// A pass of the season is good to its own end, though it was changed.
	if token != h.access && !h.seasons || h.refuses {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, "no good: %s", token)
		return
	}
	fmt.Fprintf(w, "welcome %s", token)
}

func (h *harbour) token(w http.ResponseWriter, refresh string) {
	h.mu.Lock()
	h.asking++
	h.askingTogether = h.askingTogether || h.asking > 1
	trouble := h.trouble
	h.mu.Unlock()
	answered := trouble != nil && trouble(w)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asking--
	h.tokens++
	switch {
	case answered:
	case refresh != h.refresh:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "refresh token %s was used", refresh)
	default:
		h.refresh, h.access = fmt.Sprintf("refresh-token-%d", h.tokens), fmt.Sprintf("access-token-%d", h.tokens)
		_ = json.NewEncoder(w).Encode(map[string]any{"access": h.access, "refresh": h.refresh, "seconds": 3600})
	}
}

func (h *harbour) counts() (tokens, calls int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tokens, h.calls
}

// change changes the platform while it runs.
func (h *harbour) change(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
}
