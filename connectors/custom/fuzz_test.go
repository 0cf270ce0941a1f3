package custom_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/custom"
	"threadhub/normalize"
)

// FuzzDefinition throws settings at New. What opens is held to its promises:
// nothing panics, events are well formed, calls are complete.
func FuzzDefinition(f *testing.F) {
	f.Add([]byte(least))
	for _, pattern := range []string{"presets/*.json", "../../testdata/custom/*/settings.json"} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, file := range files {
			raw, err := os.ReadFile(file)
			require.NoError(f, err)
			var preset struct{ Settings json.RawMessage }
			if json.Unmarshal(raw, &preset) == nil && len(preset.Settings) > 0 {
				raw = preset.Settings
			}
			f.Add([]byte(raw))
		}
	}
	kind := custom.Kind()
	credentials := map[string]string{}
	for _, p := range kind.Presets {
		for _, c := range p.Credentials {
			credentials[c.Name] = "value"
		}
	}
	for _, name := range []string{"secret", "token", "key", "password"} {
		credentials[name] = "value"
	}
	f.Fuzz(func(t *testing.T, settings []byte) {
		c, err := kind.New(connectors.Config{Credentials: secrets(credentials), Settings: settings})
		if err != nil {
			return
		}
		req := &connectors.Request{Method: http.MethodPost, URL: "https://hub.example/webhooks/x?a=1", Header: http.Header{}, Body: []byte(
			`{"events":[{"kind":"msg","id":1,"from":2,"ts":3,"text":"x"}],"id":1,"from":2,"text":"x"}`)}
		c.(connectors.Handshaker).Handshake(req)
		c.(connectors.Acknowledger).Acknowledge(req)
		events, err := c.Parse(req)
		if err != nil {
			require.ErrorIs(t, err, connectors.ErrMalformed)
		}
		for _, ev := range events {
			require.NoError(t, ev.Validate())
		}
		call, err := c.Next(&normalize.Outbound{ID: "msg_1", To: normalize.Peer{ID: "1"}, Parts: []normalize.Message{{Type: normalize.TypeText, Text: "x"}}}, nil)
		if err == nil && call != nil {
			require.NotEmpty(t, call.Name)
			require.Contains(t, call.URL, "://")
			c.Classify(call, &connectors.Response{Status: 200, Header: http.Header{}, Body: []byte(`{"id":1}`)})
		}
	})
}

// FuzzFormats throws bodies at the decoders of all formats.
func FuzzFormats(f *testing.F) {
	for _, body := range []string{
		`<a x="1"><b>t</b><b/></a>`, `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`, "a=1&b=%20&a=2", "plain", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n",
	} {
		f.Add([]byte(body))
	}
	var all []connectors.Connector
	for _, format := range []string{"json", "form", "multipart", "xml", "text"} {
		c, err := openCustom(altered(f, "inbound/format", `"`+format+`"`))
		require.NoError(f, err)
		all = append(all, c)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, c := range all {
			req := &connectors.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"multipart/form-data; boundary=b"}}, Body: body}
			events, err := c.Parse(req)
			_, skimmed := c.(connectors.Skimmer).Skim(req)
			require.Equal(t, err == nil, skimmed == nil)
			if err != nil {
				require.ErrorIs(t, err, connectors.ErrMalformed)
			}
			for _, ev := range events {
				require.NoError(t, ev.Validate())
			}
		}
	})
}

// readAll opens a definition of the format whose message is the whole body.
func readAll(t *testing.T, format string) connectors.Connector {
	t.Helper()
	c, err := openCustom(altered(t, "inbound", `{"format": "`+format+`", "rules": [{"emit": "message", "fields": {"external_id": "'1'", "contact.id": "'2'", "text": "toJson([body, params])"}}]}`))
	require.NoError(t, err)
	return c
}

func TestFormats(t *testing.T) {
	multipart := strings.ReplaceAll("--b\nContent-Disposition: form-data; name=\"a\"\n\n1\n--b\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\n\nbytes\n--b--\n", "\n", "\r\n")
	tests := map[string]struct{ format, body, want string }{
		"a form":                       {"form", "a=1&b=x+y&a=2", `[{"a":"1","b":"x y"},{"a":["1","2"],"b":["x y"]}]`},
		"a form in parts":              {"multipart", multipart, `[{"a":"1"},{"a":["1"]}]`},
		"text":                         {"text", "hello", `["hello",{}]`},
		"XML":                          {"xml", `<?xml version="1.0"?><sms to="7"><text>a &amp; b</text><n>1</n><n>2</n><e/></sms>`, `[{"sms":{"@to":"7","text":"a & b","n":["1","2"],"e":""}},{}]`},
		"XML with text between":        {"xml", `<a><b x="1">t</b></a>`, `[{"a":{"b":{"@x":"1","#text":"t"}}},{}]`},
		"XML that declares entities":   {"xml", `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`, ""},
		"XML that names unknown ones":  {"xml", `<a>&file;</a>`, ""},
		"XML that breaks off":          {"xml", `<a><b></a>`, ""},
		"two documents":                {"xml", `<a/><b/>`, ""},
		"XML that is too deep":         {"xml", strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100), ""},
		"a form that cannot be read":   {"form", "a=%zz", ""},
		"no form":                      {"form", "hello", ""},
		"a form of too many fields":    {"form", strings.Repeat("a=1&", 2000), ""},
		"parts without their boundary": {"multipart", "a=1", ""},
		"text that is none":            {"text", "\xff\xfe", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			events, err := readAll(t, tt.format).Parse(&connectors.Request{
				Method: http.MethodPost, Header: http.Header{"Content-Type": {"multipart/form-data; boundary=b"}}, Body: []byte(tt.body),
			})
			if tt.want == "" {
				require.ErrorIs(t, err, connectors.ErrMalformed)
				return
			}
			require.NoError(t, err)
			require.JSONEq(t, tt.want, events[0].Message.Text)
		})
	}
}

func TestXMLIsWrittenAsValues(t *testing.T) {
	c, err := openCustom(altered(t, "outbound/text", `{"url": "https://api.example.com/", "xml": {"sms": {"@to": "{{contact.id}}", "text": "{{message.text}}", "tag": ["a", "b"], "none": "{{message.?reply_to}}"}}}`))
	require.NoError(t, err)
	call, err := c.Next(&normalize.Outbound{To: normalize.Peer{ID: `7" x="`}, Parts: []normalize.Message{{Type: normalize.TypeText, Text: "</text><evil/>"}}}, nil)
	require.NoError(t, err)
	require.Equal(t, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+
		`<sms to="7&#34; x=&#34;"><tag>a</tag><tag>b</tag><text>&lt;/text&gt;&lt;evil/&gt;</text></sms>`, string(call.Body))
	require.Equal(t, "application/xml", call.Header.Get("Content-Type"))
}

// TestADefinitionThatAttacksTheHubIsStopped: what expressions do to a full
// webhook ends by cost and memory, and the webhook is kept.
func TestADefinitionThatAttacksTheHubIsStopped(t *testing.T) {
	body := []byte(`{"n": [` + strings.TrimSuffix(strings.Repeat("1,", 5000), ",") + `], "text": "` + strings.Repeat("x", 60_000) + `"}`)
	for name, fields := range map[string]string{
		"loops in each other":   `{"external_id": "'1'", "contact.id": "'2'", "text": "string(body.n.all(a, body.n.all(b, body.n.all(c, true))))"}`,
		"text that grows":       `{"external_id": "'1'", "contact.id": "'2'", "text": "string(body.text).replace('x', string(body.text))"}`,
		"lists that grow":       `{"external_id": "'1'", "contact.id": "'2'", "attachments": "body.n.map(a, {'url': body.text, 'type': 'image'})"}`,
		"an item for each":      `{"external_id": "string(item)", "contact.id": "'2'", "text": "string(body.n.all(a, true))"}`,
		"all that is allowed":   `{"external_id": "string(item)", "contact.id": "'2'", "text": "string(body.text)"}`,
		"names that are many":   `{"external_id": "'1'", "contact.id": "'2'", "context": "{'a': body.text, 'b': body.text, 'c': body.text, 'd': body.text, 'e': body.text}"}`,
		"references that nest":  `{"external_id": "'1'", "contact.id": "'2'", "text": "toJson([body, body, body, body].map(a, [a, a, a, a].map(b, [b, b, b, b])))"}`,
		"a pattern that is bad": `{"external_id": "'1'", "contact.id": "'2'", "text": "string(string(body.text).matches('(x+x+)+y'))"}`,
	} {
		t.Run(name, func(t *testing.T) {
			inbound := `{"rules": [{"emit": "message", "fields": ` + fields + `}]}`
			if strings.Contains(fields, "item") {
				inbound = `{"items": "body.n", "rules": [{"emit": "message", "fields": ` + fields + `}]}`
			}
			c, err := openCustom(altered(t, "inbound", inbound))
			require.NoError(t, err)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			events, err := c.Parse(&connectors.Request{Method: http.MethodPost, Body: body})
			runtime.ReadMemStats(&after)
			require.NoError(t, err)
			require.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(32<<20))
			last := events[len(events)-1]
			require.Equal(t, normalize.EventUnknown, last.Type, "what could not be read is kept with its reason")
			require.NotEmpty(t, last.Unknown.Reason)
		})
	}
}

func TestATokenIsGotAndPutIntoCallsToWrittenHostsAlone(t *testing.T) {
	settings := altered(t, "token", `{"request": {"url": "https://auth.example.com/token", "form": {"grant_type": "refresh_token", "refresh_token": "{{secrets.refresh}}"}},
		"access": "resp.body.access_token", "expires_in": "resp.body.expires_in", "rotated": {"refresh": "resp.body.refresh_token"}}`)
	c, err := custom.Kind().New(connectors.Config{Credentials: secrets(map[string]string{"secret": "s", "refresh": "r-1"}), Settings: settings})
	require.NoError(t, err)
	tokened := c.(connectors.Tokened)
	call, err := tokened.TokenCall(noTime())
	require.NoError(t, err)
	require.Equal(t, "grant_type=refresh_token&refresh_token=r-1", string(call.Body))
	got, err := tokened.ReadToken(&connectors.Response{Status: 200, Body: []byte(`{"access_token":"a-1","expires_in":3600,"refresh_token":"r-2"}`)})
	require.NoError(t, err)
	require.Equal(t, "a-1", got.Access.Reveal())
	require.Equal(t, "r-2", got.Rotated["refresh"].Reveal())
	require.Equal(t, "1h0m0s", got.TTL.String())
	_, err = tokened.ReadToken(&connectors.Response{Status: 200, Body: []byte(`{}`)})
	require.Error(t, err)

	out := &normalize.Outbound{To: normalize.Peer{ID: "1"}, Parts: []normalize.Message{{Type: normalize.TypeText, Text: "x"}}}
	send, err := c.Next(out, nil)
	require.NoError(t, err)
	tokened.Authorize(send, got.Access)
	require.Equal(t, "Bearer a-1", send.Header.Get("Authorization"))
	require.True(t, c.Classify(send, &connectors.Response{Status: 401, Header: http.Header{}}).StaleToken)

	foreign := *send
	foreign.Name, foreign.Header = "file", http.Header{}
	tokened.Authorize(&foreign, got.Access)
	require.Empty(t, foreign.Header, "calls of others are left alone")
}

func TestWithoutARuleTheStatusTells(t *testing.T) {
	c, err := openCustom(json.RawMessage(least))
	require.NoError(t, err)
	call, err := c.Next(&normalize.Outbound{To: normalize.Peer{ID: "1"}, Parts: []normalize.Message{{Type: normalize.TypeText, Text: "x"}}}, nil)
	require.NoError(t, err)
	for status, want := range map[int]connectors.Verdict{
		200: connectors.Done, 204: connectors.Done, 302: connectors.Retry, 400: connectors.Refuse, 401: connectors.Refuse, 403: connectors.Refuse,
		404: connectors.Refuse, 408: connectors.Retry, 425: connectors.Retry, 429: connectors.Wait, 500: connectors.Retry, 503: connectors.Retry, 0: connectors.Unclear,
	} {
		o := c.Classify(call, &connectors.Response{Status: status, Header: http.Header{}})
		require.Equal(t, want, o.Verdict, status)
		require.Equal(t, want == connectors.Done, o.Failure == nil, status)
	}
}
