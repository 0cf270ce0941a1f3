package simulate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const kindTikTok = "tiktok"

// tiktok plays the Business Messaging API: one business account of one app
// (platforms/tiktok).
type tiktok struct {
	*desk
	secret, key, business string
	refresh, access       string // change with every use of the former
}

func newTikTok(cfg Config) *tiktok {
	return &tiktok{
		desk: newDesk(kindTikTok, cfg), secret: cfg.secret("client_secret", ""), key: cfg.setting("client_key", "7600990000000000001"),
		business: cfg.setting("business_id", "-0demo_shop"), refresh: cfg.secret("refresh_token", "rft."),
	}
}

func (t *tiktok) Account() Account {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Account{
		Kind: kindTikTok, Title: "TikTok", Settings: map[string]any{"client_key": t.key, "business_id": t.business},
		Credentials: map[string]string{"client_secret": t.secret, "refresh_token": t.refresh},
	}
}

// Retries grow, for up to 72 hours (platforms/tiktok: Response).
func (t *tiktok) Retries() Retries {
	return Retries{First: 5 * time.Second, Max: 30 * time.Minute, GiveUp: 72 * time.Hour}
}

// Person is what the platform calls a customer.
func (t *tiktok) Person(c Customer) string       { return fmt.Sprintf("+guest%016d", c.Index+1) }
func (t *tiktok) conversation(c Customer) string { return fmt.Sprintf("u5demo%08d==", c.Index+1) }

// Webhook writes an event, whose content is JSON within JSON, signed with the
// time of each try. There are neither edits nor reactions, and no places.
func (t *tiktok) Webhook(act Act) (Webhook, string, bool) {
	event, id := "im_receive_msg", ""
	content := map[string]any{
		"conversation_id": t.conversation(act.By), "from_user": map[string]any{"id": t.Person(act.By), "role": "personal_account"},
		"timestamp": act.At.UnixMilli(),
	}
	if act.Kind == Receipt {
		if act.Status != "read" {
			return Webhook{}, "", false
		}
		event = "im_mark_read_msg"
		content["read"] = map[string]any{"last_read_timestamp": act.At.UnixMilli()}
	} else {
		if !t.message(content, act) {
			return Webhook{}, "", false
		}
		id = "u5" + t.id(t.Person(act.By), 24) + "=="
		content["message_id"], content["unique_identifier"], content["is_follower"] = id, t.Person(act.By), true
		content["to_user"] = map[string]any{"id": t.business, "role": "business_account"}
		content["from"], content["to"] = act.By.handle(), "demo.shop"
	}
	body := encode(map[string]any{
		"client_key": t.key, "event": event, "create_time": act.At.Unix(), "user_openid": t.business, "content": string(encode(content)),
	})
	return Webhook{Header: jsonHeader(), Body: body, Seal: func(r *http.Request, _ string, at time.Time) {
		stamp := strconv.FormatInt(at.Unix(), 10)
		r.Header.Set("TikTok-Signature", "t="+stamp+",s="+hex.EncodeToString(hmacOf(sha256.New, t.secret, stamp, ".", string(body))))
	}}, id, true
}

func (t *tiktok) message(content map[string]any, act Act) bool {
	switch act.Kind {
	case Say:
		content["type"], content["text"] = "text", map[string]any{"body": act.Text}
	case Photo: // has no words
		content["type"], content["image"] = "image", map[string]any{"media_id": "v10" + t.id("media", 20)}
	case Press:
		content["type"], content["text"] = "text", map[string]any{"body": act.Button.Title}
		content["reply_source_payload"] = map[string]any{"reply_source_unique_id": act.Button.ID}
	default:
		return false
	}
	return true
}

// Serve answers a call. TikTok answers 200 and tells failures in the body.
func (t *tiktok) Serve(call Call) Answer {
	if answer, ok := t.kept(call); ok {
		return answer
	}
	in := parameters(call)
	path := strings.TrimPrefix(call.Path, "/open_api/v1.3")
	switch path {
	case "/tt_user/oauth2/refresh_token/":
		return t.renew(in)
	case "/business/webhook/update/":
		if text(in["secret"]) != t.secret {
			return tiktokError(40105, "The app secret is incorrect.")
		}
		return tiktokOK(map[string]any{"app_id": t.key})
	}
	t.mu.Lock()
	good := t.access != "" && call.Header.Get("Access-Token") == t.access
	t.mu.Unlock()
	if !good {
		return tiktokError(40105, "Access token is incorrect or has been revoked.")
	}
	switch path {
	case "/business/get/":
		return tiktokOK(map[string]any{"username": "demo.shop", "display_name": "Demo shop"})
	case "/business/message/send/":
		return t.send(call, in)
	case "/business/message/media/upload/":
		return tiktokOK(map[string]any{"media_id": "m-" + t.id("upload", 16)})
	case "/business/message/media/download/":
		return tiktokOK(map[string]any{"download_url": t.file(text(in["media_id"]))})
	}
	return tiktokError(40002, "Path "+call.Path+" does not exist.")
}

// renew changes a refresh token for a token and another one.
func (t *tiktok) renew(in map[string]any) Answer {
	t.mu.Lock()
	used := t.refresh
	t.mu.Unlock()
	if text(in["client_secret"]) != t.secret || text(in["refresh_token"]) != used {
		return tiktokError(40105, "The refresh token is incorrect.")
	}
	refresh, access := "rft."+t.id("refresh", 32), "act."+t.id("access", 32)
	t.mu.Lock()
	t.refresh, t.access = refresh, access
	t.mu.Unlock()
	return tiktokOK(map[string]any{
		"open_id": t.business, "access_token": access, "refresh_token": refresh, "expires_in": 86400, "refresh_token_expires_in": 31536000,
	})
}

func (t *tiktok) send(call Call, in map[string]any) Answer {
	to, kind := text(in["recipient"]), text(in["message_type"])
	who := t.known(to, t.conversation)
	template := object(in["template"])
	said := text(object(in["text"])["body"]) + text(template["title"])
	switch {
	case text(in["business_id"]) != t.business:
		return tiktokError(40002, "business_id is invalid.")
	case kind == "SENDER_ACTION":
		return tiktokOK(map[string]any{"message": map[string]any{"message_id": ""}})
	case who < 0:
		return tiktokError(40002, "The conversation does not exist.")
	case len([]rune(said)) > 6000:
		return tiktokError(40002, "text.body is too long.")
	}
	var buttons []Button
	for _, b := range items(template["buttons"]) {
		if text(object(b)["type"]) == "REPLY" {
			buttons = append(buttons, Button{ID: text(object(b)["id"]), Title: text(object(b)["title"])})
		}
	}
	id := "u5" + t.id(t.business+">"+to, 24) + "=="
	answer := tiktokOK(map[string]any{"message": map[string]any{"message_id": id}})
	answer.Sent = []Sent{t.sent(call, who, to, id, strings.ToLower(kind), said, buttons)}
	return answer
}

func tiktokOK(data map[string]any) Answer {
	return ok(map[string]any{"code": 0, "message": "OK", "request_id": "20260101000000", "data": data})
}

func tiktokError(code int, words string) Answer {
	return ok(map[string]any{"code": code, "message": words, "request_id": "20260101000000"})
}
