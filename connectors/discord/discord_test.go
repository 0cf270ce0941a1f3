package discord_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/conntest"
	"threadhub/connectors/discord"
	"threadhub/connectors/discord/gateway"
	"threadhub/normalize"
)

const (
	signatureHeader = "X-Signature-Ed25519"
	timestampHeader = "X-Signature-Timestamp"
	token           = "bot-token-of-this-suite.x_y-z"
)

// signing is a key of the suite's own.
func signing() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte("a seed of this suite's own, 32 B"))
}

func publicKey() string { return hex.EncodeToString(signing().Public().(ed25519.PublicKey)) }

func config() connectors.Config {
	return connectors.Config{
		Credentials: map[string]connectors.Secret{
			"bot_token": connectors.NewSecret(token), "public_key": connectors.NewSecret(publicKey()),
		},
		Settings:   json.RawMessage(`{"application_id":"700100200300400500"}`),
		WebhookURL: "https://hub.example/webhooks/ch_1",
	}
}

func TestCallsSayWhoseBotItIs(t *testing.T) {
	for address, agent := range map[string]string{
		"https://hub.example/webhooks/ch_1": "DiscordBot (https://hub.example, 1)",
		"":                                  "DiscordBot (threadhub, 1)",
	} {
		c := config()
		c.WebhookURL = address
		conn, err := discord.Kind().New(c)
		require.NoError(t, err)
		require.Equal(t, agent, conn.(connectors.Checker).Check().Header.Get("User-Agent"))
	}
}

func sign(req *connectors.Request, at time.Time) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	req.Header.Set(timestampHeader, stamp)
	req.Header.Set(signatureHeader, hex.EncodeToString(ed25519.Sign(signing(), append([]byte(stamp), req.Body...))))
}

func suite() conntest.Suite {
	return conntest.Suite{
		Kind: discord.Kind(), Config: config(), Cases: "../../testdata/discord",
		Sign: sign, SignsBody: true, Tolerance: 5 * time.Minute,
	}
}

func TestConformance(t *testing.T) { conntest.Run(t, suite()) }
func FuzzParse(f *testing.F)       { conntest.FuzzParse(f, suite()) }
func FuzzVerify(f *testing.F)      { conntest.FuzzVerify(f, suite()) }

func BenchmarkWebhook(b *testing.B) { conntest.Benchmark(b, suite()) }

// open makes a connector of the suite's configuration with changes to it.
func open(t testing.TB, change func(*connectors.Config)) connectors.Connector {
	t.Helper()
	c := config()
	if change != nil {
		change(&c)
	}
	conn, err := discord.Kind().New(c)
	require.NoError(t, err)
	return conn
}

func post(body string) *connectors.Request {
	return &connectors.Request{Method: http.MethodPost, Header: http.Header{}, Body: []byte(body)}
}

func TestVerify(t *testing.T) {
	// The vector of platforms/discord: Signature.
	const (
		key       = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
		stamp     = "1700000000"
		body      = `{"id":"787053080478613555","token":"ThisIsATokenFromDiscordThatIsVeryLong","type":1,"version":1}`
		signature = "81d7269c4a7ffcec3d0e612cbf333e052282a6d3c913296937ebc937bdc7821690ce825568ac2f91057bd34a640c1ddfca8faeeda4446b68f663d61d753c6102"
	)
	known := func(c *connectors.Config) { c.Credentials["public_key"] = connectors.NewSecret(key) }
	tests := map[string]struct {
		change     func(*connectors.Config)
		signatures []string
		stamps     []string
		late       time.Duration
		ok         bool
	}{
		"the known example is accepted":                    {known, []string{signature}, []string{stamp}, 0, true},
		"five minutes late is accepted":                    {known, []string{signature}, []string{stamp}, 5 * time.Minute, true},
		"five minutes early is accepted":                   {known, []string{signature}, []string{stamp}, -5 * time.Minute, true},
		"later is refused":                                 {known, []string{signature}, []string{stamp}, 5*time.Minute + time.Second, false},
		"earlier is refused":                               {known, []string{signature}, []string{stamp}, -5*time.Minute - time.Second, false},
		"the key of another application refuses it":        {nil, []string{signature}, []string{stamp}, 0, false},
		"a signature that is too short is refused":         {known, []string{signature[:126]}, []string{stamp}, 0, false},
		"a signature that is too long is refused":          {known, []string{signature + "00"}, []string{stamp}, 0, false},
		"a signature with half a byte is refused":          {known, []string{signature[:127]}, []string{stamp}, 0, false},
		"a signature in capital letters is refused":        {known, []string{strings.ToUpper(signature)}, []string{stamp}, 0, false},
		"a signature that is not hexadecimal is refused":   {known, []string{"zz" + signature[2:]}, []string{stamp}, 0, false},
		"no signature is refused":                          {known, nil, []string{stamp}, 0, false},
		"an empty signature is refused":                    {known, []string{""}, []string{stamp}, 0, false},
		"two signatures are refused":                       {known, []string{signature, signature}, []string{stamp}, 0, false},
		"no time is refused":                               {known, []string{signature}, nil, 0, false},
		"another time than the signed one is refused":      {known, []string{signature}, []string{"1700000001"}, 0, false},
		"a time that is no number is refused":              {known, []string{signature}, []string{"now"}, 0, false},
		"the same time spelled in another way is refused":  {known, []string{signature}, []string{"+1700000000"}, 0, false},
		"a time beyond all numbers is refused":             {known, []string{signature}, []string{"99999999999999999999"}, 0, false},
		"the signature of another time does not move over": {known, []string{signature}, []string{"170000000"}, 0, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req := post(body)
			req.Header[signatureHeader], req.Header[timestampHeader] = tt.signatures, tt.stamps
			err := open(t, tt.change).Verify(req, time.Unix(1700000000, 0).Add(tt.late))
			if tt.ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, connectors.ErrSignature)
			}
		})
	}
}

// TestPingsAreAnsweredOnlyWhenTheyAreSigned: Discord tries addresses with wrong
// signatures, and takes away those that answer.
func TestPingsAreAnsweredOnlyWhenTheyAreSigned(t *testing.T) {
	conn := open(t, nil)
	for _, body := range []string{`{"id":"1","type":1,"token":"t"}`, `{"version":1,"application_id":"1","type":0}`} {
		req := post(body)
		sign(req, time.Unix(1700000000, 0))
		_, ok := conn.(connectors.Handshaker).Handshake(req)
		require.True(t, ok)
		forged := post(body)
		sign(forged, time.Unix(1700000000, 0))
		forged.Body = append(forged.Body, ' ')
		_, ok = conn.(connectors.Handshaker).Handshake(forged)
		require.False(t, ok)
		require.ErrorIs(t, conn.Verify(forged, time.Unix(1700000000, 0)), connectors.ErrSignature)
	}
}

func TestInteractionsAreAnsweredInTheirOwnForm(t *testing.T) {
	tests := map[string]struct {
		body   string
		status int
		answer string
	}{
		"a command in direct messages is answered later":          {`{"id":"1","type":2,"token":"t","data":{}}`, 200, `{"type":5}`},
		"a command in a server is answered later, for one person": {`{"id":"1","type":2,"token":"t","guild_id":"2"}`, 200, `{"type":5,"data":{"flags":64}}`},
		"a button is answered with nothing that shows":            {`{"id":"1","type":3,"token":"t"}`, 200, `{"type":6}`},
		"a form is answered later":                                {`{"id":"1","type":5,"token":"t"}`, 200, `{"type":5}`},
		"a webhook event has an empty answer":                     {`{"version":1,"type":1,"event":{"type":"X"}}`, 204, ""},
		"what cannot be read has an empty answer":                 {`[`, 204, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			reply := open(t, nil).(connectors.Acknowledger).Acknowledge(post(tt.body))
			require.Equal(t, tt.status, reply.Status)
			require.Equal(t, "application/json", reply.ContentType)
			require.Equal(t, tt.answer, string(reply.Body))
		})
	}
}

func TestConfiguration(t *testing.T) {
	tests := map[string]struct {
		token, key, settings string
		refused              string
	}{
		"no settings at all are fine":             {token: token, key: publicKey()},
		"a key in capital letters is fine":        {token: token, key: strings.ToUpper(publicKey())},
		"a server of one's own is fine":           {token: token, key: publicKey(), settings: `{"api_base_url":"http://127.0.0.1:8081/"}`},
		"a token with a line break":               {token: "abc\ndef", key: publicKey(), refused: "bot_token"},
		"a token with the word Bot":               {token: "Bot abc", key: publicKey(), refused: "bot_token"},
		"a key that is too short":                 {token: token, key: publicKey()[2:], refused: "public_key"},
		"a key that is not hexadecimal":           {token: token, key: strings.Repeat("z", 64), refused: "public_key"},
		"an application that is no number":        {token: token, key: publicKey(), settings: `{"application_id":"kettles"}`, refused: "application_id"},
		"an address without a scheme":             {token: token, key: publicKey(), settings: `{"api_base_url":"api.example"}`, refused: "api_base_url"},
		"an address with a password":              {token: token, key: publicKey(), settings: `{"api_base_url":"https://u:p@api.example"}`, refused: "api_base_url"},
		"settings of another type than an object": {token: token, key: publicKey(), settings: `[]`, refused: "settings"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := config()
			c.Credentials["bot_token"], c.Credentials["public_key"] = connectors.NewSecret(tt.token), connectors.NewSecret(tt.key)
			c.Settings = json.RawMessage(tt.settings)
			_, err := discord.Kind().New(c)
			if tt.refused == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.refused)
			require.NotContains(t, err.Error(), tt.token)
		})
	}
}

func TestSubscribingNeedsTheApplication(t *testing.T) {
	conn := open(t, func(c *connectors.Config) { c.Settings = nil })
	_, err := conn.(connectors.Subscriber).Subscribe("https://hub.example/webhooks/ch_1")
	require.ErrorContains(t, err, "Application ID")
}

func TestWhatTheBotDoesItselfIsNotWanted(t *testing.T) {
	client := open(t, nil).(connectors.Streamed).Stream().(*gateway.Client)
	for _, event := range []string{"MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE", "TYPING_START"} {
		require.False(t, client.Wanted(event, []byte(`{"user_id":"700100200300400500","message_id":"7"}`)), event)
		require.True(t, client.Wanted(event, []byte(`{"user_id":"5","message_id":"7"}`)), event)
	}
	require.True(t, client.Wanted("MESSAGE_DELETE", []byte(`{"id":"7"}`)))
	unnamed := open(t, func(c *connectors.Config) { c.Settings = nil }).(connectors.Streamed).Stream().(*gateway.Client)
	require.True(t, unnamed.Wanted("TYPING_START", []byte(`{}`)))
}

// TestTheSameReactionAgainIsAnotherEvent: Discord gives reactions no id, and a
// person may set one, take it back and set it again.
func TestTheSameReactionAgainIsAnotherEvent(t *testing.T) {
	conn := open(t, nil)
	key := func(session, seq string) string {
		req := post(`{"op":0,"t":"MESSAGE_REACTION_ADD","s":` + seq + `,"d":{"user_id":"5","channel_id":"6","message_id":"7","emoji":{"name":"🔥"}}}`)
		req.Header.Set(connectors.StreamHeader, session)
		events, err := conn.Parse(req)
		require.NoError(t, err)
		require.Len(t, events, 1)
		return events[0].Key
	}
	require.Equal(t, key("gateway/a", "1"), key("gateway/a", "1"), "sent again")
	require.NotEqual(t, key("gateway/a", "1"), key("gateway/a", "2"), "set again")
	require.NotEqual(t, key("gateway/a", "1"), key("gateway/b", "1"), "set in another session")
}

// TestSamplesOfOthersAreUnderstood reads bodies collected from public sources,
// where they are at hand.
func TestSamplesOfOthersAreUnderstood(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/platforms/samples/discord/*.json")
	require.NoError(t, err)
	conn := open(t, nil)
	// The others are messages.
	want := map[string]normalize.EventType{
		"interaction_component.json":                normalize.EventUnknown, // names nobody
		"webhook_event_application_authorized.json": normalize.EventChannel, // names nobody
		"webhook_event_game_dm_create.json":         normalize.EventUnknown, // players among themselves
		"webhook_event_lobby_message_create.json":   normalize.EventUnknown,
	}
	for _, path := range paths {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(path)
			require.NoError(t, err)
			req := post(string(body))
			switch name {
			case "message_object.json":
				req.Body = append(append([]byte(`{"op":0,"s":1,"t":"MESSAGE_CREATE","d":`), body...), '}')
				fallthrough
			case "gateway_message_create_dm.json":
				req.Header.Set(connectors.StreamHeader, "gateway/0")
			default:
				now := time.Unix(1700000000, 0)
				sign(req, now)
				require.NoError(t, conn.Verify(req, now))
			}
			if reply, ok := conn.(connectors.Handshaker).Handshake(req); ok {
				require.Equal(t, "interaction_ping.json", name)
				require.JSONEq(t, `{"type":1}`, string(reply.Body))
				return
			}
			events, err := conn.Parse(req)
			require.NoError(t, err)
			require.Len(t, events, 1)
			require.NoError(t, events[0].Validate())
			expected := want[name]
			if expected == "" {
				expected = normalize.EventMessage
			}
			require.Equal(t, expected, events[0].Type)
		})
	}
}
