package custom

import (
	"crypto/ed25519"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"threadhub/connectors"
)

// refusal is why one way of proving did not pass. It says what was missing, not
// what would have been right.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	wrongSignature = refusal("the signature or token is not the right one: check the credential, what is signed and how it is written")
	noKey          = refusal("the credential is not set")
)

// Verify passes a webhook that one of the ways proves, if it comes from the
// networks allowed. Every way is tried with the credential and, while it is
// being changed, the one named like it with _previous.
func (ch *channel) Verify(req *connectors.Request, now time.Time) error {
	if len(req.Header.Values(connectors.StreamHeader)) > 0 {
		return fmt.Errorf("custom: a webhook with the header of a stream: %w", connectors.ErrSignature)
	}
	if err := ch.prove(req, now); err != nil {
		return fmt.Errorf("custom: %w: %w", err, connectors.ErrSignature)
	}
	return nil
}

// prove is Verify. With a zero now no time is looked at: a handshake has nothing
// in it to repeat.
func (ch *channel) prove(req *connectors.Request, now time.Time) error {
	for _, p := range ch.def.addition {
		if err := p.from(req.RemoteIP); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	var reasons []string
	for _, p := range ch.def.proofs {
		err := ch.tried(&p, req, now)
		if err == nil {
			return nil
		}
		reasons = append(reasons, p.name+": "+err.Error())
	}
	return errors.New(strings.Join(reasons, "; "))
}

// tried holds a webhook to one way of proving, with each key.
func (ch *channel) tried(p *proof, req *connectors.Request, now time.Time) error {
	if p.Mode == modeNone {
		return nil
	}
	keys := ch.keys(p.Secret)
	if len(keys) == 0 {
		return noKey
	}
	err := error(wrongSignature)
	for _, key := range keys {
		// Each is tried, so that the time does not tell which it was.
		if e := p.proves(req, key, now); e == nil {
			err = nil
		} else if err != nil {
			err = e
		}
	}
	return err
}

// keys are the values of a credential that are good now.
func (ch *channel) keys(name string) []connectors.Secret {
	var out []connectors.Secret
	for _, n := range []string{name, name + previousSuffix} {
		if s := ch.credentials[n]; !s.Empty() {
			out = append(out, s)
		}
	}
	return out
}

// previousSuffix ends the name of a credential that is being replaced.
const previousSuffix = "_previous"

func (p *proof) proves(req *connectors.Request, key connectors.Secret, now time.Time) error {
	switch p.Mode {
	case modeHeader, modeQuery, modeJSON:
		return p.token(req, key)
	case modeBasic:
		return p.basic(req, key)
	case modeJWT:
		return p.jwt(req, key, now)
	case modeStandard:
		return p.standard(req, key, now)
	}
	return p.signed(req, key, now)
}

// token compares a token that stands in the webhook as it is.
func (p *proof) token(req *connectors.Request, key connectors.Secret) error {
	given, err := p.given(req)
	if err != nil {
		return err
	}
	if !key.Equal(given) {
		return wrongSignature
	}
	return nil
}

func (p *proof) basic(req *connectors.Request, key connectors.Secret) error {
	given := req.Header.Values("Authorization")
	if len(given) != 1 {
		return refusal("one Authorization header is needed")
	}
	// What is compared is the text, not what it stands for: base64 has more than
	// one spelling of the same bytes.
	if !connectors.NewSecret(basicAuth(p.Username, key.Reveal())).Equal(given[0]) {
		return wrongSignature
	}
	return nil
}

// given is the proof as it stands in the webhook, without its prefix.
func (p *proof) given(req *connectors.Request) (string, error) {
	text, err := located(req, p.Header, p.Query, p.JSON)
	if err != nil {
		return "", err
	}
	text, ok := strings.CutPrefix(text, p.Prefix)
	if !ok || text == "" {
		return "", refusal("the proof does not begin as prefix says, or is empty")
	}
	return text, nil
}

// located finds a text in a header, a parameter or the body; exactly one.
func located(req *connectors.Request, header, query, path string) (string, error) {
	var values []string
	where := ""
	switch {
	case header != "":
		values, where = req.Header.Values(header), "header "+header
	case query != "":
		values, where = req.Query[query], "parameter "+query
	case path != "":
		value, ok := jsonPath(req.Body, path)
		if where = "field " + path + " of the body"; ok {
			values = []string{value}
		}
	}
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
		return "", refusal("the " + where + " is missing")
	case len(values) > 1:
		return "", refusal("there is more than one " + where)
	}
	return values[0], nil
}

// signed checks an HMAC, a hash with the secret in it, or an Ed25519 signature.
func (p *proof) signed(req *connectors.Request, key connectors.Secret, now time.Time) error {
	given, err := p.given(req)
	if err != nil {
		return err
	}
	candidates, listed := []string{given}, map[string][]string{}
	if p.Field != "" {
		listed = pairs(given, p.Separator)
		candidates = listed[p.Field]
	}
	stamp, err := p.stamp(req, listed, now)
	if err != nil {
		return err
	}
	message, err := p.message(req, key, stamp)
	if err != nil {
		return err
	}
	if p.Mode == modeEd25519 {
		return p.ed25519(message, key, candidates)
	}
	sum, err := p.sum(message, key)
	if err != nil {
		return err
	}
	want := p.spell(sum)
	right := 0
	for _, c := range candidates {
		switch p.Encoding {
		case "hex":
			c = strings.ToLower(c)
		case "base64url":
			c = strings.TrimRight(c, "=") // with padding or without
		}
		right |= subtle.ConstantTimeCompare([]byte(c), want)
	}
	if right != 1 {
		return wrongSignature
	}
	return nil
}

func (p *proof) ed25519(message []byte, key connectors.Secret, candidates []string) error {
	public, err := p.key(key)
	if err != nil || len(public) != ed25519.PublicKeySize {
		return refusal("the credential is no public key of Ed25519, written as key says")
	}
	for _, c := range candidates {
		sig, ok := unspell(p.Encoding, c)
		if ok && len(sig) == ed25519.SignatureSize && ed25519.Verify(public, message, sig) {
			return nil
		}
	}
	return wrongSignature
}

// pairs reads "t=1,v1=abc,v1=def".
func pairs(text, separator string) map[string][]string {
	out := map[string][]string{}
	for item := range strings.SplitSeq(text, separator) {
		if name, value, ok := strings.Cut(strings.TrimSpace(item), "="); ok {
			out[name] = append(out[name], value)
		}
	}
	return out
}

// stamp is the signed time as it is written, after it was held to now.
func (p *proof) stamp(req *connectors.Request, listed map[string][]string, now time.Time) (string, error) {
	t := p.Timestamp
	if t == nil {
		return "", nil
	}
	text := ""
	if t.Field != "" {
		if len(listed[t.Field]) != 1 {
			return "", refusal("the signed time is missing")
		}
		text = listed[t.Field][0]
	} else {
		var err error
		if text, err = located(req, t.Header, t.Query, t.JSON); err != nil {
			return "", err
		}
	}
	at, ok := readTime(text, t.Unit)
	if !ok {
		return "", refusal("the signed time cannot be read: check unit")
	}
	return text, p.recent(at, now)
}

// recent refuses a time too far from now, either way.
func (p *proof) recent(at, now time.Time) error {
	if now.IsZero() {
		return nil
	}
	if age := now.Sub(at); age > p.tolerance || age < -p.tolerance {
		return refusal("it was signed too long ago or ahead of time")
	}
	return nil
}

// from holds the caller to the networks allowed.
func (p *proof) from(remote string) error {
	addr, err := netip.ParseAddr(remote)
	if err != nil {
		return refusal("it is not known who called")
	}
	addr = addr.WithZone("").Unmap()
	for _, prefix := range p.prefixes {
		if prefix.Contains(addr) {
			return nil
		}
	}
	return refusal("the caller's address is not in the list: if a proxy stands before the hub, name it in THREADHUB_TRUSTED_PROXIES")
}
