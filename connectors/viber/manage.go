package viber

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"

	"threadhub/connectors"
	"threadhub/normalize"
)

type webhook struct {
	URL        string   `json:"url"`
	EventTypes []string `json:"event_types"`
	// Without these, names are placeholders and pictures missing.
	SendName  bool `json:"send_name"`
	SendPhoto bool `json:"send_photo"`
}

// Subscribe registers the webhook. Viber calls it while it answers.
func (b *bot) Subscribe(webhookURL string) ([]*connectors.Call, error) {
	u, err := url.Parse(webhookURL)
	switch {
	case err != nil || u.Host == "":
		return nil, errors.New("viber: the webhook's address is not an absolute address")
	case b.own:
	case u.Scheme != "https":
		return nil, errors.New("viber: the webhook's address must begin with https")
	case isAddress(u.Hostname()):
		return nil, errors.New("viber: the webhook's address must name a domain, not an IP address")
	}
	call, err := b.call(opSubscribe, webhook{
		URL: webhookURL, SendName: true, SendPhoto: true,
		EventTypes: []string{"delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started"},
	})
	if err != nil {
		return nil, fmt.Errorf("viber: %w", err)
	}
	return []*connectors.Call{call}, nil
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// Check asks who the bot is, and where its webhooks go.
func (b *bot) Check() *connectors.Call { return b.must(opCheck, struct{}{}) }

// must is call for a body that can always be encoded.
func (b *bot) must(method string, body any) *connectors.Call {
	call, err := b.call(method, body)
	if err != nil {
		return nil
	}
	return call
}

// Profile asks who a person is. Viber answers that twice in twelve hours for
// each; every message tells it as well.
func (b *bot) Profile(peer normalize.PeerID) *connectors.Call {
	if peer == "" {
		return nil
	}
	return b.must(opProfile, map[string]string{"id": string(peer)})
}

// ReadProfile reads what Viber tells of a person.
func (b *bot) ReadProfile(resp *connectors.Response) (normalize.Peer, error) {
	var a struct {
		User *user `json:"user"`
	}
	if json.Unmarshal(resp.Body, &a) != nil {
		return normalize.Peer{}, errors.New("viber: read profile: the answer is not in the documented form")
	}
	peer := a.User.peer()
	if peer.ID == "" {
		return normalize.Peer{}, errors.New("viber: read profile: the answer names nobody")
	}
	return peer, nil
}
