package simulate

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"
)

const kindWhatsApp = "whatsapp"

// whatsapp plays the WhatsApp Business Cloud API: one number of one business
// account, its webhooks and its customers.
type whatsapp struct {
	*desk
	token, appSecret, verify string
	number, account          string
}

func newWhatsApp(cfg Config) *whatsapp {
	return &whatsapp{
		desk:      newDesk(kindWhatsApp, cfg),
		token:     cfg.secret("access_token", "EAAdemo"),
		appSecret: cfg.secret("app_secret", ""),
		verify:    cfg.secret("verify_token", "verify-"),
		number:    cfg.setting("phone_number_id", "109900000000001"),
		account:   cfg.setting("waba_id", "209900000000001"),
	}
}

func (w *whatsapp) Account() Account {
	return Account{
		Kind:        kindWhatsApp,
		Title:       "WhatsApp",
		Credentials: map[string]string{"access_token": w.token, "app_secret": w.appSecret, "verify_token": w.verify},
		Settings:    map[string]any{"phone_number_id": w.number, "waba_id": w.account},
	}
}

// Retries: at once, then with falling frequency for up to seven days; other
// webhooks do not wait (WhatsApp Cloud API: webhooks).
func (w *whatsapp) Retries() Retries {
	return Retries{Max: 10 * time.Minute, GiveUp: 7 * 24 * time.Hour}
}

// Person is the business-scoped id every customer has.
func (w *whatsapp) Person(c Customer) string {
	return fmt.Sprintf("GB.8%s%04d", w.number, c.Index)
}

// hidden customers have adopted a username: the platform tells the business
// their scoped id and no phone number.
func (w *whatsapp) hidden(c Customer) bool { return c.Username != "" && c.Index%4 == 0 }

// wamid makes a message id: the same for the same seed, author and count.
func (w *whatsapp) wamid(author string) string {
	sum := w.mint(author)
	return "wamid.HBgM" + base64.StdEncoding.EncodeToString(sum[:30])
}

// Handshake is what Meta asks whenever the address or the verify token is
// edited.
func (w *whatsapp) Handshake() (Webhook, func(int, []byte) bool) { return metaHandshake(w.verify) }

// Webhook writes one change of field "messages" and signs its bytes with the
// app's secret (WhatsApp Cloud API: webhooks).
func (w *whatsapp) Webhook(act Act) (Webhook, string, bool) {
	value := map[string]any{
		"messaging_product": "whatsapp",
		"metadata":          map[string]any{"display_phone_number": "15550100199", "phone_number_id": w.number},
	}
	id := ""
	if act.Kind == Receipt {
		value["statuses"] = []any{w.status(act)}
	} else {
		m, ok := w.message(act)
		if !ok {
			return Webhook{}, "", false
		}
		value["messages"] = []any{m}
		value["contacts"] = []any{w.contact(act.By)}
		if act.Kind != Edit && act.Kind != React {
			id, _ = m["id"].(string)
		}
	}
	body := ascii(encode(map[string]any{
		"object": "whatsapp_business_account",
		"entry":  []any{map[string]any{"id": w.account, "changes": []any{map[string]any{"field": "messages", "value": value}}}},
	}))
	return Webhook{Header: metaSigned(w.appSecret, body), Body: body}, id, true
}

func (w *whatsapp) contact(c Customer) map[string]any {
	profile := map[string]any{"name": c.Name()}
	if c.Username != "" {
		profile["username"] = c.Username
	}
	out := map[string]any{"profile": profile, "user_id": w.Person(c)}
	if !w.hidden(c) {
		out["wa_id"] = c.phone()
	}
	return out
}

func (w *whatsapp) message(act Act) (map[string]any, bool) {
	m := map[string]any{
		"id":           w.wamid(w.Person(act.By)),
		"timestamp":    strconv.FormatInt(act.At.Unix(), 10),
		"from_user_id": w.Person(act.By),
	}
	if !w.hidden(act.By) {
		m["from"] = act.By.phone()
	}
	kind, content := string(act.Kind), map[string]any(nil)
	switch act.Kind {
	case Say:
		kind, content = "text", map[string]any{"body": act.Text}
	case Photo:
		kind, content = "image", w.image(text(m["id"]), act.Text)
	case Place:
		kind, content = "location", map[string]any{"latitude": act.Latitude, "longitude": act.Longitude}
		if act.Text != "" {
			content["name"], content["address"] = act.Text, act.Text
		}
	case Press:
		kind = "interactive"
		content = map[string]any{"type": "button_reply", "button_reply": map[string]any{"id": act.Button.ID, "title": act.Button.Title}}
		m["context"] = map[string]any{"from": "15550100199", "id": act.Target}
	case React:
		kind, content = "reaction", map[string]any{"message_id": act.Target, "emoji": act.Text}
	case Edit:
		content = map[string]any{
			"original_message_id": act.Target,
			"message":             map[string]any{"context": map[string]any{"id": "M0"}, "type": "text", "text": map[string]any{"body": act.Text}},
		}
	default:
		return nil, false
	}
	m["type"], m[kind] = kind, content
	return m, true
}

func (w *whatsapp) image(message, caption string) map[string]any {
	id := mediaID(message)
	sum := sha256.Sum256(picture(id, 480, 320))
	out := map[string]any{"id": id, "mime_type": "image/png", "sha256": base64.StdEncoding.EncodeToString(sum[:])}
	if caption != "" {
		out["caption"] = caption
	}
	return out
}

func (w *whatsapp) status(act Act) map[string]any {
	out := map[string]any{
		"id": act.Target, "status": act.Status, "timestamp": strconv.FormatInt(act.At.Unix(), 10),
		"recipient_user_id": w.Person(act.By),
		"conversation":      map[string]any{"id": "c" + mediaID(w.Person(act.By)), "origin": map[string]any{"type": "service"}},
		"pricing":           map[string]any{"billable": false, "pricing_model": "PMP", "category": "service", "type": "free_customer_service"},
	}
	if !w.hidden(act.By) {
		out["recipient_id"] = act.By.phone()
	}
	if act.Ref != "" {
		out["biz_opaque_callback_data"] = act.Ref
	}
	return out
}
