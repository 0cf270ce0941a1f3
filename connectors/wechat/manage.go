package wechat

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

// unionPrefix begins an alias that is the same at all accounts of one owner.
const unionPrefix = "unionid:"

func escape(s string) string { return url.QueryEscape(s) }

// Check asks for the addresses of WeChat's API, which needs nothing but a token
// that works and an allowed address of our own.
func (a *account) Check() *connectors.Call {
	return a.get(opCheck, "/cgi-bin/get_api_domain_ip", nil)
}

// Typing shows for 15 seconds, or until a message arrives, that somebody is
// typing.
func (a *account) Typing(out *normalize.Outbound) *connectors.Call {
	if out.To.ID == "" {
		return nil
	}
	call, err := a.post(opTyping, "/cgi-bin/message/custom/typing", map[string]string{"touser": string(out.To.ID), "command": "Typing"})
	if err != nil {
		return nil
	}
	return call
}

// Media fetches what WeChat keeps for three days. A picture has an address of
// its own, a video is at an address that the answer tells.
func (a *account) Media(att *normalize.Attachment, done []connectors.Response) (*connectors.Call, error) {
	switch {
	case att.URL != "" || len(done) > 1:
		return nil, nil
	case att.Ref == "":
		return nil, errors.New("wechat: the attachment says neither where it is nor what it is called")
	case len(done) == 0:
		return a.get(opMedia, "/cgi-bin/media/get", url.Values{"media_id": {att.Ref}}), nil
	}
	var v struct {
		URL string `json:"video_url"`
	}
	if json.Unmarshal(done[0].Body, &v) != nil || v.URL == "" {
		return nil, nil // the answer was the file
	}
	u, err := url.Parse(v.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("wechat: the video's address is not an absolute http or https address")
	}
	return &connectors.Call{Name: opDownload, Method: http.MethodGet, URL: u.String(), Header: http.Header{}}, nil
}

// Profile asks what the account knows of a person.
func (a *account) Profile(peer normalize.PeerID) *connectors.Call {
	if peer == "" || strings.HasPrefix(string(peer), unionPrefix) {
		return nil
	}
	return a.get(opProfile, "/cgi-bin/user/info", url.Values{"openid": {string(peer)}, "lang": {"zh_CN"}})
}

// ReadProfile reads what is left of a profile: since 2021 WeChat tells neither a
// name nor a picture. What an agent called the person at WeChat stands for the
// name (platforms/wechat: media and profile).
func (a *account) ReadProfile(resp *connectors.Response) (normalize.Peer, error) {
	var u struct {
		OpenID   string `json:"openid"`
		UnionID  string `json:"unionid"`
		Nickname string `json:"nickname"`
		Remark   string `json:"remark"`
		Language string `json:"language"`
		Picture  string `json:"headimgurl"`
	}
	if err := json.Unmarshal(resp.Body, &u); err != nil {
		return normalize.Peer{}, errors.New("wechat: read profile: the answer is not in the documented form")
	}
	if u.OpenID == "" {
		return normalize.Peer{}, errors.New("wechat: read profile: the answer names nobody")
	}
	peer := normalize.Peer{
		ID: normalize.PeerID(u.OpenID), Name: u.Nickname, AvatarURL: u.Picture,
		Locale: strings.ReplaceAll(u.Language, "_", "-"),
	}
	if peer.Name == "" {
		peer.Name = u.Remark
	}
	if u.UnionID != "" {
		peer.Aliases = []normalize.PeerID{normalize.PeerID(fmt.Sprint(unionPrefix, u.UnionID))}
	}
	return peer, nil
}
