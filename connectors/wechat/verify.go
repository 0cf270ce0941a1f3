package wechat

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"threadhub/connectors"
)

// tolerance is how far a webhook's time may be from ours: WeChat repeats one
// within seconds, and its signature can be used again for as long.
const tolerance = 5 * time.Minute

// Verify checks the signature over the token, the time and the nonce and, where
// there is an EncodingAESKey, that of the encrypted body and that the body is
// for this account. Plain bodies are then refused: they are not proved
// (platforms/wechat: signature).
func (a *account) Verify(req *connectors.Request, now time.Time) error {
	stamp, err := a.stamped(req.Query)
	if err != nil {
		return refuse(err.Error())
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return refuse("its time is too far from the hub's: check the hub's clock")
	}
	if len(a.keys) == 0 {
		return nil
	}
	f, err := readFields(req.Body)
	if err != nil || f.get("Encrypt") == "" {
		return refuse("the body is not encrypted: choose safe or compatibility mode at WeChat")
	}
	given, ok := one(req.Query, "msg_signature")
	nonce, _ := one(req.Query, "nonce")
	if !ok || !a.signed(given, stamp, nonce, f.get("Encrypt")) {
		return refuse("msg_signature")
	}
	if _, err := a.decrypt(f.get("Encrypt")); err != nil {
		return refuse(err.Error())
	}
	return nil
}

func refuse(why string) error {
	return fmt.Errorf("wechat: %s: %w", why, connectors.ErrSignature)
}

// stamped checks the signature of the query and answers the time it signs.
func (a *account) stamped(query url.Values) (stamp string, err error) {
	given, signed := one(query, "signature")
	stamp, timed := one(query, "timestamp")
	nonce, once := one(query, "nonce")
	if !signed || !timed || !once {
		return "", errors.New("signature, timestamp and nonce are needed once each")
	}
	if !a.signed(given, stamp, nonce) {
		return "", errors.New("signature")
	}
	return stamp, nil
}

func one(query url.Values, name string) (string, bool) {
	values := query[name]
	if len(values) != 1 || values[0] == "" {
		return "", false
	}
	return values[0], true
}

// signed tells whether one of the tokens signs the values as given.
func (a *account) signed(given string, values ...string) bool {
	ok := false
	for _, token := range a.tokens {
		// All are tried, so that the time taken tells nothing.
		ok = connectors.NewSecret(sign(token, values...)).Equal(given) || ok
	}
	return ok
}

// sign is the SHA-1, in lower-case hexadecimal, of the token and the values in
// the order of their bytes, without anything between them.
func sign(token connectors.Secret, values ...string) string {
	sorted := append([]string{token.Reveal()}, values...)
	slices.Sort(sorted)
	h := sha1.New()
	for _, v := range sorted {
		_, _ = h.Write([]byte(v))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Handshake answers the call that WeChat makes when an admin saves the address:
// with echostr as it came and nothing else.
func (a *account) Handshake(req *connectors.Request) (connectors.Reply, bool) {
	if req.Method != http.MethodGet || !req.Query.Has("echostr") {
		return connectors.Reply{}, false
	}
	const plain = "text/plain; charset=utf-8"
	if _, err := a.stamped(req.Query); err != nil {
		return connectors.Reply{Status: http.StatusForbidden, ContentType: plain, Body: []byte("the Token is not the one entered for this channel")}, true
	}
	return connectors.Reply{Status: http.StatusOK, ContentType: plain, Body: []byte(req.Query.Get("echostr"))}, true
}
