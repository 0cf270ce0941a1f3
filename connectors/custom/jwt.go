package custom

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"time"

	"threadhub/connectors"
)

// claims are what is read of a token.
type claims struct {
	Audience  audience `json:"aud"`
	Issuer    string   `json:"iss"`
	Expires   *float64 `json:"exp"`
	NotBefore *float64 `json:"nbf"`
	Issued    *float64 `json:"iat"`
}

// audience is one or several.
type audience []string

// UnmarshalJSON reads a text or a list of texts.
func (a *audience) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(a))
}

// jwt checks a JSON Web Token: by the one algorithm that alg names, whatever the
// token says of itself, and with a time in it.
func (p *proof) jwt(req *connectors.Request, key connectors.Secret, now time.Time) error {
	given, err := p.given(req)
	if err != nil {
		return err
	}
	parts := strings.Split(given, ".")
	if len(parts) != 3 {
		return refusal("the token is no JWT")
	}
	var header struct {
		Alg  string   `json:"alg"`
		Crit []string `json:"crit"`
	}
	if !readPart(parts[0], &header) || header.Alg != p.Alg || len(header.Crit) > 0 {
		return refusal("the token is not signed by the algorithm that alg names")
	}
	signature, ok := unspell("base64url", parts[2])
	if !ok || strings.HasSuffix(parts[2], "=") {
		return wrongSignature
	}
	if err := p.jwtSigned([]byte(parts[0]+"."+parts[1]), signature, key); err != nil {
		return err
	}
	var c claims
	if !readPart(parts[1], &c) {
		return refusal("the token's claims cannot be read")
	}
	if err := p.claimed(&c, now); err != nil {
		return err
	}
	return p.bodyClaimed(parts[1], req.Body)
}

func readPart(part string, into any) bool {
	raw, ok := unspell("base64url", part)
	return ok && json.Unmarshal(raw, into) == nil
}

func (p *proof) jwtSigned(message, signature []byte, key connectors.Secret) error {
	if strings.HasPrefix(p.Alg, "HS") {
		raw, err := p.key(key)
		if err != nil {
			return err
		}
		m := hmac.New(algorithm(p.Alg), raw)
		m.Write(message)
		if !hmac.Equal(m.Sum(nil), signature) {
			return wrongSignature
		}
		return nil
	}
	block, _ := pem.Decode([]byte(key.Reveal()))
	if block == nil {
		return refusal("the credential is no public key in PEM")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return refusal("the credential is no public key in PEM")
	}
	if !publicVerifies(p.Alg, public, message, signature) {
		return wrongSignature
	}
	return nil
}

func publicVerifies(alg string, public any, message, signature []byte) bool {
	sum := sha256.Sum256(message)
	switch k := public.(type) {
	case *rsa.PublicKey:
		return alg == "RS256" && rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], signature) == nil
	case *ecdsa.PublicKey:
		if alg != "ES256" || len(signature) != 64 {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return ecdsa.Verify(k, sum[:], r, s)
	case ed25519.PublicKey:
		return alg == "EdDSA" && ed25519.Verify(k, message, signature)
	}
	return false
}

// claimed holds the claims to what the definition wants and to the time.
func (p *proof) claimed(c *claims, now time.Time) error {
	switch {
	case p.Audience != "" && !slices.Contains(c.Audience, p.Audience):
		return refusal("the token is for another audience")
	case p.Issuer != "" && c.Issuer != p.Issuer:
		return refusal("the token is of another issuer")
	case c.Expires == nil && c.Issued == nil:
		return refusal("the token says neither when it was issued nor when it ends")
	}
	if now.IsZero() {
		return nil
	}
	seconds := float64(now.Unix())
	slack := p.tolerance.Seconds()
	switch {
	case c.Expires != nil && seconds > *c.Expires+slack, c.Expires == nil && seconds > *c.Issued+slack:
		return refusal("the token has ended")
	case c.NotBefore != nil && seconds < *c.NotBefore-slack, c.Issued != nil && seconds < *c.Issued-slack:
		return refusal("the token is of a time to come")
	}
	return nil
}

// bodyClaimed holds the body to the hash in the claim that body_hash names.
func (p *proof) bodyClaimed(part string, body []byte) error {
	if p.BodyHash == "" {
		return nil
	}
	var all map[string]any
	if !readPart(part, &all) {
		return refusal("the token's claims cannot be read")
	}
	given, _ := all[p.BodyHash].(string)
	sum := sha256.Sum256(body)
	want := hex.EncodeToString(sum[:])
	if subtle.ConstantTimeCompare([]byte(strings.ToLower(given)), []byte(want)) != 1 {
		return refusal("the token is for another body")
	}
	return nil
}
