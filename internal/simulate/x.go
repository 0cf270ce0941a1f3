package simulate

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const kindX = "x"

// xEpoch is when X's ids begin to count, in Unix milliseconds.
const xEpoch = 1288834974657

// x plays the X Activity API and Direct Messages of one account (platforms/x).
type x struct {
	*desk
	key, secret, token, tokenSecret, bearerToken string
	account                                      string
}

func newX(cfg Config) *x {
	account := cfg.setting("user_id", "2244990000000000001")
	return &x{
		desk: newDesk(kindX, cfg), key: cfg.secret("consumer_key", ""), secret: cfg.secret("consumer_secret", ""),
		token: cfg.secret("access_token", account+"-"), tokenSecret: cfg.secret("access_token_secret", ""), bearerToken: cfg.secret("bearer_token", "AAAA"),
		account: account,
	}
}

func (x *x) Account() Account {
	return Account{
		Kind: kindX, Title: "X", Settings: map[string]any{"user_id": x.account, "webhook_id": "1976990000000000001"},
		Credentials: map[string]string{
			"consumer_key": x.key, "consumer_secret": x.secret, "access_token": x.token, "access_token_secret": x.tokenSecret, "bearer_token": x.bearerToken,
		},
	}
}

// Retries are not specified (platforms/x: Response).
func (x *x) Retries() Retries {
	return Retries{First: 5 * time.Second, Max: 5 * time.Minute, GiveUp: 30 * time.Minute}
}

// Person is what the platform calls a customer.
func (x *x) Person(c Customer) string { return fmt.Sprintf("3311%015d", c.Index+1) }

func (x *x) mark(body string) string {
	return "sha256=" + base64.StdEncoding.EncodeToString(hmacOf(sha256.New, x.secret, body))
}

// Handshake is X's challenge, which comes about every hour.
func (x *x) Handshake() (Webhook, func(int, []byte) bool) {
	const challenge = "challenge-of-the-demo"
	return Webhook{Method: http.MethodGet, Query: url.Values{"crc_token": {challenge}}}, func(status int, body []byte) bool {
		return status == http.StatusOK && text(object(decode(body))["response_token"]) == x.mark(challenge)
	}
}

// Webhook writes an event and signs it with the consumer secret.
func (x *x) Webhook(act Act) (Webhook, string, bool) {
	who := x.Person(act.By)
	kind, id := "dm.received", ""
	payload := map[string]any{"users": map[string]any{who: map[string]any{"data": x.user(act.By)}}}
	switch act.Kind {
	case Receipt:
		if act.Status != "read" {
			return Webhook{}, "", false
		}
		kind = "dm.read"
		payload["direct_message_mark_read_events"] = []any{map[string]any{
			"created_timestamp": fmt.Sprint(act.At.UnixMilli()), "sender_id": who, "target": map[string]any{"recipient_id": x.account}, "last_read_event_id": act.Target,
		}}
	default:
		data, good := x.message(act)
		if !good {
			return Webhook{}, "", false
		}
		id = x.snowflake(act.At, xEpoch)
		payload["direct_message_events"] = []any{map[string]any{
			"type": "message_create", "id": id, "created_timestamp": fmt.Sprint(act.At.UnixMilli()),
			"message_create": map[string]any{"target": map[string]any{"recipient_id": x.account}, "sender_id": who, "message_data": data},
		}}
	}
	body := encode(map[string]any{"data": map[string]any{
		"event_uuid": "-" + numbered(x.id("event", 32), 18), "filter": map[string]any{"user_id": x.account}, "event_type": kind, "payload": payload,
	}})
	h := jsonHeader()
	h.Set("X-Twitter-Webhooks-Signature", x.mark(string(body)))
	return Webhook{Header: h, Body: body}, id, true
}

func (x *x) user(c Customer) map[string]any {
	return map[string]any{"id": x.Person(c), "username": strings.ReplaceAll(c.handle(), ".", "_"), "name": c.Name(), "verified": false}
}

// message is what a direct message holds. X has neither edits nor reactions in
// what it tells.
func (x *x) message(act Act) (map[string]any, bool) {
	data := map[string]any{
		"text": escaped(act.Text), "entities": map[string]any{"hashtags": []any{}, "symbols": []any{}, "user_mentions": []any{}, "urls": []any{}},
	}
	switch act.Kind {
	case Say:
	case Photo:
		id := x.snowflake(act.At, xEpoch)
		data["text"] = strings.TrimSpace(escaped(act.Text) + " https://t.co/" + id)
		where := "https://ton.twitter.com/1.1/ton/data/dm/" + id + "/" + id + "/photo.png"
		data["attachment"] = map[string]any{"type": "media", "media": map[string]any{
			"id": id, "url": "https://t.co/" + id, "media_url": where, "media_url_https": where, "type": "photo",
		}}
	case Place:
		data["attachment"] = map[string]any{"type": "location", "location": map[string]any{"type": "shared_coordinate", "shared_coordinate": map[string]any{
			"coordinates": map[string]any{"type": "Point", "coordinates": []any{act.Longitude, act.Latitude}},
		}}}
	default:
		return nil, false
	}
	return data, true
}

// Serve answers a call of the v2 API that is signed by OAuth 1.0a or, for the
// app as a whole, carries its bearer token.
func (x *x) Serve(call Call) Answer {
	path := strings.TrimPrefix(call.Path, "/2")
	if strings.HasPrefix(path, "/webhooks") && bearer(call, x.bearerToken) {
		return ok(map[string]any{"data": map[string]any{"id": "1976990000000000001", "valid": true, "attempted": true}})
	}
	if !x.signed(call) {
		return xError(http.StatusUnauthorized, "Unauthorized", "Unauthorized")
	}
	switch {
	case path == "/users/me":
		return ok(map[string]any{"data": map[string]any{"id": x.account, "name": "Demo shop", "username": "demo_shop"}})
	case strings.HasPrefix(path, "/users/"):
		if i := x.known(strings.TrimPrefix(path, "/users/"), x.Person); i >= 0 {
			return ok(map[string]any{"data": x.user(x.cast[i])})
		}
		return xError(http.StatusNotFound, "Not Found Error", "Could not find user")
	case strings.HasPrefix(path, "/dm_conversations/with/"):
		return x.send(call, strings.TrimSuffix(strings.TrimPrefix(path, "/dm_conversations/with/"), "/messages"))
	case strings.HasPrefix(path, "/dm_conversations/media/"):
		return photo(path)
	case strings.HasPrefix(path, "/media/upload"):
		return x.upload(path)
	case strings.HasPrefix(path, "/account_activity/"):
		return ok(map[string]any{"data": map[string]any{"subscribed": true}})
	}
	return xError(http.StatusNotFound, "Not Found", "No such resource")
}

// upload takes a file at once or in three calls, and is through with it.
func (x *x) upload(path string) Answer {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	id := fmt.Sprintf("2079%015d", x.next("media")%1e15)
	if len(parts) > 2 && parts[2] != "initialize" {
		id = parts[2]
	}
	return ok(map[string]any{"data": map[string]any{"id": id, "media_key": "3_" + id, "size": 1}})
}

func (x *x) send(call Call, to string) Answer {
	in := parameters(call)
	who, said := x.known(to, x.Person), text(in["text"])
	switch {
	case who < 0:
		return xError(http.StatusForbidden, "Forbidden", "You cannot send messages to this user.")
	case said == "" && len(items(in["attachments"])) == 0:
		return xError(http.StatusBadRequest, "Invalid Request", "One or more parameters to your request was invalid.")
	case len([]rune(said)) > 10_000:
		return xError(http.StatusBadRequest, "Invalid Request", "The text is too long.")
	}
	id, kind := x.snowflake(call.At, xEpoch), "text"
	if said == "" {
		kind = "media"
	}
	answer := refused(http.StatusCreated, map[string]any{"data": map[string]any{"dm_conversation_id": x.account + "-" + to, "dm_event_id": id}})
	answer.Sent = []Sent{x.sent(call, who, to, id, kind, said, nil)}
	return answer
}

// signed checks the signature of a call (RFC 5849, section 3.4).
func (x *x) signed(call Call) bool {
	given, isOAuth := strings.CutPrefix(call.Header.Get("Authorization"), "OAuth ")
	if !isOAuth {
		return false
	}
	oauth := map[string]string{}
	for pair := range strings.SplitSeq(given, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		oauth[name], _ = url.PathUnescape(strings.Trim(value, `"`))
	}
	if oauth["oauth_consumer_key"] != x.key || oauth["oauth_token"] != x.token {
		return false
	}
	var params []string
	for name, value := range oauth {
		if name != "oauth_signature" {
			params = append(params, percent(name)+"="+percent(value))
		}
	}
	for name, values := range call.Query {
		for _, value := range values {
			params = append(params, percent(name)+"="+percent(value))
		}
	}
	slices.Sort(params)
	base := call.Method + "&" + percent(call.Base+(&url.URL{Path: call.Path}).EscapedPath()) + "&" + percent(strings.Join(params, "&"))
	want := hmacOf(sha1.New, percent(x.secret)+"&"+percent(x.tokenSecret), base)
	return hmac.Equal([]byte(oauth["oauth_signature"]), []byte(base64.StdEncoding.EncodeToString(want)))
}

// percent escapes as RFC 3986 has it.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func xError(status int, title, detail string) Answer {
	return refused(status, map[string]any{"title": title, "detail": detail, "type": "about:blank", "status": status})
}
