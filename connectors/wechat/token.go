package wechat

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"threadhub/connectors"
)

// TokenCall asks for the account's token. Of the two ways there are, this one
// answers the token there is, so that whoever else uses the account keeps
// theirs (platforms/wechat: access_token).
func (a *account) TokenCall(time.Time) (*connectors.Call, error) {
	return a.post(opToken, "/cgi-bin/stable_token", struct {
		Grant  string `json:"grant_type"`
		AppID  string `json:"appid"`
		Secret string `json:"secret"`
		Force  bool   `json:"force_refresh"`
	}{"client_credential", a.appID.Reveal(), a.appSecret.Reveal(), false})
}

// ReadToken reads the token and how long it is good for.
func (a *account) ReadToken(resp *connectors.Response) (connectors.Token, error) {
	var t struct {
		Access  string `json:"access_token"`
		Seconds int64  `json:"expires_in"`
	}
	if json.Unmarshal(resp.Body, &t) != nil || t.Access == "" {
		return connectors.Token{}, errors.New("wechat: the answer holds no access token")
	}
	const most = 30 * 24 * 60 * 60
	return connectors.Token{
		Access: connectors.NewSecret(t.Access), TTL: time.Duration(min(max(t.Seconds, 0), most)) * time.Second,
	}, nil
}

// Authorize puts the token into the address: WeChat takes it nowhere else.
func (a *account) Authorize(call *connectors.Call, access connectors.Secret) {
	if access.Empty() || !a.ours(call) {
		return
	}
	separator := "?"
	if strings.Contains(call.URL, "?") {
		separator = "&"
	}
	call.URL += separator + "access_token=" + escape(access.Reveal())
}
