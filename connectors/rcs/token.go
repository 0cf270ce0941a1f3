package rcs

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"threadhub/connectors"
)

// grantType says that a token is asked for with an assertion.
const grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"

// TokenCall changes an assertion signed with the service account's key for a
// token.
func (a *agent) TokenCall(now time.Time) (*connectors.Call, error) {
	assertion, err := a.key.assertion(now)
	if err != nil {
		return nil, fmt.Errorf("rcs: sign the request for a token: %w", err)
	}
	return &connectors.Call{
		Name: opToken, Method: http.MethodPost, URL: a.tokenURL,
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		Body:   []byte(url.Values{"grant_type": {grantType}, "assertion": {assertion}}.Encode()),
	}, nil
}

// ReadToken reads the token and how long it is good for, an hour as a rule.
func (a *agent) ReadToken(resp *connectors.Response) (connectors.Token, error) {
	var t struct {
		Access  string `json:"access_token"`
		Seconds int64  `json:"expires_in"`
	}
	if resp.Status != http.StatusOK || json.Unmarshal(resp.Body, &t) != nil || !sendable(t.Access) {
		return connectors.Token{}, errors.New("rcs: the answer holds no token")
	}
	const most = 24 * 60 * 60
	return connectors.Token{
		Access: connectors.NewSecret(t.Access), TTL: time.Duration(min(max(t.Seconds, 0), most)) * time.Second,
	}, nil
}

// sendable tells whether the token can stand in a header.
func sendable(token string) bool {
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return false
		}
	}
	return token != ""
}

// Authorize puts the token on calls of the API and on no other.
func (a *agent) Authorize(call *connectors.Call, access connectors.Secret) {
	if access.Empty() || !strings.HasPrefix(call.URL, a.base+"/") || call.URL == a.tokenURL {
		return
	}
	call.Header.Set("Authorization", "Bearer "+access.Reveal())
}

// Redactions are the key as it stands in the file, in both spellings.
func (a *agent) Redactions() []string {
	return []string{a.key.pem, strings.ReplaceAll(a.key.pem, "\n", `\n`)}
}
