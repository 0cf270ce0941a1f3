package custom_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/conntest"
	"threadhub/connectors/custom"
)

const (
	acmeSecret   = "acme-webhook-secret"
	acmePrevious = "acme-former-secret"
	acmeToken    = "acme-api-token"
	gateKey      = "gate-key-in-the-address"
)

func settings(t testing.TB, path string) json.RawMessage {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/custom/" + path)
	require.NoError(t, err)
	return raw
}

func secrets(values map[string]string) map[string]connectors.Secret {
	out := map[string]connectors.Secret{}
	for name, v := range values {
		out[name] = connectors.NewSecret(v)
	}
	return out
}

// acme is a platform that signs JSON.
func acme(t testing.TB) conntest.Suite {
	return conntest.Suite{
		Kind: custom.Kind(),
		Config: connectors.Config{
			Credentials: secrets(map[string]string{"secret": acmeSecret, "secret_previous": acmePrevious, "token": acmeToken}),
			Settings:    settings(t, "acme/settings.json"), WebhookURL: "https://hub.example/webhooks/ch_1",
		},
		Cases: "../../testdata/custom/acme", Sign: signAcme, SignsBody: true, Tolerance: 5 * time.Minute, Batches: true,
	}
}

func signAcme(req *connectors.Request, at time.Time) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	m := hmac.New(sha256.New, []byte(acmeSecret))
	m.Write([]byte(stamp + "."))
	m.Write(req.Body)
	req.Header.Set("X-Sig-Time", stamp)
	req.Header.Set("X-Sig", "sha256="+hex.EncodeToString(m.Sum(nil)))
}

// gate is one that sends forms with a token in the address.
func gate(t testing.TB) conntest.Suite {
	return conntest.Suite{
		Kind: custom.Kind(),
		Config: connectors.Config{
			Credentials: secrets(map[string]string{"key": gateKey, "password": "gate-password-of-the-api"}),
			Settings:    settings(t, "smsgate/settings.json"),
		},
		Cases: "../../testdata/custom/smsgate",
		Sign: func(req *connectors.Request, _ time.Time) {
			if req.Query == nil {
				req.Query = map[string][]string{}
			}
			req.Query.Set("key", gateKey)
		},
	}
}

func TestAPlatformThatSignsJSONConforms(t *testing.T)            { conntest.Run(t, acme(t)) }
func TestAPlatformThatSendsFormsWithATokenConforms(t *testing.T) { conntest.Run(t, gate(t)) }

func FuzzParseJSON(f *testing.F) { conntest.FuzzParse(f, acme(f)) }
func FuzzParseForm(f *testing.F) { conntest.FuzzParse(f, gate(f)) }
func FuzzVerify(f *testing.F)    { conntest.FuzzVerify(f, acme(f)) }

func noTime() time.Time { return time.Time{} }
