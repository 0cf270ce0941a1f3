package tiktok

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"threadhub/connectors"
)

// TokenCall changes the refresh token for an access token and another refresh
// token (platforms/tiktok: access). Without one, the access token of the
// credentials is all there is.
func (a *account) TokenCall(time.Time) (*connectors.Call, error) {
	if a.refresh.Empty() {
		return nil, nil
	}
	return a.post(opToken, "tt_user/oauth2/refresh_token/", struct {
		ClientID string `json:"client_id"`
		Secret   string `json:"client_secret"`
		Grant    string `json:"grant_type"`
		Refresh  string `json:"refresh_token"`
	}{a.clientKey, a.keys[0].Reveal(), "refresh_token", a.refresh.Reveal()})
}

// ReadToken reads the token and the refresh token that takes the place of the
// used one.
func (a *account) ReadToken(resp *connectors.Response) (connectors.Token, error) {
	var t struct {
		Data struct {
			Access  string `json:"access_token"`
			Refresh string `json:"refresh_token"`
			Seconds int64  `json:"expires_in"`
		} `json:"data"`
	}
	if json.Unmarshal(resp.Body, &t) != nil || t.Data.Access == "" {
		return connectors.Token{}, errors.New("tiktok: the answer holds no access token")
	}
	const most = 365 * 24 * 60 * 60
	token := connectors.Token{
		Access: connectors.NewSecret(t.Data.Access), TTL: time.Duration(min(max(t.Data.Seconds, 0), most)) * time.Second,
	}
	if t.Data.Refresh != "" {
		token.Rotated = map[string]connectors.Secret{"refresh_token": connectors.NewSecret(t.Data.Refresh)}
	}
	return token, nil
}

// Authorize puts the token into the header that TikTok reads it from: another
// one where files are fetched, at an address that the API told.
func (a *account) Authorize(call *connectors.Call, access connectors.Secret) {
	if access.Empty() {
		access = a.access
	}
	if call.Header == nil {
		call.Header = http.Header{}
	}
	switch {
	case call.Name == opDownload:
		call.Header.Set("X-User", access.Reveal())
	case a.ours(call) && call.Name != opSubscribe:
		call.Header.Set("Access-Token", access.Reveal())
	}
}
