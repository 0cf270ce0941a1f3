package zalo

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
)

// TokenCall changes the refresh token for an access token and another refresh
// token (platforms/zalo: OAuth). Without one, the access token of the
// credentials is all there is.
func (a *account) TokenCall(time.Time) (*connectors.Call, error) {
	if a.refresh.Empty() {
		return nil, nil
	}
	form := url.Values{"grant_type": {"refresh_token"}, "app_id": {a.appID}, "refresh_token": {a.refresh.Reveal()}}
	return &connectors.Call{
		Name: opToken, Method: http.MethodPost, URL: a.oauth + "/v4/oa/access_token", Body: []byte(form.Encode()),
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Secret_key": {a.appSecret.Reveal()}},
	}, nil
}

// ReadToken reads the token and the refresh token that takes the place of the
// used one.
func (a *account) ReadToken(resp *connectors.Response) (connectors.Token, error) {
	var t struct {
		Access  text `json:"access_token"`
		Refresh text `json:"refresh_token"`
		Seconds text `json:"expires_in"` // a string, mostly
	}
	if json.Unmarshal(resp.Body, &t) != nil || t.Access == "" {
		return connectors.Token{}, errors.New("zalo: the answer holds no access token")
	}
	const most = 90 * 24 * 60 * 60
	seconds, _ := strconv.ParseInt(string(t.Seconds), 10, 64)
	token := connectors.Token{Access: connectors.NewSecret(string(t.Access)), TTL: time.Duration(min(max(seconds, 0), most)) * time.Second}
	if t.Refresh != "" {
		token.Rotated = map[string]connectors.Secret{"refresh_token": connectors.NewSecret(string(t.Refresh))}
	}
	return token, nil
}

// Authorize puts the token into the header that Zalo reads it from.
func (a *account) Authorize(call *connectors.Call, access connectors.Secret) {
	if !strings.HasPrefix(call.URL, a.base+"/v") {
		return
	}
	if access.Empty() {
		access = a.access
	}
	call.Header.Set("Access_token", access.Reveal())
}
