package slack

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Check asks who the bot is.
func (b *bot) Check() *connectors.Call { return b.form(opCheck, url.Values{}) }

// React sets our reaction. Slack lets one person set many: the one that was is
// taken back by its name.
func (b *bot) React(r connectors.Reacting) (calls []*connectors.Call, err error) {
	channel, ts, ok := parseMessage(r.Message)
	if !ok {
		return nil, errors.New("slack: one can react to messages only, not to a press or a command")
	}
	add := func(op, emoji string) error {
		name, ok := nameOf(emoji)
		if !ok {
			return errors.New("slack: Slack has no such emoji: use another one, or :name: for one of the workspace's own")
		}
		call, err := b.call(op, map[string]string{"channel": channel, "timestamp": ts, "name": name})
		if err != nil {
			return err
		}
		// To set the same reaction again, or take it back again, changes nothing.
		call.Visible, call.Idempotent = true, true
		calls = append(calls, call)
		return nil
	}
	if r.Emoji != "" {
		err = add(opReact, r.Emoji)
	}
	if err == nil && r.Was != "" && r.Was != r.Emoji {
		err = add(opUnreact, r.Was)
	}
	return calls, err
}

// Media fetches a file with the token: at once where the event said where it is,
// otherwise (Slack Connect) after asking.
func (b *bot) Media(att *normalize.Attachment, done []connectors.Response) (*connectors.Call, error) {
	address := att.URL
	switch {
	case att.Ref == "":
		return nil, nil
	case address != "" && len(done) > 0, len(done) > 1:
		return nil, nil
	case address == "" && len(done) == 0:
		return b.form(opFile, url.Values{"file": {att.Ref}}), nil
	case address == "":
		var a struct {
			File file `json:"file"`
		}
		if json.Unmarshal(done[0].Body, &a) == nil {
			address = a.File.Download
			if address == "" {
				address = a.File.Private
			}
		}
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, errors.New("slack media: Slack does not say where the file is")
	}
	call := &connectors.Call{Name: opDownload, Method: http.MethodGet, URL: address, Header: http.Header{}}
	switch {
	case b.trusts(u):
		call.Header = b.header("")
	case att.URL != "":
		return nil, nil // kept elsewhere: fetched as any address is
	}
	if att.MIME != "" {
		call.Header.Set("Accept", att.MIME)
	}
	return call, nil
}

// trusts tells the hosts that may be shown the token: Slack's, and the one that
// the admin chose. Files that people keep elsewhere are fetched without.
func (b *bot) trusts(u *url.URL) bool {
	if b.base != defaultBase && u.Host == b.host {
		return true
	}
	host := strings.ToLower(u.Hostname())
	return u.Scheme == "https" && (u.Port() == "" || u.Port() == "443") &&
		(host == "slack.com" || strings.HasSuffix(host, ".slack.com"))
}

// Profile asks for a person. Channels have no such profile.
func (b *bot) Profile(peer normalize.PeerID) *connectors.Call {
	if peer == "" || peer[0] != 'U' && peer[0] != 'W' {
		return nil
	}
	return b.form(opProfile, url.Values{"user": {string(peer)}})
}

// ReadProfile reads what users.info answered.
func (b *bot) ReadProfile(resp *connectors.Response) (normalize.Peer, error) {
	var a struct {
		User struct {
			ID       string `json:"id"`
			Name     string `json:"name"`
			RealName string `json:"real_name"`
			Locale   string `json:"locale"`
			Profile  struct {
				DisplayName string `json:"display_name"`
				RealName    string `json:"real_name"`
				Image       string `json:"image_192"`
				Phone       string `json:"phone"`
			} `json:"profile"`
		} `json:"user"`
	}
	if json.Unmarshal(resp.Body, &a) != nil || a.User.ID == "" {
		return normalize.Peer{}, errors.New("slack: read profile: no person in the answer")
	}
	p := normalize.Peer{
		ID: normalize.PeerID(a.User.ID), Username: a.User.Name, Locale: a.User.Locale, AvatarURL: a.User.Profile.Image,
	}
	for _, name := range []string{a.User.RealName, a.User.Profile.RealName, a.User.Profile.DisplayName, a.User.Name} {
		if p.Name == "" {
			p.Name = name
		}
	}
	if strings.HasPrefix(a.User.Profile.Phone, "+") {
		p.Phone = strings.ReplaceAll(a.User.Profile.Phone, " ", "")
	}
	return p, nil
}
