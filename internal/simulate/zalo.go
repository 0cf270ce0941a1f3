package simulate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const kindZalo = "zalo"

// zalo plays an Official Account (platforms/zalo).
type zalo struct {
	*desk
	key, appSecret, app, account string
	refresh, access              string // change with every use of the former
}

func newZalo(cfg Config) *zalo {
	return &zalo{
		desk: newDesk(kindZalo, cfg), key: cfg.secret("oa_secret_key", ""), appSecret: cfg.secret("app_secret", ""),
		app: cfg.setting("app_id", "7001990000000000001"), account: cfg.setting("oa_id", "7388990000000000001"),
		refresh: cfg.secret("refresh_token", "zalo-refresh-"),
	}
}

func (z *zalo) Account() Account {
	z.mu.Lock()
	defer z.mu.Unlock()
	return Account{
		Kind: kindZalo, Title: "Zalo", Settings: map[string]any{"app_id": z.app, "oa_id": z.account},
		Credentials: map[string]string{"oa_secret_key": z.key, "app_secret": z.appSecret, "refresh_token": z.refresh},
	}
}

// Retries: after half a minute, then up to an hour (platforms/zalo: Retries).
func (z *zalo) Retries() Retries {
	return Retries{First: 30 * time.Second, Max: time.Hour, GiveUp: 2 * time.Hour}
}

// Person is what the platform calls a customer.
func (z *zalo) Person(c Customer) string { return fmt.Sprintf("7246%015d", c.Index+1) }

// Handshake is the empty object that comes when the address is saved.
func (z *zalo) Handshake() (Webhook, func(int, []byte) bool) {
	return Webhook{Header: jsonHeader(), Body: []byte("{}")}, func(status int, _ []byte) bool { return status == http.StatusOK }
}

// Webhook writes an event and signs it with the account's secret key.
func (z *zalo) Webhook(act Act) (Webhook, string, bool) {
	event, message, minted := z.event(act)
	if event == "" {
		return Webhook{}, "", false
	}
	id := ""
	if minted {
		id = "96" + z.id(z.Person(act.By), 18)
		message["msg_id"] = id
	}
	sender, recipient := z.Person(act.By), z.account
	if act.Kind == Receipt {
		sender, recipient = recipient, sender
	}
	stamp := strconv.FormatInt(act.At.UnixMilli(), 10)
	body := encode(map[string]any{
		"app_id": z.app, "sender": map[string]any{"id": sender}, "recipient": map[string]any{"id": recipient}, "user_id_by_app": "7552" + z.Person(act.By)[4:],
		"event_name": event, "message": message, "timestamp": stamp,
	})
	sum := sha256.Sum256([]byte(z.app + string(body) + stamp + z.key))
	h := jsonHeader()
	h.Set("X-ZEvent-Signature", "mac="+hex.EncodeToString(sum[:]))
	return Webhook{Header: h, Body: body}, id, true
}

// event names what happened and what it was; minted is set for a message.
func (z *zalo) event(act Act) (name string, message map[string]any, minted bool) {
	switch act.Kind {
	case Say:
		return "user_send_text", map[string]any{"text": act.Text}, true
	case Press: // a button sends its payload as if it had been written
		return "user_send_text", map[string]any{"text": act.Button.ID}, true
	case Photo:
		url := z.file(z.id("photo", 20))
		return "user_send_image", map[string]any{"text": act.Text, "attachments": []any{
			map[string]any{"type": "image", "payload": map[string]any{"url": url, "thumbnail": url}},
		}}, true
	case Place:
		return "user_send_location", map[string]any{"text": act.Text, "attachments": []any{
			map[string]any{"type": "location", "payload": map[string]any{"coordinates": map[string]any{
				"latitude": degrees(act.Latitude), "longitude": degrees(act.Longitude),
			}}},
		}}, true
	case React:
		icon := zaloReaction(act.Text)
		if icon == "" {
			return "", nil, false
		}
		return "user_reacted_message", map[string]any{"msg_id": act.Target, "react_icon": icon}, false
	case Receipt:
		switch act.Status {
		case "delivered":
			return "user_received_message", map[string]any{"msg_id": act.Target, "delivery_time": strconv.FormatInt(act.At.UnixMilli(), 10)}, false
		case "read":
			return "user_seen_message", map[string]any{"msg_ids": []any{act.Target}}, false
		}
	}
	return "", nil, false
}

// zaloReaction is one of the six there are, empty for any other.
func zaloReaction(emoji string) string {
	return map[string]string{
		"❤": "/-heart", "👍": "/-strong", "😄": ":>", "😮": ":o", "😭": ":-((", "😡": ":-h",
	}[strings.TrimSuffix(emoji, "\uFE0F")]
}

// Serve answers a call. Zalo answers 200 and tells failures in the body.
func (z *zalo) Serve(call Call) Answer {
	if answer, ok := z.kept(call); ok {
		return answer
	}
	in := parameters(call)
	if call.Path == "/v4/oa/access_token" {
		return z.renew(call, in)
	}
	z.mu.Lock()
	good := z.access != "" && call.Header.Get("Access_token") == z.access
	z.mu.Unlock()
	if !good {
		return zaloError(-216, "Access token is invalid")
	}
	switch {
	case call.Path == "/v2.0/oa/getoa":
		return zaloOK(map[string]any{"oa_id": z.account, "name": "Demo shop", "is_verified": true})
	case call.Path == "/v3.0/oa/user/detail":
		var asked struct {
			User string `json:"user_id"`
		}
		_ = json.Unmarshal([]byte(call.Query.Get("data")), &asked)
		return z.user(asked.User)
	case strings.HasPrefix(call.Path, "/v2.0/oa/upload/"):
		return zaloOK(map[string]any{"attachment_id": "att-" + z.id("upload", 16), "token": "att-" + z.id("upload", 16)})
	case call.Path == "/v2.0/oa/message": // a reaction
		return zaloOK(map[string]any{"message_id": "96" + z.id("reaction", 18), "user_id": text(object(in["recipient"])["user_id"])})
	case strings.HasPrefix(call.Path, "/v3.0/oa/message/"):
		return z.send(call, in)
	}
	return zaloError(-201, "Params is invalid")
}

// renew changes a refresh token, good once, for a token and another one.
func (z *zalo) renew(call Call, in map[string]any) Answer {
	z.mu.Lock()
	used := z.refresh
	z.mu.Unlock()
	if call.Header.Get("Secret_key") != z.appSecret || text(in["refresh_token"]) != used || text(in["app_id"]) != z.app {
		return ok(map[string]any{"error": -14014, "error_name": "Invalid refresh token.", "error_description": "Invalid refresh token."})
	}
	refresh, access := "zalo-refresh-"+z.id("refresh", 32), "zalo-access-"+z.id("access", 32)
	z.mu.Lock()
	z.refresh, z.access = refresh, access
	z.mu.Unlock()
	return ok(map[string]any{"access_token": access, "refresh_token": refresh, "expires_in": "90000"})
}

func (z *zalo) user(id string) Answer {
	i := z.known(id, z.Person)
	if i < 0 {
		return zaloError(-213, "User has not followed the official account")
	}
	return zaloOK(map[string]any{"user_id": id, "user_id_by_app": "7552" + id[4:], "display_name": z.cast[i].Name(), "user_is_follower": true})
}

func (z *zalo) send(call Call, in map[string]any) Answer {
	to := text(object(in["recipient"])["user_id"])
	who := z.known(to, z.Person)
	msg := object(in["message"])
	said := text(msg["text"])
	switch {
	case who < 0:
		return zaloError(-213, "User has not followed the official account")
	case len(msg) == 0:
		return zaloError(-201, "message is empty")
	case len([]rune(said)) > 2000:
		return zaloError(-210, "Parameter exceed allowable limit")
	}
	payload := object(object(msg["attachment"])["payload"])
	kind := "text"
	if len(items(payload["elements"])) > 0 {
		kind = "media"
	}
	var buttons []Button
	for _, b := range items(payload["buttons"]) {
		if id := text(object(b)["payload"]); id != "" {
			buttons = append(buttons, Button{ID: id, Title: text(object(b)["title"])})
		}
	}
	id := "96" + z.id(z.account+">"+to, 18)
	answer := zaloOK(map[string]any{"message_id": id, "user_id": to, "quota": map[string]any{"quota_type": "reply"}})
	answer.Sent = []Sent{z.sent(call, who, to, id, kind, said, buttons)}
	return answer
}

func zaloOK(data map[string]any) Answer {
	return ok(map[string]any{"error": 0, "message": "Success", "data": data})
}

func zaloError(code int, words string) Answer {
	return ok(map[string]any{"error": code, "message": words})
}
