package custom

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/url"
	"slices"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/connectors/custom/expression"
)

// message is what is signed.
func (p *proof) message(req *connectors.Request, key connectors.Secret, stamp string) ([]byte, error) {
	parts := make([]string, len(p.parts))
	for i, part := range p.parts {
		text, err := part.of(req, key, stamp)
		if err != nil {
			return nil, err
		}
		parts[i] = text
	}
	if p.Sort {
		slices.Sort(parts)
	}
	separator := ""
	if p.Field == "" {
		separator = p.Separator
	}
	return []byte(strings.Join(parts, separator)), nil
}

func (s signedPart) of(req *connectors.Request, key connectors.Secret, stamp string) (string, error) {
	switch s.kind {
	case "raw_body":
		return string(req.Body), nil
	case "body_sha256":
		sum := sha256.Sum256(req.Body)
		return hex.EncodeToString(sum[:]), nil
	case "method":
		return req.Method, nil
	case "url":
		return req.URL, nil
	case "path":
		u, err := url.Parse(req.URL)
		if err != nil {
			return "", refusal("the webhook's address cannot be read")
		}
		return u.EscapedPath(), nil
	case "sorted_form":
		return sortedForm(req.Body), nil
	case "timestamp":
		return stamp, nil
	case "secret":
		return key.Reveal(), nil
	case "literal":
		return s.name, nil
	case "header":
		return located(req, s.name, "", "")
	case "query":
		return located(req, "", s.name, "")
	}
	return located(req, "", "", s.name)
}

// sortedForm is a form as Twilio and others sign it: the names sorted, each
// followed by its values, everything decoded.
func sortedForm(body []byte) string {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return ""
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	var w strings.Builder
	for _, name := range names {
		all := slices.Clone(values[name])
		slices.Sort(all)
		for _, v := range slices.Compact(all) {
			w.WriteString(name + v)
		}
	}
	return w.String()
}

// algorithm is the hash that alg names; the compiler lets no other name pass.
func algorithm(alg string) func() hash.Hash {
	switch alg {
	case "sha1":
		return sha1.New
	case "sha384":
		return sha512.New384
	case "sha512":
		return sha512.New
	}
	return sha256.New
}

func (p *proof) sum(message []byte, key connectors.Secret) ([]byte, error) {
	if p.Mode == modeDigest {
		h := algorithm(p.Alg)()
		h.Write(message)
		return h.Sum(nil), nil
	}
	raw, err := p.key(key)
	if err != nil {
		return nil, err
	}
	m := hmac.New(algorithm(p.Alg), raw)
	m.Write(message)
	return m.Sum(nil), nil
}

// key is the bytes of a key, as it is written in the credential.
func (p *proof) key(key connectors.Secret) ([]byte, error) {
	if p.Key == "raw" {
		return []byte(key.Reveal()), nil
	}
	raw, ok := unspell(p.Key, key.Reveal())
	if !ok {
		return nil, refusal("the credential is not written as key says")
	}
	return raw, nil
}

// spell writes a signature.
func (p *proof) spell(sum []byte) []byte {
	switch p.Encoding {
	case "base64":
		return base64.StdEncoding.AppendEncode(nil, sum)
	case "base64url":
		return base64.RawURLEncoding.AppendEncode(nil, sum)
	}
	return hex.AppendEncode(nil, sum)
}

func unspell(encoding, text string) ([]byte, bool) {
	var raw []byte
	var err error
	switch encoding {
	case "hex":
		raw, err = hex.DecodeString(text)
	case "base64url":
		raw, err = base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(text, "="))
	default:
		raw, err = base64.StdEncoding.Strict().DecodeString(text)
	}
	return raw, err == nil
}

// standard checks a webhook signed the Standard Webhooks way, with a symmetric
// key (whsec_…): the id, the time and the body; one of the signatures listed has
// to be right.
func (p *proof) standard(req *connectors.Request, key connectors.Secret, now time.Time) error {
	var parts [3]string
	for i, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		var err error
		if parts[i], err = located(req, name, "", ""); err != nil {
			return err
		}
	}
	at, ok := readTime(parts[1], "s")
	if !ok {
		return refusal("webhook-timestamp cannot be read")
	}
	if err := p.recent(at, now); err != nil {
		return err
	}
	raw, ok := unspell("base64", strings.TrimPrefix(key.Reveal(), "whsec_"))
	if !ok {
		return refusal("the credential is no key as Standard Webhooks writes it (whsec_…)")
	}
	m := hmac.New(sha256.New, raw)
	m.Write([]byte(parts[0] + "." + parts[1] + "."))
	m.Write(req.Body)
	want := connectors.NewSecret("v1," + base64.StdEncoding.EncodeToString(m.Sum(nil)))
	right := false
	for given := range strings.FieldsSeq(parts[2]) {
		right = want.Equal(given) || right
	}
	if !right {
		return wrongSignature
	}
	return nil
}

func basicAuth(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// jsonPath finds a single value in a JSON body by a path such as "auth.token".
func jsonPath(body []byte, path string) (string, bool) {
	doc, err := expression.DecodeJSON(body)
	if err != nil {
		return "", false
	}
	for name := range strings.SplitSeq(path, ".") {
		object, ok := doc.(map[string]any)
		if !ok {
			return "", false
		}
		doc = object[name]
	}
	text, err := scalarText(doc)
	return text, err == nil && text != ""
}
