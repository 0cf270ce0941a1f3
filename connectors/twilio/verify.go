package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"threadhub/connectors"
)

const (
	signatureHeader = "X-Twilio-Signature"
	bodyHash        = "bodySHA256"
)

// Verify checks the HMAC-SHA1 over the public address and the form's sorted
// parameters or, when the address names a bodySHA256, over the address alone
// and then the body's hash (platforms/twilio: Signature). Twilio signs no time:
// a replay is known by its ids alone.
//
// What Twilio does inconsistently is tried both ways: an address with and
// without its port, and repeated parameters with the first value or with all.
func (c *connector) Verify(req *connectors.Request, _ time.Time) error {
	given := req.Header.Values(signatureHeader)
	if len(given) != 1 || given[0] == "" {
		return fmt.Errorf("twilio: one %s header is needed: %w", signatureHeader, connectors.ErrSignature)
	}
	var signed []string
	right := 1
	if req.Query.Has(bodyHash) {
		sum := sha256.Sum256(req.Body)
		right = subtle.ConstantTimeCompare([]byte(req.Query.Get(bodyHash)), []byte(hex.EncodeToString(sum[:])))
		signed = []string{""}
	} else {
		f, _ := readForm(req.Body)
		signed = f.signed()
	}
	matches := 0
	for _, token := range c.tokens {
		if token.Empty() {
			continue
		}
		for _, address := range addresses(req.URL) {
			for _, params := range signed {
				matches |= subtle.ConstantTimeCompare([]byte(given[0]), signature(token, address, params))
			}
		}
	}
	if right&matches != 1 {
		return fmt.Errorf("twilio: %w", connectors.ErrSignature)
	}
	return nil
}

// signature is the header Twilio sends.
func signature(token connectors.Secret, address, params string) []byte {
	mac := hmac.New(sha1.New, []byte(token.Reveal()))
	mac.Write([]byte(address))
	mac.Write([]byte(params))
	var sum [sha1.Size]byte
	return base64.StdEncoding.AppendEncode(nil, mac.Sum(sum[:0]))
}

// signed is the parameters as they are signed: sorted by key, keys and values
// one after the other. With repeated keys there are two readings.
func (f form) signed() []string {
	sorted := slices.Clone(f)
	slices.SortStableFunc(sorted, func(a, b pair) int { return strings.Compare(a.key, b.key) })
	first, all := new(strings.Builder), new(strings.Builder)
	repeated := false
	for i := 0; i < len(sorted); {
		values := []string{sorted[i].value}
		j := i + 1
		for ; j < len(sorted) && sorted[j].key == sorted[i].key; j++ {
			values = append(values, sorted[j].value)
		}
		first.WriteString(sorted[i].key + values[0])
		repeated = repeated || len(values) > 1
		slices.Sort(values)
		for _, value := range slices.Compact(values) {
			all.WriteString(sorted[i].key + value)
		}
		i = j
	}
	if !repeated {
		return []string{first.String()}
	}
	return []string{first.String(), all.String()}
}

// addresses are the spellings of an address that Twilio may have signed.
func addresses(raw string) []string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return []string{raw}
	}
	host := u.Host + ":443"
	switch {
	case u.Port() != "":
		host = strings.TrimSuffix(u.Host, ":"+u.Port())
	case u.Scheme == "http":
		host = u.Host + ":80"
	}
	return []string{raw, strings.Replace(raw, "://"+u.Host, "://"+host, 1)}
}

// Acknowledge answers the empty TwiML document, which has Twilio do nothing.
func (c *connector) Acknowledge(*connectors.Request) connectors.Reply {
	return connectors.Reply{
		Status: 200, ContentType: "text/xml", Body: []byte(`<?xml version="1.0" encoding="UTF-8"?><Response/>`),
	}
}
