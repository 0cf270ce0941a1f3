package instagram

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"threadhub/connectors"
	"threadhub/connectors/meta/messaging"
)

// account is the connector of one account. What it says to Instagram is in
// package messaging; the token is its own.
type account struct {
	*messaging.Connector
	token connectors.Secret
	base  string // of the API, without a slash at its end
	// renews is set when the token is the account's own, which ends after 60
	// days. That of a Page does not end by itself.
	renews bool
}

var (
	_ connectors.Tokened = (*account)(nil)
	_ connectors.Lasting = (*account)(nil)
)

// opRefresh is the class of the call that changes the token.
const opRefresh = "refreshToken"

// renewAfter is more than the day that a token has to be old before it can be
// changed (platforms/instagram: section 1). How old it is when it is entered
// nobody says.
const renewAfter = 25 * time.Hour

// RenewAfter implements [connectors.Lasting].
func (a *account) RenewAfter() time.Duration {
	if !a.renews {
		return 0
	}
	return renewAfter
}

// TokenCall changes the token for one that is good for another 60 days
// (platforms/instagram: section 1). Instagram takes it in the address only.
func (a *account) TokenCall(time.Time) (*connectors.Call, error) {
	if !a.renews {
		return nil, nil
	}
	q := url.Values{"grant_type": {"ig_refresh_token"}, "access_token": {a.token.Reveal()}}
	return &connectors.Call{Name: opRefresh, Method: http.MethodGet, URL: a.base + "/refresh_access_token?" + q.Encode(), Header: http.Header{}}, nil
}

// ReadToken reads the token that takes the place of the credential.
func (a *account) ReadToken(resp *connectors.Response) (connectors.Token, error) {
	var t struct {
		Access  string `json:"access_token"`
		Seconds int64  `json:"expires_in"`
	}
	if resp.Status != http.StatusOK || json.Unmarshal(resp.Body, &t) != nil || t.Access == "" {
		return connectors.Token{}, errors.New("instagram: the answer holds no access token")
	}
	const most = 90 * 24 * 60 * 60
	access := connectors.NewSecret(t.Access)
	return connectors.Token{
		Access: access, TTL: time.Duration(min(max(t.Seconds, 0), most)) * time.Second,
		Rotated: map[string]connectors.Secret{"access_token": access},
	}, nil
}

// Authorize leaves calls as they are: they carry the token of the credentials.
func (a *account) Authorize(*connectors.Call, connectors.Secret) {}
