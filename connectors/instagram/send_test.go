package instagram_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/connectors"
	"threadhub/connectors/instagram"
	"threadhub/normalize"
)

// settings makes the test settings those of the account and these members.
func settings(members string) func(*connectors.Config) {
	return func(c *connectors.Config) {
		c.Settings = json.RawMessage(`{"ig_user_id": "17840000000000001", ` + members + `}`)
	}
}

func text(t testing.TB, conn connectors.Connector) *connectors.Call {
	t.Helper()
	call, err := conn.Next(&normalize.Outbound{
		ID: "msg_1", To: normalize.Peer{ID: "9100000000000001"}, Parts: []normalize.Message{{Type: normalize.TypeText, Text: "oi"}},
	}, nil)
	require.NoError(t, err)
	return call
}

// TestLogins covers the two ways an account can be connected
// (platforms/instagram: section 0).
func TestLogins(t *testing.T) {
	const ig, fb = "https://graph.instagram.com/v25.0/", "https://graph.facebook.com/v25.0/"
	for name, c := range map[string]struct {
		change                 func(*connectors.Config)
		send, check, subscribe string
	}{
		"by itself":               {nil, ig + "17840000000000001/", ig + "me?", ig + "me/"},
		"by itself, said so":      {settings(`"login": "instagram"`), ig + "17840000000000001/", ig + "me?", ig + "me/"},
		"linked to a Page":        {settings(`"login": "facebook"`), fb + "me/", fb + "17840000000000001?", fb + "me/"},
		"linked to a known Page":  {settings(`"login": "facebook", "page_id": "61"`), fb + "61/", fb + "17840000000000001?", fb + "61/"},
		"with a Page's id alone":  {settings(`"page_id": "61"`), fb + "61/", fb + "17840000000000001?", fb + "61/"},
		"with Facebook's address": {settings(`"api_base_url": "https://graph.facebook.com"`), fb + "me/", fb + "17840000000000001?", fb + "me/"},
		"behind a proxy, by itself": {
			settings(`"api_base_url": "http://127.0.0.1:9"`),
			"http://127.0.0.1:9/v25.0/17840000000000001/", "http://127.0.0.1:9/v25.0/me?", "http://127.0.0.1:9/v25.0/me/",
		},
	} {
		t.Run(name, func(t *testing.T) {
			conn := open(t, c.change)
			require.Equal(t, c.send+"messages", text(t, conn).URL)
			require.True(t, strings.HasPrefix(conn.(connectors.Checker).Check().URL, c.check))
			calls, err := conn.(connectors.Subscriber).Subscribe("https://hub.example/webhooks/ch_1")
			require.NoError(t, err)
			require.Len(t, calls, 1)
			require.True(t, strings.HasPrefix(calls[0].URL, c.subscribe+"subscribed_apps?"), calls[0].URL)
		})
	}
}

func TestThePagesTokenProvesTheLinkedAccount(t *testing.T) {
	conn := open(t, settings(`"login": "facebook"`))
	got := conn.Classify(conn.(connectors.Checker).Check(), &connectors.Response{
		Status: 200, Body: []byte(`{"id":"17840000000000001","username":"mesas.lda"}`),
	})
	require.Equal(t, connectors.Done, got.Verdict)
	require.Equal(t, "mesas.lda", got.Data["name"])
}

func TestHumanAgentsHaveAWeek(t *testing.T) {
	conn := open(t, settings(`"human_agent_tag": true`))
	require.Equal(t, 7*24*time.Hour, conn.(connectors.Capable).Capabilities().Window.Human)
	wrote := time.UnixMilli(1773400000123)
	for after, tag := range map[time.Duration]string{time.Hour: "", 48 * time.Hour: "HUMAN_AGENT"} {
		call, err := conn.Next(&normalize.Outbound{
			ID: "msg_1", To: normalize.Peer{ID: "9100000000000001"}, Now: wrote.Add(after), Context: map[string]string{"at": "1773400000123"},
			Parts: []normalize.Message{{Type: normalize.TypeText, Text: "oi"}},
		}, nil)
		require.NoError(t, err)
		var body struct {
			Type string `json:"messaging_type"`
			Tag  string `json:"tag"`
		}
		require.NoError(t, json.Unmarshal(call.Body, &body))
		require.Equal(t, tag, body.Tag)
		require.Equal(t, tag != "", body.Type == "MESSAGE_TAG")
	}
}

// TestTextIsSplitByBytes holds every text to 1,000 bytes of whole characters.
func TestTextIsSplitByBytes(t *testing.T) {
	conn, caps := open(t, nil), instagram.Kind().Caps
	rapid.Check(t, func(t *rapid.T) {
		long := strings.Repeat(rapid.StringN(1, 40, -1).Draw(t, "text")+"ção 🪑 ", rapid.IntRange(1, 60).Draw(t, "times"))
		parts, _, err := normalize.Fit(normalize.Message{Type: normalize.TypeText, Text: long}, caps)
		require.NoError(t, err)
		out := &normalize.Outbound{ID: "msg_1", To: normalize.Peer{ID: "9100000000000001"}, Parts: parts}
		var done []normalize.Exchange
		for range parts {
			call, err := conn.Next(out, done)
			require.NoError(t, err)
			var body struct {
				Message struct {
					Text string `json:"text"`
				} `json:"message"`
			}
			require.NoError(t, json.Unmarshal(call.Body, &body))
			require.LessOrEqual(t, len(body.Message.Text), 1000)
			require.True(t, utf8.ValidString(body.Message.Text))
			done = append(done, normalize.Exchange{Name: call.Name, Part: call.Part})
		}
		call, err := conn.Next(out, done)
		require.NoError(t, err)
		require.Nil(t, call)
	})
}

// TestEveryErrorOfTheTable goes through platforms/instagram, section 4.
func TestEveryErrorOfTheTable(t *testing.T) {
	conn := open(t, nil)
	call := text(t, conn)
	type pair [2]int
	for _, row := range []struct {
		class   string
		verdict connectors.Verdict
		reason  normalize.Reason
		codes   []pair
	}{
		{"token", connectors.Suspend, normalize.ReasonAuth, []pair{{190, 0}, {10, 2534077}, {2534077, 0}}},
		{"access off", connectors.Suspend, normalize.ReasonAuth, []pair{{200, 2534041}, {100, 2534013}, {10, 0}, {200, 0}, {3, 0}}},
		{"outside window", connectors.Refuse, normalize.ReasonWindow, []pair{{10, 2534022}}},
		{"invalid recipient", connectors.Refuse, normalize.ReasonGone, []pair{{100, 2534014}, {100, 2534001}}},
		{"blocked", connectors.Refuse, normalize.ReasonBlocked, []pair{{551, 0}, {100, 2534029}}},
		{"throttled", connectors.Wait, normalize.ReasonThrottled, []pair{{613, 2534040}, {613, 0}, {4, 0}, {17, 0}, {32, 0}}},
		{"thread owner", connectors.Refuse, normalize.ReasonUnavailable, []pair{{2534037, 0}, {10, 2534037}, {10, 2018300}}},
		{"deleted target", connectors.Refuse, normalize.ReasonGone, []pair{{9000001, 0}}},
		{"private reply too late", connectors.Refuse, normalize.ReasonWindow, []pair{{100, 2534025}, {2534025, 0}}},
		{"private reply made", connectors.Refuse, normalize.ReasonContent, []pair{{10900, 0}}},
		{"vague", connectors.Retry, normalize.ReasonUnavailable, []pair{{1, 0}, {2, 0}, {-1, 0}}},
		{"parameters", connectors.Refuse, normalize.ReasonContent, []pair{{100, 0}, {36000, 0}}},
	} {
		for _, c := range row.codes {
			t.Run(fmt.Sprint(row.class, " ", c[0], "-", c[1]), func(t *testing.T) {
				for _, status := range []int{200, 400, 403, 429, 500} {
					body := fmt.Sprintf(`{"error":{"message":"Words","code":%d,"error_subcode":%d}}`, c[0], c[1])
					got := conn.Classify(call, &connectors.Response{Status: status, Body: []byte(body)})
					verdict := row.verdict
					if row.class == "vague" && status >= 500 {
						verdict = connectors.Unclear
					}
					require.Equal(t, verdict, got.Verdict, "HTTP status %d", status)
					require.Equal(t, row.reason, got.Failure.Reason)
				}
			})
		}
	}
}

func TestOpenRefusesAnIncompleteConfiguration(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*connectors.Config)
		want   string
	}{
		"no account id":        {func(c *connectors.Config) { c.Settings = json.RawMessage(`{}`) }, "ig_user_id"},
		"an address of a file": {settings(`"api_base_url": "file:///etc/passwd"`), "api_base_url"},
		"a token of two lines": {func(c *connectors.Config) {
			c.Credentials["access_token"] = connectors.NewSecret("a\nX-Header: b")
		}, "access_token"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config()
			c.change(&cfg)
			_, err := instagram.Kind().New(cfg)
			require.ErrorContains(t, err, c.want)
		})
	}
}
