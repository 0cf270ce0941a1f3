package simulate

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	kindMessenger = "messenger"
	kindInstagram = "instagram"
)

// metaChat plays what Messenger for Pages and Instagram messaging share: one
// Page or account of one app (platforms/messenger, platforms/instagram).
type metaChat struct {
	*desk
	kind, title, object      string
	token, appSecret, verify string
	tokenName, idName        string // of the channel's form
	account, app             string
	people                   string // what the ids of people begin with
}

func newMessenger(cfg Config) *metaChat {
	return &metaChat{
		desk: newDesk(kindMessenger, cfg), kind: kindMessenger, title: "Messenger", object: "page",
		token: cfg.secret("page_access_token", "EAApage"), appSecret: cfg.secret("app_secret", ""), verify: cfg.secret("verify_token", "verify-"),
		tokenName: "page_access_token", idName: "page_id", account: cfg.setting("page_id", "610990000000001"),
		app: cfg.setting("app_id", "151990000000001"), people: "7299",
	}
}

func newInstagram(cfg Config) *metaChat {
	return &metaChat{
		desk: newDesk(kindInstagram, cfg), kind: kindInstagram, title: "Instagram", object: "instagram",
		token: cfg.secret("access_token", "IGAAdemo"), appSecret: cfg.secret("app_secret", ""), verify: cfg.secret("verify_token", "verify-"),
		tokenName: "access_token", idName: "ig_user_id", account: cfg.setting("ig_user_id", "17841990000000001"), people: "9199",
	}
}

func (m *metaChat) Account() Account {
	settings := map[string]any{m.idName: m.account}
	if m.app != "" {
		settings["app_id"] = m.app
	}
	return Account{
		Kind: m.kind, Title: m.title, Settings: settings,
		Credentials: map[string]string{m.tokenName: m.token, "app_secret": m.appSecret, "verify_token": m.verify},
	}
}

// Retries: at once a few times, and after an hour of failures the account is
// unsubscribed (platforms/messenger: section 1).
func (m *metaChat) Retries() Retries { return Retries{Max: 5 * time.Minute, GiveUp: time.Hour} }

// Handshake is what Meta asks when the address is entered.
func (m *metaChat) Handshake() (Webhook, func(int, []byte) bool) { return metaHandshake(m.verify) }

// Person is the id that somebody has with this account alone.
func (m *metaChat) Person(c Customer) string { return fmt.Sprintf("%s%012d", m.people, c.Index+1) }

func (m *metaChat) mid(author string) string {
	sum := m.mint(author)
	return "m_" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// Webhook writes one item of "messaging" and signs it with the app's secret.
func (m *metaChat) Webhook(act Act) (Webhook, string, bool) {
	item := map[string]any{
		"sender": map[string]any{"id": m.Person(act.By)}, "recipient": map[string]any{"id": m.account}, "timestamp": act.At.UnixMilli(),
	}
	id, ok := m.item(item, act)
	if !ok {
		return Webhook{}, "", false
	}
	body := ascii(encode(map[string]any{
		"object": m.object,
		"entry":  []any{map[string]any{"id": m.account, "time": act.At.UnixMilli(), "messaging": []any{item}}},
	}))
	return Webhook{Header: metaSigned(m.appSecret, body), Body: body}, id, true
}

// item fills in what happened.
func (m *metaChat) item(item map[string]any, act Act) (id string, ok bool) {
	switch act.Kind {
	case Say, Photo:
		id = m.mid(m.Person(act.By))
		item["message"] = m.message(id, act)
	case Place:
		if m.kind != kindMessenger {
			return "", false
		}
		id = m.mid(m.Person(act.By))
		item["message"] = map[string]any{"mid": id, "attachments": []any{map[string]any{
			"type": "location", "title": act.Text, "payload": map[string]any{"coordinates": map[string]any{"lat": act.Latitude, "long": act.Longitude}},
		}}}
	case Press:
		id = m.mid(m.Person(act.By))
		item["postback"] = map[string]any{"mid": id, "title": act.Button.Title, "payload": act.Button.ID}
	case Edit:
		item["message_edit"] = map[string]any{"mid": act.Target, "text": act.Text, "num_edit": 1}
	case React:
		item["reaction"] = map[string]any{"mid": act.Target, "action": "react", "emoji": act.Text, "reaction": metaReaction(act.Text)}
	case Receipt:
		return "", m.receipt(item, act)
	}
	return id, true
}

func (m *metaChat) message(id string, act Act) map[string]any {
	out := map[string]any{"mid": id}
	if act.Text != "" {
		out["text"] = act.Text
	}
	if act.Kind == Photo {
		out["attachments"] = []any{map[string]any{"type": "image", "payload": map[string]any{"url": m.file(mediaID(id))}}}
	}
	return out
}

// receipt: Messenger tells what arrived by its id and what was read up to a
// time, Instagram only what was read, by its id.
func (m *metaChat) receipt(item map[string]any, act Act) bool {
	switch {
	case m.kind == kindInstagram && act.Status == "read":
		item["read"] = map[string]any{"mid": act.Target}
	case m.kind == kindMessenger && act.Status == "read":
		item["read"] = map[string]any{"watermark": act.At.UnixMilli()}
	case m.kind == kindMessenger && act.Status == "delivered":
		item["delivery"] = map[string]any{"mids": []any{act.Target}, "watermark": act.At.UnixMilli()}
	default:
		return false
	}
	return true
}

// metaReaction is the platform's word for an emoji.
func metaReaction(emoji string) string {
	switch strings.TrimSuffix(emoji, "\uFE0F") {
	case "❤":
		return "love"
	case "👍":
		return "like"
	case "😆":
		return "smile"
	}
	return "other"
}

// Serve answers a Graph API call. The version in the path is not looked at.
func (m *metaChat) Serve(call Call) Answer {
	if answer, ok := m.kept(call); ok {
		return answer
	}
	if call.Path == "/refresh_access_token" {
		return m.refresh(call)
	}
	app := m.app != "" && bearer(call, m.app+"|"+m.appSecret)
	if !bearer(call, m.token) && !app {
		return graphError(http.StatusUnauthorized, 190, "Invalid OAuth access token")
	}
	node, edge := graphPath(call.Path)
	switch {
	case edge == "messages" && call.Method == http.MethodPost:
		return m.send(call)
	case edge == "subscribed_apps", edge == "subscriptions":
		return graphOK(map[string]any{"success": true})
	case edge == "" && (node == "me" || node == m.account):
		return graphOK(map[string]any{"id": m.account, "user_id": m.account, "name": "Demo shop", "username": "demo.shop"})
	case edge == "" && call.Method == http.MethodGet:
		return m.profile(node)
	}
	return graphError(http.StatusBadRequest, 100, "Unsupported request: object does not exist or cannot be loaded")
}

// refresh changes a token of Instagram's for the next one. The one before goes
// on working until its own end, so that both stay good.
func (m *metaChat) refresh(call Call) Answer {
	if call.Query.Get("access_token") != m.token {
		return graphError(http.StatusBadRequest, 190, "Invalid OAuth access token")
	}
	return graphOK(map[string]any{"access_token": m.token, "token_type": "bearer", "expires_in": 5183944})
}

func (m *metaChat) profile(id string) Answer {
	i := m.known(id, m.Person)
	if i < 0 {
		return graphError(http.StatusBadRequest, 100, "Unsupported get request. Object with ID '"+id+"' does not exist")
	}
	c := m.cast[i]
	out := map[string]any{"id": id, "profile_pic": m.file(numbered(id, 12))}
	if m.kind == kindMessenger {
		out["first_name"], out["last_name"] = c.First, c.Last
	} else {
		out["name"], out["username"] = c.Name(), c.handle()
	}
	return graphOK(out)
}

func (m *metaChat) send(call Call) Answer {
	in := parameters(call)
	to := text(object(in["recipient"])["id"])
	if to == "" {
		return graphError(http.StatusBadRequest, 100, "(#100) param recipient must be non-empty.")
	}
	who := m.known(to, m.Person)
	if text(in["sender_action"]) != "" {
		return graphOK(map[string]any{"recipient_id": to})
	}
	msg := object(in["message"])
	attached := object(msg["attachment"])
	payload := object(attached["payload"])
	said, kind := text(msg["text"])+text(payload["text"]), "text"
	if len(attached) > 0 {
		kind = text(attached["type"])
	}
	if len(items(msg["attachments"])) > 0 {
		kind = "image"
	}
	switch {
	case len(msg) == 0:
		return graphError(http.StatusBadRequest, 100, "(#100) Must send message_creative_id or message")
	case len([]rune(said)) > 2000:
		return graphError(http.StatusBadRequest, 100, "(#100) Length of param message[text] must be less than or equal to 2000")
	}
	id := m.mid(m.account + ">" + to)
	sent := m.sent(call, who, to, id, kind, said, metaButtons(msg, payload))
	sent.Ref = text(msg["metadata"])
	out := graphOK(map[string]any{"recipient_id": to, "message_id": id})
	out.Sent = []Sent{sent}
	return out
}

// metaButtons reads a template's buttons or quick replies.
func metaButtons(msg, payload map[string]any) []Button {
	var out []Button
	for _, b := range append(items(payload["buttons"]), items(msg["quick_replies"])...) {
		if id := text(object(b)["payload"]); id != "" {
			out = append(out, Button{ID: id, Title: text(object(b)["title"])})
		}
	}
	return out
}

// metaHandshake is a GET whose challenge has to come back.
func metaHandshake(verify string) (Webhook, func(int, []byte) bool) {
	const challenge = "1158201444"
	ask := Webhook{Method: http.MethodGet, Query: url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {verify}, "hub.challenge": {challenge}}}
	return ask, answers(challenge)
}

// answers tells whether an answer is 200 with a text and nothing else.
func answers(want string) func(int, []byte) bool {
	return func(status int, body []byte) bool { return status == http.StatusOK && string(body) == want }
}

// metaSigned is the header that Meta sends with a body.
func metaSigned(appSecret string, body []byte) http.Header {
	h := jsonHeader()
	h.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(hmacOf(sha256.New, appSecret, string(body))))
	return h
}

// ascii writes everything beyond ASCII as \u escapes, as Meta does: what it
// signs are the escaped bytes.
func ascii(body []byte) []byte {
	var out strings.Builder
	for len(body) > 0 {
		r, n := utf8.DecodeRune(body)
		switch {
		case r < utf8.RuneSelf:
			out.WriteByte(body[0])
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		body = body[n:]
	}
	return []byte(out.String())
}
