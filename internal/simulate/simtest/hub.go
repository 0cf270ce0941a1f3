// Package simtest is a stand-in for a hub: it keeps to the little of the HTTP
// contract that the simulator and the load generator use, in memory and
// without any of a hub's promises. With it they are tested apart from the real
// one, and made to meet hubs that lose and double.
package simtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// Hub is an http.Handler. Its fields are set before the first request.
type Hub struct {
	Token string // of the admin
	// LoseEvery drops each n-th message it accepted; 0: none.
	LoseEvery int
	// Doubles stores a redelivered message once more.
	Doubles bool
	// Client makes the calls to the platforms; nil: the default one.
	Client *http.Client

	mux   sync.Once
	serve *http.ServeMux

	mu            sync.Mutex
	channels      []*Channel
	agents        []map[string]any
	tokens        map[string]string // → agent's name
	passwords     map[string]string // by agent's id
	conversations []*Conversation
	seen          map[string]bool
	events        int
	streams       map[chan string]bool
}

// Channel is a registered channel.
type Channel struct {
	ID          string            `json:"id"`
	Kind        string            `json:"kind"`
	Name        string            `json:"name"`
	Path        string            `json:"webhook_path"`
	Settings    map[string]string `json:"settings"`
	Credentials map[string]string `json:"-"`
}

// Conversation is one contact on one channel, for ever.
type Conversation struct {
	ID        string    `json:"id"`
	ChannelID string    `json:"channel_id"`
	Status    string    `json:"status"`
	Contact   Contact   `json:"contact"`
	Count     int       `json:"message_count"`
	CreatedAt time.Time `json:"created_at"`
	ClosedAt  time.Time `json:"closed_at,omitzero"` // when it is due, from its solve on
	UpdatedAt time.Time `json:"updated_at,omitzero"`
	Messages  []Message `json:"-"`
}

// Contact is who a conversation is with.
type Contact struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	ExternalID string `json:"external_id"`
}

// Message is one message.
type Message struct {
	ID         string `json:"id"`
	Direction  string `json:"direction"`
	Text       string `json:"text"`
	ExternalID string `json:"external_id"`
	Status     string `json:"status"`
}

// ServeHTTP answers a request as a hub would.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mux.Do(h.routes)
	public := strings.HasPrefix(r.URL.Path, "/webhooks/") || r.URL.Path == "/readyz" || r.URL.Path == "/v1/invitations/accept"
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	h.mu.Lock()
	known := token == h.Token || h.tokens[token] != ""
	h.mu.Unlock()
	if !public && !known {
		http.Error(w, "who are you", http.StatusUnauthorized)
		return
	}
	h.serve.ServeHTTP(w, r)
}

func (h *Hub) routes() {
	h.tokens, h.seen, h.streams = map[string]string{}, map[string]bool{}, map[chan string]bool{}
	h.passwords = map[string]string{}
	h.serve = http.NewServeMux()
	for pattern, f := range map[string]http.HandlerFunc{
		"GET /readyz":                          func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, map[string]any{"status": "ok"}) },
		"GET /metrics":                         h.metrics,
		"GET /v1/channels":                     h.listChannels,
		"POST /v1/channels":                    h.createChannel,
		"PATCH /v1/channels/{id}":              h.patchChannel,
		"POST /v1/channels/{id}/check":         func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, map[string]any{"ok": true}) },
		"GET /v1/agents":                       h.listAgents,
		"POST /v1/agents":                      h.createAgent,
		"PUT /v1/agents/{id}/availability":     func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, map[string]any{}) },
		"POST /v1/agents/{id}/invite":          h.invite,
		"POST /v1/invitations/accept":          h.acceptInvitation,
		"POST /v1/tokens":                      h.createToken,
		"GET /v1/conversations":                h.listConversations,
		"POST /v1/conversations/bulk":          h.bulk,
		"GET /v1/conversations/{id}":           h.one(getConversation),
		"PATCH /v1/conversations/{id}":         h.one(patchConversation),
		"GET /v1/conversations/{id}/messages":  h.one(listMessages),
		"POST /v1/conversations/{id}/messages": h.send,
		"GET /v1/events":                       h.stream,
		"POST /webhooks/{id}":                  h.webhook,
	} {
		h.serve.HandleFunc(pattern, f)
	}
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func page[T any](w http.ResponseWriter, data []T) {
	answer(w, http.StatusOK, map[string]any{"data": append([]T{}, data...), "next_cursor": nil})
}

// Conversations are copies of all there are.
func (h *Hub) Conversations() []Conversation {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []Conversation
	for _, c := range h.conversations {
		cp := *c
		cp.Messages = slices.Clone(c.Messages)
		out = append(out, cp)
	}
	return out
}

// Channels are copies of all there are.
func (h *Hub) Channels() []Channel {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []Channel
	for _, c := range h.channels {
		out = append(out, *c)
	}
	return out
}

func (h *Hub) listChannels(w http.ResponseWriter, _ *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	page(w, h.channels)
}

// draft is the body of a channel's creation or change.
type draft struct {
	Kind        string            `json:"kind"`
	Name        string            `json:"name"`
	Credentials map[string]string `json:"credentials"`
	Settings    map[string]string `json:"settings"`
}

func (h *Hub) createChannel(w http.ResponseWriter, r *http.Request) {
	var d draft
	if json.NewDecoder(r.Body).Decode(&d) != nil || d.Kind == "" || len(d.Credentials) == 0 && d.Kind != "webchat" {
		http.Error(w, "no channel", http.StatusUnprocessableEntity)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	id := fmt.Sprintf("ch_%d", len(h.channels)+1)
	c := &Channel{ID: id, Kind: d.Kind, Name: d.Name, Path: "/webhooks/" + id, Settings: d.Settings, Credentials: d.Credentials}
	h.channels = append(h.channels, c)
	answer(w, http.StatusCreated, c)
}

func (h *Hub) patchChannel(w http.ResponseWriter, r *http.Request) {
	var d draft
	_ = json.NewDecoder(r.Body).Decode(&d)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.channels {
		if c.ID == r.PathValue("id") {
			c.Settings, c.Credentials = d.Settings, d.Credentials
			answer(w, http.StatusOK, c)
			return
		}
	}
	http.NotFound(w, r)
}

func (h *Hub) listAgents(w http.ResponseWriter, _ *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	page(w, h.agents)
}

func (h *Hub) createAgent(w http.ResponseWriter, r *http.Request) {
	var a map[string]any
	_ = json.NewDecoder(r.Body).Decode(&a)
	h.mu.Lock()
	defer h.mu.Unlock()
	a["id"] = fmt.Sprintf("ag_%d", len(h.agents)+1)
	h.agents = append(h.agents, a)
	answer(w, http.StatusCreated, a)
}

// Password is what an agent of that address signs in with, "" for nobody.
func (h *Hub) Password(email string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.agents {
		if a["email"] == email {
			return h.passwords[fmt.Sprint(a["id"])]
		}
	}
	return ""
}

// invite makes a link whose secret is the agent's id.
func (h *Hub) invite(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusCreated, map[string]any{"token": r.PathValue("id")})
}

func (h *Hub) acceptInvitation(w http.ResponseWriter, r *http.Request) {
	var a struct{ Token, Password string }
	_ = json.NewDecoder(r.Body).Decode(&a)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.passwords[a.Token] = a.Password
	answer(w, http.StatusCreated, map[string]any{})
}

func (h *Hub) createToken(w http.ResponseWriter, r *http.Request) {
	var t struct {
		Name string `json:"name"`
	}
	_ = json.NewDecoder(r.Body).Decode(&t)
	h.mu.Lock()
	defer h.mu.Unlock()
	token := fmt.Sprintf("tok_%d", len(h.tokens)+1)
	h.tokens[token] = t.Name
	answer(w, http.StatusCreated, map[string]any{"token": token})
}

func (h *Hub) listConversations(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closeDue()
	page(w, slices.DeleteFunc(slices.Clone(h.conversations), func(c *Conversation) bool {
		return q.Has("channel_id") && q.Get("channel_id") != c.ChannelID ||
			q.Has("q") && !strings.Contains(c.Contact.Name, q.Get("q")) ||
			q.Has("status") && !slices.Contains(strings.Split(q.Get("status"), ","), c.Status)
	}))
}

func (h *Hub) find(id string) *Conversation {
	for _, c := range h.conversations {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// one answers with the conversation of the path, if there is one.
func (h *Hub) one(then func(http.ResponseWriter, *http.Request, *Conversation)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		c := h.find(r.PathValue("id"))
		if c == nil {
			http.NotFound(w, r)
			return
		}
		then(w, r, c)
	}
}

func patchConversation(w http.ResponseWriter, r *http.Request, c *Conversation) {
	var d struct {
		Status string `json:"status"`
	}
	_ = json.NewDecoder(r.Body).Decode(&d)
	c.Status = d.Status
	getConversation(w, r, c)
}

func getConversation(w http.ResponseWriter, _ *http.Request, c *Conversation) {
	answer(w, http.StatusOK, c)
}

func listMessages(w http.ResponseWriter, _ *http.Request, c *Conversation) { page(w, c.Messages) }

func (h *Hub) metrics(w http.ResponseWriter, _ *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, _ = fmt.Fprintf(w, "# TYPE threadhub_events_threaded_total counter\nthreadhub_events_threaded_total{type=\"message\"} %d\n"+
		"# TYPE go_goroutines gauge\ngo_goroutines %d\n", h.events, runtime.NumGoroutine())
}

func (h *Hub) stream(w http.ResponseWriter, r *http.Request) {
	lines := make(chan string, 1024)
	h.mu.Lock()
	h.streams[lines] = true
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		delete(h.streams, lines)
		h.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	_ = flush.Flush()
	for {
		select {
		case line := <-lines:
			_, _ = io.WriteString(w, line)
			_ = flush.Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// send calls the channel's platform while the caller waits.
func (h *Hub) send(w http.ResponseWriter, r *http.Request) {
	var d struct {
		Text    string              `json:"text"`
		Buttons []map[string]string `json:"buttons"`
	}
	_ = json.NewDecoder(r.Body).Decode(&d)
	h.mu.Lock()
	c := h.find(r.PathValue("id"))
	var ch Channel
	for _, one := range h.channels {
		if c != nil && one.ID == c.ChannelID {
			ch = *one
		}
	}
	h.mu.Unlock()
	if c == nil || d.Text == "" {
		http.Error(w, "no message", http.StatusUnprocessableEntity)
		return
	}
	m := Message{ID: fmt.Sprintf("msg_%d", time.Now().UnixNano()), Direction: "outbound", Text: d.Text, Status: "sent"}
	if err := h.call(r, ch, c.Contact.ExternalID, m, d.Buttons); err != nil {
		m.Status = "failed"
	}
	h.mu.Lock()
	c.Messages, c.Count, c.Status = append(c.Messages, m), c.Count+1, "open"
	h.mu.Unlock()
	answer(w, http.StatusAccepted, m)
}

func (h *Hub) call(r *http.Request, ch Channel, to string, m Message, buttons []map[string]string) error {
	path, body := "/bot"+ch.Credentials["bot_token"]+"/sendMessage", map[string]any{"chat_id": to, "text": m.Text}
	if len(buttons) > 0 {
		body["reply_markup"] = map[string]any{"inline_keyboard": []any{[]any{map[string]any{"text": buttons[0]["title"], "callback_data": buttons[0]["id"]}}}}
	}
	if ch.Kind == "whatsapp" {
		path = "/v25.0/" + ch.Settings["phone_number_id"] + "/messages"
		body = map[string]any{
			"messaging_product": "whatsapp", "to": to, "type": "text", "text": map[string]any{"body": m.Text}, "biz_opaque_callback_data": m.ID,
		}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("call: %w", err)
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, ch.Settings["api_base_url"]+path, bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("call: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+ch.Credentials["access_token"])
	client := h.Client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("call: %w", err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("call: %s", resp.Status)
	}
	return nil
}
