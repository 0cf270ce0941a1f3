package chaos

import (
	"context"
	"strings"
	"sync"
)

// Conversation and Message are what is read of the API's.
type Conversation struct {
	ID        string `json:"id"`
	ChannelID string `json:"channel_id"`
	Status    string `json:"status"`
	Messages  int    `json:"message_count"`
	Contact   struct {
		ID         string `json:"id"`
		ExternalID string `json:"external_id"`
	} `json:"contact"`
}

// Message is what is read of the API's messages.
type Message struct {
	ID             string   `json:"id"`
	ConversationID string   `json:"conversation_id"`
	Direction      string   `json:"direction"`
	Status         string   `json:"status"`
	Text           string   `json:"text"`
	ExternalIDs    []string `json:"external_ids"`
	Sequence       int64    `json:"sequence"`
}

// Books is everything that the API shows.
type Books struct {
	Conversations map[string]Conversation
	Messages      []Message
}

// Read takes a copy of the books, several conversations at a time.
func (h *Hub) Read(ctx context.Context) (Books, error) {
	all, err := List[Conversation](ctx, h, "/v1/conversations")
	if err != nil {
		return Books{}, err
	}
	b := Books{Conversations: map[string]Conversation{}}
	var mu sync.Mutex
	var failed error
	var wg sync.WaitGroup
	room := make(chan struct{}, 8)
	for _, c := range all {
		b.Conversations[c.ID] = c
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			messages, err := List[Message](ctx, h, "/v1/conversations/"+c.ID+"/messages")
			mu.Lock()
			defer mu.Unlock()
			b.Messages = append(b.Messages, messages...)
			if err != nil {
				failed = err
			}
		})
	}
	wg.Wait()
	return b, failed
}

// Shown lists the messages of a direction by text.
func (b Books) Shown(direction string) map[string][]Message {
	out := map[string][]Message{}
	for _, m := range b.Messages {
		if m.Direction == direction {
			out[m.Text] = append(out[m.Text], m)
		}
	}
	return out
}

// Unknown are the replies of which nobody knows whether they were sent.
func (b Books) Unknown() (texts []string) {
	for _, m := range b.Messages {
		if m.Status == "unknown" {
			texts = append(texts, firstWord(m.Text))
		}
	}
	return texts
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(text, " ")
	return word
}
