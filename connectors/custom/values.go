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
	complete(message, map[string]any{"text": "", "attachments": []any{}, "buttons": []any{}, "contacts": []any{}})
	message["id"], message["part"], message["parts"] = out.ID, int64(part+1), int64(len(out.Parts))
	message["last_inbound"] = string(out.LastInbound)
	contact, err := asValues(out.To)
	if err != nil {
		return nil, err
	}
	complete(contact, map[string]any{
		"id": "", "name": "", "username": "", "phone": "", "locale": "", "kind": "", "aliases": []any{},
	})
	attachment := map[string]any{}
	if all, _ := message["attachments"].([]any); len(all) > 0 {
		attachment, _ = all[0].(map[string]any)
		completeAttachment(attachment)
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

// complete fills in what the vocabulary leaves out when it is empty, so that an
// expression may name it all the same.
func complete(object, empty map[string]any) {
	for name, value := range empty {
		if _, ok := object[name]; !ok {
			object[name] = value
		}
	}
}

// completeAttachment is complete for an attachment. Of no attachment nothing is
// filled in: an expression about it is a mistake.
func completeAttachment(attachment map[string]any) {
	complete(attachment, map[string]any{
		"url": "", "ref": "", "mime": "", "name": "", "size": int64(0), "caption": "", "voice": false,
		"seconds": int64(0), "width": int64(0), "height": int64(0),
	})
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
