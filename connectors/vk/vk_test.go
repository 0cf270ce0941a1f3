package vk_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/connectors"
	"threadhub/connectors/conntest"
	"threadhub/connectors/vk"
	"threadhub/normalize"
)

const (
	token        = "vk1.a.community-token-of-this-suite"
	secret       = "SecretOfThisSuite77"
	previous     = "SecretBeforeThat66"
	confirmation = "c0nf1rm7"
)

func config() connectors.Config {
	return connectors.Config{
		Credentials: map[string]connectors.Secret{
			"access_token":      connectors.NewSecret(token),
			"secret":            connectors.NewSecret(secret),
			"secret_previous":   connectors.NewSecret(previous),
			"confirmation_code": connectors.NewSecret(confirmation),
		},
		Settings: json.RawMessage(`{"group_id": "204060"}`),
	}
}

func suite() conntest.Suite {
	return conntest.Suite{Kind: vk.Kind(), Config: config(), Cases: "../../testdata/vk", SecretInBody: "secret"}
}

func TestConformance(t *testing.T) { conntest.Run(t, suite()) }
func FuzzParse(f *testing.F)       { conntest.FuzzParse(f, suite()) }
func FuzzVerify(f *testing.F)      { conntest.FuzzVerify(f, suite()) }

func BenchmarkWebhook(b *testing.B) { conntest.Benchmark(b, suite()) }

func open(t testing.TB, c connectors.Config) connectors.Connector {
	t.Helper()
	conn, err := vk.Kind().New(c)
	require.NoError(t, err)
	return conn
}

func post(body string) *connectors.Request {
	return &connectors.Request{Method: http.MethodPost, Header: http.Header{}, Body: []byte(body)}
}

func TestVerify(t *testing.T) {
	for name, tt := range map[string]struct {
		body string
		ok   bool
	}{
		"the secret and the community are enough":     {`{"type":"x","group_id":204060,"secret":"` + secret + `"}`, true},
		"the previous secret counts while it is kept": {`{"type":"x","group_id":204060,"secret":"` + previous + `"}`, true},
		"no secret":               {`{"type":"x","group_id":204060}`, false},
		"an empty secret":         {`{"type":"x","group_id":204060,"secret":""}`, false},
		"a secret that is null":   {`{"type":"x","group_id":204060,"secret":null}`, false},
		"a secret of other type":  {`{"type":"x","group_id":204060,"secret":1}`, false},
		"another secret":          {`{"type":"x","group_id":204060,"secret":"guess"}`, false},
		"another community":       {`{"type":"x","group_id":204061,"secret":"` + secret + `"}`, false},
		"no community":            {`{"type":"x","secret":"` + secret + `"}`, false},
		"the secret out of place": {`{"type":"x","group_id":204060,"object":{"secret":"` + secret + `"}}`, false},
		"no JSON":                 {secret, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := open(t, config()).Verify(post(tt.body), time.Time{})
			if tt.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, connectors.ErrSignature)
		})
	}
}

func TestHandshakesOfOthersAreNotAnswered(t *testing.T) {
	h := open(t, config()).(connectors.Handshaker)
	for name, req := range map[string]*connectors.Request{
		"another community": post(`{"type":"confirmation","group_id":1}`),
		"another secret":    post(`{"type":"confirmation","group_id":204060,"secret":"guess"}`),
		"another event":     post(`{"type":"message_new","group_id":204060}`),
		"no JSON":           post(`confirmation`),
		"a GET":             {Method: http.MethodGet, Body: []byte(`{"type":"confirmation","group_id":204060}`)},
	} {
		_, ok := h.Handshake(req)
		require.False(t, ok, name)
	}
	for _, body := range []string{
		`{"type":"confirmation","group_id":204060,"secret":"` + previous + `"}`,
		`{"type":"confirmation","group_id":204060,"secret":""}`,
	} {
		reply, ok := h.Handshake(post(body))
		require.True(t, ok)
		require.Equal(t, confirmation, string(reply.Body))
	}
}

func TestTheAcknowledgementIsOK(t *testing.T) {
	reply := open(t, config()).(connectors.Acknowledger).Acknowledge(nil)
	require.Equal(t, connectors.Reply{Status: 200, ContentType: "text/plain", Body: []byte("ok")}, reply)
}

func TestConfiguration(t *testing.T) {
	for name, tt := range map[string]struct{ settings, refused string }{
		"a community in quotes":                   {`{"group_id": "1"}`, ""},
		"a community as a number":                 {`{"group_id": 1}`, ""},
		"a community as a conversation's id":      {`{"group_id": "-1"}`, ""},
		"no community":                            {`{}`, "group_id"},
		"a community that is a name":              {`{"group_id": "club"}`, "group_id"},
		"a version that would change the address": {`{"group_id": 1, "api_version": "5&x"}`, "api_version"},
		"an address without a scheme":             {`{"group_id": 1, "api_base_url": "api.example"}`, "api_base_url"},
		"an address with a query":                 {`{"group_id": 1, "api_base_url": "https://api.example/?a"}`, "api_base_url"},
		"settings of another type":                {`[]`, "settings"},
	} {
		t.Run(name, func(t *testing.T) {
			c := config()
			c.Settings = json.RawMessage(tt.settings)
			_, err := vk.Kind().New(c)
			if tt.refused == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.refused)
		})
	}
}

func TestASecretThatVKWouldRefuseIsRefusedBeforehand(t *testing.T) {
	c := config()
	c.Credentials["secret"] = connectors.NewSecret("a-secret-that-is-much-longer-than-the-fifty-characters-allowed")
	_, err := open(t, c).(connectors.Subscriber).Subscribe("https://hub.example/webhooks/ch_1")
	require.ErrorContains(t, err, "secret")
}

// TestRandomIDsTellMessagesApart holds the idempotency key to its type, a
// positive 32-bit number, and to being the same for the same part alone.
func TestRandomIDsTellMessagesApart(t *testing.T) {
	conn := open(t, config())
	random := func(id string, part int) string {
		out := &normalize.Outbound{ID: id, To: normalize.Peer{ID: "501"}, Parts: make([]normalize.Message, part+1)}
		var done []normalize.Exchange
		for i := range part {
			done = append(done, normalize.Exchange{Name: "messages.send", Part: i})
		}
		out.Parts[part] = normalize.Message{Type: normalize.TypeText, Text: "hi"}
		call, err := conn.Next(out, done)
		require.NoError(t, err)
		params, err := url.ParseQuery(string(call.Body))
		require.NoError(t, err)
		return params.Get("random_id")
	}
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.String().Draw(t, "id")
		part := rapid.IntRange(0, 9).Draw(t, "part")
		first := random(id, part)
		n, err := strconv.ParseInt(first, 10, 32)
		require.NoError(t, err)
		require.Positive(t, n)
		require.Equal(t, first, random(id, part))
		require.NotEqual(t, first, random(id, part+1))
	})
}

// TestSamplesOfOthersAreUnderstood reads webhooks collected from public
// sources, where they are at hand.
func TestSamplesOfOthersAreUnderstood(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/platforms/samples/vk/*.json")
	require.NoError(t, err)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			body, err := os.ReadFile(path)
			require.NoError(t, err)
			var about struct {
				Type  string          `json:"type"`
				Group json.RawMessage `json:"group_id"`
			}
			require.NoError(t, json.Unmarshal(body, &about))
			c := config()
			c.Settings = json.RawMessage(`{"group_id": ` + string(about.Group) + `}`)
			conn := open(t, c)
			if about.Type == "confirmation" {
				reply, ok := conn.(connectors.Handshaker).Handshake(post(string(body)))
				require.True(t, ok)
				require.Equal(t, confirmation, string(reply.Body))
				return
			}
			events, err := conn.Parse(post(string(body)))
			require.NoError(t, err)
			require.Len(t, events, 1)
			require.NoError(t, events[0].Validate())
			require.NotEqual(t, normalize.EventUnknown, events[0].Type)
		})
	}
}
