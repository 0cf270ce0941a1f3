package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// hubAPI speaks the little of a hub's API that the demo needs, with one token.
type hubAPI struct {
	base, token string
	client      *http.Client
}

// hubChannel, hubAgent and hubConversation are the fields that are read.
type hubChannel struct {
	ID          string `json:"id"`
	Kind        string `json:"kind"`
	Name        string `json:"name"`
	WebhookPath string `json:"webhook_path"`
	WebhookURL  string `json:"webhook_url"`
}

type hubAgent struct {
	ID    string `json:"id"`
	Email string `json:"email"`
}

type hubConversation struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	AssigneeID string `json:"assignee_id"`
	Contact    struct {
		ID         string `json:"id"`
		Name       string `json:"name"`
		ExternalID string `json:"external_id"`
	} `json:"contact"`
}

// hubError is an answer outside 2xx.
type hubError struct {
	status int
	body   string
}

func (e *hubError) Error() string { return fmt.Sprintf("%d: %s", e.status, e.body) }

// do makes one call; in and out may be nil.
func (h hubAPI) do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		body = bytes.NewReader(encode(in))
	}
	req, err := http.NewRequestWithContext(ctx, method, h.base+path, body)
	if err != nil {
		return fmt.Errorf("simulate: %s %s: %w", method, path, err)
	}
	if h.token != "" {
		req.Header.Set("Authorization", "Bearer "+h.token)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return fmt.Errorf("simulate: %s %s: %w", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil {
		return fmt.Errorf("simulate: %s %s: %w", method, path, err)
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("simulate: %s %s: %w", method, path, &hubError{resp.StatusCode, string(raw[:min(len(raw), 300)])})
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("simulate: %s %s: %w", method, path, err)
	}
	return nil
}

// list reads all pages of a list.
func list[T any](ctx context.Context, h hubAPI, path string, query url.Values) ([]T, error) {
	if query == nil {
		query = url.Values{}
	}
	query.Set("limit", "200")
	var all []T
	for {
		var page struct {
			Data []T     `json:"data"`
			Next *string `json:"next_cursor"`
		}
		if err := h.do(ctx, http.MethodGet, path+"?"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Data...)
		if page.Next == nil || *page.Next == "" {
			return all, nil
		}
		query.Set("cursor", *page.Next)
	}
}

// ready waits until the hub says that it is.
func (h hubAPI) ready(ctx context.Context, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := h.do(ctx, http.MethodGet, "/readyz", nil, nil)
		if err == nil {
			return nil
		}
		if !sleep(ctx, 100*time.Millisecond) {
			return fmt.Errorf("simulate: hub is not ready: %w", err)
		}
	}
}

// channel registers the platform's account under name, or points the channel
// of that name at the account.
func (h hubAPI) channel(ctx context.Context, name string, acc Account, baseURL string) (hubChannel, error) {
	all, err := list[hubChannel](ctx, h, "/v1/channels", nil)
	if err != nil {
		return hubChannel{}, err
	}
	settings := map[string]any{}
	maps.Copy(settings, acc.Settings)
	if acc.Own == "" {
		settings["api_base_url"] = baseURL
	}
	body := map[string]any{"name": name, "credentials": acc.Credentials, "settings": settings, "enabled": true}
	var ch hubChannel
	for _, old := range all {
		if old.Kind == acc.Kind && old.Name == name {
			err := h.do(ctx, http.MethodPatch, "/v1/channels/"+old.ID, body, &ch)
			return ch, err
		}
	}
	body["kind"] = acc.Kind
	err = h.do(ctx, http.MethodPost, "/v1/channels", body, &ch)
	return ch, err
}

// webchat makes the web chat of that name unless there is one. Its style lets a
// solved conversation go on when the customer writes again.
func (h hubAPI) webchat(ctx context.Context, name string) (hubChannel, error) {
	const kind = "webchat"
	all, err := list[hubChannel](ctx, h, "/v1/channels", nil)
	if err != nil {
		return hubChannel{}, err
	}
	for _, old := range all {
		if old.Kind == kind && old.Name == name {
			return old, nil
		}
	}
	var ch hubChannel
	err = h.do(ctx, http.MethodPost, "/v1/channels", map[string]any{
		"kind": kind, "name": name, "enabled": true, "credentials": map[string]string{}, "style": map[string]any{"name": "social_messaging"},
		"settings": map[string]string{"greeting": "Hello! Looking for something for your kitchen?", "colour": "#2f6b4f"},
	}, &ch)
	return ch, err
}

// person makes an agent unless there is one of that address, says whether they are there
// and lets them sign in to the console with the password.
func (h hubAPI) person(ctx context.Context, p person, groups map[string]string, password string) (hubAgent, error) {
	all, err := list[hubAgent](ctx, h, "/v1/agents", nil)
	if err != nil {
		return hubAgent{}, err
	}
	var who hubAgent
	for _, a := range all {
		if strings.EqualFold(a.Email, p.email) {
			who = a
		}
	}
	if who.ID == "" {
		mine := []string{}
		for _, name := range p.groups {
			if id := groups[name]; id != "" {
				mine = append(mine, id)
			}
		}
		err = h.do(ctx, http.MethodPost, "/v1/agents", map[string]any{
			"name": p.name, "email": p.email, "role": p.role, "capacity": map[string]any{"messaging": p.capacity}, "skills": p.skills, "groups": mine,
		}, &who)
		if err != nil {
			return who, err
		}
	}
	var link struct {
		Token string `json:"token"`
	}
	if err := h.do(ctx, http.MethodPost, "/v1/agents/"+who.ID+"/invite", nil, &link); err != nil {
		return who, err
	}
	visitor := hubAPI{base: h.base, client: h.client}
	if err := visitor.do(ctx, http.MethodPost, "/v1/invitations/accept", map[string]any{"token": link.Token, "password": password}, nil); err != nil {
		return who, err
	}
	return who, h.do(ctx, http.MethodPut, "/v1/agents/"+who.ID+"/availability", map[string]any{"status": p.presence}, nil)
}

// agent makes a person as [hubAPI.person] does and returns a new token that
// acts as them for a week.
func (h hubAPI) agent(ctx context.Context, p person, groups map[string]string, password string) (id, token string, err error) {
	who, err := h.person(ctx, p, groups, password)
	if err != nil {
		return "", "", err
	}
	var made struct {
		Token string `json:"token"`
	}
	err = h.do(ctx, http.MethodPost, "/v1/tokens", map[string]any{
		"name": p.name + " (demo)", "role": p.role, "agent_id": who.ID, "expires_at": time.Now().Add(7 * 24 * time.Hour).UTC().Format(time.RFC3339),
	}, &made)
	return who.ID, made.Token, err
}

// errNoConversation says that the hub shows no conversation (yet).
var errNoConversation = errors.New("no such conversation")

// conversation finds a customer's conversation that is not closed, by their
// name or what the platform calls them, waiting a little for it to appear.
func (h hubAPI) conversation(ctx context.Context, channel, name, person string) (hubConversation, error) {
	query := url.Values{"channel_id": {channel}, "status": {"new,open,pending,on_hold,solved"}}
	for range 300 {
		found, err := list[hubConversation](ctx, h, "/v1/conversations", query)
		if err != nil {
			return hubConversation{}, err
		}
		for _, c := range found {
			if c.Contact.Name == name || c.Contact.ExternalID == person {
				return c, nil
			}
		}
		query.Del("cursor")
		if !sleep(ctx, 100*time.Millisecond) {
			break
		}
	}
	return hubConversation{}, fmt.Errorf("simulate: conversation with %s: %w", name, errNoConversation)
}
