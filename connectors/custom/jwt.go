package custom

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"threadhub/connectors"
)

// jwt checks a JSON Web Token: by the one algorithm that alg names, whatever the
// token says of itself, and with a time in it.
func (p *proof) jwt(req *connectors.Request, key connectors.Secret, now time.Time) error {
	given, err := p.given(req)
	if err != nil {
		return err
	}
	secret, err := p.jwtKey(key)
	if err != nil {
		return err
	}
	claims := jwt.MapClaims{}
	token, err := p.jwtParser(now).ParseWithClaims(given, claims, func(*jwt.Token) (any, error) { return secret, nil })
	if err != nil {
		return tokenFault(err)
	}
	if _, critical := token.Header["crit"]; critical {
		return refusal("the token has a critical extension, which the hub does not know")
	}
	if err := p.timely(claims, now); err != nil {
		return err
	}
	return p.bodyClaimed(claims, req.Body)
}

func (p *proof) jwtParser(now time.Time) *jwt.Parser {
	options := []jwt.ParserOption{jwt.WithValidMethods([]string{p.Alg}), jwt.WithStrictDecoding()}
	if now.IsZero() {
		return jwt.NewParser(append(options, jwt.WithoutClaimsValidation())...)
	}
	options = append(options, jwt.WithTimeFunc(func() time.Time { return now }), jwt.WithLeeway(p.tolerance), jwt.WithIssuedAt())
	if p.Audience != "" {
		options = append(options, jwt.WithAudience(p.Audience))
	}
	if p.Issuer != "" {
		options = append(options, jwt.WithIssuer(p.Issuer))
	}
	return jwt.NewParser(options...)
}

// jwtKey is the key as the library wants it: bytes, or a public key in PEM.
func (p *proof) jwtKey(key connectors.Secret) (any, error) {
	if strings.HasPrefix(p.Alg, "HS") {
		return p.key(key)
	}
	block, _ := pem.Decode([]byte(key.Reveal()))
	if block == nil {
		return nil, refusal("the credential is no public key in PEM")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, refusal("the credential is no public key in PEM")
	}
	return public, nil
}

// timely wants a time in the token; one that only says when it was issued ends
// after the tolerance.
func (p *proof) timely(claims jwt.MapClaims, now time.Time) error {
	expires, err1 := claims.GetExpirationTime()
	issued, err2 := claims.GetIssuedAt()
	switch {
	case err1 != nil || err2 != nil:
		return refusal("the token's times cannot be read")
	case expires == nil && issued == nil:
		return refusal("the token says neither when it was issued nor when it ends")
	case expires == nil && !now.IsZero() && now.After(issued.Add(p.tolerance)):
		return refusal("the token has ended")
	}
	return nil
}

// tokenFault says what is wrong with a token, in words that repeat nothing of it.
func tokenFault(err error) error {
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return refusal("the token is no JWT")
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return refusal("the token is for another audience")
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return refusal("the token is of another issuer")
	case errors.Is(err, jwt.ErrTokenExpired):
		return refusal("the token has ended")
	case errors.Is(err, jwt.ErrTokenNotValidYet), errors.Is(err, jwt.ErrTokenUsedBeforeIssued):
		return refusal("the token is of a time to come")
	}
	return wrongSignature
}

// bodyClaimed holds the body to the hash in the claim that body_hash names.
func (p *proof) bodyClaimed(claims jwt.MapClaims, body []byte) error {
	if p.BodyHash == "" {
		return nil
	}
	given, _ := claims[p.BodyHash].(string)
	sum := sha256.Sum256(body)
	if subtle.ConstantTimeCompare([]byte(strings.ToLower(given)), []byte(hex.EncodeToString(sum[:]))) != 1 {
		return refusal("the token is for another body")
	}
	return nil
}
