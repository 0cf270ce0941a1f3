package whatsapp_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/connectors"
	"threadhub/connectors/whatsapp"
	"threadhub/normalize"
)

// address is whom a call's body is written to.
type address struct {
	To        string `json:"to"`
	Recipient string `json:"recipient"`
	Type      string `json:"recipient_type"`
	Callback  string `json:"biz_opaque_callback_data"`
}

func TestRecipient(t *testing.T) {
	for name, c := range map[string]struct {
		to   normalize.Peer
		want address
	}{
		"a number":                        {normalize.Peer{ID: "351930000001"}, address{To: "351930000001"}},
		"a business-scoped id":            {normalize.Peer{ID: "PT.7001"}, address{Recipient: "PT.7001"}},
		"a parent business-scoped id":     {normalize.Peer{ID: "PT.ENT.7001"}, address{Recipient: "PT.ENT.7001"}},
		"an id with the number as alias":  {normalize.Peer{ID: "PT.7001", Aliases: []normalize.PeerID{"PT.1", "351930000001"}}, address{To: "351930000001"}},
		"an id with the number as phone":  {normalize.Peer{ID: "PT.7001", Phone: "+351930000002", Aliases: []normalize.PeerID{"351930000001"}}, address{To: "351930000002"}},
		"a group, whatever else is known": {normalize.Peer{ID: "GRP-7", Kind: normalize.PeerGroup, Phone: "+351930000002"}, address{To: "GRP-7", Type: "group"}},
		"an id of no known form":          {normalize.Peer{ID: "abc"}, address{To: "abc"}},
	} {
		t.Run(name, func(t *testing.T) {
			call, err := open(t, nil).Next(&normalize.Outbound{
				ID: "msg_1", To: c.to, Parts: []normalize.Message{{Type: normalize.TypeText, Text: "oi"}},
			}, nil)
			require.NoError(t, err)
			var got address
			require.NoError(t, json.Unmarshal(call.Body, &got))
			c.want.Callback = "msg_1"
			if c.want.Type == "" {
				c.want.Type = "individual"
			}
			require.Equal(t, c.want, got)
		})
	}
}

// drawMessage is any message an agent can write.
func drawMessage(t *rapid.T) normalize.Message {
	m := normalize.Message{Type: normalize.TypeText, Text: rapid.String().Draw(t, "text")}
	kinds := []normalize.MessageType{normalize.TypeImage, normalize.TypeAudio, normalize.TypeVideo, normalize.TypeFile, normalize.TypeSticker, ""}
	mimes := []string{"", "image/jpeg", "image/gif", "audio/ogg; codecs=opus", "video/mp4", "application/pdf", "image/webp"}
	for i := range rapid.IntRange(0, 3).Draw(t, "attachments") {
		m.Attachments = append(m.Attachments, normalize.Attachment{
			Type: rapid.SampledFrom(kinds).Draw(t, "kind"), MIME: rapid.SampledFrom(mimes).Draw(t, "mime"),
			URL: fmt.Sprintf("https://files.example/%d", i), Caption: rapid.String().Draw(t, "caption"), Voice: rapid.Bool().Draw(t, "voice"),
		})
	}
	for i := range rapid.IntRange(0, 12).Draw(t, "buttons") {
		b := normalize.Button{ID: fmt.Sprint("b", i), Title: rapid.StringN(1, 30, -1).Draw(t, "title")}
		if rapid.IntRange(0, 3).Draw(t, "link") == 0 {
			b.ID, b.URL = "", "https://shop.example/"
		}
		m.Buttons = append(m.Buttons, b)
	}
	if rapid.Bool().Draw(t, "list") {
		section := normalize.Section{Title: rapid.StringN(0, 30, -1).Draw(t, "section")}
		for i := range rapid.IntRange(1, 12).Draw(t, "rows") {
			section.Rows = append(section.Rows, normalize.Row{ID: fmt.Sprint("r", i), Title: rapid.StringN(1, 90, -1).Draw(t, "row")})
		}
		m.List = &normalize.List{Sections: []normalize.Section{section}}
	}
	if rapid.Bool().Draw(t, "location") {
		m.Location = &normalize.Location{Latitude: 1, Longitude: 2}
	}
	if rapid.Bool().Draw(t, "contact") {
		m.Contacts = []normalize.ContactCard{{Name: "Ivo"}}
	}
	return m
}

func TestWhateverFitsIsRendered(t *testing.T) {
	conn, caps := open(t, nil), whatsapp.Kind().Caps
	rapid.Check(t, func(t *rapid.T) {
		parts, _, err := normalize.Fit(drawMessage(t), caps)
		if err != nil {
			return
		}
		out := &normalize.Outbound{ID: "msg_1", To: normalize.Peer{ID: "351930000001"}, Parts: parts}
		var done []normalize.Exchange
		for i := range parts {
			call, err := conn.Next(out, done)
			require.NoError(t, err)
			require.NotNil(t, call)
			require.Equal(t, i, call.Part)
			done = append(done, normalize.Exchange{Name: call.Name, Part: call.Part})
		}
		call, err := conn.Next(out, done)
		require.NoError(t, err)
		require.Nil(t, call, "every part is one call")
	})
}

func TestOpenRefusesAnIncompleteConfiguration(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*connectors.Config)
		want   string
	}{
		"no number id":         {func(c *connectors.Config) { c.Settings = json.RawMessage(`{}`) }, "phone_number_id"},
		"no settings":          {func(c *connectors.Config) { c.Settings = nil }, "phone_number_id"},
		"an address of a file": {settings(`"api_base_url": "file:///etc/passwd"`), "api_base_url"},
		"an address with user": {settings(`"api_base_url": "https://u:p@graph.example"`), "api_base_url"},
		"a token of two lines": {func(c *connectors.Config) {
			c.Credentials["access_token"] = connectors.NewSecret("a\r\nX-Header: b")
		}, "access_token"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config()
			c.change(&cfg)
			_, err := whatsapp.Kind().New(cfg)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// settings adds members to the test settings.
func settings(members string) func(*connectors.Config) {
	return func(c *connectors.Config) {
		c.Settings = json.RawMessage(`{"phone_number_id": "400000000000001", ` + members + `}`)
	}
}

func TestSettingsShapeTheCalls(t *testing.T) {
	conn := open(t, settings(`"api_version": "v99.0", "api_base_url": "http://127.0.0.1:9/stub/"`))
	require.Equal(t, "400000000000001", conn.(connectors.Accounted).Account())
	calls, err := conn.(connectors.Reactor).React(connectors.Reacting{To: normalize.Peer{ID: "351930000001"}, Message: "wamid.1", Emoji: "👍"})
	require.NoError(t, err)
	require.Len(t, calls, 1)
	call := calls[0]
	require.Equal(t, "http://127.0.0.1:9/stub/v99.0/400000000000001/messages", call.URL)
	require.Equal(t, "Bearer whatsapp-access-token-1", call.Header.Get("Authorization"))

	_, err = conn.(connectors.Subscriber).Subscribe("https://hub.example/webhooks/ch_1")
	require.ErrorContains(t, err, "waba_id")
}

func TestMediaAddresses(t *testing.T) {
	own := settings(`"api_base_url": "http://127.0.0.1:9"`)
	for name, c := range map[string]struct {
		change func(*connectors.Config)
		answer string
		want   string // the second call's address, empty for an error
	}{
		"Meta's media host gets the token":             {nil, `{"url":"https://lookaside.fbsbx.com/a?b=1"}`, "https://lookaside.fbsbx.com/a?b=1"},
		"a host that only ends alike does not":         {nil, `{"url":"https://evilfbsbx.com/a"}`, ""},
		"Meta's host without encryption does not":      {nil, `{"url":"http://lookaside.fbsbx.com/a"}`, ""},
		"a host behind a user name does not":           {nil, `{"url":"https://x@lookaside.fbsbx.com/a"}`, ""},
		"an API of the admin's choice names any host":  {own, `{"url":"http://localhost:10/file"}`, "http://localhost:10/file"},
		"but no other scheme":                          {own, `{"url":"file:///etc/passwd"}`, ""},
		"an answer without an address is none":         {nil, `{"id":"1"}`, ""},
		"an answer that is no JSON is none":            {nil, `<html>`, ""},
		"an address without a host is none":            {nil, `{"url":"/a"}`, ""},
		"an address that cannot be read is none":       {nil, `{"url":"https://[::1"}`, ""},
		"the id of an attachment stays in its segment": {nil, `{"url":"https://mmg.whatsapp.net/a"}`, "https://mmg.whatsapp.net/a"},
	} {
		t.Run(name, func(t *testing.T) {
			media := open(t, c.change).(connectors.MediaResolver)
			att := &normalize.Attachment{Type: normalize.TypeImage, Ref: "../9001?x"}
			first, err := media.Media(att, nil)
			require.NoError(t, err)
			require.Contains(t, first.URL, "/v25.0/..%2F9001%3Fx?phone_number_id=400000000000001")
			second, err := media.Media(att, []connectors.Response{{Status: 200, Body: []byte(c.answer)}})
			if c.want == "" {
				require.Error(t, err)
				require.NotContains(t, err.Error(), "whatsapp-access-token-1")
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, second.URL)
			require.Equal(t, "Bearer whatsapp-access-token-1", second.Header.Get("Authorization"))
			require.NotEmpty(t, second.Header.Get("User-Agent"))
		})
	}
}
