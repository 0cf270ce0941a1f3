package messenger_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/conntest"
	"threadhub/connectors/messenger"
)

const (
	accessToken = "messenger-access-token-1"
	appSecret   = "messenger-app-secret-1"
	oldSecret   = "messenger-app-secret-0"
	verifyToken = "verify-token-of-tests"
)

func config() connectors.Config {
	return connectors.Config{
		Credentials: map[string]connectors.Secret{
			"page_access_token": connectors.NewSecret(accessToken),
			"app_secret":        connectors.NewSecret(appSecret),
			"verify_token":      connectors.NewSecret(verifyToken),
		},
		Settings: json.RawMessage(`{"page_id": "610000000000001", "app_id": "1517000000000001"}`),
	}
}

func signature(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func suite() conntest.Suite {
	return conntest.Suite{
		Kind:   messenger.Kind(),
		Config: config(),
		Cases:  "../../testdata/messenger",
		Sign: func(req *connectors.Request, _ time.Time) {
			req.Header.Set("X-Hub-Signature-256", signature(appSecret, req.Body))
		},
		SignsBody: true,
		Batches:   true,
	}
}

func TestConformance(t *testing.T) { conntest.Run(t, suite()) }
func FuzzParse(f *testing.F)       { conntest.FuzzParse(f, suite()) }
func FuzzVerify(f *testing.F)      { conntest.FuzzVerify(f, suite()) }

func BenchmarkWebhook(b *testing.B) { conntest.Benchmark(b, suite()) }

// open makes a connector of the test configuration with changes to it.
func open(t testing.TB, change func(*connectors.Config)) connectors.Connector {
	t.Helper()
	cfg := config()
	if change != nil {
		change(&cfg)
	}
	c, err := messenger.Kind().New(cfg)
	require.NoError(t, err)
	return c
}
