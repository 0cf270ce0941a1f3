package rcs

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"threadhub/connectors"
)

// scope is what the API asks of a token (platforms/rcs: Outbound).
const scope = "https://www.googleapis.com/auth/rcsbusinessmessaging"

// assertionFor is how long an assertion is good, the most that Google takes.
const assertionFor = time.Hour

// serviceKey is what a service account signs with.
type serviceKey struct {
	email    string
	id       string
	audience string // where it is shown, and whom it is made out to
	private  *rsa.PrivateKey
	pem      string
}

// readKey reads the JSON file of a service account. Its errors repeat nothing
// of it.
func readKey(secret connectors.Secret) (*serviceKey, error) {
	var file struct {
		Type     string `json:"type"`
		Email    string `json:"client_email"`
		ID       string `json:"private_key_id"`
		Key      string `json:"private_key"`
		TokenURI string `json:"token_uri"`
	}
	if err := json.Unmarshal([]byte(secret.Reveal()), &file); err != nil {
		return nil, errors.New("service_account_key is not a JSON file: paste the whole file that the console made")
	}
	if file.Type != "" && file.Type != "service_account" {
		return nil, errors.New("service_account_key is not the key of a service account: create one under Service account in the developer console")
	}
	if file.Email == "" || file.Key == "" {
		return nil, errors.New("service_account_key lacks client_email or private_key: paste the whole file that the console made")
	}
	private, err := readPrivate(file.Key)
	if err != nil {
		return nil, fmt.Errorf("service_account_key: %w", err)
	}
	k := &serviceKey{email: file.Email, id: file.ID, audience: file.TokenURI, private: private, pem: file.Key}
	if k.audience == "" {
		k.audience = defaultTokenURL
	}
	return k, nil
}

func readPrivate(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("private_key is not in PEM form")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("private_key cannot be read")
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("private_key is not an RSA key")
	}
	return private, nil
}

// assertion is a signed statement of who asks for a token (RFC 7523).
func (k *serviceKey) assertion(now time.Time) (string, error) {
	head, err := json.Marshal(struct {
		Alg string `json:"alg"`
		Typ string `json:"typ"`
		Kid string `json:"kid,omitempty"`
	}{"RS256", "JWT", k.id})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(struct {
		Iss   string `json:"iss"`
		Scope string `json:"scope"`
		Aud   string `json:"aud"`
		Iat   int64  `json:"iat"`
		Exp   int64  `json:"exp"`
	}{k.email, scope, k.audience, now.Unix(), now.Add(assertionFor).Unix()})
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(claims)
	sum := sha256.Sum256([]byte(text))
	mark, err := rsa.SignPKCS1v15(nil, k.private, crypto.SHA256, sum[:])
	if err != nil {
		return "", errors.New("the key cannot sign")
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(mark), nil
}
