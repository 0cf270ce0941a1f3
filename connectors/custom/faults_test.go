package custom_test

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/custom"
	"threadhub/normalize"
)

// least is a definition with nothing in it that could be left out.
const least = `{"verify": [{"mode": "static_header", "header": "X-Token", "secret": "secret"}],
 "inbound": {"rules": [{"emit": "message", "fields": {"external_id": "item.id", "contact.id": "item.from", "text": "item.text"}}]},
 "outbound": {"text": {"url": "https://api.example.com/send", "json": {"to": "{{contact.id}}", "text": "{{message.text}}"}}}}`

// altered is the least definition with the value at a path replaced.
func altered(t testing.TB, path, value string) json.RawMessage {
	t.Helper()
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(least), &doc))
	if path == "" {
		return json.RawMessage(least)
	}
	names := strings.Split(path, "/")
	at := any(doc)
	for _, name := range names[:len(names)-1] {
		switch x := at.(type) {
		case map[string]any:
			if x[name] == nil {
				x[name] = map[string]any{}
			}
			at = x[name]
		case []any:
			at = x[0]
		}
	}
	var v any
	require.NoError(t, json.Unmarshal([]byte(value), &v))
	at.(map[string]any)[names[len(names)-1]] = v
	raw, err := json.Marshal(doc)
	require.NoError(t, err)
	return raw
}

func openCustom(settings json.RawMessage) (connectors.Connector, error) {
	return custom.Kind().New(connectors.Config{Credentials: secrets(map[string]string{"secret": "s3cret-value"}), Settings: settings})
}

func TestADefinitionsFaultsNameTheFieldAndTheRemedy(t *testing.T) {
	_, err := openCustom(json.RawMessage(least))
	require.NoError(t, err)
	tests := map[string]struct{ path, value, field, says string }{
		"no way of proving":                  {"verify", `[]`, "settings.verify", "say how webhooks prove"},
		"only networks":                      {"verify", `[{"mode": "ip_allowlist", "cidrs": ["10.0.0.0/8"]}]`, "settings.verify", "addition"},
		"none beside another":                {"verify", `[{"mode": "none"}, {"mode": "static_header", "header": "X", "secret": "secret"}]`, "settings.verify", "useless"},
		"a mode that is not known":           {"verify/0/mode", `"magic"`, "settings.verify.0.mode", "use one of hmac"},
		"a signature of nothing":             {"verify", `[{"mode": "hmac", "header": "X", "secret": "secret"}]`, "settings.verify.0.parts", "raw_body"},
		"a signature nowhere":                {"verify", `[{"mode": "hmac", "parts": ["raw_body"], "secret": "secret"}]`, "settings.verify.0", "one of header, query and json"},
		"a signed part that is not known":    {"verify", `[{"mode": "hmac", "header": "X", "parts": ["bdy"], "secret": "secret"}]`, "settings.verify.0.parts.0", "raw_body"},
		"a digest of what anybody sees":      {"verify", `[{"mode": "digest", "header": "X", "parts": ["raw_body"], "secret": "secret"}]`, "settings.verify.0.parts", `add the part "secret"`},
		"a time that nobody signed":          {"verify", `[{"mode": "hmac", "header": "X", "parts": ["raw_body", "header:X-Other"], "secret": "secret", "timestamp": {"header": "X-Time"}}]`, "settings.verify.0.timestamp", `add "timestamp" or "header:X-Time" to parts`},
		"a time beside what is signed":       {"verify", `[{"mode": "hmac", "header": "X", "parts": ["raw_body"], "secret": "secret", "timestamp": {"query": "t"}}]`, "settings.verify.0.timestamp", "is not signed"},
		"a time that is nowhere":             {"verify", `[{"mode": "hmac", "header": "X", "parts": ["timestamp"], "secret": "secret"}]`, "settings.verify.0.timestamp", "where the time stands"},
		"a credential that is not set":       {"verify/0/secret", `"other"`, "settings.verify.0.secret", "credentials.other"},
		"a network that is none":             {"verify", `[{"mode": "none"}, {"mode": "ip_allowlist", "cidrs": ["ten"]}]`, "settings.verify.1.cidrs.0", "203.0.113.0/24"},
		"a slip in an expression":            {"inbound/rules/0/fields/text", `"item.text +"`, "settings.inbound.rules.0.fields.text", "column 12"},
		"a name that is not known":           {"inbound/rules/0/fields/text", `"message.text"`, "settings.inbound.rules.0.fields.text", "not known here: use body"},
		"a secret where things come in":      {"inbound/rules/0/fields/text", `"secrets.secret"`, "settings.inbound.rules.0.fields.text", "not known here"},
		"a field that no message has":        {"inbound/rules/0/fields/txt", `"item.text"`, "settings.inbound.rules.0.fields.txt", "use one of account"},
		"a message without its sender":       {"inbound/rules", `[{"emit": "message", "fields": {"external_id": "item.id"}}]`, "settings.inbound.rules.0.fields.contact.id", "message needs contact.id"},
		"an event that is not known":         {"inbound/rules/0/emit", `"party"`, "settings.inbound.rules.0.emit", "use one of consent"},
		"a status that is none":              {"inbound/rules", `[{"emit": "status", "fields": {"ref": "item.id", "status": {"expr": "item.s", "map": {"D": "done"}}}}]`, "settings.inbound.rules.0.fields.status.map.D", "use one of sent"},
		"a condition that answers text":      {"inbound/rules/0/when", `"'yes'"`, "settings.inbound.rules.0.when", "true or false"},
		"a header that proves":               {"inbound/headers", `["X-Token"]`, "settings.inbound.headers.0", "is not kept"},
		"items that are no list":             {"inbound/items", `"'text'"`, "settings.inbound.items", "a list"},
		"a format that is not known":         {"inbound/format", `"yaml"`, "settings.inbound.format", "use one of json"},
		"a host that a value decides":        {"outbound/text/url", `"https://{{contact.id}}/send"`, "settings.outbound.text.url", "host written out"},
		"a host that a value ends":           {"outbound/text/url", `"https://api.example.com{{contact.id}}"`, "settings.outbound.text.url", "written out to its end"},
		"an address of the platform's":       {"outbound/text/url", `"{{context.url}}"`, "settings.outbound.text.hosts", "list the hosts"},
		"a host that is too wide":            {"outbound/text", `{"url": "{{context.url}}", "hosts": ["*.com"]}`, "settings.outbound.text.hosts.0", "write api.example.com"},
		"an address below nothing":           {"outbound/text/url", `"/send"`, "settings.outbound.text.url", "api_base_url"},
		"an address with a password":         {"outbound/text/url", `"https://u:p@api.example.com/"`, "settings.outbound.text.url", "headers"},
		"an address of another scheme":       {"outbound/text/url", `"ftp://api.example.com/"`, "settings.outbound.text.url", "absolute"},
		"two bodies":                         {"outbound/text/form", `{"a": "b"}`, "settings.outbound.text", "one of json, form"},
		"a body of a GET":                    {"outbound/text/method", `"GET"`, "settings.outbound.text.method", "no body"},
		"an expression that is not closed":   {"outbound/text/json", `{"to": "{{contact.id"}`, "settings.outbound.text.json.to", "close the expression"},
		"a slip in a template":               {"outbound/text/json", `{"to": "to: {{contcat.id}}"}`, "settings.outbound.text.json.to", "column 7"},
		"a field that a contact has not":     {"outbound/text/json", `{"to": "{{contact.idd}}"}`, "settings.outbound.text.json.to", "contact has no idd: use one of id"},
		"an expression in a name":            {"outbound/text/json", `{"{{contact.id}}": 1}`, "settings.outbound.text.json.{{contact.id}}", "a name cannot hold"},
		"a secret by a name that varies":     {"outbound/text/json", `{"a": "{{secrets[contact.id]}}"}`, "settings.outbound.text.json.a", "secrets.name"},
		"a header of the hub's":              {"outbound/text/headers", `{"Host": "x"}`, "settings.outbound.text.headers.Host", "itself"},
		"an error class that is not known":   {"outbound/errors", `[{"when": "true", "class": "bad"}]`, "settings.outbound.errors.0.class", "use one of retryable"},
		"a field that no answer has":         {"outbound/success_when", `"response.ok"`, "settings.outbound.success_when", "use resp"},
		"media without a call":               {"capabilities", `{"media": ["image"]}`, "settings.capabilities.media.image", "outbound.media or outbound.image"},
		"buttons without a call":             {"capabilities", `{"buttons": {"max": 3}}`, "settings.capabilities.buttons", "add outbound.buttons"},
		"answers that look like any message": {"capabilities", `{"reply_to": true}`, "settings.capabilities.reply_to", "message.reply_to"},
		"idempotent by nothing":              {"capabilities", `{"idempotent": true}`, "settings.capabilities.idempotent", "message.id"},
		"a window that is no duration":       {"capabilities", `{"reply_window": "a day"}`, "settings.capabilities.reply_window", "24h"},
		"a handshake without an answer":      {"handshake", `{"method": "GET"}`, "settings.handshake", "echo_query"},
		"a handshake like any event":         {"handshake", `{"method": "POST", "reply": {"text": "ok"}}`, "settings.handshake", "require_json"},
		"an acknowledgement in HTML":         {"acknowledge", `{"content_type": "text/html", "text": "ok"}`, "settings.acknowledge.content_type", "application/json"},
		"an acknowledgement of failure":      {"acknowledge", `{"status": 500, "text": "no"}`, "settings.acknowledge.status", "200 to 299"},
		"an API address that is none":        {"api_base_url", `"api.example.com"`, "settings.api_base_url", "absolute address"},
		"joining lists":                      {"inbound/items", `"body.a + body.b"`, "settings.inbound.items", "flatten()"},
		"comparing what is not known":        {"inbound/rules/0/when", `"item.a == item.b"`, "settings.inbound.rules.0.when", "string(…)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := openCustom(altered(t, tt.path, tt.value))
			var told *connectors.ConfigError
			require.ErrorAs(t, err, &told)
			found := map[string]string{}
			for _, f := range told.Faults {
				found[f.Field] = f.Message
			}
			require.Contains(t, found, tt.field)
			require.Contains(t, found[tt.field], tt.says)
			require.NotContains(t, err.Error(), "s3cret-value")
		})
	}
}

func TestUnknownFieldsAreNamed(t *testing.T) {
	for path, value := range map[string]string{"verfy": `[]`, "inbound/rules/0/whn": `"true"`, "outbound/text/body": `"x"`, "capabilities/txt": `1`} {
		_, err := openCustom(altered(t, path, value))
		names := strings.Split(path, "/")
		require.ErrorContains(t, err, names[len(names)-1])
	}
}

func TestHostsThatAreCalledAreTold(t *testing.T) {
	c, err := openCustom(altered(t, "outbound/text", `{"url": "{{context.url}}", "hosts": ["api.example.com", "*.files.example.com"]}`))
	require.NoError(t, err)
	require.Equal(t, []connectors.Address{
		{Field: "settings.outbound.text.hosts.0", URL: "https://api.example.com"},
		{Field: "settings.outbound.text.hosts.1", URL: "https://any.files.example.com"},
	}, c.(connectors.Addressed).Addresses())
}

func TestAddressesFromThePlatformStayWithTheirHosts(t *testing.T) {
	c, err := openCustom(altered(t, "outbound/text", `{"url": "{{context.url}}", "hosts": ["api.example.com", "*.files.example.com"]}`))
	require.NoError(t, err)
	for url, ok := range map[string]bool{
		"https://api.example.com/cb?x=1": true, "https://a.files.example.com/": true, "https://API.example.com/": true,
		"https://files.example.com/": false, "http://api.example.com/": false, "https://api.example.com.evil.example/": false,
		"https://evil.example/api.example.com": false, "https://u@api.example.com/": false, "https://api.example.com:8443/": false,
		"https://api.example.com\\@evil.example/": false, "javascript:alert(1)": false, "": false, "//api.example.com/": false,
	} {
		_, err := c.Next(&normalize.Outbound{
			To: normalize.Peer{ID: "1"}, Context: map[string]string{"url": url}, Parts: []normalize.Message{{Type: normalize.TypeText, Text: "x"}},
		}, nil)
		require.Equal(t, ok, err == nil, "%q: %v", url, err)
	}
}

func TestValuesCannotChangeAnAddressOrAHeader(t *testing.T) {
	c, err := openCustom(altered(t, "outbound/text", `{"url": "https://api.example.com/u/{{contact.id}}/f/{{+message.text}}?q={{contact.id}}", "headers": {"X-To": "{{contact.name}}"}}`))
	require.NoError(t, err)
	next := func(id, name, text string) (*connectors.Call, error) {
		return c.Next(&normalize.Outbound{
			To: normalize.Peer{ID: normalize.PeerID(id), Name: name}, Parts: []normalize.Message{{Type: normalize.TypeText, Text: text}},
		}, nil)
	}
	call, err := next("a/b?c#d&e", "Bo", "x/y z")
	require.NoError(t, err)
	require.Equal(t, "https://api.example.com/u/a%2Fb%3Fc%23d&e/f/x/y%20z?q=a%2Fb%3Fc%23d%26e", call.URL)
	for _, bad := range [][3]string{{"..", "Bo", "x"}, {"a", "Bo\r\nX-Evil: 1", "x"}, {"a", "Bo", "x/../../admin"}} {
		_, err := next(bad[0], bad[1], bad[2])
		require.Error(t, err, bad)
	}
}

func TestOneDefinitionServesManyAtOnce(t *testing.T) {
	kind := custom.Kind()
	var wg sync.WaitGroup
	errs := make(chan error, 16)
	for range 16 {
		wg.Go(func() {
			c, err := kind.New(connectors.Config{Credentials: secrets(map[string]string{"secret": "s3cret-value"}), Settings: json.RawMessage(least)})
			for range 20 {
				if err != nil {
					break
				}
				var events []normalize.Event
				events, err = c.Parse(&connectors.Request{Method: "POST", Body: []byte(`{"id": 1, "from": 2, "text": "hi"}`)})
				if err == nil && (len(events) != 1 || events[0].Message.Text != "hi") {
					err = errors.New("another event")
				}
			}
			errs <- err
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
}
