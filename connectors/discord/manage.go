package discord

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Check asks which application the token belongs to. The answer also tells
// whether the public key is that application's.
func (a *account) Check() *connectors.Call {
	return a.call(opCheck, http.MethodGet, "/applications/@me")
}

// eventTypes are the webhook events that are read.
func eventTypes() []string {
	return []string{"APPLICATION_AUTHORIZED", "APPLICATION_DEAUTHORIZED", "ENTITLEMENT_CREATE"}
}

// eventsEnabled switches webhook events on.
const eventsEnabled = 2

// Subscribe adds the command /message and has Discord deliver interactions and
// webhook events over HTTP. Other commands of the application are left alone.
func (a *account) Subscribe(webhookURL string) ([]*connectors.Call, error) {
	u, err := url.Parse(webhookURL)
	switch {
	case err != nil || u.Host == "":
		return nil, errors.New("discord: the webhook's address is not an absolute address")
	case a.base == defaultBase && u.Scheme != "https":
		return nil, errors.New("discord: the webhook's address must begin with https")
	case a.application == "":
		return nil, errors.New("discord: enter the Application ID (General Information) in the settings first")
	}
	// A command of the same name is replaced.
	command, err := a.post(opCommand, "/applications/"+a.application+"/commands", ownDefinition())
	if err != nil {
		return nil, err
	}
	edit, err := a.post(opEdit, "/applications/@me", map[string]any{
		"interactions_endpoint_url": webhookURL,
		"event_webhooks_url":        webhookURL,
		"event_webhooks_status":     eventsEnabled,
		"event_webhooks_types":      eventTypes(),
	})
	if err != nil {
		return nil, err
	}
	edit.Method = http.MethodPatch
	return []*connectors.Call{command, edit}, nil
}

// Types of a command's options.
const (
	optionText = 3
	optionFile = 11
)

// ownDefinition is the command /message, in servers, in direct messages with
// the bot and elsewhere, for servers and persons that installed it.
func ownDefinition() map[string]any {
	return map[string]any{
		"name": ownCommand, "type": 1, "description": "Write to us; the answer comes here or by direct message",
		"integration_types": []int{0, 1}, "contexts": []int{0, 1, 2},
		"options": []map[string]any{
			{"type": optionText, "name": ownOption, "description": "What you want to say", "required": true, "max_length": maxText},
			{"type": optionFile, "name": ownFile, "description": "A file to go with it"},
		},
	}
}

// Typing shows that an answer is being written, for ten seconds, where the
// channel of the direct messages is known.
func (a *account) Typing(out *normalize.Outbound) *connectors.Call {
	channel := channelOf(&out.To)
	if channel == "" {
		return nil
	}
	return a.call(opTyping, http.MethodPost, "/channels/"+channel+"/typing")
}

// React sets a reaction in the direct messages. Discord keeps any number of
// them: the one that was is taken back by its emoji.
func (a *account) React(r connectors.Reacting) (calls []*connectors.Call, err error) {
	channel := channelOf(&r.To)
	switch {
	case !snowflake(string(r.Message)):
		return nil, errors.New("discord: only a message can have a reaction, not the use of a command or button")
	case channel == "":
		return nil, errors.New("discord: the channel of the direct messages is not known: write to the person first")
	}
	add := func(method, emoji string) {
		calls = append(calls, a.call(opReact, method, "/channels/"+channel+"/messages/"+string(r.Message)+"/reactions/"+segment(emoji)+"/@me"))
	}
	if r.Emoji != "" {
		add(http.MethodPut, r.Emoji)
	}
	if r.Was != "" && r.Was != r.Emoji {
		add(http.MethodDelete, r.Was)
	}
	return calls, nil
}

// mediaKept is about how long the address of a file that somebody sent is good
// for (platforms/discord: Identity, media, profile).
const mediaKept = 24 * time.Hour

// MediaKept implements [connectors.Perishable].
func (a *account) MediaKept() time.Duration { return mediaKept }

// Profile asks who a person is.
func (a *account) Profile(peer normalize.PeerID) *connectors.Call {
	if !snowflake(string(peer)) {
		return nil
	}
	return a.call(opProfile, http.MethodGet, "/users/"+string(peer))
}

// ReadProfile reads what Discord tells of a person.
func (a *account) ReadProfile(resp *connectors.Response) (normalize.Peer, error) {
	var u user
	if err := json.Unmarshal(resp.Body, &u); err != nil {
		return normalize.Peer{}, fmt.Errorf("discord: read profile: %s", fault(err))
	}
	p := u.peer()
	if p.ID == "" {
		return normalize.Peer{}, errors.New("discord: read profile: the answer names nobody")
	}
	return p, nil
}
