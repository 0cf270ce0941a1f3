package messaging

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"threadhub/connectors/meta"
	"threadhub/normalize"
)

// notice reads what is not said by a person: who owns the thread now, what the
// platform forbids the Page, what came of linking an account. Anything else is
// Unknown, by the name of its object.
func (p *parser) notice(t *turn) {
	for _, n := range []struct {
		kind, text string
		raw        json.RawMessage
	}{
		{"pass_thread_control", "The conversation was handed to another app", t.Pass},
		{"take_thread_control", "Another app took the conversation over", t.Take},
		{"request_thread_control", "Another app asks for the conversation", t.Request},
		{"app_roles", "The roles of the Page's apps changed", t.Roles},
		{"policy_enforcement", "The platform enforces a policy", t.Policy},
		{"account_linking", "An account was linked or unlinked", t.Linking},
		{"response_feedback", "Feedback on a message", t.Feedback},
	} {
		if len(n.raw) == 0 || bytes.Equal(n.raw, []byte("null")) {
			continue
		}
		dec := json.NewDecoder(bytes.NewReader(n.raw))
		dec.UseNumber() // ids of apps are long numbers
		var v map[string]any
		if err := dec.Decode(&v); err != nil {
			p.unknown(n.kind, meta.Because("not in the documented form", err), t.raw)
			return
		}
		p.news(t, n.kind, n.text, plain(v))
		return
	}
	p.unknown(nameOf(t.raw), "an event this connector does not read", t.raw)
}

// news adds a notice.
func (p *parser) news(t *turn, kind, text string, data map[string]string) {
	ev := t.event(normalize.EventChannel, meta.Digest("ntc:"+kind+":", string(t.raw)))
	if detail := first(data["action"], data["status"], data["feedback"]); detail != "" {
		text += ": " + lines(detail, data["reason"])
	}
	ev.Notice = &normalize.Notice{Kind: kind, Text: strings.ReplaceAll(text, "\n", ", "), Data: data}
	p.add(ev)
}

// plain writes values as texts, objects and lists as JSON. A code to exchange
// for a person's identity is nobody's to read.
func plain(v map[string]any) map[string]string {
	data := map[string]string{}
	for name, value := range v {
		switch value := value.(type) {
		case nil:
		case string:
			data[name] = value
		default:
			if text, err := json.Marshal(value); err == nil {
				data[name] = string(text)
			}
		}
	}
	delete(data, "authorization_code")
	return data
}

// nameOf is what the platform calls an item's object.
func nameOf(raw json.RawMessage) string {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(raw, &members)
	var names []string
	for name := range members {
		switch name {
		case "sender", "recipient", "timestamp", "":
		default:
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return "messaging"
	}
	return names[0]
}
