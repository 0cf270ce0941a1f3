package messenger_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/connectors"
	"threadhub/normalize"
)

// webhook is one entry whose items are given as JSON.
func webhook(items ...string) *connectors.Request {
	return post(`{"object":"page","entry":[{"id":"610000000000001","time":1773400000500,"messaging":[`+strings.Join(items, ",")+`]}]}`, "")
}

func textItem(mid, text string) string {
	body, _ := json.Marshal(text)
	return fmt.Sprintf(`{"sender":{"id":"7200000000000001"},"recipient":{"id":"610000000000001"},"timestamp":1773400000123,"message":{"mid":%q,"text":%s}}`, mid, body)
}

// junk is what may stand where an item of the documented form should.
var junk = []string{
	`null`, `true`, `7`, `"x"`, `[]`, `{}`, `{"message":7}`, `{"message":{"mid":7}}`, `1e999`,
	`{"sender":{"id":"7200000000000001"},"message":{"mid":"m_J","attachments":{"type":"image"}}}`,
	`{"sender":{"id":"7200000000000001"},"message":{"text":"without an id"}}`,
	`{"sender":"7200000000000001","reaction":{"mid":"m_J","action":"shrug"}}`,
	`{"sender":{"id":{}},"postback":{"payload":[]}}`,
}

func TestPoisonLeavesItsNeighboursAlone(t *testing.T) {
	conn := open(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		var items, want []string
		bad := 0
		for i := range rapid.IntRange(1, 12).Draw(t, "items") {
			if rapid.Bool().Draw(t, "poison") {
				items = append(items, rapid.SampledFrom(junk).Draw(t, "junk"))
				bad++
				continue
			}
			mid := fmt.Sprintf("m_%d", i)
			items = append(items, textItem(mid, "x"+rapid.String().Draw(t, "text")))
			want = append(want, "msg:"+mid)
		}
		events, err := conn.Parse(webhook(items...))
		require.NoError(t, err)
		var got []string
		for _, ev := range events {
			switch ev.Type {
			case normalize.EventMessage:
				got = append(got, ev.Key)
			case normalize.EventUnknown:
				require.NotEmpty(t, ev.Unknown.Reason)
				bad--
			}
		}
		require.Equal(t, want, got)
		require.Zero(t, bad, "every piece of junk is kept as one Unknown event")
	})
}

func TestSkimFindsTheAccountsOfAllEntries(t *testing.T) {
	skim := open(t, nil).(connectors.Skimmer)
	accounts, err := skim.Skim(post(`{"object":"page","entry":[`+
		`{"id":"610000000000001","messaging":[{}]},{"id":"42","standby":[{"recipient":{"id":"42"}}]},{"id":"610000000000001"},`+
		`{"id":"0","changes":[{"field":"messages","value":{"recipient":{"id":"610000000000001"}}}]}]}`, ""))
	require.NoError(t, err)
	require.Equal(t, []string{"610000000000001", "42"}, accounts)

	accounts, err = skim.Skim(post(`{"object":"instagram","entry":[{"id":"1"}]}`, ""))
	require.NoError(t, err, "another product's webhook is kept, for nobody in particular")
	require.Empty(t, accounts)

	for _, body := range []string{``, `[]`, `{"entry":[]}`, `{"object":"page"`} {
		_, err = skim.Skim(post(body, ""))
		require.ErrorIs(t, err, connectors.ErrMalformed, body)
	}
}

// TestEchoesAreToldApart goes through what is known of the app.
func TestEchoesAreToldApart(t *testing.T) {
	without := settings(``)
	for name, c := range map[string]struct {
		change func(*connectors.Config)
		echo   string
		own    bool
	}{
		"our app":                                     {nil, `"app_id":1517000000000001`, true},
		"our app, the id as a text":                   {nil, `"app_id":"1517000000000001"`, true},
		"another app, whatever its metadata":          {nil, `"app_id":7,"metadata":"threadhub:msg_1"`, false},
		"no app, our metadata":                        {nil, `"metadata":"threadhub:msg_1"`, true},
		"no app at all: the Page's own":               {nil, `"text":"x"`, false},
		"without the setting, our metadata":           {without, `"app_id":7,"metadata":"threadhub:msg_1"`, true},
		"without the setting, metadata of another":    {without, `"app_id":7,"metadata":"outbox-1"`, false},
		"without the setting, the Page's inbox's app": {without, `"app_id":26390203743090`, false},
	} {
		t.Run(name, func(t *testing.T) {
			events, err := open(t, c.change).Parse(webhook(`{"sender":{"id":"610000000000001"},"recipient":{"id":"7200000000000001"},` +
				`"timestamp":1773400000123,"message":{"mid":"m_e","is_echo":true,"text":"oi",` + c.echo + `}}`))
			require.NoError(t, err)
			require.Len(t, events, 1)
			want := normalize.EventEcho
			if c.own {
				want = normalize.EventReceipt
			}
			require.Equal(t, want, events[0].Type)
			require.Equal(t, normalize.PeerID("7200000000000001"), events[0].Peer.ID)
		})
	}
}

// settings makes the test settings those of the Page and these members.
func settings(members string) func(*connectors.Config) {
	return func(c *connectors.Config) {
		c.Settings = json.RawMessage(strings.TrimSuffix(`{"page_id": "610000000000001", `+members, ", ") + `}`)
	}
}

// TestSamples reads recorded webhooks that lie beside the project in some
// check-outs.
func TestSamples(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/platforms/samples/messenger/*.json")
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

const typicalText = "Hello, I would like to know about my order"

func BenchmarkParseText(b *testing.B) {
	conn := open(b, nil)
	req := webhook(textItem("m_4pLq8oLumEyIp3Q2MRaY7IfLZDamVrALniheU-typical-id-of-a-message", typicalText))
	b.ReportAllocs()
	for b.Loop() {
		if events, err := conn.Parse(req); err != nil || len(events) != 1 {
			b.Fatal(err, len(events))
		}
	}
}

func BenchmarkSkimText(b *testing.B) {
	conn := open(b, nil).(connectors.Skimmer)
	req := webhook(textItem("m_1", typicalText))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Skim(req); err != nil {
			b.Fatal(err)
		}
	}
}

// TestParseAllocations keeps the usual webhook cheap: workers parse every one.
func TestParseAllocations(t *testing.T) {
	conn, req := open(t, nil), webhook(textItem("m_1", typicalText))
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = conn.Parse(req) }), 100.0)
}
