package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Object is a JSON object.
type Object = map[string]any

// ErrDown: no process of the hub is there to ask.
var ErrDown = errors.New("the hub is down")

// Hub is where a hub is reached, which changes with every start. Several
// processes are asked in turns. It is safe for concurrent use.
type Hub struct {
	// Token is the admin's, Agent an agent's (see Hire).
	Token, Agent string

	client *http.Client
	mu     sync.Mutex
	at     []place
	turn   int
}

// place is where a process serves.
type place struct {
	process *Process
	base    string
}

// NewHub answers a hub without a process.
func NewHub() *Hub {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	return &Hub{Token: AdminToken, client: &http.Client{Transport: transport, Timeout: 30 * time.Second}}
}

// Close lets go of its connections.
func (h *Hub) Close() { h.client.CloseIdleConnections() }

// At waits until a process is ready and has it asked from then on.
func (h *Hub) At(ctx context.Context, p *Process) error {
	addr, err := p.Address(ctx)
	if err != nil {
		return err
	}
	base := "http://" + addr
	ready := false
	err = Eventually(ctx, p.name+" is ready", func() bool {
		status, _, err := h.send(ctx, base, http.MethodGet, "/readyz", nil, nil)
		ready = err == nil && status == http.StatusOK
		return ready || ended(p)
	})
	if err != nil || !ready {
		return errors.Join(err, p.trouble("is not ready"))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = append(h.at, place{p, base})
	return nil
}

// Gone has a process asked no more.
func (h *Hub) Gone(p *Process) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = slices.DeleteFunc(h.at, func(at place) bool { return at.process == p })
}

// Again is the same hub for somebody else, with an agent of their own.
func (h *Hub) Again() *Hub {
	h.mu.Lock()
	defer h.mu.Unlock()
	return &Hub{Token: h.Token, Agent: h.Agent, client: h.client, at: slices.Clone(h.at)}
}

// Vanish has no process asked any more.
func (h *Hub) Vanish() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = nil
}

// base is the process to ask now.
func (h *Hub) base() (string, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.at) == 0 {
		return "", false
	}
	h.turn++
	return h.at[h.turn%len(h.at)].base, true
}

// bases are all processes.
func (h *Hub) bases() (out []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, at := range h.at {
		out = append(out, at.base)
	}
	return out
}

// Do makes a request of the hub, wherever it is now.
func (h *Hub) Do(ctx context.Context, method, path string, header http.Header, body []byte) (int, []byte, error) {
	base, up := h.base()
	if !up {
		return 0, nil, ErrDown
	}
	return h.send(ctx, base, method, path, header, body)
}

func (h *Hub) send(ctx context.Context, base, method, path string, header http.Header, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := h.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, raw, err
}

// Bearer is the header of an API call.
func Bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// Call makes an admin's call of the API that must be answered with the status,
// and reads the answer into out unless that is nil.
func (h *Hub) Call(ctx context.Context, status int, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		body = Encoded(in)
	}
	got, raw, err := h.Do(ctx, method, path, Bearer(h.Token), body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if got != status {
		return fmt.Errorf("%s %s: status %d, not %d: %s", method, path, got, status, raw)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(raw, out)
}

// List reads a list of the API's to its end.
func List[T any](ctx context.Context, h *Hub, path string) ([]T, error) {
	var all []T
	query := url.Values{"limit": {"200"}}
	for {
		status, raw, err := h.Do(ctx, http.MethodGet, path+"?"+query.Encode(), Bearer(h.Token), nil)
		if err != nil {
			return nil, err
		}
		if status != http.StatusOK {
			return nil, fmt.Errorf("GET %s: status %d: %s", path, status, raw)
		}
		var page struct {
			Data []T     `json:"data"`
			Next *string `json:"next_cursor"`
		}
		if err := json.Unmarshal(raw, &page); err != nil {
			return nil, fmt.Errorf("GET %s: %w", path, err)
		}
		all = append(all, page.Data...)
		if page.Next == nil || *page.Next == "" {
			return all, nil
		}
		query.Set("cursor", *page.Next)
	}
}

// Hire makes an agent who can reply.
func (h *Hub) Hire(ctx context.Context) error {
	var agent struct {
		ID string `json:"id"`
	}
	err := h.Call(ctx, http.StatusCreated, http.MethodPost, "/v1/agents", Object{
		"name": "Bea", "email": "bea@example.org", "role": "agent", "skills": []string{}, "groups": []string{}, "capacity": Object{"messaging": 5},
	}, &agent)
	if err != nil {
		return err
	}
	var token struct {
		Token string `json:"token"`
	}
	err = h.Call(ctx, http.StatusCreated, http.MethodPost, "/v1/tokens", Object{"name": "Bea", "role": "agent", "agent_id": agent.ID}, &token)
	h.Agent = token.Token
	return err
}

// Eventually waits for a condition, at most for Patience.
func Eventually(ctx context.Context, what string, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	for !ok() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return errors.New("in vain: " + what)
		}
	}
	return nil
}

// Encoded is the JSON of what is made here and can be encoded.
func Encoded(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// decodeList reads a page of a list of the API's.
func decodeList[T any](raw []byte) []T {
	var page struct {
		Data []T `json:"data"`
	}
	_ = json.Unmarshal(raw, &page)
	return page.Data
}
