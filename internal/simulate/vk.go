package simulate

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const kindVK = "vk"

// vkUsers is where the cast's ids start.
const vkUsers = 990_000_000

// vk plays the Callback API and the messages of one community (platforms/vk).
type vk struct {
	*desk
	token, secret, confirmation string
	group                       int64
	shown                       map[int64]int64 // messages by who is sent them and what the sender calls them
}

func newVK(cfg Config) *vk {
	v := &vk{
		desk: newDesk(kindVK, cfg), token: cfg.secret("access_token", "vk1.a."), secret: cfg.secret("secret", ""), confirmation: cfg.secret("confirmation_code", "c"),
		shown: map[int64]int64{},
	}
	v.group, _ = strconv.ParseInt(cfg.setting("group_id", "204990001"), 10, 64)
	v.secret = v.secret[:min(len(v.secret), 50)]
	return v
}

func (v *vk) Account() Account {
	return Account{
		Kind: kindVK, Title: "VK", Settings: map[string]any{"group_id": strconv.FormatInt(v.group, 10)},
		Credentials: map[string]string{"access_token": v.token, "secret": v.secret, "confirmation_code": v.confirmation},
	}
}

// Retries grow, and delivery is suspended after several failures
// (platforms/vk: Response).
func (v *vk) Retries() Retries {
	return Retries{First: 5 * time.Second, Max: 10 * time.Minute, GiveUp: time.Hour, Obeys: true}
}

// Person is what the platform calls a customer.
func (v *vk) Person(c Customer) string { return strconv.FormatInt(vkUsers+int64(c.Index), 10) }

// Handshake is the question whether the address is the community's.
func (v *vk) Handshake() (Webhook, func(int, []byte) bool) {
	return Webhook{Header: jsonHeader(), Body: encode(map[string]any{"type": "confirmation", "group_id": v.group})}, answers(v.confirmation)
}

// count numbers a conversation's messages, in both directions.
func (v *vk) count(peer int64) int64 { return v.next("peer/" + strconv.FormatInt(peer, 10)) }

// Webhook writes an event that holds the secret, VK's only proof.
func (v *vk) Webhook(act Act) (Webhook, string, bool) {
	peer := int64(vkUsers + act.By.Index)
	kind, content, id := v.event(act, peer)
	if kind == "" {
		return Webhook{}, "", false
	}
	body := encode(map[string]any{
		"group_id": v.group, "type": kind, "event_id": v.id("event", 40), "v": "5.199", "object": content, "secret": v.secret,
	})
	return Webhook{Header: jsonHeader(), Body: body}, id, true
}

// numberOf is what the conversation counts a message as.
func (v *vk) numberOf(target string) int64 {
	_, n, _ := strings.Cut(target, ":")
	number, _ := strconv.ParseInt(n, 10, 64)
	return number
}

func (v *vk) event(act Act, peer int64) (kind string, content map[string]any, id string) {
	switch act.Kind {
	case Edit:
		return "message_edit", map[string]any{
			"id": 1, "date": act.Written.Unix(), "peer_id": peer, "from_id": peer, "out": 0, "conversation_message_id": v.numberOf(act.Target),
			"text": act.Text, "attachments": []any{}, "update_time": act.At.Unix(),
		}, ""
	case React:
		at := slices.Index(vkReactions(), strings.TrimSuffix(act.Text, "\uFE0F"))
		if at < 0 {
			return "", nil, ""
		}
		return "message_reaction_event", map[string]any{"reacted_id": peer, "peer_id": peer, "cmid": v.numberOf(act.Target), "reaction_id": at + 1}, ""
	case Receipt:
		if act.Status != "read" {
			return "", nil, ""
		}
		return "message_read", map[string]any{
			"from_id": peer, "peer_id": peer, "read_message_id": v.numberOf(act.Target), "conversation_message_id": v.numberOf(act.Target),
		}, ""
	}
	number := v.count(peer)
	message := map[string]any{
		"id": v.next("message"), "date": act.At.Unix(), "peer_id": peer, "from_id": peer, "out": 0, "conversation_message_id": number,
		"random_id": 0, "text": act.Text, "attachments": []any{}, "fwd_messages": []any{},
	}
	switch act.Kind {
	case Photo:
		key := fmt.Sprintf("%d_%d", peer, number)
		message["attachments"] = []any{map[string]any{"type": "photo", "photo": map[string]any{
			"id": number, "owner_id": peer, "text": "", "sizes": []any{map[string]any{"type": "x", "url": v.file(key), "width": 480, "height": 320}},
		}}}
	case Place:
		message["geo"] = map[string]any{
			"type": "point", "coordinates": map[string]any{"latitude": act.Latitude, "longitude": act.Longitude}, "place": map[string]any{"title": act.Text},
		}
		message["text"] = ""
	case Press:
		message["text"], message["payload"] = act.Button.Title, act.Button.ID
	}
	return "message_new", map[string]any{
		"message": message, "client_info": map[string]any{"button_actions": []any{"text", "callback"}, "keyboard": true, "inline_keyboard": true, "lang_id": 3},
	}, fmt.Sprintf("%d:%d", peer, number)
}

// vkReactions are those there are, by their ids from 1.
func vkReactions() []string {
	return []string{"❤", "🔥", "😂", "👍", "💩", "❓", "😭", "😡", "👎", "👌", "😃", "🤔", "🙏", "😘", "😍", "🎉"}
}

// Serve answers a method. VK answers 200 and tells failures in the body.
func (v *vk) Serve(call Call) Answer {
	if answer, ok := v.kept(call); ok {
		return answer
	}
	if call.Path == "/upload" {
		return ok(map[string]any{"server": 12345, "photo": `[{"sizes":[]}]`, "hash": "abc", "file": "file|1"})
	}
	in := parameters(call)
	if text(in["access_token"]) != v.token {
		return vkError(5, "User authorization failed: invalid access_token (4).")
	}
	switch strings.TrimPrefix(call.Path, "/method/") {
	case "groups.getById":
		return vkOK(map[string]any{"groups": []any{map[string]any{"id": v.group, "name": "Demo shop"}}, "profiles": []any{}})
	case "users.get":
		return v.user(text(in["user_ids"]))
	case "messages.send":
		return v.send(call, in)
	case "messages.sendReaction", "messages.deleteReaction", "messages.markAsRead", "messages.setActivity", "messages.sendMessageEventAnswer":
		return vkOK(1)
	case "photos.getMessagesUploadServer", "docs.getMessagesUploadServer":
		return vkOK(map[string]any{"upload_url": call.Base + "/upload"})
	case "photos.saveMessagesPhoto":
		return vkOK([]any{map[string]any{"id": v.next("photo"), "owner_id": -v.group, "access_key": "k1"}})
	case "docs.save":
		return vkOK(map[string]any{"type": "doc", "doc": map[string]any{"id": v.next("doc"), "owner_id": -v.group}})
	case "execute": // the script that registers the webhook
		return vkOK(map[string]any{"server_id": 1, "set": 1, "code": v.confirmation})
	}
	return vkError(3, "Unknown method passed")
}

func (v *vk) user(id string) Answer {
	i := v.known(id, v.Person)
	if i < 0 {
		return vkOK([]any{})
	}
	c := v.cast[i]
	return vkOK([]any{map[string]any{"id": vkUsers + i, "first_name": c.First, "last_name": c.Last, "screen_name": c.handle()}})
}

func (v *vk) send(call Call, in map[string]any) Answer {
	to := text(in["peer_ids"])
	if to == "" {
		to = text(in["peer_id"])
	}
	who, said := v.known(to, v.Person), text(in["message"])
	peer, _ := strconv.ParseInt(to, 10, 64)
	switch {
	case who < 0:
		return vkError(901, "Can't send messages for users without permission")
	case said == "" && text(in["attachment"]) == "" && text(in["lat"]) == "":
		return vkError(100, "One of the parameters specified was missing or invalid: message is empty or invalid")
	case len([]rune(said)) > 4096:
		return vkError(914, "Message is too long")
	}
	random, _ := strconv.ParseInt(text(in["random_id"]), 10, 64)
	v.mu.Lock()
	number := v.shown[peer<<32^random]
	v.mu.Unlock()
	again := random != 0 && number != 0
	if !again {
		number = v.count(peer)
		v.mu.Lock()
		v.shown[peer<<32^random] = number
		v.mu.Unlock()
	}
	answer := vkOK([]any{map[string]any{"peer_id": peer, "message_id": number, "conversation_message_id": number}})
	if !again {
		id := fmt.Sprintf("%d:%d", peer, number)
		answer.Sent = []Sent{v.sent(call, who, to, id, "text", said, vkButtons(text(in["keyboard"])))}
	}
	return answer
}

// vkButtons reads a keyboard. Pressing sends what a button holds.
func vkButtons(keyboard string) []Button {
	var out []Button
	for _, row := range items(object(decode([]byte(keyboard)))["buttons"]) {
		for _, b := range items(row) {
			action := object(object(b)["action"])
			if payload := text(action["payload"]); payload != "" {
				out = append(out, Button{ID: payload, Title: text(action["label"])})
			}
		}
	}
	return out
}

func vkOK(v any) Answer { return ok(map[string]any{"response": v}) }

func vkError(code int, words string) Answer {
	return Answer{Status: http.StatusOK, Body: encode(map[string]any{"error": map[string]any{"error_code": code, "error_msg": words, "request_params": []any{}}})}
}
