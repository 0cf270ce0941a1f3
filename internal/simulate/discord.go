package simulate

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const kindDiscord = "discord"

// discordEpoch is when Discord's ids begin to count, in Unix milliseconds.
const discordEpoch = 1420070400000

// discord plays the Gateway, interactions and the REST API: one application's
// bot and its direct messages (platforms/discord). Messages, edits and reactions
// go over the Gateway, presses of buttons by webhook.
type discord struct {
	*desk
	token, app string
	key        ed25519.PrivateKey
	gateway    *gateway
	said       map[string][]map[string]any // messages of people by channel, oldest first
	nonces     map[string]string           // ids of what was sent, by the sender's own
}

func newDiscord(cfg Config) *discord {
	seed, err := hex.DecodeString(cfg.Credentials["signing_seed"])
	if err != nil || len(seed) != ed25519.SeedSize {
		seed = make([]byte, ed25519.SeedSize)
		_, _ = rand.Read(seed) // never fails
	}
	d := &discord{
		desk: newDesk(kindDiscord, cfg), token: cfg.secret("bot_token", ""), app: cfg.setting("application_id", "700990000000000001"),
		key: ed25519.NewKeyFromSeed(seed), said: map[string][]map[string]any{}, nonces: map[string]string{},
	}
	d.gateway = newGateway(d.token, d.app)
	return d
}

func (d *discord) publicKey() string { return hex.EncodeToString(d.key.Public().(ed25519.PublicKey)) }

func (d *discord) Account() Account {
	return Account{
		Kind: kindDiscord, Title: "Discord", Settings: map[string]any{"application_id": d.app},
		Credentials: map[string]string{"bot_token": d.token, "public_key": d.publicKey()},
	}
}

// Retries: interactions are not repeated, the bot has three seconds
// (platforms/discord: Response time).
func (d *discord) Retries() Retries { return Retries{GiveUp: 3 * time.Second} }

// Person is what the platform calls a customer.
func (d *discord) Person(c Customer) string  { return fmt.Sprintf("6123%014d", c.Index+1) }
func (d *discord) channel(c Customer) string { return fmt.Sprintf("9133%014d", c.Index+1) }

func (d *discord) user(c Customer) map[string]any {
	return map[string]any{"id": d.Person(c), "username": c.handle(), "global_name": c.Name(), "avatar": nil, "discriminator": "0", "public_flags": 0}
}

// Handshake is the ping that comes when the address is saved.
func (d *discord) Handshake() (Webhook, func(int, []byte) bool) {
	ask := d.signed(encode(map[string]any{"id": "1", "application_id": d.app, "token": "t", "type": 1, "version": 1}))
	return ask, func(status int, body []byte) bool {
		return status == http.StatusOK && text(object(decode(body))["type"]) == "1"
	}
}

// signed makes a webhook that is signed with the time of each try.
func (d *discord) signed(body []byte) Webhook {
	return Webhook{Header: jsonHeader(), Body: body, Seal: func(r *http.Request, _ string, at time.Time) {
		stamp := strconv.FormatInt(at.Unix(), 10)
		r.Header.Set("X-Signature-Timestamp", stamp)
		r.Header.Set("X-Signature-Ed25519", hex.EncodeToString(ed25519.Sign(d.key, append([]byte(stamp), body...))))
	}}
}

// Webhook writes the press of a button, an interaction.
func (d *discord) Webhook(act Act) (Webhook, string, bool) {
	if act.Kind != Press {
		return Webhook{}, "", false
	}
	id := d.snowflake(act.At, discordEpoch)
	return d.signed(encode(map[string]any{
		"id": id, "application_id": d.app, "type": 3, "version": 1, "token": "interaction-" + d.id("interaction", 32),
		"data": map[string]any{"custom_id": act.Button.ID, "component_type": 2}, "channel_id": d.channel(act.By), "locale": act.By.Lang, "context": 1,
		"user": d.user(act.By),
		"message": map[string]any{"id": act.Target, "channel_id": d.channel(act.By), "components": []any{map[string]any{
			"type": 1, "components": []any{map[string]any{"type": 2, "style": 1, "label": act.Button.Title, "custom_id": act.Button.ID}},
		}}},
	})), id, true
}

// errOffline says that the bot has not connected to the Gateway yet.
var errOffline = errors.New("simulate: discord: the bot is not online")

// Carry sends what happened over the Gateway.
func (d *discord) Carry(_ context.Context, _ *http.Client, _ string, act Act) (id string, ok bool, err error) {
	event, data := d.dispatch(act)
	if event == "" {
		return "", false, nil
	}
	if !d.gateway.send(event, data) {
		return "", true, errOffline
	}
	if event == "MESSAGE_CREATE" {
		id = text(data["id"])
		d.mu.Lock()
		list := append(d.said[text(data["channel_id"])], data)
		d.said[text(data["channel_id"])] = list[max(0, len(list)-100):]
		d.mu.Unlock()
	}
	return id, true, nil
}

// Close ends the connections.
func (d *discord) Close() error {
	d.gateway.close()
	return nil
}

func (d *discord) dispatch(act Act) (event string, data map[string]any) {
	stamp := act.At
	switch act.Kind {
	case Say, Photo:
		event = "MESSAGE_CREATE"
	case Edit:
		event, stamp = "MESSAGE_UPDATE", act.Written
	case React:
		return "MESSAGE_REACTION_ADD", map[string]any{
			"user_id": d.Person(act.By), "channel_id": d.channel(act.By), "message_id": act.Target, "type": 0, "burst": false,
			"emoji": map[string]any{"id": nil, "name": act.Text},
		}
	default: // no places, no receipts
		return "", nil
	}
	data = map[string]any{
		"id": act.Target, "type": 0, "channel_id": d.channel(act.By), "channel_type": 1, "author": d.user(act.By), "content": act.Text,
		"timestamp": stamp.UTC().Format(time.RFC3339Nano), "edited_timestamp": nil, "attachments": []any{}, "embeds": []any{}, "components": []any{},
	}
	if event == "MESSAGE_UPDATE" {
		data["edited_timestamp"] = act.At.UTC().Format(time.RFC3339Nano)
		return event, data
	}
	id := d.snowflake(act.At, discordEpoch)
	data["id"] = id
	if act.Kind == Photo {
		data["attachments"] = []any{map[string]any{
			"id": id, "filename": "photo.png", "size": len(picture(id, 480, 320)), "url": d.file(id), "proxy_url": d.file(id),
			"content_type": "image/png", "width": 480, "height": 320,
		}}
	}
	return event, data
}

// Wire serves the Gateway.
func (d *discord) Wire(w http.ResponseWriter, r *http.Request, path string) bool {
	if strings.TrimSuffix(path, "/") != "/socket" {
		return false
	}
	d.gateway.serve(w, r)
	return true
}

// Serve answers a call of the REST API.
func (d *discord) Serve(call Call) Answer {
	if answer, ok := d.kept(call); ok {
		return answer
	}
	if call.Header.Get("Authorization") != "Bot "+d.token {
		return discordError(http.StatusUnauthorized, 0, "401: Unauthorized")
	}
	parts := strings.Split(strings.Trim(call.Path, "/"), "/")
	switch {
	case call.Path == "/gateway/bot":
		where := "ws" + strings.TrimPrefix(call.Base, "http") + "/socket"
		d.gateway.moved(where)
		return ok(map[string]any{"url": where, "shards": 1, "session_start_limit": map[string]any{"total": 1000, "remaining": 999, "reset_after": 1, "max_concurrency": 1}})
	case parts[0] == "applications":
		return ok(map[string]any{"id": d.app, "name": "Demo shop", "verify_key": d.publicKey()})
	case call.Path == "/users/@me/channels":
		i := d.known(text(parameters(call)["recipient_id"]), d.Person)
		if i < 0 {
			return discordError(http.StatusBadRequest, 50033, "Invalid Recipient(s)")
		}
		return ok(map[string]any{"id": d.channel(d.cast[i]), "type": 1})
	case parts[0] == "users" && len(parts) == 2:
		if i := d.known(parts[1], d.Person); i >= 0 {
			return ok(d.user(d.cast[i]))
		}
		return discordError(http.StatusNotFound, 10013, "Unknown User")
	case parts[0] == "channels" && len(parts) >= 3:
		return d.inChannel(call, parts[1], parts[2:])
	case parts[0] == "webhooks" || parts[0] == "interactions": // a follow-up to an interaction
		return ok(map[string]any{"id": d.snowflake(call.At, discordEpoch)})
	}
	return discordError(http.StatusNotFound, 0, "404: Not Found")
}

func (d *discord) inChannel(call Call, channel string, rest []string) Answer {
	who := d.known(channel, d.channel)
	switch {
	case who < 0:
		return discordError(http.StatusNotFound, 10003, "Unknown Channel")
	case rest[0] == "typing", len(rest) > 1: // reactions
		return Answer{Status: http.StatusNoContent}
	case call.Method == http.MethodGet:
		return d.history(channel, call.Query.Get("after"))
	}
	in := parameters(call)
	if form := text(in["payload_json"]); form != "" {
		in = object(decode([]byte(form)))
	}
	said, nonce := text(in["content"]), text(in["nonce"])
	switch {
	case len([]rune(said)) > 2000:
		return discordError(http.StatusBadRequest, 50035, "Invalid Form Body")
	case said == "" && len(items(in["attachments"])) == 0 && len(items(in["embeds"])) == 0:
		return discordError(http.StatusBadRequest, 50006, "Cannot send an empty message")
	}
	// The same nonce in the same channel is the same message.
	d.mu.Lock()
	id := d.nonces[channel+nonce]
	d.mu.Unlock()
	if nonce != "" && id != "" {
		return ok(map[string]any{"id": id, "channel_id": channel, "content": said})
	}
	id = d.snowflake(call.At, discordEpoch)
	d.mu.Lock()
	d.nonces[channel+nonce] = id
	d.mu.Unlock()
	answer := ok(map[string]any{"id": id, "channel_id": channel, "content": said})
	answer.Sent = []Sent{d.sent(call, who, channel, id, "text", said, discordButtons(items(in["components"])))}
	return answer
}

// history answers what people wrote after a message, the newest first.
func (d *discord) history(channel, after string) Answer {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := []map[string]any{}
	for _, m := range d.said[channel] {
		id := text(m["id"])
		if cmp.Compare(len(id), len(after)) > 0 || len(id) == len(after) && id > after {
			list = append([]map[string]any{m}, list...)
		}
	}
	return ok(list)
}

// discordButtons reads buttons and the options of menus.
func discordButtons(rows []any) []Button {
	var out []Button
	for _, row := range rows {
		for _, c := range items(object(row)["components"]) {
			component := object(c)
			if id := text(component["custom_id"]); id != "" && text(component["type"]) == "2" {
				out = append(out, Button{ID: id, Title: text(component["label"])})
			}
		}
	}
	return out
}

func discordError(status, code int, words string) Answer {
	return refused(status, map[string]any{"code": json.Number(strconv.Itoa(code)), "message": words})
}
