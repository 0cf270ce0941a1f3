package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type object = map[string]any

// hub is where the hub of a test is reached, which changes with every start.
type hub struct {
	t      *testing.T
	client *http.Client
	token  string                 // the admin's
	agent  string                 // an agent's, see hire
	base   atomic.Pointer[string] // nil while it is down
}

var errDown = errors.New("the hub is down")

func newHub(t *testing.T) *hub {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &hub{t: t, client: &http.Client{Transport: transport, Timeout: 30 * time.Second}, token: adminToken}
}

// at notes where a process serves, once it is ready to.
func (h *hub) at(p *process) {
	h.t.Helper()
	base := "http://" + p.address()
	h.eventually("ready", func() bool {
		status, _, err := h.send(h.t.Context(), base, http.MethodGet, "/readyz", nil, nil)
		return err == nil && status == http.StatusOK
	})
	h.base.Store(&base)
}

// gone notes that there is no process.
func (h *hub) gone() { h.base.Store(nil) }

// do makes a request of the hub, wherever it is now.
func (h *hub) do(ctx context.Context, method, path string, header http.Header, body []byte) (int, []byte, error) {
	base := h.base.Load()
	if base == nil {
		return 0, nil, errDown
	}
	return h.send(ctx, *base, method, path, header, body)
}

func (h *hub) send(ctx context.Context, base, method, path string, header http.Header, body []byte) (int, []byte, error) {
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

// bearer is the header of an API call.
func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// hire makes an agent who can reply.
func (h *hub) hire() {
	h.t.Helper()
	a := h.api(http.StatusCreated, http.MethodPost, "/v1/agents", object{
		"name": "Bea", "email": "bea@example.org", "role": "agent", "skills": []string{}, "groups": []string{}, "capacity": object{"messaging": 5},
	})
	token := h.api(http.StatusCreated, http.MethodPost, "/v1/tokens", object{"name": "Bea", "role": "agent", "agent_id": a["id"]})
	h.agent = token["token"].(string)
}

// api makes an API call that must be answered with the status.
func (h *hub) api(status int, method, path string, in object) object {
	h.t.Helper()
	var body []byte
	if in != nil {
		var err error
		body, err = json.Marshal(in)
		require.NoError(h.t, err)
	}
	got, raw, err := h.do(h.t.Context(), method, path, bearer(h.token), body)
	require.NoError(h.t, err)
	require.Equal(h.t, status, got, "%s %s: %s", method, path, raw)
	var out object
	require.NoError(h.t, json.Unmarshal(raw, &out))
	return out
}

// list reads a list to its end.
func list[T any](ctx context.Context, h *hub, path string) ([]T, error) {
	var all []T
	query := url.Values{"limit": {"200"}}
	for {
		status, raw, err := h.do(ctx, http.MethodGet, path+"?"+query.Encode(), bearer(h.token), nil)
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

// eventually waits for a condition.
func (h *hub) eventually(what string, ok func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); {
		require.True(h.t, time.Now().Before(deadline), "in vain: %s", what)
		<-time.After(20 * time.Millisecond)
	}
}

const (
	telegramSecret = "tg-hook-secret"
	whatsappSecret = "wa-app-secret"
	whatsappNumber = "106000000000001"
)

// channel registers a channel whose platform is at api.
func (h *hub) channel(kind, api string) string {
	h.t.Helper()
	credentials := object{"bot_token": "7001:AAblackboxblackboxblackboxblackbox", "secret_token": telegramSecret}
	settings := object{"api_base_url": api}
	if kind == "whatsapp" {
		credentials = object{"access_token": "EAAblackbox", "app_secret": whatsappSecret, "verify_token": "vt-1"}
		settings["phone_number_id"], settings["waba_id"] = whatsappNumber, "206000000000001"
	}
	return h.api(http.StatusCreated, http.MethodPost, "/v1/channels", object{
		"kind": kind, "name": kind, "credentials": credentials, "settings": settings,
	})["id"].(string)
}
