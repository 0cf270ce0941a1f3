package rcs

import (
	"crypto/hmac"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"threadhub/connectors"
)

// signatureHeader holds the HMAC-SHA512 of the event in base64, keyed with the
// client token (platforms/rcs: Signature).
const signatureHeader = "X-Goog-Signature"

// Verify compares the signature with that of the current and the previous
// client token. What is signed is the event inside the envelope; nothing else
// of the body may be believed. Google signs no time: a replay is known by its
// ids alone.
func (a *agent) Verify(req *connectors.Request, _ time.Time) error {
	given := req.Header.Values(signatureHeader)
	if len(given) != 1 || given[0] == "" {
		return fmt.Errorf("rcs: one %s header is needed: %w", signatureHeader, connectors.ErrSignature)
	}
	event, _ := unwrap(req.Body)
	ok := 0
	for _, token := range a.tokens {
		if token.Empty() {
			continue
		}
		// The text is compared, not the bytes it stands for: base64 has more
		// than one spelling of the same bytes.
		ok |= subtle.ConstantTimeCompare([]byte(given[0]), sign(token, event))
	}
	if ok != 1 {
		return fmt.Errorf("rcs: %w", connectors.ErrSignature)
	}
	return nil
}

// sign is the header that Google sends with an event.
func sign(token connectors.Secret, event []byte) []byte {
	mac := hmac.New(sha512.New, []byte(token.Reveal()))
	mac.Write(event)
	var sum [sha512.Size]byte
	return base64.StdEncoding.AppendEncode(nil, mac.Sum(sum[:0]))
}

// unwrap is what is signed of a body: the event in its envelope or, where there
// is no envelope that can be read, the body itself.
func unwrap(body []byte) (event []byte, wrapped bool) {
	var env struct {
		Message struct {
			Data []byte `json:"data"` // base64
		} `json:"message"`
	}
	if json.Unmarshal(body, &env) != nil || len(env.Message.Data) == 0 {
		return body, false
	}
	return env.Message.Data, true
}

// maxSecret bounds what is repeated to whoever knows the client token.
const maxSecret = 1024

// Handshake answers Google's question whether the address is ours, when it
// names the client token, with the secret alone (platforms/rcs: Set-up).
func (a *agent) Handshake(req *connectors.Request) (connectors.Reply, bool) {
	if req.Method != http.MethodPost {
		return connectors.Reply{}, false
	}
	var ask struct {
		ClientToken string          `json:"clientToken"`
		Secret      string          `json:"secret"`
		Message     json.RawMessage `json:"message"`
	}
	if json.Unmarshal(req.Body, &ask) != nil || ask.Message != nil || ask.ClientToken == "" || ask.Secret == "" || len(ask.Secret) > maxSecret {
		return connectors.Reply{}, false
	}
	known := false
	for _, token := range a.tokens {
		known = !token.Empty() && token.Equal(ask.ClientToken) || known
	}
	if !known {
		return connectors.Reply{}, false
	}
	return connectors.Reply{Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", Body: []byte(ask.Secret)}, true
}
