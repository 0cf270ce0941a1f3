package whatsapp

import (
	"bytes"
	"encoding/json"
	"strings"

	"threadhub/connectors/meta"
	"threadhub/normalize"
)

// categoryMarketing is the only category of consent WhatsApp knows.
const categoryMarketing = "marketing_messages"

// noticeError is the kind of a notice about an error that belongs to no message.
const noticeError = "error"

// isAccountField tells the fields that are news about the business account, its
// numbers and its templates.
func isAccountField(field string) bool {
	switch field {
	case "account_update", "account_alerts", "account_review_update", "business_capability_update",
		"business_username_update", "phone_number_name_update", "phone_number_quality_update", "security",
		"message_template_status_update", "message_template_quality_update",
		"message_template_components_update", "template_category_update":
		return true
	}
	return false
}

// notice reads news about the account. It names no number by its id, so that
// it belongs to the channel that received it.
func (p *parser) notice(e *entry, ch *change) {
	dec := json.NewDecoder(bytes.NewReader(ch.Value))
	dec.UseNumber() // ids of templates are long numbers
	var v map[string]any
	if err := dec.Decode(&v); err != nil || len(v) == 0 {
		p.unknown(ch.Field, because("not in the documented form", err), ch.Value)
		return
	}
	data := map[string]string{}
	flatten(data, "", v)
	if e.ID != "" {
		data["waba_id"] = string(e.ID)
	}
	p.add(normalize.Event{
		// The same news may come again later: the time tells it from a
		// redelivery.
		Key:    meta.Digest("ntc:"+ch.Field+":", string(e.ID), e.Time.String(), string(ch.Value)),
		Type:   normalize.EventChannel,
		At:     e.Time.Time,
		Notice: &normalize.Notice{Kind: ch.Field, Text: headline(data), Data: data},
	})
}

// flatten writes the values of v under their dotted paths, lists as JSON.
func flatten(into map[string]string, path string, v any) {
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for key, inner := range v {
			flatten(into, strings.TrimPrefix(path+"."+key, "."), inner)
		}
	case string:
		into[path] = v
	default:
		if text, err := json.Marshal(v); err == nil {
			into[path] = string(text)
		}
	}
}

// headline words a notice from what such notices have in common.
func headline(data map[string]string) string {
	var words []string
	for _, key := range []string{
		"message_template_name", "message_template_language", "display_phone_number", "username", "event", "decision",
		"status", "current_limit", "new_quality_score", "new_category", "alert_info.alert_type", "ban_info.waba_ban_state",
		"violation_info.violation_type", "reason", "rejection_info.reason", "rejection_reason",
	} {
		if text := data[key]; text != "" && text != "NONE" {
			words = append(words, text)
		}
	}
	return strings.Join(words, " · ")
}

// appError reads an element of a change's errors. One beside a message without
// content explains that message and is not repeated.
func (p *parser) appError(raw json.RawMessage) {
	var e meta.Error
	if !p.decode("errors", raw, &e) {
		return
	}
	if p.explained {
		p.explained = false
		return
	}
	data := map[string]string{"code": string(e.Code)}
	if e.Title != "" {
		data["title"] = e.Title
	}
	p.add(normalize.Event{
		Key: meta.Digest("ntc:error:", p.account, string(raw)), Type: normalize.EventChannel,
		Notice: &normalize.Notice{Kind: noticeError, Text: e.Text(), Data: data},
	})
}

// missing is why a message has no content: the change's first error, if any.
func (p *parser) missing() *normalize.Failure {
	var e meta.Error
	if len(p.value.Errors) == 0 || json.Unmarshal(p.value.Errors[0], &e) != nil {
		return nil
	}
	p.explained = true
	return failure(&e)
}

// preference reads an element of user_preferences: marketing messages stopped
// or wanted again.
func (p *parser) preference(raw json.RawMessage) {
	var u preference
	if !p.decode(fieldPreferences, raw, &u) {
		return
	}
	who := p.person(u.UserID, u.WaID)
	consent := normalize.Consent{Category: u.Category}
	switch u.Value {
	case "stop":
		consent.Status = normalize.ConsentOptedOut
	case "resume":
		consent.Status = normalize.ConsentOptedIn
	}
	if consent.Status == "" || who.ID == "" {
		p.unknown(fieldPreferences, "a preference this connector does not read", raw)
		return
	}
	p.add(normalize.Event{
		Key: meta.Digest("cns:", string(raw)), Type: normalize.EventConsent,
		Peer: who, At: u.Timestamp.Time, Consent: &consent,
	})
}

// userID reads an element of user_id_update: a person's business-scoped id is
// another one now. Since August 2026 a system message tells the same.
func (p *parser) userID(raw json.RawMessage) {
	var u userIDUpdate
	if !p.decode(fieldUserIDs, raw, &u) {
		return
	}
	if u.UserID.Current == "" || u.UserID.Previous == "" {
		p.unknown(fieldUserIDs, "an update that does not name both ids", raw)
		return
	}
	who := p.person(u.UserID.Current, u.WaID)
	p.add(normalize.Event{
		Key:  strings.Join([]string{"idn", u.UserID.Previous, u.UserID.Current}, ":"),
		Type: normalize.EventIdentity, Peer: who, At: u.Timestamp.Time,
		Identity: &normalize.Identity{Former: former(who, u.UserID.Previous), Text: u.Detail},
	})
}
