package x

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"threadhub/connectors"
)

// The headers hold the HMAC-SHA256 of the raw body: one keyed with the client
// secret of OAuth 2.0, the older one with the consumer secret of OAuth 1.0. An
// app that has both secrets may get both headers; the newer one is to be
// believed where its secret is known (platforms/x: Signature).
const (
	clientHeader   = "X-Twitter-Webhooks-Signature-Oauth2"
	consumerHeader = "X-Twitter-Webhooks-Signature"
)

// Verify compares the signature with that of the current and the previous
// secret. X signs no time: a replay is known by its ids alone.
func (a *account) Verify(req *connectors.Request, _ time.Time) error {
	name, secrets := consumerHeader, a.consumers
	if len(req.Header.Values(clientHeader)) > 0 && !a.clients[0].Empty() {
		name, secrets = clientHeader, a.clients
	}
	given := req.Header.Values(name)
	if len(given) != 1 || given[0] == "" {
		return fmt.Errorf("x: one %s header is needed: %w", name, connectors.ErrSignature)
	}
	ok := 0
	for _, secret := range secrets {
		if secret.Empty() {
			continue
		}
		// The text is compared, not the bytes it stands for: base64 has more
		// than one spelling of the same bytes.
		ok |= subtle.ConstantTimeCompare([]byte(given[0]), mark(secret, req.Body))
	}
	if ok != 1 {
		return fmt.Errorf("x: %w", connectors.ErrSignature)
	}
	return nil
}

// mark is the signature of a body, and the answer to a challenge.
func mark(secret connectors.Secret, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write(body)
	var sum [sha256.Size]byte
	return base64.StdEncoding.AppendEncode([]byte("sha256="), mac.Sum(sum[:0]))
}

// challenge is what a challenge may look like. Answering it signs it with the
// key that signs webhooks, for whoever asks: one that could be the body of a
// webhook, which is JSON, must never be answered.
var challenge = regexp.MustCompile(`^[A-Za-z0-9_=+/.~-]{1,512}$`)

// Handshake answers X's challenge, which comes when the webhook is registered
// and about every hour from then on (platforms/x: Webhook set-up).
func (a *account) Handshake(req *connectors.Request) (connectors.Reply, bool) {
	token := req.Query.Get("crc_token")
	if req.Method != http.MethodGet || !challenge.MatchString(token) {
		return connectors.Reply{}, false
	}
	secret := a.consumerSecret
	if !a.clients[0].Empty() {
		secret = a.clients[0]
	}
	return connectors.Reply{
		Status: http.StatusOK, ContentType: "application/json",
		Body: []byte(`{"response_token":"` + string(mark(secret, []byte(token))) + `"}`),
	}, true
}
