package vk

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Names of calls that Classify has to tell from the others.
const (
	opCheck     = "groups.getById"
	opSubscribe = "execute"
)

// serverTitle is the name of the Callback API server, which may have 14
// characters.
const serverTitle = "Threadhub"

// Check asks for the community, which needs a token of it.
func (c *community) Check() *connectors.Call {
	return c.call(opCheck, url.Values{"group_id": {number(c.group)}})
}

// checked reads the community; before API 5.139 it was the list alone.
func (c *community) checked(response json.RawMessage) connectors.Outcome {
	type group struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	var a struct {
		Groups []group `json:"groups"`
	}
	if json.Unmarshal(response, &a) != nil && json.Unmarshal(response, &a.Groups) != nil || len(a.Groups) == 0 {
		return nonsense()
	}
	if a.Groups[0].ID != c.group {
		return verdict(connectors.Suspend, normalize.ReasonAuth, "", "The access token is not one of the community that group_id names")
	}
	return connectors.Outcome{Verdict: connectors.Done, Data: map[string]string{"name": c.scrub(a.Groups[0].Name)}}
}

// events are those Parse reads, as groups.setCallbackSettings names them.
func events() []string {
	return []string{
		"message_new", "message_reply", "message_edit", "message_allow", "message_deny", "message_typing_state",
		"message_event", "message_read", "message_reaction_event", "group_join", "group_leave", "user_block", "user_unblock",
	}
}

// script registers the address in one call: the steps need each other's
// answers, and a server that is there already must not be added once more (VK
// allows ten).
const script = `var found=0;var list=API.groups.getCallbackServers({"group_id":%[1]d}).items;var i=0;` +
	`while(i<list.length){if(list[i].url==%[2]s){found=list[i].id;}i=i+1;}` +
	`if(found==0){found=API.groups.addCallbackServer({"group_id":%[1]d,"url":%[2]s,"title":%[3]s,"secret_key":%[4]s}).server_id;}` +
	`else{API.groups.editCallbackServer({"group_id":%[1]d,"server_id":found,"url":%[2]s,"title":%[3]s,"secret_key":%[4]s});}` +
	`var set=API.groups.setCallbackSettings({"group_id":%[1]d,"server_id":found,"api_version":%[5]s%[6]s});` +
	`return {"server_id":found,"set":set,"code":API.groups.getCallbackConfirmationCode({"group_id":%[1]d}).code};`

// Subscribe adds the webhook as a Callback API server, or sets up the one with
// its address anew. VK makes the handshake by itself.
func (c *community) Subscribe(webhookURL string) ([]*connectors.Call, error) {
	const longestSecret = 50
	u, err := url.Parse(webhookURL)
	if err != nil || u.Host == "" {
		return nil, errors.New("vk: the webhook's address is not an absolute address")
	}
	if len(c.secrets[0].Reveal()) > longestSecret {
		return nil, fmt.Errorf("vk: secret has more than the %d characters VK takes: choose a shorter one", longestSecret)
	}
	var texts []any
	for _, text := range []string{webhookURL, serverTitle, c.secrets[0].Reveal(), c.version} {
		quoted, err := encode(text)
		if err != nil {
			return nil, fmt.Errorf("vk: %w", err)
		}
		texts = append(texts, quoted)
	}
	var wanted strings.Builder
	for _, name := range events() {
		wanted.WriteString(`,"` + name + `":1`)
	}
	code := fmt.Sprintf(script, slices.Concat([]any{c.group}, texts, []any{wanted.String()})...)
	return []*connectors.Call{c.call(opSubscribe, url.Values{"code": {code}})}, nil
}

// subscribed reads what the script found.
func (c *community) subscribed(response json.RawMessage) connectors.Outcome {
	var a struct {
		Server int64  `json:"server_id"`
		Set    int    `json:"set"`
		Code   string `json:"code"`
	}
	switch {
	case json.Unmarshal(response, &a) != nil || a.Server <= 0 || a.Set != 1:
		return nonsense()
	case a.Code != "" && !c.confirmation.Equal(a.Code):
		return verdict(connectors.Refuse, normalize.ReasonAuth, "",
			"The webhook is registered, but VK expects another confirmation code by now: copy it from the Callback API page into confirmation_code and press Confirm there")
	}
	return connectors.Outcome{Verdict: connectors.Done}
}

// Follow answers the press of a callback button, which otherwise ends in an
// error on the person's screen after a minute.
func (c *community) Follow(ev *normalize.Event) *connectors.Call {
	if ev.Type != normalize.EventMessage || ev.Message == nil {
		return nil
	}
	rest, ok := strings.CutPrefix(string(ev.Message.ID), pressPrefix)
	parts := strings.SplitN(rest, ":", 3)
	if !ok || len(parts) != 3 {
		return nil
	}
	return c.call("messages.sendMessageEventAnswer", url.Values{
		"peer_id": {parts[0]}, "user_id": {parts[1]}, "event_id": {parts[2]},
	})
}

// React sets our reaction, one of those that VK has, or takes it back.
func (c *community) React(r connectors.Reacting) ([]*connectors.Call, error) {
	peer, inChat, _, ok := parseMessage(r.Message)
	if !ok || inChat == 0 {
		return nil, errors.New("vk: one can react to messages only, not to the press of a button")
	}
	params := url.Values{"peer_id": {number(peer)}, "cmid": {number(inChat)}}
	method := "messages.deleteReaction"
	if r.Emoji != "" {
		// The sign that asks for the coloured form of ❤ is not part of VK's.
		at := slices.Index(reactions(), strings.TrimSuffix(r.Emoji, "\uFE0F"))
		if at < 0 {
			return nil, fmt.Errorf("vk: VK has no such reaction: use one of %s", strings.Join(reactions(), " "))
		}
		method = "messages.sendReaction"
		params.Set("reaction_id", number(int64(at+1)))
	}
	call := c.call(method, params)
	// To set the same reaction again changes nothing.
	call.Visible, call.Idempotent = true, true
	return []*connectors.Call{call}, nil
}

// Typing shows for ten seconds, or until a message arrives, that somebody is
// typing.
func (c *community) Typing(out *normalize.Outbound) *connectors.Call {
	peer, ok := parsePeer(out.To.ID)
	if !ok {
		return nil
	}
	return c.call("messages.setActivity", url.Values{"peer_id": {number(peer)}, "type": {"typing"}})
}

// Read marks the conversation as read.
func (c *community) Read(out *normalize.Outbound) *connectors.Call {
	peer, ok := parsePeer(out.To.ID)
	if !ok {
		return nil
	}
	return c.call("messages.markAsRead", url.Values{"peer_id": {number(peer)}, "mark_conversation_as_read": {"1"}})
}

const opProfile = "users.get"

// Profile asks for a person. Group chats and communities have no such profile.
func (c *community) Profile(peer normalize.PeerID) *connectors.Call {
	id, ok := parsePeer(peer)
	if !ok || id < 0 || id > chatBase {
		return nil
	}
	return c.call(opProfile, url.Values{"user_ids": {number(id)}, "fields": {"photo_200,screen_name"}})
}

// ReadProfile reads what users.get answered.
func (c *community) ReadProfile(resp *connectors.Response) (normalize.Peer, error) {
	var a struct {
		Response []struct {
			ID         int64  `json:"id"`
			First      string `json:"first_name"`
			Last       string `json:"last_name"`
			ScreenName string `json:"screen_name"`
			Photo      string `json:"photo_200"`
		} `json:"response"`
	}
	if json.Unmarshal(resp.Body, &a) != nil || len(a.Response) == 0 || a.Response[0].ID == 0 {
		return normalize.Peer{}, errors.New("vk: read profile: no person in the answer")
	}
	p := a.Response[0]
	return normalize.Peer{
		ID: peerID(p.ID), Name: strings.TrimSpace(p.First + " " + p.Last), Username: p.ScreenName, AvatarURL: p.Photo,
	}, nil
}
