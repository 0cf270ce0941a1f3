package simulate

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const kindLINE = "line"

// line plays the LINE Messaging API: one Official Account (platforms/line).
type line struct {
	*desk
	token, secret string
	replies       map[string]int            // customers by the tokens their webhooks gave
	pushed        map[string]map[string]any // answers by retry key
}

func newLINE(cfg Config) *line {
	return &line{
		desk: newDesk(kindLINE, cfg), token: cfg.secret("channel_access_token", "line-"), secret: cfg.secret("channel_secret", ""),
		replies: map[string]int{}, pushed: map[string]map[string]any{},
	}
}

func (l *line) Account() Account {
	return Account{
		Kind: kindLINE, Title: "LINE", Settings: map[string]any{},
		Credentials: map[string]string{"channel_access_token": l.token, "channel_secret": l.secret},
	}
}

// Retries: with redelivery switched on, at intervals that LINE does not tell
// (platforms/line: section 1).
func (l *line) Retries() Retries {
	return Retries{First: 5 * time.Second, Max: 10 * time.Minute, GiveUp: time.Hour}
}

// lineAccount is the account's own user id.
const lineAccount = "Ub07a0000000000000000000000000001"

// Person is what the platform calls a customer.
func (l *line) Person(c Customer) string { return fmt.Sprintf("U5e1a%028x", c.Index+1) }

// Handshake is the webhook without events that the console's Verify sends.
func (l *line) Handshake() (Webhook, func(int, []byte) bool) {
	return l.signed(encode(map[string]any{"destination": lineAccount, "events": []any{}})), func(status int, _ []byte) bool { return status == http.StatusOK }
}

func (l *line) signed(body []byte) Webhook {
	h := jsonHeader()
	h.Set("X-Line-Signature", base64.StdEncoding.EncodeToString(hmacOf(sha256.New, l.secret, string(body))))
	return Webhook{Header: h, Body: body}
}

// Webhook writes the events of an act and signs them. A photo's words come as a
// message of their own, since pictures have none on LINE.
func (l *line) Webhook(act Act) (Webhook, string, bool) {
	var events []any
	id := ""
	switch act.Kind {
	case Say:
		id = l.message()
		events = append(events, l.event(act, "message", map[string]any{"id": id, "type": "text", "text": act.Text}))
	case Photo:
		id = l.message()
		events = append(events, l.event(act, "message", map[string]any{"id": id, "type": "image", "contentProvider": map[string]any{"type": "line"}}))
		if act.Text != "" {
			events = append(events, l.event(act, "message", map[string]any{"id": l.message(), "type": "text", "text": act.Text}))
		}
	case Place:
		id = l.message()
		events = append(events, l.event(act, "message", map[string]any{
			"id": id, "type": "location", "title": act.Text, "address": act.Text, "latitude": act.Latitude, "longitude": act.Longitude,
		}))
	case Press:
		events = append(events, l.event(act, "postback", map[string]any{"data": act.Button.ID}))
	default: // edits are told of in groups only, reactions and receipts never
		return Webhook{}, "", false
	}
	return l.signed(encode(map[string]any{"destination": lineAccount, "events": events})), id, true
}

func (l *line) message() string { return fmt.Sprintf("59%016d", l.next("message")) }

// event is one of a webhook's; its reply token is good once.
func (l *line) event(act Act, kind string, content map[string]any) map[string]any {
	reply := l.id("reply", 32)
	l.mu.Lock()
	l.replies[reply] = act.By.Index
	l.mu.Unlock()
	if kind == "message" {
		content["quoteToken"], content["markAsReadToken"] = "qT-"+text(content["id"]), "mR-"+text(content["id"])
	}
	return map[string]any{
		"type": kind, "mode": "active", "timestamp": act.At.UnixMilli(), "source": map[string]any{"type": "user", "userId": l.Person(act.By)},
		"webhookEventId": "01" + strings.ToUpper(l.id("event", 24)), "deliveryContext": map[string]any{"isRedelivery": false},
		"replyToken": reply, kind: content,
	}
}

// Serve answers a call of the Messaging API or of its data host.
func (l *line) Serve(call Call) Answer {
	if !bearer(call, l.token) {
		return lineError(http.StatusUnauthorized, "Authentication failed. Confirm that the access token in the authorization header is valid.")
	}
	path := strings.TrimPrefix(call.Path, "/v2/bot")
	switch {
	case path == "/info":
		return ok(map[string]any{"userId": lineAccount, "basicId": "@416demo", "displayName": "Demo shop", "chatMode": "bot", "markAsReadMode": "manual"})
	case path == "/message/push":
		return l.push(call)
	case path == "/message/reply":
		return l.reply(call)
	case path == "/chat/loading/start":
		return refused(http.StatusAccepted, map[string]any{})
	case path == "/chat/markAsRead", path == "/channel/webhook/endpoint":
		return ok(map[string]any{})
	case path == "/channel/webhook/test":
		return ok(map[string]any{"success": true, "statusCode": 200, "reason": "OK"})
	case strings.HasPrefix(path, "/profile/"):
		return l.profile(strings.TrimPrefix(path, "/profile/"))
	case strings.HasPrefix(path, "/message/") && strings.HasSuffix(path, "/content"):
		return photo(strings.Split(path, "/")[2])
	}
	return lineError(http.StatusNotFound, "Not found")
}

func lineError(status int, words string) Answer {
	return refused(status, map[string]any{"message": words})
}

func (l *line) profile(id string) Answer {
	i := l.known(id, l.Person)
	if i < 0 {
		return lineError(http.StatusNotFound, "Not found")
	}
	c := l.cast[i]
	return ok(map[string]any{"userId": id, "displayName": c.Name(), "language": c.Lang})
}

// push sends to anybody. The same retry key is the same message.
func (l *line) push(call Call) Answer {
	in := parameters(call)
	to, key := text(in["to"]), call.Header.Get("X-Line-Retry-Key")
	who := l.known(to, l.Person)
	if who < 0 {
		return lineError(http.StatusBadRequest, "The property, 'to', in the request body is invalid (line: -, column: -)")
	}
	l.mu.Lock()
	before := l.pushed[key]
	l.mu.Unlock()
	if key != "" && before != nil {
		return refused(http.StatusConflict, map[string]any{"message": "The retry key is already accepted", "sentMessages": before["sentMessages"]})
	}
	answer, body := l.show(call, who, in)
	if key != "" && body != nil {
		l.mu.Lock()
		l.pushed[key] = body
		l.mu.Unlock()
	}
	return answer
}

// reply answers a webhook, once.
func (l *line) reply(call Call) Answer {
	in := parameters(call)
	token := text(in["replyToken"])
	l.mu.Lock()
	who, good := l.replies[token]
	delete(l.replies, token)
	l.mu.Unlock()
	if !good {
		return lineError(http.StatusBadRequest, "Invalid reply token")
	}
	answer, _ := l.show(call, who, in)
	return answer
}

func (l *line) show(call Call, who int, in map[string]any) (Answer, map[string]any) {
	messages := items(in["messages"])
	if len(messages) == 0 || len(messages) > 5 {
		return lineError(http.StatusBadRequest, "The request body has 1 error(s)"), nil
	}
	var ids []any
	var shown []Sent
	for _, m := range messages {
		msg := object(m)
		id := fmt.Sprintf("60%016d", l.next("sent"))
		ids = append(ids, map[string]any{"id": id, "quoteToken": "sQ-" + id})
		said := text(msg["text"]) + text(object(msg["template"])["text"])
		shown = append(shown, l.sent(call, who, l.Person(l.cast[who]), id, text(msg["type"]), said, lineButtons(msg)))
	}
	body := map[string]any{"sentMessages": ids}
	answer := ok(body)
	answer.Sent = shown
	return answer, body
}

// lineButtons reads what can be tapped: a template's actions, those of its
// columns, or quick replies.
func lineButtons(msg map[string]any) []Button {
	template := object(msg["template"])
	actions := items(template["actions"])
	for _, column := range items(template["columns"]) {
		actions = append(actions, items(object(column)["actions"])...)
	}
	for _, item := range items(object(msg["quickReply"])["items"]) {
		actions = append(actions, object(item)["action"])
	}
	var out []Button
	for _, a := range actions {
		if id := text(object(a)["data"]); id != "" {
			title := text(object(a)["displayText"])
			if title == "" {
				title = text(object(a)["label"])
			}
			out = append(out, Button{ID: id, Title: title})
		}
	}
	return out
}
