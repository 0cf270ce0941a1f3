package custom_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/custom"
)

func openVerify(t testing.TB, verify string, credentials map[string]string) connectors.Connector {
	t.Helper()
	c, err := custom.Kind().New(connectors.Config{Credentials: secrets(credentials), Settings: altered(t, "verify", verify)})
	require.NoError(t, err)
	return c
}

func webhookOf(body string) *connectors.Request {
	return &connectors.Request{
		Method: http.MethodPost, URL: "https://hub.example/webhooks/ch_1?a=1", Query: url.Values{"a": {"1"}}, Header: http.Header{}, Body: []byte(body),
	}
}

const (
	signedNow  = 1773480413
	signedBody = `{"id":1,"auth":{"token":"t0ken-in-the-body","ts":1773480413}}`
)

func token(header, claims string, sign func(message string) []byte) string {
	enc := base64.RawURLEncoding
	message := enc.EncodeToString([]byte(header)) + "." + enc.EncodeToString([]byte(claims))
	return message + "." + enc.EncodeToString(sign(message))
}

func publicPEM(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// proofs are the modes with a credential and what proves a webhook.
func proofs(t testing.TB) map[string]struct {
	verify, credential string
	prove              func(r *connectors.Request)
} {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	header := func(name, value string) func(*connectors.Request) {
		return func(r *connectors.Request) { r.Header.Set(name, value) }
	}
	sha := func(m string) []byte { sum := sha256.Sum256([]byte(m)); return sum[:] }
	claims := fmt.Sprintf(`{"aud":"hub","iss":"acme","iat":%d,"hash":%q}`, signedNow, hex.EncodeToString(sha(signedBody)))
	std := "whsec_" + base64.StdEncoding.EncodeToString([]byte("standard key"))
	return map[string]struct {
		verify, credential string
		prove              func(r *connectors.Request)
	}{
		"an HMAC over several parts": {
			`[{"mode": "hmac", "alg": "sha512", "header": "X-Sig", "encoding": "base64url", "parts": ["method", "path", "query:a", "body_sha256", "literal:end"], "separator": "|", "secret": "secret"}]`, "key",
			header("X-Sig", base64.RawURLEncoding.EncodeToString(macOf(sha512.New, "key", "POST|/webhooks/ch_1|1|"+hex.EncodeToString(sha(signedBody))+"|end"))),
		},
		"an HMAC in base64url with padding": {
			`[{"mode": "hmac", "header": "X-Sig", "encoding": "base64url", "parts": ["raw_body"], "secret": "secret"}]`, "key",
			header("X-Sig", base64.URLEncoding.EncodeToString(macOf(sha256.New, "key", signedBody))),
		},
		"an HMAC in a list, with its time": {
			`[{"mode": "hmac", "header": "X-Sig", "field": "v1", "parts": ["timestamp", "literal:.", "raw_body"], "secret": "secret", "timestamp": {"field": "t"}}]`, "key",
			header("X-Sig", "t=1773480413,v1=00ff,v1="+hex.EncodeToString(macOf(sha256.New, "key", "1773480413."+signedBody))),
		},
		"an HMAC with a key in hexadecimal, its time in the body": {
			`[{"mode": "hmac", "header": "X-Sig", "parts": ["raw_body"], "secret": "secret", "key": "hex", "timestamp": {"json": "auth.ts", "unit": "s"}}]`, "6b6579",
			header("X-Sig", hex.EncodeToString(macOf(sha256.New, "key", signedBody))),
		},
		"a hash with the secret in it, of sorted parts": {
			`[{"mode": "digest", "query": "a", "parts": ["secret", "literal:b", "literal:a"], "sort": true, "secret": "secret"}]`, "key",
			func(r *connectors.Request) { r.Query.Set("a", hex.EncodeToString(sha("abkey"))) },
		},
		"an Ed25519 signature": {
			`[{"mode": "ed25519", "header": "X-Sig", "encoding": "hex", "key": "hex", "parts": ["header:X-Time", "raw_body"], "secret": "secret"}]`, hex.EncodeToString(public),
			func(r *connectors.Request) {
				r.Header.Set("X-Time", "1")
				r.Header.Set("X-Sig", hex.EncodeToString(ed25519.Sign(private, []byte("1"+signedBody))))
			},
		},
		"a JWT with a shared key": {
			`[{"mode": "jwt", "header": "Authorization", "prefix": "Bearer ", "audience": "hub", "issuer": "acme", "body_hash": "hash", "secret": "secret"}]`, "key",
			header("Authorization", "Bearer "+token(`{"alg":"HS256"}`, claims, func(m string) []byte { return macOf(sha256.New, "key", m) })),
		},
		"a JWT signed by RSA": {
			`[{"mode": "jwt", "alg": "RS256", "header": "X-Jwt", "secret": "secret"}]`, publicPEM(t, &rsaKey.PublicKey),
			header("X-Jwt", token(`{"alg":"RS256"}`, claims, func(m string) []byte {
				sig, err := rsa.SignPKCS1v15(rand.Reader, rsaKey, crypto.SHA256, sha(m))
				require.NoError(t, err)
				return sig
			})),
		},
		"a JWT signed by ECDSA": {
			`[{"mode": "jwt", "alg": "ES256", "header": "X-Jwt", "secret": "secret"}]`, publicPEM(t, &ecKey.PublicKey),
			header("X-Jwt", token(`{"alg":"ES256"}`, claims, func(m string) []byte {
				r, s, err := ecdsa.Sign(rand.Reader, ecKey, sha(m))
				require.NoError(t, err)
				return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
			})),
		},
		"a JWT signed by Ed25519": {
			`[{"mode": "jwt", "alg": "EdDSA", "header": "X-Jwt", "secret": "secret"}]`, publicPEM(t, public),
			header("X-Jwt", token(`{"alg":"EdDSA"}`, claims, func(m string) []byte { return ed25519.Sign(private, []byte(m)) })),
		},
		"the Standard Webhooks way": {
			`[{"mode": "standard_webhooks", "secret": "secret"}]`, std,
			func(r *connectors.Request) {
				r.Header.Set("webhook-id", "msg_1")
				r.Header.Set("webhook-timestamp", "1773480413")
				r.Header.Set("webhook-signature", "v1,b3RoZXI= v1,"+base64.StdEncoding.EncodeToString(macOf(sha256.New, "standard key", "msg_1.1773480413."+signedBody)))
			},
		},
		"a token in a header":    {`[{"mode": "static_header", "header": "X-Token", "prefix": "Key ", "secret": "secret"}]`, "t0ken", header("X-Token", "Key t0ken")},
		"a token in the address": {`[{"mode": "static_query", "query": "key", "secret": "secret"}]`, "t0ken", func(r *connectors.Request) { r.Query.Set("key", "t0ken") }},
		"a token in the body":    {`[{"mode": "static_json", "json": "auth.token", "secret": "secret"}]`, "t0ken-in-the-body", func(*connectors.Request) {}},
		"user and password": {
			`[{"mode": "basic", "username": "acme", "secret": "secret"}]`, "pass",
			header("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("acme:pass"))),
		},
		"a token from a network": {
			`[{"mode": "static_header", "header": "X-Token", "secret": "secret"}, {"mode": "ip_allowlist", "cidrs": ["203.0.113.0/24", "2001:db8::1"]}]`, "t0ken",
			func(r *connectors.Request) { r.Header.Set("X-Token", "t0ken"); r.RemoteIP = "203.0.113.9" },
		},
	}
}

func TestEveryWayOfProving(t *testing.T) {
	now := time.Unix(signedNow, 0)
	for name, tt := range proofs(t) {
		t.Run(name, func(t *testing.T) {
			c := openVerify(t, tt.verify, map[string]string{"secret": tt.credential})
			good := webhookOf(signedBody)
			tt.prove(good)
			require.NoError(t, c.Verify(good, now))
			rotating := openVerify(t, tt.verify, map[string]string{"secret": tt.credential + "x", "secret_previous": tt.credential})
			if !strings.Contains(tt.verify, `"jwt", "alg"`) && !strings.Contains(tt.verify, "standard") && !strings.Contains(tt.verify, `"key": "hex"`) {
				require.NoError(t, rotating.Verify(good, now), "the previous secret is good, too")
			}
			bad := openVerify(t, tt.verify, map[string]string{"secret": "another-credential"})
			err := bad.Verify(good, now)
			require.ErrorIs(t, err, connectors.ErrSignature)
			require.NotContains(t, err.Error(), "another-credential")
			if name != "a token in the body" {
				require.ErrorIs(t, c.Verify(webhookOf(signedBody), now), connectors.ErrSignature, "nothing is proved")
			}
			forged := *good
			forged.Header = http.Header{}
			forged.Query = url.Values{}
			forged.Body = []byte(`{"auth":{"token":""}}`)
			require.ErrorIs(t, c.Verify(&forged, now), connectors.ErrSignature)
			streamed := *good
			streamed.Header = good.Header.Clone()
			streamed.Header.Set(connectors.StreamHeader, "x")
			require.ErrorIs(t, c.Verify(&streamed, now), connectors.ErrSignature)
		})
	}
}

func TestASignatureThatCoversNothingOfTheBodyWarns(t *testing.T) {
	key := base64.StdEncoding.EncodeToString(make([]byte, ed25519.PublicKeySize))
	for name, tt := range map[string]struct {
		verify string
		warned bool
	}{
		"an HMAC of a time":               {`[{"mode": "hmac", "header": "X", "parts": ["header:X-Time"], "secret": "secret"}]`, true},
		"a digest of the secret":          {`[{"mode": "digest", "header": "X", "parts": ["secret", "url"], "secret": "secret"}]`, true},
		"an Ed25519 signature of an id":   {`[{"mode": "ed25519", "header": "X", "parts": ["header:X-Id"], "secret": "secret"}]`, true},
		"an HMAC of the body":             {`[{"mode": "hmac", "header": "X", "parts": ["raw_body"], "secret": "secret"}]`, false},
		"a digest of a field of the body": {`[{"mode": "digest", "header": "X", "parts": ["json:id", "secret"], "secret": "secret"}]`, false},
		"an Ed25519 signature of a hash":  {`[{"mode": "ed25519", "header": "X", "parts": ["body_sha256"], "secret": "secret"}]`, false},
	} {
		t.Run(name, func(t *testing.T) {
			warnings := openVerify(t, tt.verify, map[string]string{"secret": key}).(connectors.Warner).Warnings()
			if !tt.warned {
				require.Empty(t, warnings)
				return
			}
			require.Len(t, warnings, 1)
			require.Contains(t, warnings[0], "covers nothing of the body")
		})
	}
}

func TestSignedTimesEnd(t *testing.T) {
	for _, name := range []string{"an HMAC in a list, with its time", "an HMAC with a key in hexadecimal, its time in the body", "a JWT with a shared key", "the Standard Webhooks way"} {
		tt := proofs(t)[name]
		c := openVerify(t, tt.verify, map[string]string{"secret": tt.credential})
		req := webhookOf(signedBody)
		tt.prove(req)
		for _, late := range []time.Duration{6 * time.Minute, -6 * time.Minute} {
			require.ErrorIs(t, c.Verify(req, time.Unix(signedNow, 0).Add(late)), connectors.ErrSignature, name)
		}
	}
}

func TestTokensThatSayTooMuchOfThemselvesAreRefused(t *testing.T) {
	sign := func(m string) []byte { return macOf(sha256.New, "key", m) }
	iat := fmt.Sprintf(`"iat":%d`, signedNow)
	for name, tt := range map[string]struct {
		header, claims string
		sign           func(string) []byte
	}{
		"no signature at all":    {`{"alg":"none"}`, `{"aud":"hub",` + iat + `}`, func(string) []byte { return nil }},
		"another algorithm":      {`{"alg":"HS512"}`, `{"aud":"hub",` + iat + `}`, func(m string) []byte { return macOf(sha512.New, "key", m) }},
		"a critical extension":   {`{"alg":"HS256","crit":["b64"]}`, `{"aud":"hub",` + iat + `}`, sign},
		"another audience":       {`{"alg":"HS256"}`, `{"aud":["else"],` + iat + `}`, sign},
		"no time":                {`{"alg":"HS256"}`, `{"aud":"hub"}`, sign},
		"claims that are no one": {`{"alg":"HS256"}`, `[]`, sign},
	} {
		c := openVerify(t, `[{"mode": "jwt", "header": "X-Jwt", "audience": "hub", "secret": "secret"}]`, map[string]string{"secret": "key"})
		req := webhookOf(signedBody)
		req.Header.Set("X-Jwt", token(tt.header, tt.claims, tt.sign))
		require.ErrorIs(t, c.Verify(req, time.Unix(signedNow, 0)), connectors.ErrSignature, name)
	}
}

func TestANetworkIsNoProofAlone(t *testing.T) {
	tt := proofs(t)["a token from a network"]
	c := openVerify(t, tt.verify, map[string]string{"secret": tt.credential})
	for _, from := range []string{"198.51.100.1", "", "not an address", "203.0.114.1"} {
		req := webhookOf(signedBody)
		tt.prove(req)
		req.RemoteIP = from
		require.ErrorIs(t, c.Verify(req, time.Unix(signedNow, 0)), connectors.ErrSignature)
	}
	mapped := webhookOf(signedBody)
	tt.prove(mapped)
	mapped.RemoteIP = "::ffff:203.0.113.9"
	require.NoError(t, c.Verify(mapped, time.Unix(signedNow, 0)))
	mapped.Header.Del("X-Token")
	require.ErrorIs(t, c.Verify(mapped, time.Unix(signedNow, 0)), connectors.ErrSignature)
}

func TestATokenInTheBodyIsHiddenFromExpressions(t *testing.T) {
	var doc map[string]any
	require.NoError(t, json.Unmarshal(altered(t, "verify", `[{"mode": "static_json", "json": "auth.token", "secret": "secret"}]`), &doc))
	doc["inbound"] = map[string]any{"rules": []any{map[string]any{"emit": "message", "fields": map[string]any{
		"external_id": "'1'", "contact.id": "'2'", "text": "toJson(body)",
	}}}}
	raw, err := json.Marshal(doc)
	require.NoError(t, err)
	c, err := custom.Kind().New(connectors.Config{Credentials: secrets(map[string]string{"secret": "t0ken-in-the-body"}), Settings: raw})
	require.NoError(t, err)
	events, err := c.Parse(webhookOf(signedBody))
	require.NoError(t, err)
	require.JSONEq(t, `{"id":1,"auth":{"ts":1773480413}}`, events[0].Message.Text)
}

func TestAChallengeIsSigned(t *testing.T) {
	c, err := custom.Kind().New(connectors.Config{
		Credentials: secrets(map[string]string{"secret": "s3cret-value"}),
		Settings: altered(t, "handshake", `{"method": "GET", "echo_query": "crc_token", "reply": {"json": {"response_token":
			"{{'sha256=' + hmacBase64('sha256', secrets.secret, query.crc_token)}}"}}}`),
	})
	require.NoError(t, err)
	reply, ok := c.(connectors.Handshaker).Handshake(&connectors.Request{Method: http.MethodGet, Query: url.Values{"crc_token": {"abc"}}, Header: http.Header{}})
	require.True(t, ok)
	require.JSONEq(t, `{"response_token":"sha256=`+base64.StdEncoding.EncodeToString(macOf(sha256.New, "s3cret-value", "abc"))+`"}`, string(reply.Body))
}
