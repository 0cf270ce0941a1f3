package webchat_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/webchat"
)

// now is within the life of the known token.
func now() time.Time { return time.Unix(1_700_000_010, 0) }

func withSecret(secret string) func(*connectors.Config) {
	return func(c *connectors.Config) { c.Credentials["identity_secret"] = connectors.NewSecret(secret) }
}

// The examples of platforms/webchat: section "How peers do it".
const (
	knownToken = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImFwcF9rZXkiLCJ0eXAiOiJKV1QifQ.eyJzY29wZSI6InVzZXIiLCJleHRlcm5hbF9pZCI6InVzZXItNDIiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0.jftbTpjuANfJXf0xR2CuTvm0kGBJBQgFM0dxYS207Ac"
	knownHash  = "9884e484a720c7d7232e64313bf71f31f7c5309dab0322016ecebda49150865b"
)

func TestTheKnownExamplesAreAccepted(t *testing.T) {
	who, err := open(t, withSecret("secret")).Identify(webchat.Assertion{JWT: knownToken}, now())
	require.NoError(t, err)
	require.Equal(t, webchat.Identity{ExternalID: "user-42"}, who)
	who, err = open(t, withSecret("hmac_token")).Identify(webchat.Assertion{ExternalID: "user-42", Hash: knownHash}, now())
	require.NoError(t, err)
	require.Equal(t, "user-42", who.ExternalID)
}

func hash(secret, id string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(id))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestHashes(t *testing.T) {
	const current, previous = "webchat-identity-secret-1", "webchat-identity-secret-0"
	for name, tt := range map[string]struct {
		id, hash string
		ok       bool
	}{
		"the current secret":             {"u-1", hash(current, "u-1"), true},
		"in capitals":                    {"u-1", strings.ToUpper(hash(current, "u-1")), true},
		"the previous secret":            {"u-1", hash(previous, "u-1"), true},
		"of another user":                {"u-2", hash(current, "u-1"), false},
		"another secret":                 {"u-1", hash("guessed", "u-1"), false},
		"no hash":                        {"u-1", "", false},
		"a shortened hash":               {"u-1", hash(current, "u-1")[:62], false},
		"not hexadecimal":                {"u-1", strings.Repeat("z", 64), false},
		"nobody":                         {"", hash(current, ""), false},
		"a name longer than it may be":   {strings.Repeat("u", 256), hash(current, strings.Repeat("u", 256)), false},
		"a name that is not even a text": {"\xff", hash(current, "\xff"), false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, nil).Identify(webchat.Assertion{ExternalID: tt.id, Hash: tt.hash}, now())
			if tt.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, webchat.ErrIdentity)
			require.NotContains(t, err.Error(), current)
		})
	}
}

func token(t *testing.T, method jwt.SigningMethod, key any, header, claims map[string]any) string {
	t.Helper()
	all := jwt.MapClaims{"external_id": "u-1", "iat": now().Unix(), "exp": now().Add(time.Hour).Unix()}
	for name, value := range claims {
		if value == nil {
			delete(all, name)
			continue
		}
		all[name] = value
	}
	tok := jwt.NewWithClaims(method, all)
	for name, value := range header {
		tok.Header[name] = value
	}
	signed, err := tok.SignedString(key)
	require.NoError(t, err)
	return signed
}

func TestTokens(t *testing.T) {
	secret := []byte("webchat-identity-secret-1")
	in := func(d time.Duration) int64 { return now().Add(d).Unix() }
	type claims = map[string]any
	for name, tt := range map[string]struct {
		method jwt.SigningMethod
		key    any
		claims claims
		who    string
		wrong  string
	}{
		"a good one":                     {jwt.SigningMethodHS256, secret, claims{"name": "Ana"}, "u-1", ""},
		"of the previous secret":         {jwt.SigningMethodHS256, []byte("webchat-identity-secret-0"), nil, "u-1", ""},
		"the user under another name":    {jwt.SigningMethodHS256, secret, claims{"external_id": nil, "user_id": "u-2"}, "u-2", ""},
		"the user as subject":            {jwt.SigningMethodHS256, secret, claims{"external_id": nil, "sub": "u-3"}, "u-3", ""},
		"the scope of a user":            {jwt.SigningMethodHS256, secret, claims{"scope": "appUser"}, "u-1", ""},
		"a clock that is a little fast":  {jwt.SigningMethodHS256, secret, claims{"iat": in(50 * time.Second)}, "u-1", ""},
		"without iat":                    {jwt.SigningMethodHS256, secret, claims{"iat": nil}, "u-1", ""},
		"issued in the future":           {jwt.SigningMethodHS256, secret, claims{"iat": in(2 * time.Minute)}, "", "future"},
		"expired":                        {jwt.SigningMethodHS256, secret, claims{"iat": in(-time.Hour), "exp": in(-2 * time.Minute)}, "", "expired"},
		"without exp":                    {jwt.SigningMethodHS256, secret, claims{"exp": nil}, "", "no exp"},
		"good for longer than an hour":   {jwt.SigningMethodHS256, secret, claims{"exp": in(2 * time.Hour)}, "", "longer"},
		"good for long and without iat":  {jwt.SigningMethodHS256, secret, claims{"iat": nil, "exp": in(2 * time.Hour)}, "", "longer"},
		"not valid yet":                  {jwt.SigningMethodHS256, secret, claims{"nbf": in(5 * time.Minute)}, "", "not valid yet"},
		"another scope":                  {jwt.SigningMethodHS256, secret, claims{"scope": "admin"}, "", "scope"},
		"nobody":                         {jwt.SigningMethodHS256, secret, claims{"external_id": nil}, "", "external_id"},
		"another secret":                 {jwt.SigningMethodHS256, []byte("guessed"), nil, "", "signature"},
		"another algorithm, same secret": {jwt.SigningMethodHS512, secret, nil, "", "signature"},
		"no signature at all":            {jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, "", "signature"},
	} {
		t.Run(name, func(t *testing.T) {
			who, err := open(t, nil).Identify(webchat.Assertion{JWT: token(t, tt.method, tt.key, nil, tt.claims)}, now())
			if tt.wrong == "" {
				require.NoError(t, err)
				require.Equal(t, tt.who, who.ExternalID)
				return
			}
			require.ErrorIs(t, err, webchat.ErrIdentity)
			require.ErrorContains(t, err, tt.wrong)
		})
	}
	for name, text := range map[string]string{"words": "a.b", "too long": strings.Repeat("a", 9000), "a flipped bit": knownToken[:len(knownToken)-2] + "Bc"} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, withSecret("secret")).Identify(webchat.Assertion{JWT: text}, now())
			require.ErrorIs(t, err, webchat.ErrIdentity)
		})
	}
}

func TestPublicKeys(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	b64 := base64.RawURLEncoding.EncodeToString
	modulus, exponent := b64(rsaKey.N.Bytes()), b64(big.NewInt(int64(rsaKey.E)).Bytes())
	set := fmt.Sprintf(`{"keys":[{"kty":"RSA","kid":"r1","use":"sig","n":%q,"e":%q},{"kty":"OKP","crv":"Ed25519","kid":"e1","x":%q},{"kty":"EC","kid":"p1"}]}`, modulus, exponent, b64(public))
	settings, err := json.Marshal(map[string]any{"identity_keys": set})
	require.NoError(t, err)
	w := open(t, func(c *connectors.Config) { c.Credentials, c.Settings = nil, settings })
	type header = map[string]any
	for name, tt := range map[string]struct {
		token string
		ok    bool
	}{
		"RS256 under its kid":             {token(t, jwt.SigningMethodRS256, rsaKey, header{"kid": "r1"}, nil), true},
		"RS256 without a kid":             {token(t, jwt.SigningMethodRS256, rsaKey, nil, nil), true},
		"EdDSA under its kid":             {token(t, jwt.SigningMethodEdDSA, private, header{"kid": "e1"}, nil), true},
		"a kid that is not there":         {token(t, jwt.SigningMethodRS256, rsaKey, header{"kid": "r2"}, nil), false},
		"the kid of another kind of key":  {token(t, jwt.SigningMethodEdDSA, private, header{"kid": "r1"}, nil), false},
		"RS384 is not on the list":        {token(t, jwt.SigningMethodRS384, rsaKey, header{"kid": "r1"}, nil), false},
		"a public key taken for a secret": {token(t, jwt.SigningMethodHS256, rsaKey.N.Bytes(), header{"kid": "r1"}, nil), false},
		"its text taken for a secret":     {token(t, jwt.SigningMethodHS256, []byte(set), header{"kid": "r1"}, nil), false},
	} {
		t.Run(name, func(t *testing.T) {
			who, err := w.Identify(webchat.Assertion{JWT: tt.token}, now())
			if tt.ok {
				require.NoError(t, err)
				require.Equal(t, "u-1", who.ExternalID)
				return
			}
			require.ErrorIs(t, err, webchat.ErrIdentity)
		})
	}
}

func TestWithoutKeysNobodyIsIdentified(t *testing.T) {
	w := open(t, func(c *connectors.Config) { c.Credentials, c.Settings = nil, nil })
	_, err := w.Identify(webchat.Assertion{ExternalID: "u-1", Hash: hash("", "u-1")}, now())
	require.ErrorIs(t, err, webchat.ErrIdentity)
}
