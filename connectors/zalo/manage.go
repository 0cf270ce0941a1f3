package zalo

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Check asks who the Official Account is.
func (a *account) Check() *connectors.Call { return a.get(opCheck, "/v2.0/oa/getoa", nil) }

// Profile asks who a person is. Zalo tells it of those who follow the account or
// shared their data with it, and of nobody else.
func (a *account) Profile(peer normalize.PeerID) *connectors.Call {
	id := string(peer)
	if id == "" || strings.ContainsRune(id, ':') {
		return nil // a group, a visitor who is not signed in, or an alias
	}
	query, err := json.Marshal(map[string]string{"user_id": id})
	if err != nil {
		return nil
	}
	return a.get(opProfile, "/v3.0/oa/user/detail", url.Values{"data": {string(query)}})
}

// ReadProfile reads what Zalo tells of a person.
func (a *account) ReadProfile(resp *connectors.Response) (normalize.Peer, error) {
	var ans struct {
		Data struct {
			UserID    text            `json:"user_id"`
			UserByApp text            `json:"user_id_by_app"`
			Name      text            `json:"display_name"`
			Alias     text            `json:"user_alias"`
			Avatar    text            `json:"avatar"`
			Avatars   map[string]text `json:"avatars"`
			Shared    struct {
				Name  text `json:"name"`
				Phone text `json:"phone"`
			} `json:"shared_info"`
		} `json:"data"`
	}
	if json.Unmarshal(resp.Body, &ans) != nil {
		return normalize.Peer{}, errors.New("zalo: read profile: the answer is not in the documented form")
	}
	d := &ans.Data
	if d.UserID == "" {
		return normalize.Peer{}, errors.New("zalo: read profile: the answer names nobody")
	}
	peer := normalize.Peer{ID: normalize.PeerID(d.UserID), Phone: phone(string(d.Shared.Phone)), AvatarURL: string(d.Avatar)}
	for _, name := range []text{d.Name, d.Alias, d.Shared.Name} {
		if peer.Name == "" {
			peer.Name = string(name)
		}
	}
	if large := d.Avatars["240"]; large != "" {
		peer.AvatarURL = string(large)
	}
	if d.UserByApp != "" {
		peer.Aliases = []normalize.PeerID{normalize.PeerID(appPrefix + d.UserByApp)}
	}
	return peer, nil
}
