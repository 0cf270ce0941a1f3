package line

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

// Check asks who the account is, which needs a token that works.
func (a *account) Check() *connectors.Call { return a.get(opCheck, a.base+"/v2/bot/info") }

func (a *account) get(op, address string) *connectors.Call {
	return &connectors.Call{Name: op, Method: http.MethodGet, URL: address, Header: a.header()}
}

// maxEndpoint is how long a webhook's address may be.
const maxEndpoint = 500

// Subscribe sets the webhook's address. Whether webhooks are used at all is a
// switch in LINE's console that no call can reach.
func (a *account) Subscribe(webhookURL string) ([]*connectors.Call, error) {
	u, err := url.Parse(webhookURL)
	switch {
	case err != nil || u.Host == "":
		return nil, errors.New("line: the webhook's address is not an absolute address")
	case a.base == defaultBase && u.Scheme != "https":
		return nil, errors.New("line: the webhook's address must begin with https")
	case len(webhookURL) > maxEndpoint:
		return nil, fmt.Errorf("line: the webhook's address has %d characters, LINE takes %d", len(webhookURL), maxEndpoint)
	}
	call, err := a.post(opSubscribe, "/v2/bot/channel/webhook/endpoint", map[string]string{"endpoint": webhookURL})
	if err != nil {
		return nil, err
	}
	call.Method = http.MethodPut
	return []*connectors.Call{call}, nil
}

// loadingSeconds is how long the sign of somebody typing is shown, or until a
// message arrives; LINE takes 5 to 60 in steps of 5.
const loadingSeconds = 20

// Typing shows a person that an answer is being prepared. Groups have no such
// sign.
func (a *account) Typing(out *normalize.Outbound) *connectors.Call {
	if !person(out.To.ID) {
		return nil
	}
	return a.must(opLoading, "/v2/bot/chat/loading/start", struct {
		ChatID  string `json:"chatId"`
		Seconds int    `json:"loadingSeconds"`
	}{string(out.To.ID), loadingSeconds})
}

// Read marks the chat as read up to the peer's latest message, where that came
// with a token to do so.
func (a *account) Read(out *normalize.Outbound) *connectors.Call {
	token := out.Context[contextRead]
	if token == "" {
		return nil
	}
	return a.must(opRead, "/v2/bot/chat/markAsRead", map[string]string{"markAsReadToken": token})
}

// must is post for a body that can always be encoded.
func (a *account) must(op, path string, body any) *connectors.Call {
	call, err := a.post(op, path, body)
	if err != nil {
		return nil
	}
	return call
}

// Media fetches what LINE keeps. A sticker's picture and media that is kept
// elsewhere have an address of their own.
func (a *account) Media(att *normalize.Attachment, done []connectors.Response) (*connectors.Call, error) {
	switch {
	case att.URL != "" || len(done) > 0:
		return nil, nil
	case att.Ref == "" || att.Type == normalize.TypeSticker:
		return nil, errors.New("line: the attachment says neither where it is nor what it is called")
	}
	return a.get(opContent, a.data+"/v2/bot/message/"+url.PathEscape(att.Ref)+"/content"), nil
}

// Profile asks who a person is, or what a group is called. Rooms have no name.
func (a *account) Profile(peer normalize.PeerID) *connectors.Call {
	id := url.PathEscape(string(peer))
	switch {
	case person(peer):
		return a.get(opProfile, a.base+"/v2/bot/profile/"+id)
	case strings.HasPrefix(id, "C"):
		return a.get(opProfile, a.base+"/v2/bot/group/"+id+"/summary")
	}
	return nil
}

// person tells a person's id from that of a group or a room.
func person(id normalize.PeerID) bool { return strings.HasPrefix(string(id), "U") }

// ReadProfile reads what LINE tells of a person or a group.
func (a *account) ReadProfile(resp *connectors.Response) (normalize.Peer, error) {
	var p struct {
		UserID    string `json:"userId"`
		Name      string `json:"displayName"`
		Language  string `json:"language"`
		Picture   string `json:"pictureUrl"`
		GroupID   string `json:"groupId"`
		GroupName string `json:"groupName"`
	}
	if err := json.Unmarshal(resp.Body, &p); err != nil {
		return normalize.Peer{}, fmt.Errorf("line: read profile: %s", fault(err))
	}
	switch {
	case p.GroupID != "":
		return normalize.Peer{ID: normalize.PeerID(p.GroupID), Kind: normalize.PeerGroup, Name: p.GroupName, AvatarURL: p.Picture}, nil
	case p.UserID != "":
		return normalize.Peer{ID: normalize.PeerID(p.UserID), Name: p.Name, Locale: p.Language, AvatarURL: p.Picture}, nil
	}
	return normalize.Peer{}, errors.New("line: read profile: the answer names nobody")
}
