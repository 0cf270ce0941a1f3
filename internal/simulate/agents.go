package simulate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// demoAgents are the agents of the demo, acting through the hub's API.
type demoAgents struct {
	admin    hubAPI
	apis     []hubAPI  // one per agent, and last that of whoever watches
	ids      []string  // of the agents, in their order
	names    []string  // likewise
	people   []person  // who answer by themselves, likewise
	channels []Channel // of the traffic
	hub      []string  // the hub's ids of the channels

	mu   sync.Mutex
	hand map[seatKey]int // who has a customer, where that was said
}

var _ Agent = (*demoAgents)(nil)

func (d *demoAgents) key(channel int, to Customer) seatKey {
	return seatKey{d.channels[channel].Platform.Account().name(), to.Index}
}

// forCustomer always gives a customer to the same agent: whoever was named, else
// one who is there and speaks their language, else one who is there.
func (d *demoAgents) forCustomer(channel int, to Customer) hubAPI {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i, ok := d.hand[d.key(channel, to)]; ok {
		return d.apis[i]
	}
	var there []int
	for i, p := range d.people {
		if p.presence != "online" {
			continue
		}
		if slices.Contains(p.skills, language(to.Lang)) {
			return d.apis[i]
		}
		there = append(there, i)
	}
	return d.apis[there[to.Index%len(there)]]
}

// find waits for the customer's conversation. One that a person has taken is
// left to them.
func (d *demoAgents) find(ctx context.Context, channel int, to Customer) (hubConversation, error) {
	cv, err := d.admin.conversation(ctx, d.hub[channel], to.Name(), d.channels[channel].Platform.Person(to))
	if err != nil {
		return cv, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, said := d.hand[d.key(channel, to)]
	if !said && cv.AssigneeID != "" && !slices.Contains(d.ids[:len(d.people)], cv.AssigneeID) {
		return cv, errTaken
	}
	return cv, nil
}

// Reply writes into the customer's conversation.
func (d *demoAgents) Reply(ctx context.Context, channel int, to Customer, text string, buttons []Button) error {
	cv, err := d.find(ctx, channel, to)
	if err != nil {
		return err
	}
	body := map[string]any{"text": text}
	if len(buttons) > 0 {
		var list []any
		for _, b := range buttons {
			list = append(list, map[string]any{"id": b.ID, "title": b.Title})
		}
		body["buttons"] = list
	}
	return d.forCustomer(channel, to).do(ctx, http.MethodPost, "/v1/conversations/"+cv.ID+"/messages", body, nil)
}

// Finish solves the customer's conversation.
func (d *demoAgents) Finish(ctx context.Context, channel int, to Customer) error {
	err := d.Do(ctx, channel, to, "status", "solved")
	if errors.Is(err, errTaken) {
		return nil
	}
	return err
}

// Do does what else agents do.
func (d *demoAgents) Do(ctx context.Context, channel int, to Customer, word, text string) error {
	if word == "agent" {
		i := slices.Index(d.names, text)
		if i < 0 {
			return fmt.Errorf("simulate: nobody in the demo is called %s", text)
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.hand[d.key(channel, to)] = i
		return nil
	}
	cv, err := d.find(ctx, channel, to)
	if err != nil {
		return err
	}
	api, path := d.forCustomer(channel, to), "/v1/conversations/"+cv.ID
	change := map[string]any{word: text}
	switch word {
	case "note":
		return api.do(ctx, http.MethodPost, path+"/messages", map[string]any{"text": text, "internal": true}, nil)
	case "tags":
		change[word] = strings.Split(text, " ")
	case "style":
		name, after, ok := strings.Cut(text, " ")
		style := map[string]any{"name": name}
		if ok {
			style["close_after"] = after
		}
		change[word] = style
	}
	return api.do(ctx, http.MethodPatch, path, change, nil)
}

// language is the skill that a code stands for, empty for one nobody has.
func language(code string) string {
	return map[string]string{"en": "english", "es": "spanish", "pt": "portuguese", "fr": "french", "ja": "japanese"}[code]
}
