package instagram_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/normalize"
)

func post(body, header string) *connectors.Request {
	h := http.Header{}
	if header != "" {
		h.Set("X-Hub-Signature-256", header)
	}
	return &connectors.Request{Method: http.MethodPost, Header: h, Body: []byte(body)}
}

func TestThePreviousSecretCountsDuringARotation(t *testing.T) {
	body := `{"object":"instagram","entry":[]}`
	old := post(body, signature(oldSecret, []byte(body)))
	require.ErrorIs(t, open(t, nil).Verify(old, time.Time{}), connectors.ErrSignature)
	rotating := open(t, func(c *connectors.Config) { c.Credentials["app_secret_previous"] = connectors.NewSecret(oldSecret) })
	require.NoError(t, rotating.Verify(old, time.Time{}))
	require.NoError(t, rotating.Verify(post(body, signature(appSecret, []byte(body))), time.Time{}))
}

// TestTheAccountOfAnItem covers both readings of which of an account's two ids
// an entry bears.
func TestTheAccountOfAnItem(t *testing.T) {
	const own = "17840000000000001"
	for name, c := range map[string]struct{ entry, sender, recipient, want string }{
		"the entry names it":                 {own, "9100000000000001", own, own},
		"the entry bears another id of it":   {"555", "9100000000000001", own, own},
		"so with an echo":                    {"555", own, "9100000000000001", own},
		"only the entry names it":            {own, "9100000000000001", "555", own},
		"another account's":                  {"42", "9100000000000001", "42", "42"},
		"nobody's, as the dashboard's test":  {"0", "12334", "23245", ""},
		"ours, though the dashboard's entry": {"0", "12334", own, own},
	} {
		t.Run(name, func(t *testing.T) {
			conn := open(t, nil)
			req := post(fmt.Sprintf(`{"object":"instagram","entry":[{"id":%q,"messaging":[{"sender":{"id":%q},"recipient":{"id":%q},`+
				`"timestamp":1773400000123,"message":{"mid":"m","text":"oi"}}]}]}`, c.entry, c.sender, c.recipient), "")
			events, err := conn.Parse(req)
			require.NoError(t, err)
			require.Len(t, events, 1)
			require.Equal(t, c.want, events[0].Account)
			accounts, err := conn.(connectors.Skimmer).Skim(req)
			require.NoError(t, err)
			if c.want != "" {
				require.Contains(t, accounts, c.want)
			}
		})
	}
}

// TestSamples reads recorded webhooks that lie beside the project in some
// check-outs.
func TestSamples(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/platforms/samples/instagram/*.json")
	require.NoError(t, err)
	conn := open(t, nil)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			body, err := os.ReadFile(path)
			require.NoError(t, err)
			events, err := conn.Parse(&connectors.Request{Method: http.MethodPost, Body: body})
			require.NoError(t, err)
			require.NotEmpty(t, events)
			told, err := json.Marshal(events)
			require.NoError(t, err)
			for _, ev := range events {
				require.NoError(t, ev.Validate())
				require.NotEqual(t, normalize.EventUnknown, ev.Type, "%s", told)
				require.NotEmpty(t, ev.Peer.ID)
				require.False(t, ev.At.IsZero())
			}
		})
	}
}

const typical = `{"object":"instagram","entry":[{"time":1773400000500,"id":"17840000000000001","messaging":[{"sender":{"id":"9100000000000001"},` +
	`"recipient":{"id":"17840000000000001"},"timestamp":1773400000123,"message":{"mid":"aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQwMDAwMDAwMDAwMDAxOjM0MDI4MjM2Njg0MTcxMDMwMDk0OTEyODE",` +
	`"text":"Hello, I would like to know about my order"}}]}]}`

func BenchmarkParseText(b *testing.B) {
	conn, req := open(b, nil), post(typical, "")
	b.ReportAllocs()
	for b.Loop() {
		if events, err := conn.Parse(req); err != nil || len(events) != 1 {
			b.Fatal(err, len(events))
		}
	}
}

// TestParseAllocations keeps the usual webhook cheap: workers parse every one.
func TestParseAllocations(t *testing.T) {
	conn, req := open(t, nil), post(typical, "")
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = conn.Parse(req) }), 100.0)
}
