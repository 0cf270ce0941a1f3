package simulate

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const kindViber = "viber"

// viber plays the Viber REST API: one bot (platforms/viber).
type viber struct {
	*desk
	token    string
	tracking map[int]string // of the latest message, by customer
	webhook  string
}

func newViber(cfg Config) *viber {
	return &viber{desk: newDesk(kindViber, cfg), token: cfg.secret("auth_token", ""), tracking: map[int]string{}}
}

func (v *viber) Account() Account {
	return Account{
		Kind: kindViber, Title: "Viber", Credentials: map[string]string{"auth_token": v.token}, Settings: map[string]any{"sender_name": "Demo shop"},
	}
}

// Retries are not told exactly (platforms/viber: response).
func (v *viber) Retries() Retries {
	return Retries{First: 5 * time.Second, Max: 10 * time.Minute, GiveUp: time.Hour}
}

// Person is 16 bytes in base64, as Viber's ids are.
func (v *viber) Person(c Customer) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "viber/%d", c.Index))
	return base64.StdEncoding.EncodeToString(sum[:16])
}

func (v *viber) profile(c Customer) map[string]any {
	return map[string]any{"id": v.Person(c), "name": c.Name(), "language": c.Lang, "country": "GB", "api_version": 10}
}

// stamp is a message token: a number too long for a float.
func (v *viber) stamp() json.Number { return json.Number(fmt.Sprintf("6%018d", v.next("token"))) }

// Handshake is the event that Viber sends while the webhook is set.
func (v *viber) Handshake() (Webhook, func(int, []byte) bool) {
	ask := v.signed(encode(map[string]any{"event": "webhook", "timestamp": time.UnixMilli(int64(v.seed)).UnixMilli(), "message_token": v.stamp()}))
	return ask, func(status int, _ []byte) bool { return status == http.StatusOK }
}

func (v *viber) signed(body []byte) Webhook {
	h := jsonHeader()
	h.Set("X-Viber-Content-Signature", hex.EncodeToString(hmacOf(sha256.New, v.token, string(body))))
	return Webhook{Header: h, Body: body}
}

// Webhook writes a message or a receipt and signs it with the bot's token.
func (v *viber) Webhook(act Act) (Webhook, string, bool) {
	body := map[string]any{"timestamp": act.At.UnixMilli(), "chat_hostname": "SN-CHAT-01_"}
	if act.Kind == Receipt {
		event := map[string]string{"delivered": "delivered", "read": "seen"}[act.Status]
		if event == "" {
			return Webhook{}, "", false
		}
		body["event"], body["user_id"], body["message_token"] = event, v.Person(act.By), json.Number(act.Target)
		return v.signed(encode(body)), "", true
	}
	message, ok := v.message(act)
	if !ok {
		return Webhook{}, "", false
	}
	id := v.stamp()
	body["event"], body["message_token"], body["sender"], body["message"], body["silent"] = "message", id, v.profile(act.By), message, false
	return v.signed(encode(body)), id.String(), true
}

func (v *viber) message(act Act) (map[string]any, bool) {
	out := map[string]any{}
	switch act.Kind {
	case Say:
		out["type"], out["text"] = "text", act.Text
	case Press: // sends what stands on it; what the business tracks comes along
		out["type"], out["text"] = "text", act.Button.ID
	case Photo:
		key := v.id("photo", 20)
		out["type"], out["media"], out["thumbnail"], out["text"], out["file_name"] = "picture", v.file(key), v.file(key), act.Text, key+".png"
		out["size"] = len(picture(key, 480, 320))
	case Place:
		out["type"], out["location"] = "location", map[string]any{"lat": act.Latitude, "lon": act.Longitude}
	default: // Viber has neither edits nor reactions
		return nil, false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if t := v.tracking[act.By.Index]; t != "" {
		out["tracking_data"] = t
	}
	return out, true
}

// Serve answers a call. Viber answers 200 and tells failures in the body.
func (v *viber) Serve(call Call) Answer {
	if answer, ok := v.kept(call); ok {
		return answer
	}
	if call.Header.Get("X-Viber-Auth-Token") != v.token {
		return viberError(2, "invalidAuthToken")
	}
	in := parameters(call)
	switch strings.TrimPrefix(call.Path, "/pa/") {
	case "set_webhook":
		v.mu.Lock()
		v.webhook = text(in["url"])
		v.mu.Unlock()
		return viberOK(map[string]any{"event_types": in["event_types"]})
	case "get_account_info":
		v.mu.Lock()
		defer v.mu.Unlock()
		return viberOK(map[string]any{"id": "pa:7100990000", "name": "Demo shop", "uri": "demoshop", "webhook": v.webhook, "subscribers_count": len(v.cast)})
	case "get_user_details":
		if i := v.known(text(in["id"]), v.Person); i >= 0 {
			return viberOK(map[string]any{"message_token": v.stamp(), "user": v.profile(v.cast[i])})
		}
		return viberError(5, "receiverNotRegistered")
	case "send_message":
		return v.send(call, in)
	}
	return viberError(4, "invalidMethod")
}

func (v *viber) send(call Call, in map[string]any) Answer {
	to := text(in["receiver"])
	who := v.known(to, v.Person)
	switch {
	case who < 0:
		return viberError(6, "receiverNotSubscribed")
	case text(in["type"]) == "" || len(text(object(in["sender"])["name"])) > 28:
		return viberError(3, "badData")
	case len([]rune(text(in["text"]))) > 7000:
		return viberError(3, "badData")
	}
	v.mu.Lock()
	v.tracking[who] = text(in["tracking_data"])
	v.mu.Unlock()
	id := v.stamp()
	var buttons []Button
	for _, b := range items(object(in["keyboard"])["Buttons"]) {
		if text(object(b)["ActionType"]) == "reply" {
			buttons = append(buttons, Button{ID: text(object(b)["ActionBody"]), Title: text(object(b)["Text"])})
		}
	}
	answer := viberOK(map[string]any{"message_token": id, "chat_hostname": "SN-CHAT-01_", "billing_status": 1})
	answer.Sent = []Sent{v.sent(call, who, to, id.String(), text(in["type"]), text(in["text"]), buttons)}
	return answer
}

func viberOK(more map[string]any) Answer {
	more["status"], more["status_message"] = 0, "ok"
	return ok(more)
}

func viberError(status int, words string) Answer {
	return ok(map[string]any{"status": status, "status_message": words})
}
