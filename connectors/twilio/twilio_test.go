package twilio_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/conntest"
	"threadhub/connectors/twilio"
	"threadhub/normalize"
)

const (
	header   = "X-Twilio-Signature"
	account  = "AC5e1f00000000000000000000000000d4"
	token    = "auth-token-of-this-suite"
	previous = "auth-token-before-that"
)

func config(settings string) connectors.Config {
	return connectors.Config{
		Credentials: map[string]connectors.Secret{
			"account_sid":         connectors.NewSecret(account),
			"auth_token":          connectors.NewSecret(token),
			"auth_token_previous": connectors.NewSecret(previous),
		},
		Settings:   json.RawMessage(settings),
		WebhookURL: "https://hub.example/webhooks/ch_twilio",
	}
}

// sign is Twilio's way, written anew: of repeated parameters the first counts.
func sign(token, address string, body []byte) string {
	plain := func(s string) string {
		if p, err := url.QueryUnescape(s); err == nil {
			return p
		}
		return s
	}
	values := map[string]string{}
	for item := range strings.SplitSeq(string(body), "&") {
		key, value, _ := strings.Cut(item, "=")
		if _, ok := values[plain(key)]; !ok && item != "" {
			values[plain(key)] = plain(value)
		}
	}
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address))
	for _, key := range keys {
		mac.Write([]byte(key + values[key]))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func suite(cases, settings string) conntest.Suite {
	return conntest.Suite{
		Kind:   twilio.Kind(),
		Config: config(settings),
		Cases:  "../../testdata/" + cases,
		Sign: func(req *connectors.Request, _ time.Time) {
			body := req.Body
			if req.Query.Has("bodySHA256") {
				body = nil
			}
			req.Header.Set(header, sign(token, req.URL, body))
		},
		SignsBody: true,
	}
}

const (
	overSMS      = `{"from": "+14155550199"}`
	overWhatsApp = `{"from": "whatsapp:+14155550199", "transport": "whatsapp"}`
)

func sms() conntest.Suite      { return suite("twilio", overSMS) }
func whatsapp() conntest.Suite { return suite("twilio_whatsapp", overWhatsApp) }

func TestConformanceOverSMS(t *testing.T)      { conntest.Run(t, sms()) }
func TestConformanceOverWhatsApp(t *testing.T) { conntest.Run(t, whatsapp()) }
func FuzzParse(f *testing.F)                   { conntest.FuzzParse(f, whatsapp()) }
func FuzzVerify(f *testing.F)                  { conntest.FuzzVerify(f, sms()) }

func BenchmarkWebhook(b *testing.B) { conntest.Benchmark(b, sms()) }

func open(t testing.TB, c connectors.Config) connectors.Connector {
	t.Helper()
	conn, err := twilio.Kind().New(c)
	require.NoError(t, err)
	return conn
}

func request(address, body, signature string) *connectors.Request {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	return &connectors.Request{
		Method: http.MethodPost, URL: address, Query: u.Query(),
		Header: http.Header{header: {signature}}, Body: []byte(body),
	}
}

func TestSignatures(t *testing.T) {
	const (
		app    = "https://mycompany.com/myapp.php?foo=1&bar=2"
		call   = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&Reason=Participant&ReasonConferenceEnded=test&To=%2B18005551212"
		object = `{"property": "value", "boolean": true}`
		sum    = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
		hub    = "https://hub.example.com/webhooks/twilio/ch_1?x=1"
		hello  = "AccountSid=AC00000000000000000000000000000000&Body=Hello+world&From=%2B14155550100&MessageSid=SM00000000000000000000000000000001&NumMedia=0&To=%2B14155550199"
	)
	port := strings.Replace(hub, "hub.example.com", "hub.example.com:443", 1)
	plain := strings.Replace(hub, "https", "http", 1)
	tests := map[string]struct {
		address, body, signature string
		ok                       bool
	}{
		"the documented form is accepted":                      {app, call, "vOEb5UThFn24KEfnOFLQY2AE5FY=", true},
		"the documented short form is accepted":                {app, "property=value&boolean=true", "NBdBDr/T/lgjI+tlgpXjKZQZs/k=", true},
		"a JSON body is proved by its hash":                    {"https://mycompany.com/myapp.php?bodySHA256=" + sum, object, "y77kIzt2vzLz71DgmJGsen2scGs=", true},
		"a JSON body beside other parameters is":               {app + "&bodySHA256=" + sum, object, "a9nBmqA0ju/hNViExpshrM61xv4=", true},
		"an altered JSON body is refused":                      {app + "&bodySHA256=" + sum, object + " ", "a9nBmqA0ju/hNViExpshrM61xv4=", false},
		"an empty hash is refused":                             {app + "&bodySHA256=", object, sign("12345", app+"&bodySHA256=", nil), false},
		"a JSON body without a hash is refused":                {app, object, sign("12345", app, nil), false},
		"a text message is accepted":                           {hub, hello, "G/5ilys33Sbz09mdHS/b7899tTo=", true},
		"parameters in another order are":                      {hub, "To=%2B14155550199&" + strings.TrimSuffix(hello, "&To=%2B14155550199"), "G/5ilys33Sbz09mdHS/b7899tTo=", true},
		"signed with the port, called without":                 {hub, hello, sign("12345", port, []byte(hello)), true},
		"signed without the port, called with":                 {port, hello, sign("12345", hub, []byte(hello)), true},
		"http has port 80":                                     {plain, hello, sign("12345", strings.Replace(port, "https", "http", 1), []byte(hello)), false},
		"http signed with its port is accepted":                {plain, hello, sign("12345", strings.Replace(plain, ".com", ".com:80", 1), []byte(hello)), true},
		"another path is refused":                              {strings.Replace(hub, "ch_1", "ch_2", 1), hello, "G/5ilys33Sbz09mdHS/b7899tTo=", false},
		"another query is refused":                             {strings.Replace(hub, "x=1", "x=2", 1), hello, "G/5ilys33Sbz09mdHS/b7899tTo=", false},
		"a parameter more is refused":                          {hub, hello + "&a=", "G/5ilys33Sbz09mdHS/b7899tTo=", false},
		"an empty parameter counts":                            {hub, hello + "&a=", sign("12345", hub, []byte(hello+"&a=")), true},
		"a repeated parameter may be signed once":              {hub, "a=2&a=1", sign("12345", hub, []byte("a=2")), true},
		"a repeated parameter may be signed in full":           {hub, "a=2&a=1&a=2", sign("12345", hub, []byte("a=1a2")), true},
		"a repeated parameter may not be signed by its second": {hub, "a=2&a=1", sign("12345", hub, []byte("a=1")), false},
		"the previous token counts while it is kept":           {hub, hello, sign(previous, hub, []byte(hello)), true},
		"another token is refused":                             {hub, hello, sign("54321", hub, []byte(hello)), false},
		"no token at all is refused":                           {hub, hello, sign("", hub, []byte(hello)), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := config(overSMS)
			c.Credentials["auth_token"] = connectors.NewSecret("12345")
			err := open(t, c).Verify(request(tt.address, tt.body, tt.signature), time.Time{})
			if tt.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, connectors.ErrSignature)
		})
	}
}

func TestConfiguration(t *testing.T) {
	tests := map[string]struct {
		settings string
		change   func(map[string]connectors.Secret)
		refused  string
	}{
		"a number is enough":                        {settings: overSMS},
		"a messaging service is enough":             {settings: `{"messaging_service_sid": "MG00000000000000000000000000000001"}`},
		"a prefix tells the transport":              {settings: `{"from": "whatsapp:+14155550199"}`},
		"no sender":                                 {settings: `{}`, refused: "messaging_service_sid"},
		"two senders":                               {settings: `{"from": "+1", "messaging_service_sid": "MG1"}`, refused: "exclude"},
		"a service that is none":                    {settings: `{"messaging_service_sid": "MG/../1"}`, refused: "messaging_service_sid"},
		"a number's SID that is none":               {settings: `{"from": "+1", "phone_number_sid": "?"}`, refused: "phone_number_sid"},
		"a transport that there is not":             {settings: `{"from": "+1", "transport": "fax"}`, refused: "transport"},
		"a prefix against the transport":            {settings: `{"from": "whatsapp:+1", "transport": "sms"}`, refused: "transport"},
		"an address without a scheme":               {settings: `{"from": "+1", "api_base_url": "api.example"}`, refused: "api_base_url"},
		"an address with a password":                {settings: `{"from": "+1", "api_base_url": "https://u:p@api.example"}`, refused: "api_base_url"},
		"settings of another type than an object":   {settings: `[]`, refused: "settings"},
		"an account that would change the path":     {settings: overSMS, change: func(m map[string]connectors.Secret) { m["account_sid"] = connectors.NewSecret("AC1/../AC2") }, refused: "account_sid"},
		"an API key without its secret is refused":  {settings: overSMS, change: func(m map[string]connectors.Secret) { m["api_key_sid"] = connectors.NewSecret("SK1") }, refused: "api_key_secret"},
		"an API key's secret without it is refused": {settings: overSMS, change: func(m map[string]connectors.Secret) { m["api_key_secret"] = connectors.NewSecret("s") }, refused: "api_key_sid"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := config(tt.settings)
			if tt.change != nil {
				tt.change(c.Credentials)
			}
			_, err := twilio.Kind().New(c)
			if tt.refused == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.refused)
		})
	}
}

func TestAnAPIKeyAuthorisesCallsAndSignsNoWebhook(t *testing.T) {
	c := config(overSMS)
	c.Credentials["api_key_sid"] = connectors.NewSecret("SK01")
	c.Credentials["api_key_secret"] = connectors.NewSecret("key-secret")
	conn := open(t, c)
	basic := base64.StdEncoding.EncodeToString([]byte("SK01:key-secret"))
	require.Equal(t, "Basic "+basic, conn.(connectors.Checker).Check().Header.Get("Authorization"))
	require.Contains(t, conn.(connectors.Redactor).Redactions(), basic)
	const address, body = "https://hub.example/webhooks/ch_1", "MessageSid=SM1"
	require.ErrorIs(t, conn.Verify(request(address, body, sign("key-secret", address, []byte(body))), time.Time{}), connectors.ErrSignature)
	require.NoError(t, conn.Verify(request(address, body, sign(token, address, []byte(body))), time.Time{}))
}

func TestStatusesAreReportedOnlyWhereTwilioTakesTheAddress(t *testing.T) {
	for address, taken := range map[string]bool{
		"https://hub.example/webhooks/ch_1":    true,
		"http://hub.example/webhooks/ch_1":     false,
		"https://my_hub.example/webhooks/ch_1": false,
		"https://localhost/webhooks/ch_1":      false,
		"":                                     false,
	} {
		c := config(overSMS)
		c.WebhookURL = address
		call, err := open(t, c).Next(&normalize.Outbound{
			ID: "msg_1", To: normalize.Peer{ID: "+14155550100"}, Parts: []normalize.Message{{Type: normalize.TypeText, Text: "hi"}},
		}, nil)
		require.NoError(t, err)
		sent, err := url.ParseQuery(string(call.Body))
		require.NoError(t, err)
		require.Equal(t, taken, sent.Has("StatusCallback"), address)
	}
}

func TestAMessagingServiceSendsAndIsRegistered(t *testing.T) {
	conn := open(t, config(`{"messaging_service_sid": "MG00000000000000000000000000000001"}`))
	call, err := conn.Next(&normalize.Outbound{
		ID: "msg_1", To: normalize.Peer{ID: "+14155550100"}, Parts: []normalize.Message{{Type: normalize.TypeText, Text: "hi"}},
	}, nil)
	require.NoError(t, err)
	require.Contains(t, string(call.Body), "MessagingServiceSid=MG00000000000000000000000000000001")
	require.NotContains(t, string(call.Body), "From=")

	calls, err := conn.(connectors.Subscriber).Subscribe("https://hub.example/webhooks/ch_1")
	require.NoError(t, err)
	require.Len(t, calls, 1)
	require.Equal(t, "https://messaging.twilio.com/v1/Services/MG00000000000000000000000000000001", calls[0].URL)
	require.Contains(t, string(calls[0].Body), "InboundRequestUrl=https%3A%2F%2Fhub.example%2Fwebhooks%2Fch_1")
}

func TestCapabilitiesFollowTheTransport(t *testing.T) {
	over := func(settings string) normalize.Capabilities {
		return open(t, config(settings)).(connectors.Capable).Capabilities()
	}
	require.Nil(t, over(overSMS).Window)
	require.Equal(t, 24*time.Hour, over(overWhatsApp).Window.Open)
	_, typist := open(t, config(overSMS)).(connectors.Typist)
	require.False(t, typist)
}

func TestTheAcknowledgementIsEmptyTwiML(t *testing.T) {
	reply := open(t, config(overSMS)).(connectors.Acknowledger).Acknowledge(nil)
	require.Equal(t, http.StatusOK, reply.Status)
	require.Equal(t, "text/xml", reply.ContentType)
	require.Equal(t, `<?xml version="1.0" encoding="UTF-8"?><Response/>`, string(reply.Body))
}

// TestSamplesOfOthersAreUnderstood reads webhooks collected from public
// sources, where they are at hand: none may be refused or remain Unknown.
func TestSamplesOfOthersAreUnderstood(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/platforms/samples/twilio/*.txt")
	require.NoError(t, err)
	conn := open(t, config(overWhatsApp))
	for _, path := range paths {
		if strings.HasSuffix(path, ".source.txt") {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			body, err := os.ReadFile(path)
			require.NoError(t, err)
			body = []byte(strings.TrimSpace(string(body)))
			const address = "https://hub.example/webhooks/ch_1"
			req := request(address, string(body), sign(token, address, body))
			require.NoError(t, conn.Verify(req, time.Time{}))
			events, err := conn.Parse(req)
			require.NoError(t, err)
			require.NotEmpty(t, events)
			for _, ev := range events {
				require.NoError(t, ev.Validate())
				require.NotEqual(t, normalize.EventUnknown, ev.Type)
				require.NotEmpty(t, ev.Peer.ID)
			}
		})
	}
}

// TestAnswersOfOthersAreUnderstood classifies an answer collected likewise.
func TestAnswersOfOthersAreUnderstood(t *testing.T) {
	body, err := os.ReadFile("../../../shared/platforms/samples/twilio/rest_create_message_response.json")
	if os.IsNotExist(err) {
		return
	}
	require.NoError(t, err)
	o := open(t, config(overSMS)).Classify(&connectors.Call{Name: "messages", Visible: true}, &connectors.Response{Status: 201, Body: body})
	require.Equal(t, connectors.Done, o.Verdict)
	require.Len(t, o.IDs, 1)
}

// TestOfARepeatedParameterTheFirstCounts holds because it is the one that is
// always signed.
func TestOfARepeatedParameterTheFirstCounts(t *testing.T) {
	events, err := open(t, config(overSMS)).Parse(&connectors.Request{
		Body: []byte("MessageSid=SM1&Body=signed&Body=added&From=%2B14155550123&To=%2B14155550199&To=x"),
	})
	require.NoError(t, err)
	require.Equal(t, "signed", events[0].Message.Text)
}
