package simulate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const kindSlack = "slack"

// slack plays the Events API, interactivity and the Web API: one app in one
// workspace, with a direct message for each customer (platforms/slack).
type slack struct {
	*desk
	token, secret string
	uploads       map[string]string // captions of files by id
}

func newSlack(cfg Config) *slack {
	return &slack{
		desk: newDesk(kindSlack, cfg), token: cfg.secret("bot_token", "xoxb-"), secret: cfg.secret("signing_secret", ""), uploads: map[string]string{},
	}
}

func (s *slack) Account() Account {
	return Account{
		Kind: kindSlack, Title: "Slack", Settings: map[string]any{},
		Credentials: map[string]string{"bot_token": s.token, "signing_secret": s.secret},
	}
}

// Retries: almost at once, after a minute and after five (platforms/slack: Ack).
func (s *slack) Retries() Retries { return Retries{Max: 5 * time.Minute, GiveUp: 7 * time.Minute} }

const (
	slackTeam = "T0DEMO"
	slackBot  = "U0DEMOBOT"
)

// Person is what the platform calls a customer.
func (s *slack) Person(c Customer) string  { return fmt.Sprintf("U0GUEST%03d", c.Index) }
func (s *slack) channel(c Customer) string { return fmt.Sprintf("D0GUEST%03d", c.Index) }

// ts is a message's name within its channel: seconds and a count.
func (s *slack) ts(at time.Time) string {
	return fmt.Sprintf("%d.%06d", at.Unix(), s.next("ts")%1_000_000)
}

// Handshake is url_verification, signed as every event.
func (s *slack) Handshake() (Webhook, func(int, []byte) bool) {
	const challenge = "3eZbrw1aBm2rZgRNFdxV"
	return s.signed("application/json", encode(map[string]any{"token": "unused", "challenge": challenge, "type": "url_verification"})), answers(challenge)
}

// signed makes a webhook that is signed with the time of each try.
func (s *slack) signed(kind string, body []byte) Webhook {
	return Webhook{Header: http.Header{"Content-Type": {kind}}, Body: body, Seal: func(r *http.Request, _ string, at time.Time) {
		stamp := strconv.FormatInt(at.Unix(), 10)
		r.Header.Set("X-Slack-Request-Timestamp", stamp)
		r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(hmacOf(sha256.New, s.secret, "v0:", stamp, ":", string(body))))
	}}
}

// Webhook writes an event, or the press of a button. Slack tells nobody what
// was read.
func (s *slack) Webhook(act Act) (Webhook, string, bool) {
	if act.Kind == Press {
		return s.pressed(act), "", true
	}
	who, channel := s.Person(act.By), s.channel(act.By)
	ts := s.ts(act.At)
	event := map[string]any{"type": "message", "channel": channel, "channel_type": "im", "event_ts": ts}
	id := channel + ":" + ts
	switch act.Kind {
	case Say, Photo:
		event["user"], event["team"], event["ts"], event["text"] = who, slackTeam, ts, escaped(act.Text)
		if act.Kind == Photo {
			event["subtype"], event["files"] = "file_share", []any{s.photo(act.By)}
		}
	case Edit:
		id = ""
		_, target, _ := strings.Cut(act.Target, ":")
		event["subtype"], event["hidden"], event["ts"] = "message_changed", true, ts
		event["message"] = map[string]any{
			"type": "message", "user": who, "text": escaped(act.Text), "ts": target, "edited": map[string]any{"user": who, "ts": fmt.Sprintf("%d.000000", act.At.Unix())},
		}
		event["previous_message"] = map[string]any{"type": "message", "user": who, "text": "", "ts": target}
	case React:
		name := slackReaction(act.Text)
		if name == "" {
			return Webhook{}, "", false
		}
		id = ""
		_, target, _ := strings.Cut(act.Target, ":")
		event = map[string]any{
			"type": "reaction_added", "user": who, "reaction": name, "item_user": slackBot, "event_ts": ts,
			"item": map[string]any{"type": "message", "channel": channel, "ts": target},
		}
	default:
		return Webhook{}, "", false
	}
	return s.signed("application/json", encode(map[string]any{
		"token": "unused", "team_id": slackTeam, "api_app_id": "A0DEMO", "event": event, "type": "event_callback",
		"event_id": "Ev0" + strings.ToUpper(s.id("event", 12)), "event_time": act.At.Unix(),
		"authorizations": []any{map[string]any{"team_id": slackTeam, "user_id": slackBot, "is_bot": true}},
	})), id, true
}

func (s *slack) photo(by Customer) map[string]any {
	id := "F0" + strings.ToUpper(s.id("file", 8))
	return map[string]any{
		"id": id, "name": "photo.png", "title": "photo.png", "mimetype": "image/png", "filetype": "png", "size": len(picture(id, 480, 320)),
		"user": s.Person(by), "url_private": s.file(id), "url_private_download": s.file(id), "mode": "hosted", "original_w": 480, "original_h": 320,
	}
}

func (s *slack) pressed(act Act) Webhook {
	channel, ts, _ := strings.Cut(act.Target, ":")
	payload := encode(map[string]any{
		"type": "block_actions", "team": map[string]any{"id": slackTeam, "domain": "demo"}, "api_app_id": "A0DEMO",
		"user":      map[string]any{"id": s.Person(act.By), "username": act.By.handle(), "name": act.By.handle(), "team_id": slackTeam},
		"container": map[string]any{"type": "message", "message_ts": ts, "channel_id": channel},
		"channel":   map[string]any{"id": s.channel(act.By), "name": "directmessage"},
		"message":   map[string]any{"type": "message", "text": "", "ts": ts},
		"actions": []any{map[string]any{
			"action_id": "reply_0", "block_id": "b", "type": "button", "text": map[string]any{"type": "plain_text", "text": act.Button.Title},
			"value": act.Button.ID, "action_ts": s.ts(act.At),
		}},
	})
	return s.signed("application/x-www-form-urlencoded", []byte(url.Values{"payload": {string(payload)}}.Encode()))
}

func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func unescaped(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

// slackReaction is Slack's name of an emoji, empty for one not known here.
func slackReaction(emoji string) string {
	return map[string]string{
		"👍": "+1", "🙏": "pray", "❤": "heart", "👏": "clap", "🎉": "tada", "😊": "blush", "🔥": "fire", "👎": "-1",
	}[strings.TrimSuffix(emoji, "\uFE0F")]
}

// Serve answers a method of the Web API, or a file's download or upload.
func (s *slack) Serve(call Call) Answer {
	if strings.HasPrefix(call.Path, "/upload/v1/") {
		return Answer{Status: http.StatusOK, Type: "text/plain", Body: []byte("OK")}
	}
	if !bearer(call, s.token) {
		return slackError("invalid_auth")
	}
	if answer, ok := s.kept(call); ok {
		return answer
	}
	in := parameters(call)
	switch strings.TrimPrefix(call.Path, "/") {
	case "auth.test":
		return slackOK(map[string]any{"url": "https://demo.slack.com/", "team": "Demo", "user": "demo-shop", "team_id": slackTeam, "user_id": slackBot})
	case "users.info":
		return s.user(text(in["user"]))
	case "conversations.open":
		i := s.known(text(in["users"]), s.Person)
		if i < 0 {
			return slackError("user_not_found")
		}
		return slackOK(map[string]any{"channel": map[string]any{"id": s.channel(s.cast[i])}})
	case "chat.postMessage":
		return s.post(call, in)
	case "reactions.add", "reactions.remove":
		return slackOK(map[string]any{})
	case "files.getUploadURLExternal":
		id := "F0" + strings.ToUpper(s.id("upload", 8))
		return slackOK(map[string]any{"upload_url": call.Base + "/upload/v1/" + id, "file_id": id})
	case "files.completeUploadExternal":
		return s.uploaded(call, in)
	case "files.info":
		return s.info(text(in["file"]))
	}
	return slackError("unknown_method")
}

func (s *slack) user(id string) Answer {
	i := s.known(id, s.Person)
	if i < 0 {
		return slackError("user_not_found")
	}
	c := s.cast[i]
	return slackOK(map[string]any{"user": map[string]any{
		"id": id, "team_id": slackTeam, "name": c.handle(), "real_name": c.Name(), "profile": map[string]any{"display_name": c.First},
	}})
}

func (s *slack) post(call Call, in map[string]any) Answer {
	channel, said := text(in["channel"]), unescaped(text(in["text"]))
	who := s.known(channel, s.channel)
	switch {
	case who < 0:
		return slackError("channel_not_found")
	case said == "" && len(items(in["blocks"])) == 0:
		return slackError("no_text")
	case len([]rune(said)) > 40_000:
		return slackError("msg_too_long")
	}
	ts := s.ts(call.At)
	answer := slackOK(map[string]any{"channel": channel, "ts": ts, "message": map[string]any{"type": "message", "user": slackBot, "text": text(in["text"]), "ts": ts}})
	answer.Sent = []Sent{s.sent(call, who, channel, channel+":"+ts, "text", said, slackButtons(items(in["blocks"])))}
	return answer
}

// uploaded posts files that were uploaded.
func (s *slack) uploaded(call Call, in map[string]any) Answer {
	channel := text(in["channel_id"])
	who := s.known(channel, s.channel)
	if who < 0 {
		return slackError("channel_not_found")
	}
	answer := slackOK(map[string]any{"files": in["files"]})
	for _, f := range items(in["files"]) {
		id, ts := text(object(f)["id"]), s.ts(call.At)
		s.mu.Lock()
		s.uploads[id] = channel + ":" + ts
		s.mu.Unlock()
		answer.Sent = append(answer.Sent, s.sent(call, who, channel, channel+":"+ts, "file", unescaped(text(in["initial_comment"])), nil))
	}
	return answer
}

// info tells where a file was shared.
func (s *slack) info(id string) Answer {
	s.mu.Lock()
	where := s.uploads[id]
	s.mu.Unlock()
	file := map[string]any{"id": id, "mimetype": "image/png", "url_private": s.file(id)}
	if channel, ts, ok := strings.Cut(where, ":"); ok {
		file["shares"] = map[string]any{"private": map[string]any{channel: []any{map[string]any{"ts": ts}}}}
	}
	return slackOK(map[string]any{"file": file})
}

// slackButtons reads buttons and the options of menus.
func slackButtons(blocks []any) []Button {
	var out []Button
	add := func(o map[string]any) {
		if value := text(o["value"]); value != "" {
			out = append(out, Button{ID: value, Title: unescaped(text(object(o["text"])["text"]))})
		}
	}
	for _, b := range blocks {
		for _, e := range items(object(b)["elements"]) {
			el := object(e)
			add(el)
			for _, o := range items(el["options"]) {
				add(object(o))
			}
			for _, g := range items(el["option_groups"]) {
				for _, o := range items(object(g)["options"]) {
					add(object(o))
				}
			}
		}
	}
	return out
}

func slackOK(more map[string]any) Answer {
	more["ok"] = true
	return ok(more)
}

func slackError(name string) Answer { return ok(map[string]any{"ok": false, "error": name}) }
