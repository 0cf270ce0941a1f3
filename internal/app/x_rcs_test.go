package app_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"hash"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	rcsToken = "rcs-client-token-canary"
	xSecret  = "x-consumer-secret-canary"
)

func mac(h func() hash.Hash, secret string, of []byte) string {
	m := hmac.New(h, []byte(secret))
	m.Write(of)
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// pushed is a sample of RCS as Google delivers it, and what is signed of it.
// Most are kept without their envelope.
func pushed(t *testing.T, raw []byte) (body, event []byte) {
	t.Helper()
	var env struct {
		Message struct {
			Data []byte `json:"data"`
		} `json:"message"`
	}
	if json.Unmarshal(raw, &env) == nil && len(env.Message.Data) > 0 {
		return raw, env.Message.Data
	}
	body, err := json.Marshal(object{"message": object{"data": raw}})
	require.NoError(t, err)
	return body, raw
}

// agentOf is whom an event of RCS is for.
func agentOf(event []byte) string {
	var e struct {
		Agent string `json:"agentId"`
	}
	if json.Unmarshal(event, &e) != nil || e.Agent == "" {
		return "parcel_desk@rbm.goog"
	}
	return e.Agent
}

// TestSamplesOfXAndRCSAreTakenIn sends payloads that these platforms really
// sent, where a checkout has them beside it. Each is worked in and told apart
// from what nobody knows.
func TestSamplesOfXAndRCSAreTakenIn(t *testing.T) {
	h := startHub(t, newConfig(t))
	x := map[string]string{}
	for _, account := range []string{"4337869213", "1111111111111111111"} { // whom the samples are for
		x[account] = h.channel("x", object{
			"consumer_key": "ck", "consumer_secret": xSecret, "access_token": account + "-canary", "access_token_secret": "ats-canary",
		}, object{}, nil)
	}
	key, err := os.ReadFile("../../testdata/rcs/service_account.json")
	require.NoError(t, err)
	agents := map[string]string{}
	rcs := func(event []byte) string {
		agent := agentOf(event)
		if agents[agent] == "" {
			agents[agent] = h.channel("rcs", object{"service_account_key": string(key), "client_token": rcsToken}, object{"agent_id": agent}, nil)
		}
		return agents[agent]
	}
	for _, kind := range []string{"x", "rcs"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "platforms", "samples", kind, "*.json"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasPrefix(filepath.Base(file), "verification_") {
				continue // a question, with another hub's token in it
			}
			t.Run(kind+"/"+filepath.Base(file), func(t *testing.T) {
				body, err := os.ReadFile(file)
				require.NoError(t, err)
				channel := x["1111111111111111111"]
				if strings.HasPrefix(filepath.Base(file), "aaa_") {
					channel = x["4337869213"]
				}
				header := http.Header{"X-Twitter-Webhooks-Signature": {"sha256=" + mac(sha256.New, xSecret, body)}}
				if kind == "rcs" {
					var event []byte
					body, event = pushed(t, body)
					channel, header = rcs(event), http.Header{"X-Goog-Signature": {mac(sha512.New, rcsToken, event)}}
				}
				require.Equal(t, 401, h.hook(channel, append(body, ' '), http.Header{}), "unsigned")
				before := h.events(channel)
				require.Equal(t, 200, h.hook(channel, body, header))
				last := h.workedIn(channel, before)
				require.NotEqual(t, "quarantined", last["result"], last["reason"])
			})
		}
	}
}
