package whatsapp_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// webhook is one change whose messages are given as JSON.
func webhook(elements ...string) *connectors.Request {
	return post(`{"object":"whatsapp_business_account","entry":[{"id":"300000000000001","changes":[{"field":"messages","value":{`+
		`"messaging_product":"whatsapp","metadata":{"display_phone_number":"351210000000","phone_number_id":"400000000000001"},`+
		`"contacts":[{"profile":{"name":"Rita Moura"},"wa_id":"351930000001","user_id":"PT.7001000200030004"}],`+
		`"messages":[`+strings.Join(elements, ",")+`]}}]}]}`, "")
}

func textElement(id, text string) string {
	body, _ := json.Marshal(text)
	return fmt.Sprintf(`{"from":"351930000001","from_user_id":"PT.7001000200030004","id":%q,"timestamp":"1773400000","type":"text","text":{"body":%s}}`, id, body)
}

// junk is what may stand where an object of the documented form should.
var junk = []string{
	`null`, `true`, `7`, `"x"`, `[]`, `[[[]]]`, `{}`, `{"id":7}`, `{"id":"wamid.J","from":[],"type":"text"}`,
	`{"id":"wamid.J","from":"351930000001","type":"text","text":7}`, `{"type":{"a":1}}`, `1e999`,
	`{"id":"wamid.J","from":"351930000001","type":"location","location":{"latitude":1e999}}`,
	`{"id":"wamid.J","from":"351930000001","timestamp":{"a":[1]},"type":"image","image":"x"}`,
}

func TestPoisonLeavesItsNeighboursAlone(t *testing.T) {
	conn := open(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		var elements, want []string
		bad := 0
		for i := range rapid.IntRange(1, 12).Draw(t, "elements") {
			if rapid.Bool().Draw(t, "poison") {
				elements = append(elements, rapid.SampledFrom(junk).Draw(t, "junk"))
				bad++
				continue
			}
			id := fmt.Sprintf("wamid.%d", i)
			elements = append(elements, textElement(id, rapid.String().Draw(t, "text")))
			want = append(want, "msg:"+id)
		}
		events, err := conn.Parse(webhook(elements...))
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

func TestTextSurvivesAnyEncoding(t *testing.T) {
	conn := open(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		events, err := conn.Parse(webhook(textElement("wamid.1", text)))
		require.NoError(t, err)
		require.Len(t, events, 1)
		require.Equal(t, strings.ToValidUTF8(text, "\uFFFD"), events[0].Message.Text)
	})
}

func TestParseRefusesWhatIsNoWebhook(t *testing.T) {
	conn := open(t, nil)
	for name, body := range map[string]string{
		"nothing":              ``,
		"no JSON":              `{not json`,
		"half of a webhook":    `{"object":"whatsapp_business_account","entry":[{"id":"1"`,
		"a list":               `[]`,
		"null":                 `null`,
		"a string":             `"whatsapp_business_account"`,
		"an object of another": `{"update_id":1}`,
		"an object number":     `{"object":7,"entry":[]}`,
		"10,000 brackets":      `{"object":"whatsapp_business_account","entry":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := conn.Parse(post(body, ""))
			require.ErrorIs(t, err, connectors.ErrMalformed)
		})
	}
}

func TestParseReadsAThousandUpdates(t *testing.T) {
	elements := make([]string, 1000)
	for i := range elements {
		elements[i] = textElement(fmt.Sprintf("wamid.%d", i), strings.Repeat("ç", 300))
	}
	events, err := open(t, nil).Parse(webhook(elements...))
	require.NoError(t, err)
	require.Len(t, events, 1000)
	require.Equal(t, "msg:wamid.999", events[999].Key)
}

// TestSamples reads recorded webhooks that lie beside the project in some
// check-outs.
func TestSamples(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/platforms/samples/whatsapp/*.json")
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
				require.NotEqual(t, normalize.EventUnknown, ev.Type, "%s", told)
				require.NotEmpty(t, ev.Key)
			}
			require.Subset(t, leaves(t, told), wanted(t, body), "the ids and texts are in the events")
		})
	}
}

// wanted are the strings of a sample that must not be lost: message ids, what
// people wrote, and what names a button, a file or a piece of media.
func wanted(t *testing.T, body []byte) []string {
	var want []string
	keep := map[string]bool{
		"body": true, "caption": true, "filename": true, "emoji": true, "message_id": true, "original_message_id": true,
		"phone_number_id": true, "payload": true, "title": true, "sha256": true, "formatted_name": true, "response_json": true,
	}
	skip := map[string]bool{"identity": true, "conversation": true, "referral": true, "error_data": true, "errors": true, "rejection_info": true, "profile": true}
	var walk func(parent string, v any)
	walk = func(parent string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, inner := range v {
				text, isText := inner.(string)
				switch {
				case skip[key], key == "id" && text == "M0":
				case isText && text != "" && (keep[key] || key == "id" && parent != "entry"):
					want = append(want, text)
				default:
					walk(key, inner)
				}
			}
		case []any:
			for _, inner := range v {
				walk(parent, inner)
			}
		}
	}
	var v any
	require.NoError(t, json.Unmarshal(body, &v))
	walk("", v)
	return want
}

// leaves are all strings of a JSON document.
func leaves(t *testing.T, doc []byte) []string {
	var all []string
	dec := json.NewDecoder(bytes.NewReader(doc))
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		if s, ok := tok.(string); ok {
			all = append(all, s)
			if _, name, found := strings.Cut(s, ":"); found {
				all = append(all, name) // a key holds an id after its kind
			}
		}
	}
}

func BenchmarkParseText(b *testing.B) {
	conn := open(b, nil)
	req := webhook(textElement("wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUFERjg0NDEzNDdFODU3MUMxMAA=", "Hello, I would like to know about my order"))
	b.ReportAllocs()
	for b.Loop() {
		if events, err := conn.Parse(req); err != nil || len(events) != 1 {
			b.Fatal(err, len(events))
		}
	}
}

// TestParseAllocations keeps the usual webhook cheap: workers parse every one.
func TestParseAllocations(t *testing.T) {
	conn := open(t, nil)
	req := webhook(textElement("wamid.1", "Hello, I would like to know about my order"))
	allocations := testing.AllocsPerRun(100, func() {
		_, _ = conn.Parse(req)
	})
	require.LessOrEqual(t, allocations, 100.0)
}
