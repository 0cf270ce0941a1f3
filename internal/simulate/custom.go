package simulate

import (
	"crypto/sha256"
	_ "embed" // the definition is a file
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const kindCustom = "custom"

// customDefinition tells a hub how to speak to Lantern, a platform that exists
// here only.
//
//go:embed custom.json
var customDefinition []byte

// custom plays Lantern, which a hub knows by a definition alone.
type custom struct {
	*desk
	secret, token string
}

func newCustom(cfg Config) *custom {
	return &custom{desk: newDesk(kindCustom, cfg), secret: cfg.secret("secret", "lantern-"), token: cfg.secret("token", "lantern-api-")}
}

func (c *custom) Account() Account {
	return Account{
		Kind: kindCustom, Title: "Lantern", Settings: object(decode(customDefinition)),
		Credentials: map[string]string{"secret": c.secret, "token": c.token},
	}
}

// Retries grow, for a day.
func (c *custom) Retries() Retries {
	return Retries{First: time.Second, Max: 5 * time.Minute, GiveUp: 24 * time.Hour, Obeys: true}
}

// Person is what the platform calls a customer.
func (c *custom) Person(who Customer) string { return fmt.Sprintf("guest-%d", 4001+who.Index) }

// Handshake asks for a challenge back.
func (c *custom) Handshake() (Webhook, func(int, []byte) bool) {
	const challenge = "light-the-lantern"
	return Webhook{Method: http.MethodGet, Query: url.Values{"challenge": {challenge}, "token": {c.secret}}}, answers(challenge)
}

// Webhook writes what happened, signed with the time of each try.
func (c *custom) Webhook(act Act) (Webhook, string, bool) {
	item := map[string]any{
		"id": act.Target, "at": act.At.UnixMilli(), "words": act.Text,
		"guest": map[string]any{"id": c.Person(act.By), "name": act.By.Name(), "language": act.By.Lang},
	}
	id := ""
	switch act.Kind {
	case Edit:
		item["what"] = "rewrite"
	case React:
		item["what"], item["emoji"] = "sign", act.Text
	case Receipt:
		item["what"], item["state"] = "fate", map[string]string{"sent": "sent", "delivered": "arrived", "read": "seen"}[act.Status]
	default:
		id = "note-" + c.id(c.Person(act.By), 20)
		item["what"], item["id"] = "note", id
	}
	switch act.Kind {
	case Photo:
		item["files"] = []any{map[string]any{"type": "image", "url": c.file(id), "name": "photo.png"}}
	case Place:
		item["place"] = map[string]any{"lat": act.Latitude, "lon": act.Longitude, "name": act.Text}
		delete(item, "words")
	case Press:
		item["choice"] = map[string]any{"id": act.Button.ID, "label": act.Button.Title}
		delete(item, "words")
	}
	body := encode(map[string]any{"happenings": []any{item}})
	return Webhook{Header: jsonHeader(), Body: body, Seal: func(r *http.Request, _ string, at time.Time) {
		stamp := strconv.FormatInt(at.Unix(), 10)
		r.Header.Set("X-Lantern-Time", stamp)
		r.Header.Set("X-Lantern-Signature", "v1="+hex.EncodeToString(hmacOf(sha256.New, c.secret, stamp, ".", string(body))))
	}}, id, true
}

// Serve answers a call of Lantern's API.
func (c *custom) Serve(call Call) Answer {
	if answer, ok := c.kept(call); ok {
		return answer
	}
	if !bearer(call, c.token) {
		return refused(http.StatusUnauthorized, map[string]any{"problem": "who are you?"})
	}
	switch call.Path {
	case "/me":
		return ok(map[string]any{"name": "Demo shop"})
	case "/webhook":
		return ok(map[string]any{})
	case "/notes":
		return c.send(call)
	}
	return refused(http.StatusNotFound, map[string]any{"problem": "no such path"})
}

func (c *custom) send(call Call) Answer {
	in := parameters(call)
	to := text(in["to"])
	who := c.known(to, c.Person)
	if who < 0 {
		return refused(http.StatusNotFound, map[string]any{"problem": "no such guest"})
	}
	id, kind := "note-"+c.id(">"+to, 20), "text"
	if len(object(in["file"])) > 0 {
		kind = "file"
	}
	var buttons []Button
	for _, b := range items(in["choices"]) {
		buttons = append(buttons, Button{ID: text(object(b)["id"]), Title: text(object(b)["label"])})
	}
	sent := c.sent(call, who, to, id, kind, text(in["words"]), buttons)
	sent.Ref = text(in["ref"])
	answer := ok(map[string]any{"id": id})
	answer.Sent = []Sent{sent}
	return answer
}
