package custom

import (
	"encoding/json"
	"fmt"

	"threadhub/connectors/custom/expression"
	"threadhub/normalize"
)

// sendValues is what expressions see of a message on its way.
func (ch *channel) sendValues(out *normalize.Outbound, part int) (map[string]any, error) {
	m := out.Parts[part]
	if !ch.def.caps.ReplyTo {
		m.ReplyTo = nil
	}
	m.Context = nil
	message, err := asValues(m)
	if err != nil {
		return nil, err
	}
	for name, empty := range map[string]any{"text": "", "attachments": []any{}, "buttons": []any{}, "contacts": []any{}} {
		if _, ok := message[name]; !ok {
			message[name] = empty
		}
	}
	message["id"], message["part"], message["parts"] = out.ID, int64(part+1), int64(len(out.Parts))
	message["last_inbound"] = string(out.LastInbound)
	contact, err := asValues(out.To)
	if err != nil {
		return nil, err
	}
	attachment := map[string]any{}
	if all, _ := message["attachments"].([]any); len(all) > 0 {
		attachment, _ = all[0].(map[string]any)
	}
	values := ch.setupValues()
	values[varMessage], values[varContact], values[varAttachment] = message, contact, attachment
	values[varContext], values[varReaction], values[varSteps] = textsOf(out.Context), map[string]any{}, map[string]any{}
	return values, nil
}

// setupValues is what expressions see where there is no message.
func (ch *channel) setupValues() map[string]any {
	return map[string]any{varSecrets: ch.secrets, varChannel: map[string]any{"webhook_url": ch.webhookURL}}
}

// asValues turns a value of the vocabulary into what the API calls it.
func asValues(v any) (map[string]any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write the message out: %w", err)
	}
	doc, err := expression.DecodeJSON(raw)
	if err != nil {
		return nil, fmt.Errorf("write the message out: %w", err)
	}
	object, _ := doc.(map[string]any)
	return object, nil
}
