package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Names of calls that Classify has to tell from the others.
const (
	callChatAction = "sendChatAction"
	callDownload   = "download"
)

// maxConnections is how many webhooks Telegram may deliver at a time; it keeps
// the order within a chat whatever their number.
const maxConnections = 40

type webhookParams struct {
	URL            string   `json:"url"`
	SecretToken    string   `json:"secret_token"`
	MaxConnections int      `json:"max_connections"`
	AllowedUpdates []string `json:"allowed_updates"`
}

// Subscribe registers the webhook. Every kind that Parse reads is named:
// message_reaction is never delivered otherwise.
func (b *bot) Subscribe(webhookURL string) ([]*connectors.Call, error) {
	if err := b.checkWebhook(webhookURL); err != nil {
		return nil, fmt.Errorf("telegram: %w", err)
	}
	call, err := b.call("setWebhook", webhookParams{
		URL: webhookURL, SecretToken: b.secret.Reveal(), MaxConnections: maxConnections,
		AllowedUpdates: []string{
			"message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "message_reaction",
			"my_chat_member", "business_connection", "business_message", "edited_business_message",
			"deleted_business_messages",
		},
	})
	if err != nil {
		return nil, fmt.Errorf("telegram: %w", err)
	}
	return []*connectors.Call{call}, nil
}

// checkWebhook says beforehand what setWebhook would refuse, in words that help.
// A Bot API server of one's own may take any address.
func (b *bot) checkWebhook(webhookURL string) error {
	u, err := url.Parse(webhookURL)
	if err != nil || u.Host == "" {
		return errors.New("the webhook's address is not an absolute address")
	}
	for _, r := range b.secret.Reveal() {
		if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", r) {
			return errors.New("secret_token may hold letters, digits, _ and - only")
		}
	}
	if b.base != defaultBase {
		return nil
	}
	if u.Scheme != "https" {
		return errors.New("the webhook's address must begin with https")
	}
	switch u.Port() {
	case "", "443", "80", "88", "8443":
		return nil
	}
	return fmt.Errorf("the webhook's port must be 443, 80, 88 or 8443, not %s", u.Port())
}

// Check asks who the bot is.
func (b *bot) Check() *connectors.Call { return b.must("getMe", struct{}{}) }

// must is call for parameters that can always be encoded.
func (b *bot) must(method string, params any) *connectors.Call {
	call, err := b.call(method, params)
	if err != nil {
		return nil
	}
	return call
}

// Follow answers the press of a button, which otherwise keeps showing that it
// is being worked on.
func (b *bot) Follow(ev *normalize.Event) *connectors.Call {
	if ev.Type != normalize.EventMessage || ev.Message == nil || ev.Message.Type != normalize.TypeReply {
		return nil
	}
	id, ok := strings.CutPrefix(string(ev.Message.ID), callbackPrefix)
	if !ok {
		return nil
	}
	return b.must("answerCallbackQuery", map[string]string{"callback_query_id": id})
}

// reacting is a reaction of ours.
type reacting struct {
	Type  string `json:"type"`
	Emoji string `json:"emoji"`
}

// React sets our reaction, one emoji of those that Telegram has. The bot can
// react in its own chats, not in those of a business account.
func (b *bot) React(r connectors.Reacting) ([]*connectors.Call, error) {
	at, id, ok := parseMessage(r.Message)
	if !ok {
		return nil, errors.New("telegram: one can react to messages only, not to the press of a button")
	}
	if at.connection != "" {
		return nil, errors.New("telegram: a bot cannot react for a business account")
	}
	reaction := []reacting{}
	if r.Emoji != "" {
		reaction = []reacting{{Type: "emoji", Emoji: r.Emoji}}
	}
	call, err := b.call("setMessageReaction", params{ChatID: at.chat, MessageID: id, Reaction: &reaction})
	if err != nil {
		return nil, fmt.Errorf("telegram: %w", err)
	}
	// To set the same reaction again changes nothing.
	call.Visible, call.Idempotent = true, true
	return []*connectors.Call{call}, nil
}

// Typing shows for five seconds, or until a message arrives, that somebody is
// typing.
func (b *bot) Typing(out *normalize.Outbound) *connectors.Call {
	to, err := destination(out)
	if err != nil {
		return nil
	}
	p := to.params()
	p.Action = "typing"
	return b.must(callChatAction, p)
}

// Read marks a message as read in the chat of a business account. A bot's own
// chats have no such mark.
func (b *bot) Read(out *normalize.Outbound) *connectors.Call {
	at, message, ok := parseMessage(out.LastInbound)
	if !ok || at.connection == "" {
		return nil
	}
	return b.must("readBusinessMessage", params{BusinessConnectionID: at.connection, ChatID: at.chat, MessageID: message})
}

// Media asks for the file's path, then for the file. The second address holds
// the token and is good for an hour at least.
func (b *bot) Media(att *normalize.Attachment, done []connectors.Response) (*connectors.Call, error) {
	if att.Ref == "" || len(done) > 1 {
		return nil, nil
	}
	if len(done) == 0 {
		return b.must("getFile", map[string]string{"file_id": att.Ref}), nil
	}
	var a struct {
		Result struct {
			Path string `json:"file_path"`
		} `json:"result"`
	}
	if json.Unmarshal(done[0].Body, &a) != nil || a.Result.Path == "" {
		return nil, errors.New("telegram: getFile did not say where the file is")
	}
	path, err := filePath(a.Result.Path)
	if err != nil {
		return nil, fmt.Errorf("telegram: %w", err)
	}
	return &connectors.Call{
		Name: callDownload, Method: http.MethodGet, URL: b.base + "/file/bot" + b.token.Reveal() + "/" + path,
	}, nil
}

func filePath(raw string) (string, error) {
	if strings.HasPrefix(raw, "/") {
		// What "telegram-bot-api --local" answers.
		return "", errors.New("the Bot API server keeps files on its own disk: run it without --local")
	}
	segments := strings.Split(raw, "/")
	for i, s := range segments {
		if s == "" || s == "." || s == ".." {
			return "", errors.New("getFile answered a path that is none")
		}
		segments[i] = url.PathEscape(s)
	}
	return strings.Join(segments, "/"), nil
}

// Profile asks for a chat. The customers of business accounts are known from
// their messages alone: for them there is no call.
func (b *bot) Profile(peer normalize.PeerID) *connectors.Call {
	at, ok := parsePeer(peer)
	if !ok || at.connection != "" {
		return nil
	}
	return b.must("getChat", params{ChatID: at.chat})
}

// Introduces implements [connectors.Introducer]: messages bring the names.
func (b *bot) Introduces() {}

// ReadProfile reads what getChat answered. There is no AvatarURL: pictures have
// no address without the token in it.
func (b *bot) ReadProfile(resp *connectors.Response) (normalize.Peer, error) {
	var a struct {
		Result chat `json:"result"`
	}
	if err := json.Unmarshal(resp.Body, &a); err != nil {
		return normalize.Peer{}, fmt.Errorf("telegram: read profile: %s", fault(err))
	}
	if a.Result.ID == 0 {
		return normalize.Peer{}, errors.New("telegram: read profile: no chat in the answer")
	}
	return chatPeer(&a.Result, ""), nil
}
