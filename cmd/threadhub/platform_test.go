package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// platform plays the APIs of Telegram and WhatsApp and remembers every message
// it was given, by text.
type platform struct {
	*httptest.Server

	mu    sync.Mutex
	sent  map[string]int
	next  int
	pause time.Duration // before it answers, so that calls are out at any moment
}

func newPlatform(t *testing.T, pause time.Duration) *platform {
	t.Helper()
	p := &platform{sent: map[string]int{}, pause: pause}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

// ServeHTTP accepts whatever it is asked to send. What it has noted was sent,
// also when nobody waits for the answer any more.
func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Chat json.RawMessage `json:"chat_id"`
		To   string          `json:"to"`
		Text json.RawMessage `json:"text"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	id, pause := p.note(in.Text)
	select {
	case <-time.After(pause):
	case <-r.Context().Done():
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if strings.HasPrefix(r.URL.Path, "/bot") {
		_, _ = fmt.Fprintf(w, `{"ok":true,"result":{"message_id":%d,"date":%d,"chat":{"id":%s,"type":"private"}}}`,
			id, time.Now().Unix(), strings.Trim(string(in.Chat), `"`))
		return
	}
	_, _ = fmt.Fprintf(w, `{"messaging_product":"whatsapp","contacts":[{"input":%q,"wa_id":%q}],"messages":[{"id":"wamid.OUT%d"}]}`, in.To, in.To, id)
}

// note counts a message, whose text is a string at Telegram and an object at
// WhatsApp, mints its id and says how long to wait before the answer.
func (p *platform) note(raw json.RawMessage) (id int, pause time.Duration) {
	var text string
	var wrapped struct {
		Body string `json:"body"`
	}
	if json.Unmarshal(raw, &text) != nil && json.Unmarshal(raw, &wrapped) == nil {
		text = wrapped.Body
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if text != "" {
		p.sent[text]++
	}
	p.next++
	return 900_000 + p.next, p.pause
}

// count is how often a text was sent.
func (p *platform) count(text string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent[text]
}

// texts is how often each text was sent.
func (p *platform) texts() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make(map[string]int, len(p.sent))
	for text, n := range p.sent {
		out[text] = n
	}
	return out
}

// hurry makes it answer at once from now on.
func (p *platform) hurry() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pause = 0
}
