package simulate

import (
	"context"
	"net/http"
)

// demoAgents are the agents of the demo, acting through the hub's API.
type demoAgents struct {
	apis     []hubAPI // one per agent
	channels []string // hub's ids, in the order of the traffic's channels
}

var _ Agent = demoAgents{}

// forCustomer always gives a customer to the same agent.
func (d demoAgents) forCustomer(c Customer) hubAPI { return d.apis[c.Index%len(d.apis)] }

// Reply writes into the customer's conversation.
func (d demoAgents) Reply(ctx context.Context, channel int, to Customer, text string, buttons []Button) error {
	h := d.forCustomer(to)
	cv, err := h.conversation(ctx, d.channels[channel], to.Name())
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
	return h.do(ctx, http.MethodPost, "/v1/conversations/"+cv.ID+"/messages", body, nil)
}

// Finish solves the customer's conversation.
func (d demoAgents) Finish(ctx context.Context, channel int, to Customer) error {
	h := d.forCustomer(to)
	cv, err := h.conversation(ctx, d.channels[channel], to.Name())
	if err != nil {
		return err
	}
	return h.do(ctx, http.MethodPatch, "/v1/conversations/"+cv.ID, map[string]any{"status": "solved"}, nil)
}
