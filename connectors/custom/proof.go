package custom

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Ways for a webhook to prove its origin.
const (
	modeHMAC     = "hmac"
	modeDigest   = "digest"
	modeEd25519  = "ed25519"
	modeJWT      = "jwt"
	modeStandard = "standard_webhooks"
	modeHeader   = "static_header"
	modeQuery    = "static_query"
	modeJSON     = "static_json"
	modeBasic    = "basic"
	modeIP       = "ip_allowlist"
	modeNone     = "none"
)

// proof is a compiled proofDef.
type proof struct {
	proofDef
	name      string // "verify.0 (hmac)", for whoever sets it up
	parts     []signedPart
	tolerance time.Duration
	prefixes  []netip.Prefix
}

// signedPart is a part of what is signed: raw_body, or header:X.
type signedPart struct{ kind, name string }

const defaultTolerance = 5 * time.Minute

// needsHeader and the others say which fields a mode takes.
var placed = map[string]bool{modeHMAC: true, modeDigest: true, modeEd25519: true, modeJWT: true}

// verify compiles how webhooks prove their origin.
func (c *compiler) verify(defs []proofDef) {
	if len(defs) == 0 {
		c.fault("settings.verify", `say how webhooks prove their origin, for example [{"mode": "static_header", "header": "X-Token", "secret": "secret"}]`)
		return
	}
	none, own := false, 0
	for i, d := range defs {
		path := fmt.Sprintf("settings.verify.%d", i)
		p := c.proof(path, i, d)
		switch d.Mode {
		case modeIP:
			c.out.addition = append(c.out.addition, p)
			continue
		case modeNone:
			none = true
			c.out.warnings = append(c.out.warnings,
				"verify: none — anybody who knows the webhook's address can write messages into this channel. Let the platform prove its webhooks if it can in any way")
		}
		own++
		c.out.proofs = append(c.out.proofs, p)
	}
	switch {
	case own == 0:
		c.fault("settings.verify", "ip_allowlist is an addition to another mode: addresses can be shared and forged; add one that proves who calls")
	case none && own > 1:
		c.fault("settings.verify", "none makes the other modes useless: any one that passes is enough; take it out")
	}
}

func (c *compiler) proof(path string, i int, d proofDef) proof {
	p := proof{proofDef: d, name: fmt.Sprintf("verify.%d (%s)", i, d.Mode)}
	c.oneOf(path+".mode", d.Mode, modeHMAC, modeDigest, modeEd25519, modeJWT, modeStandard, modeHeader, modeQuery, modeJSON, modeBasic, modeIP, modeNone)
	if d.Mode != modeNone && d.Mode != modeIP {
		if d.Secret == "" {
			c.fault(path+".secret", "name the credential that holds the key or the token")
		} else {
			c.secret(path+".secret", d.Secret)
		}
	}
	c.place(path, d)
	c.encodings(path, &p)
	for j, part := range d.Parts {
		p.parts = append(p.parts, c.signedPart(fmt.Sprintf("%s.parts.%d", path, j), part))
	}
	if d.signs() && len(d.Parts) == 0 {
		c.fault(path+".parts", `say what is signed, for example ["raw_body"]`)
	}
	c.covered(path, &p)
	c.timed(path, &p)
	c.network(path, &p)
	return p
}

// signs tells whether the mode is about a message that is made of parts.
func (d proofDef) signs() bool {
	return d.Mode == modeHMAC || d.Mode == modeDigest || d.Mode == modeEd25519
}

// covered checks that the proof cannot be made without the secret, and warns
// when it says nothing of the body.
func (c *compiler) covered(path string, p *proof) {
	if !p.signs() {
		return
	}
	has := func(kinds ...string) bool {
		return slices.ContainsFunc(p.parts, func(s signedPart) bool { return slices.Contains(kinds, s.kind) })
	}
	if p.Mode == modeDigest && !has("secret") {
		c.fault(path+".parts", `a digest proves nothing unless the secret is in it: add the part "secret" where the platform puts it`)
	}
	if !has("raw_body", "body_sha256", "sorted_form", "json") {
		c.out.warnings = append(c.out.warnings,
			p.name+": the signature covers nothing of the body — whoever sees one webhook can send others. Sign raw_body if the platform can")
	}
}

// place checks that it is said where the proof stands.
func (c *compiler) place(path string, d proofDef) {
	given := 0
	for _, at := range []string{d.Header, d.Query, d.JSON} {
		if at != "" {
			given++
		}
	}
	switch {
	case placed[d.Mode] && given != 1:
		c.fault(path, "say where the proof stands by one of header, query and json")
	case d.Mode == modeHeader && d.Header == "":
		c.fault(path+".header", "name the header that holds the token")
	case d.Mode == modeQuery && d.Query == "":
		c.fault(path+".query", "name the parameter that holds the token")
	case d.Mode == modeJSON && d.JSON == "":
		c.fault(path+".json", "say where in the body the token is, for example \"auth.token\"")
	case d.Mode == modeBasic && d.Username == "":
		c.fault(path+".username", "name the user; the password is the credential that secret names")
	}
	if d.Header != "" && !headerName(d.Header) {
		c.fault(path+".header", "%q is no name of a header", d.Header)
	}
}

// encodings checks what is said of algorithms and spellings, and fills in what
// is not.
func (c *compiler) encodings(path string, p *proof) {
	switch p.Mode {
	case modeHMAC, modeDigest:
		if p.Alg == "" {
			p.Alg = "sha256"
		}
		c.oneOf(path+".alg", p.Alg, "sha1", "sha256", "sha384", "sha512")
	case modeJWT:
		if p.Alg == "" {
			p.Alg = "HS256"
		}
		c.oneOf(path+".alg", p.Alg, "HS256", "HS384", "HS512", "RS256", "ES256", "EdDSA")
	}
	if p.Encoding == "" {
		p.Encoding = "hex"
		if p.Mode == modeEd25519 {
			p.Encoding = "base64"
		}
	}
	c.oneOf(path+".encoding", p.Encoding, "hex", "base64", "base64url")
	if p.Key == "" {
		p.Key = "raw"
		if p.Mode == modeEd25519 {
			p.Key = "base64"
		}
	}
	c.oneOf(path+".key", p.Key, "raw", "hex", "base64")
	if p.Field != "" && p.Separator == "" {
		p.Separator = ","
	}
}

func (c *compiler) signedPart(path, part string) signedPart {
	kind, name, named := strings.Cut(part, ":")
	switch kind {
	case "raw_body", "method", "url", "path", "sorted_form", "timestamp", "secret", "body_sha256":
		if named {
			c.fault(path, "%s takes no name", kind)
		}
	case "header", "query", "json", "literal":
		if !named || name == "" && kind != "literal" {
			c.fault(path, "write %s:name", kind)
		}
	default:
		c.fault(path, "%q is not known: use raw_body, body_sha256, method, url, path, sorted_form, timestamp, secret, header:Name, query:name, json:path or literal:text", part)
	}
	return signedPart{kind, name}
}

// timed checks what is said of times.
func (c *compiler) timed(path string, p *proof) {
	p.tolerance = c.duration(path+".tolerance", p.Tolerance)
	if p.tolerance == 0 {
		p.tolerance = defaultTolerance
	}
	if p.tolerance > 24*time.Hour {
		c.fault(path+".tolerance", "a day is the longest")
	}
	t := p.Timestamp
	if t == nil {
		if strings.Contains(strings.Join(p.Parts, " "), "timestamp") && p.Mode != modeStandard {
			c.fault(path+".timestamp", "the part timestamp needs it said where the time stands")
		}
		return
	}
	given := 0
	for _, at := range []string{t.Header, t.Query, t.JSON, t.Field} {
		if at != "" {
			given++
		}
	}
	if given != 1 {
		c.fault(path+".timestamp", "say where the time stands by one of header, query, json and field")
	}
	if t.Field != "" && p.Field == "" {
		c.fault(path+".timestamp.field", "this is for a proof that is a list of names and values: name the signature's by field as well")
	}
	c.timeSigned(path, p)
	c.oneOf(path+".timestamp.unit", t.Unit, "", "s", "ms", "us", "ns", "rfc3339", "auto")
}

// timeSigned checks that the time is among what is signed, for whoever repeats a
// webhook could put another in its place.
func (c *compiler) timeSigned(path string, p *proof) {
	if !p.signs() {
		return
	}
	t := p.Timestamp
	covers, own := []string{"timestamp"}, ""
	switch {
	case t.Header != "":
		own = "header:" + t.Header
	case t.Query != "":
		own = "query:" + t.Query
		covers = append(covers, "url")
	case t.JSON != "":
		own = "json:" + t.JSON
		covers = append(covers, "raw_body", "body_sha256")
	}
	remedy := `add "timestamp"`
	if own != "" {
		remedy += fmt.Sprintf(" or %q", own)
	}
	remedy += " to parts"
	if !slices.ContainsFunc(p.Parts, func(part string) bool {
		return slices.Contains(covers, part) || own != "" && strings.EqualFold(part, own)
	}) {
		c.fault(path+".timestamp", "the time is not signed, so that a webhook can be repeated with another: %s where the platform puts it, or take timestamp out", remedy)
	}
}

func (c *compiler) network(path string, p *proof) {
	if p.Mode != modeIP {
		return
	}
	if len(p.CIDRs) == 0 {
		c.fault(path+".cidrs", `list the platform's networks, for example ["203.0.113.0/24"]`)
	}
	for j, text := range p.CIDRs {
		prefix, err := netip.ParsePrefix(text)
		if addr, e := netip.ParseAddr(text); e == nil {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			c.fault(fmt.Sprintf("%s.cidrs.%d", path, j), "%q is no network: write 203.0.113.0/24 or an address", text)
			continue
		}
		p.prefixes = append(p.prefixes, prefix.Masked())
	}
}

// duration reads a duration that may be left out.
func (c *compiler) duration(path, text string) time.Duration {
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		c.fault(path, "%q is no duration: write 30s, 5m or 24h", text)
		return 0
	}
	return d
}

func headerName(name string) bool {
	if name == "" || len(name) > 100 {
		return false
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}
