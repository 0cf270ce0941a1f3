package simtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// inbound is one message of a webhook.
type inbound struct {
	key, peer, name, text string
}

func (h *Hub) webhook(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	var ch *Channel
	for _, one := range h.channels {
		if one.ID == r.PathValue("id") {
			ch = one
		}
	}
	switch {
	case ch == nil:
		http.NotFound(w, r)
		return
	case !genuine(ch, r.Header, body):
		http.Error(w, "forged", http.StatusUnauthorized)
		return
	}
	for _, in := range read(ch.Kind, body) {
		h.store(ch, in)
	}
	w.WriteHeader(http.StatusOK)
}

func genuine(ch *Channel, header http.Header, body []byte) bool {
	if ch.Kind == "telegram" {
		return header.Get("X-Telegram-Bot-Api-Secret-Token") == ch.Credentials["secret_token"]
	}
	mac := hmac.New(sha256.New, []byte(ch.Credentials["app_secret"]))
	_, _ = mac.Write(body)
	return header.Get("X-Hub-Signature-256") == "sha256="+hex.EncodeToString(mac.Sum(nil))
}

// store threads a message: one conversation for each contact and channel.
func (h *Hub) store(ch *Channel, in inbound) {
	key := ch.ID + "/" + in.key
	if h.seen[key] && !h.Doubles {
		return
	}
	h.seen[key] = true
	h.events++
	var c *Conversation
	for _, one := range h.conversations {
		if one.ChannelID == ch.ID && one.Contact.ExternalID == in.peer {
			c = one
		}
	}
	if c == nil {
		n := len(h.conversations) + 1
		c = &Conversation{
			ID: fmt.Sprintf("cv_%d", n), ChannelID: ch.ID, Status: "new", CreatedAt: time.Now(),
			Contact: Contact{fmt.Sprintf("ct_%d", n), in.name, in.peer},
		}
		h.conversations = append(h.conversations, c)
	}
	m := Message{ID: fmt.Sprintf("msg_%d", h.events), Direction: "inbound", Text: in.text, ExternalID: in.key, Status: "received"}
	c.Count++
	if h.LoseEvery == 0 || h.events%h.LoseEvery != 0 {
		c.Messages = append(c.Messages, m)
	}
	raw, _ := json.Marshal(map[string]any{"type": "message.created", "message": m})
	for s := range h.streams {
		select {
		case s <- fmt.Sprintf("id: %d\nevent: message.created\ndata: %s\n\n", h.events, raw):
		default:
		}
	}
}

// read understands texts, photos and places; the rest is of no interest here.
func read(kind string, body []byte) []inbound {
	if kind == "telegram" {
		return readTelegram(body)
	}
	return readWhatsApp(body)
}

func readTelegram(body []byte) []inbound {
	var u struct {
		Message *struct {
			ID   int64 `json:"message_id"`
			Chat struct {
				ID    int64  `json:"id"`
				First string `json:"first_name"`
				Last  string `json:"last_name"`
			} `json:"chat"`
			Text    string `json:"text"`
			Caption string `json:"caption"`
		} `json:"message"`
	}
	if json.Unmarshal(body, &u) != nil || u.Message == nil {
		return nil
	}
	m := u.Message
	return []inbound{{
		key: fmt.Sprintf("%d:%d", m.Chat.ID, m.ID), peer: fmt.Sprint(m.Chat.ID),
		name: strings.TrimSpace(m.Chat.First + " " + m.Chat.Last), text: m.Text + m.Caption,
	}}
}

func readWhatsApp(body []byte) []inbound {
	var hook struct {
		Entry []struct {
			Changes []struct {
				Value struct {
					Contacts []struct {
						Profile struct {
							Name string `json:"name"`
						} `json:"profile"`
					} `json:"contacts"`
					Messages []struct {
						ID   string `json:"id"`
						From string `json:"from"`
						User string `json:"from_user_id"`
						Type string `json:"type"`
						Text struct {
							Body string `json:"body"`
						} `json:"text"`
					} `json:"messages"`
				} `json:"value"`
			} `json:"changes"`
		} `json:"entry"`
	}
	_ = json.Unmarshal(body, &hook)
	var out []inbound
	for _, e := range hook.Entry {
		for _, c := range e.Changes {
			for i, m := range c.Value.Messages {
				if m.Type == "reaction" || m.Type == "edit" {
					continue
				}
				in := inbound{key: m.ID, peer: m.From, text: m.Text.Body}
				if m.User != "" {
					in.peer = m.User
				}
				if i < len(c.Value.Contacts) {
					in.name = c.Value.Contacts[i].Profile.Name
				}
				out = append(out, in)
			}
		}
	}
	return out
}
