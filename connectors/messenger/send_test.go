package messenger_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/connectors"
	"threadhub/connectors/messenger"
	"threadhub/normalize"
)

// drawMessage is any message an agent can write.
func drawMessage(t *rapid.T) normalize.Message {
	m := normalize.Message{Type: normalize.TypeText, Text: rapid.String().Draw(t, "text")}
	kinds := []normalize.MessageType{normalize.TypeImage, normalize.TypeAudio, normalize.TypeVideo, normalize.TypeFile, normalize.TypeSticker, ""}
	mimes := []string{"", "image/jpeg", "image/tiff", "audio/ogg; codecs=opus", "video/mp4", "application/pdf"}
	for i := range rapid.IntRange(0, 4).Draw(t, "attachments") {
		m.Attachments = append(m.Attachments, normalize.Attachment{
			Type: rapid.SampledFrom(kinds).Draw(t, "kind"), MIME: rapid.SampledFrom(mimes).Draw(t, "mime"),
			URL: fmt.Sprintf("https://files.example/%d", i), Caption: rapid.String().Draw(t, "caption"), Voice: rapid.Bool().Draw(t, "voice"),
		})
	}
	for i := range rapid.IntRange(0, 16).Draw(t, "buttons") {
		b := normalize.Button{ID: fmt.Sprint("b", i), Title: rapid.StringN(1, 25, -1).Draw(t, "title")}
		if rapid.IntRange(0, 3).Draw(t, "link") == 0 {
			b.ID, b.URL = "", "https://shop.example/"
		}
		m.Buttons = append(m.Buttons, b)
	}
	if rapid.Bool().Draw(t, "list") {
		section := normalize.Section{Title: rapid.StringN(0, 30, -1).Draw(t, "section")}
		for i := range rapid.IntRange(1, 16).Draw(t, "rows") {
			section.Rows = append(section.Rows, normalize.Row{ID: fmt.Sprint("r", i), Title: rapid.StringN(1, 25, -1).Draw(t, "row")})
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

// TestWhateverFitsIsRendered sends any message to its end: every part is
// rendered, in order, and the metadata of the last call alone names the message.
func TestWhateverFitsIsRendered(t *testing.T) {
	conn, caps := open(t, nil), messenger.Kind().Caps
	rapid.Check(t, func(t *rapid.T) {
		parts, _, err := normalize.Fit(drawMessage(t), caps)
		if err != nil {
			return
		}
		out := &normalize.Outbound{ID: "msg_1", To: normalize.Peer{ID: "7200000000000001"}, Parts: parts}
		var done []normalize.Exchange
		refs := []string{}
		for {
			call, err := conn.Next(out, done)
			require.NoError(t, err)
			if call == nil {
				break
			}
			if n := len(done); n > 0 {
				require.LessOrEqual(t, call.Part-done[n-1].Part, 1, "no part is left out")
			}
			var body struct {
				Message struct {
					Metadata string `json:"metadata"`
				} `json:"message"`
			}
			require.NoError(t, json.Unmarshal(call.Body, &body))
			refs = append(refs, body.Message.Metadata)
			done = append(done, normalize.Exchange{Name: call.Name, Part: call.Part})
		}
		require.Equal(t, len(parts)-1, done[len(done)-1].Part)
		for i, ref := range refs {
			require.Equal(t, i == len(refs)-1, ref == "threadhub:msg_1")
		}
	})
}

func TestTheWindowDependsOnWhoAnswers(t *testing.T) {
	kind := messenger.Kind().Caps
	plain := open(t, nil)
	people := open(t, settings(`"human_agent_tag": true`))
	require.Equal(t, kind, plain.(connectors.Capable).Capabilities())
	longer := kind
	longer.Window = &normalize.Window{Open: 24 * time.Hour, Human: 7 * 24 * time.Hour, After: kind.Window.After}
	require.Equal(t, longer, people.(connectors.Capable).Capabilities())

	wrote := time.UnixMilli(1773400000123).UTC()
	for name, c := range map[string]struct {
		conn      connectors.Connector
		after     time.Duration
		context   map[string]string
		kind, tag string
	}{
		"an answer within a day needs no tag":              {people, 23 * time.Hour, at(wrote), "RESPONSE", ""},
		"an answer by people after a day has one":          {people, 25 * time.Hour, at(wrote), "MESSAGE_TAG", "HUMAN_AGENT"},
		"so has one shortly before the day ends":           {people, 24*time.Hour - time.Minute, at(wrote), "MESSAGE_TAG", "HUMAN_AGENT"},
		"without the feature there is none":                {plain, 25 * time.Hour, at(wrote), "RESPONSE", ""},
		"there is none when nobody knows when they wrote":  {people, 25 * time.Hour, nil, "RESPONSE", ""},
		"there is none when the context is of another day": {people, 25 * time.Hour, map[string]string{"at": "yesterday"}, "RESPONSE", ""},
	} {
		t.Run(name, func(t *testing.T) {
			call, err := c.conn.Next(&normalize.Outbound{
				ID: "msg_1", To: normalize.Peer{ID: "7200000000000001"}, Now: wrote.Add(c.after), Context: c.context,
				Parts: []normalize.Message{{Type: normalize.TypeText, Text: "oi"}},
			}, nil)
			require.NoError(t, err)
			var body struct {
				Type string `json:"messaging_type"`
				Tag  string `json:"tag"`
			}
			require.NoError(t, json.Unmarshal(call.Body, &body))
			require.Equal(t, c.kind, body.Type)
			require.Equal(t, c.tag, body.Tag)
			if c.tag == "" {
				return
			}
			got := c.conn.Classify(call, &connectors.Response{Status: 403, Body: graphError(10, 0)})
			require.Equal(t, connectors.Refuse, got.Verdict, "the tag may be forbidden while the channel works")
			require.Equal(t, normalize.ReasonWindow, got.Failure.Reason)
		})
	}
}

func at(wrote time.Time) map[string]string {
	return map[string]string{"at": fmt.Sprint(wrote.UnixMilli())}
}

func TestSettingsShapeTheCalls(t *testing.T) {
	conn := open(t, settings(`"api_version": "v99.0", "api_base_url": "http://127.0.0.1:9/stub/", "app_secret_proof": true`))
	require.Equal(t, "610000000000001", conn.(connectors.Accounted).Account())
	call := conn.(connectors.Checker).Check()
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write([]byte(accessToken))
	proof := hex.EncodeToString(mac.Sum(nil))
	require.Equal(t, "http://127.0.0.1:9/stub/v99.0/me?appsecret_proof="+proof+"&fields=id,name", call.URL)
	require.Equal(t, []string{proof}, conn.(connectors.Redactor).Redactions())
	require.Equal(t, "Bearer "+accessToken, call.Header.Get("Authorization"))

	calls, err := conn.(connectors.Subscriber).Subscribe("https://hub.example/webhooks/ch_1")
	require.NoError(t, err)
	require.Len(t, calls, 1, "without the app's id only the Page can be subscribed")
	require.Empty(t, open(t, nil).(connectors.Redactor).Redactions())
}

func TestOpenRefusesAnIncompleteConfiguration(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*connectors.Config)
		want   string
	}{
		"no Page id":            {func(c *connectors.Config) { c.Settings = json.RawMessage(`{}`) }, "page_id"},
		"no settings":           {func(c *connectors.Config) { c.Settings = nil }, "page_id"},
		"an address of a file":  {settings(`"api_base_url": "file:///etc/passwd"`), "api_base_url"},
		"an address with user":  {settings(`"api_base_url": "https://u:p@graph.example"`), "api_base_url"},
		"an address with query": {settings(`"api_base_url": "https://graph.example?a=b"`), "api_base_url"},
		"a token of two lines": {func(c *connectors.Config) {
			c.Credentials["page_access_token"] = connectors.NewSecret("a\r\nX-Header: b")
		}, "page_access_token"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config()
			c.change(&cfg)
			_, err := messenger.Kind().New(cfg)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// graphError is an answer with an error; a subcode of 0 is left out.
func graphError(code, subcode int) []byte {
	e := map[string]any{"message": fmt.Sprintf("(#%d) Words", code), "type": "OAuthException", "code": code, "fbtrace_id": "A"}
	if subcode != 0 {
		e["error_subcode"] = subcode
	}
	body, _ := json.Marshal(map[string]any{"error": e})
	return body
}

func TestAnswersWithoutACode(t *testing.T) {
	conn := open(t, nil)
	visible, err := conn.Next(&normalize.Outbound{
		ID: "msg_1", To: normalize.Peer{ID: "7200000000000001"}, Parts: []normalize.Message{{Type: normalize.TypeText, Text: "oi"}},
	}, nil)
	require.NoError(t, err)
	silent := conn.(connectors.Checker).Check()
	for status, want := range map[int][2]connectors.Verdict{
		http.StatusOK:                  {connectors.Unclear, connectors.Unclear},
		http.StatusBadRequest:          {connectors.Refuse, connectors.Refuse},
		http.StatusUnauthorized:        {connectors.Suspend, connectors.Suspend},
		http.StatusTooManyRequests:     {connectors.Wait, connectors.Wait},
		http.StatusInternalServerError: {connectors.Unclear, connectors.Retry},
	} {
		for _, body := range []string{"", "<html></html>", "{}", `{"error":"down"}`, "[1]"} {
			require.Equal(t, want[0], conn.Classify(visible, &connectors.Response{Status: status, Body: []byte(body)}).Verdict, "%d %s", status, body)
			require.Equal(t, want[1], conn.Classify(silent, &connectors.Response{Status: status, Body: []byte(body)}).Verdict, "%d %s", status, body)
		}
	}
}
