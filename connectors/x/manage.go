package x

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

func (a *account) get(op, path string) *connectors.Call {
	return &connectors.Call{Name: op, Method: http.MethodGet, URL: a.base + path, Header: http.Header{}}
}

// Check asks whose token it is: it must be the account's.
func (a *account) Check() *connectors.Call { return a.get(opCheck, "/2/users/me") }

// Subscribe registers the webhook for the app or, once its id is in the
// settings, has X ask it again and subscribes the account to it. The id comes
// with the first answer, and no call knows the answer of the one before.
func (a *account) Subscribe(webhookURL string) ([]*connectors.Call, error) {
	u, err := url.Parse(webhookURL)
	switch {
	case err != nil || u.Host == "":
		return nil, errors.New("x: the webhook's address is not an absolute address")
	case a.base == defaultBase && (u.Scheme != "https" || u.Port() != ""):
		return nil, errors.New("x: the webhook's address must begin with https and have no port")
	case a.bearer.Empty():
		return nil, errors.New("x: bearer_token is missing: enter the app's bearer token, which X wants for registering a webhook")
	}
	if a.webhook == "" {
		call, err := a.post(opRegister, "/2/webhooks", map[string]string{"url": webhookURL})
		if err != nil {
			return nil, fmt.Errorf("x: %w", err)
		}
		return []*connectors.Call{a.asApp(call)}, nil
	}
	validate := &connectors.Call{Name: opValidate, Method: http.MethodPut, URL: a.base + "/2/webhooks/" + a.webhook, Header: http.Header{}}
	subscribe, err := a.post(opSubscribe, "/2/account_activity/webhooks/"+a.webhook+"/subscriptions/all", nil)
	if err != nil {
		return nil, fmt.Errorf("x: %w", err)
	}
	return []*connectors.Call{a.asApp(validate), subscribe}, nil
}

// asApp makes a call one of the app's and not of the account's.
func (a *account) asApp(call *connectors.Call) *connectors.Call {
	call.Header.Set("Authorization", "Bearer "+a.bearer.Reveal())
	return call
}

// mediaHost keeps the pictures of messages, for those who took part in them.
const mediaHost = "ton.twitter.com"

// Media fetches what X keeps. A picture of a message is asked of the API by the
// three ids in its address; anything else is fetched where it is, signed.
func (a *account) Media(att *normalize.Attachment, done []connectors.Response) (*connectors.Call, error) {
	if len(done) > 0 {
		return nil, nil
	}
	u, err := url.Parse(att.URL)
	switch {
	case att.URL == "" || err != nil:
		return nil, errors.New("x: the attachment does not say where it is")
	case !keptByX(u):
		return nil, nil
	}
	const before = "/1.1/ton/data/dm/"
	ids := strings.Split(strings.TrimPrefix(u.Path, before), "/")
	if u.Host == mediaHost && strings.HasPrefix(u.Path, before) && len(ids) == 3 && digits(ids[0]) && digits(ids[1]) && ids[2] != "" {
		return a.get(opMedia, "/2/dm_conversations/media/"+ids[0]+"/"+ids[1]+"/"+url.PathEscape(ids[2])), nil
	}
	return &connectors.Call{Name: opMedia, Method: http.MethodGet, URL: att.URL, Header: http.Header{}}, nil
}

// Profile asks who a person is.
func (a *account) Profile(peer normalize.PeerID) *connectors.Call {
	if !person(peer) {
		return nil
	}
	return a.get(opProfile, "/2/users/"+string(peer)+"?user.fields=profile_image_url%2Cusername%2Cname")
}

// ReadProfile reads what X tells of a person.
func (a *account) ReadProfile(resp *connectors.Response) (normalize.Peer, error) {
	var u user
	if err := json.Unmarshal(resp.Body, &u); err != nil {
		return normalize.Peer{}, fmt.Errorf("x: read profile: %s", fault(err))
	}
	if u.Data == nil || u.Data.ID == "" {
		return normalize.Peer{}, errors.New("x: read profile: the answer names nobody")
	}
	return u.peer(u.Data.ID), nil
}
