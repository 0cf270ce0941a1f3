package line_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/connectors"
	"threadhub/normalize"
)

var heard = time.Date(2026, 3, 14, 9, 26, 0, 0, time.UTC)

// answering is a text to somebody who wrote at heard, tried some time after.
func answering(after time.Duration, redelivered bool, parts ...normalize.Message) *normalize.Outbound {
	out := &normalize.Outbound{
		ID: "msg_1", To: normalize.Peer{ID: "U01"}, Parts: parts, LastInbound: "5001", Now: heard.Add(after),
		Context: map[string]string{"reply_token": "rt", "reply_token_at": strconv.FormatInt(heard.UnixMilli(), 10)},
	}
	if redelivered {
		out.Context["redelivered"] = "true"
	}
	return out
}

func text(s string) normalize.Message { return normalize.Message{Type: normalize.TypeText, Text: s} }

func TestAReplyTokenIsUsedWhileItCanBeGood(t *testing.T) {
	tests := map[string]struct {
		after       time.Duration
		redelivered bool
		change      func(*normalize.Outbound)
		want        string
	}{
		"at once":                          {after: 0, want: "reply"},
		"LINE's clock is ahead of ours":    {after: -3 * time.Second, want: "reply"},
		"within the minute":                {after: 49 * time.Second, want: "reply"},
		"close to the minute's end":        {after: 50 * time.Second, want: "push"},
		"an hour later":                    {after: time.Hour, want: "push"},
		"a token that came again":          {after: 19 * time.Minute, redelivered: true, want: "reply"},
		"one that came again but is old":   {after: 20 * time.Minute, redelivered: true, want: "push"},
		"no token":                         {change: func(o *normalize.Outbound) { delete(o.Context, "reply_token") }, want: "push"},
		"a token without a time":           {change: func(o *normalize.Outbound) { delete(o.Context, "reply_token_at") }, want: "push"},
		"an attempt without a time":        {change: func(o *normalize.Outbound) { o.Now = time.Time{} }, want: "push"},
		"nothing was ever heard of them":   {change: func(o *normalize.Outbound) { o.Context = nil }, want: "push"},
		"a time that is none":              {change: func(o *normalize.Outbound) { o.Context["reply_token_at"] = "soon" }, want: "push"},
		"one that was made up in year 292": {change: func(o *normalize.Outbound) { o.Context["reply_token_at"] = "-9223372036854775808" }, want: "push"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out := answering(tt.after, tt.redelivered, text("hi"))
			if tt.change != nil {
				tt.change(out)
			}
			call, err := open(t, nil).Next(out, nil)
			require.NoError(t, err)
			require.Equal(t, tt.want, call.Name)
			require.Equal(t, tt.want == "push", call.Idempotent, "only a push may be made twice")
			require.Equal(t, tt.want == "push", call.Header.Get("X-Line-Retry-Key") != "", "a reply with a retry key is refused")
		})
	}
}

func TestAPushKeepsItsRetryKey(t *testing.T) {
	conn := open(t, nil)
	key := func(id string, done ...normalize.Exchange) string {
		out := answering(time.Hour, false, text("1"), text("2"), text("3"), text("4"), text("5"), text("6"))
		out.ID = id
		call, err := conn.Next(out, done)
		require.NoError(t, err)
		return call.Header.Get("X-Line-Retry-Key")
	}
	first := key("msg_1")
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, first)
	require.Equal(t, first, key("msg_1"), "the same call made again")
	require.NotEqual(t, first, key("msg_2"), "another message")
	require.NotEqual(t, first, key("msg_1", normalize.Exchange{Name: "push"}), "the next messages of the same one")
}

func TestManyPartsGoOutInOrderFiveAtATime(t *testing.T) {
	conn := open(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(1, 23).Draw(t, "parts")
		fresh := rapid.Bool().Draw(t, "fresh")
		refused := rapid.Bool().Draw(t, "refused")
		parts := make([]normalize.Message, count)
		var want []string
		for i := range parts {
			parts[i] = text(fmt.Sprint(i))
			want = append(want, parts[i].Text)
		}
		out := answering(time.Hour, false, parts...)
		if fresh {
			out.Now = heard
		}
		var got, names []string
		var done []normalize.Exchange
		for {
			call, err := conn.Next(out, done)
			require.NoError(t, err)
			if call == nil {
				break
			}
			names = append(names, call.Name)
			ex := normalize.Exchange{Name: call.Name, Part: call.Part}
			if call.Name == "reply" && refused {
				ex.Data = map[string]string{"reply": "refused"}
			} else {
				got = append(got, texts(t, call)...)
			}
			done = append(done, ex)
		}
		require.Equal(t, want, got)
		pushes := (count + 4) / 5
		if fresh && !refused {
			pushes--
		}
		require.Equal(t, pushes, strings.Count(strings.Join(names, " "), "push"))
		require.Equal(t, fresh, names[0] == "reply")
		require.NotContains(t, names[1:], "reply")
	})
}

func texts(t require.TestingT, call *connectors.Call) (all []string) {
	var body struct{ Messages []struct{ Text string } }
	require.NoError(t, json.Unmarshal(call.Body, &body))
	require.LessOrEqual(t, len(body.Messages), 5)
	for _, m := range body.Messages {
		all = append(all, m.Text)
	}
	return all
}

func TestFittedTextsAreWithinLINEsUnits(t *testing.T) {
	conn := open(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		long := strings.Repeat(rapid.SampledFrom([]string{"a ", "句子。", "👍🏽", "𝒳y ", "👨‍👩‍👧‍👦 "}).Draw(t, "word"), rapid.IntRange(1, 9000).Draw(t, "times"))
		parts, _, err := normalize.Fit(text(long), caps())
		if err != nil {
			return // more than the hub sends as one message
		}
		var done []normalize.Exchange
		for {
			call, err := conn.Next(answering(time.Hour, false, parts...), done)
			require.NoError(t, err)
			if call == nil {
				return
			}
			for _, s := range texts(t, call) {
				require.LessOrEqual(t, len(utf16.Encode([]rune(s))), 5000)
				require.NotEmpty(t, s)
			}
			done = append(done, normalize.Exchange{Name: call.Name})
		}
	})
}

func caps() normalize.Capabilities { return suite().Kind.Caps }

// TestLongAddressesAreWrittenOut: LINE refuses the whole message for a button
// with one, as it does for a text that is too long.
func TestLongAddressesAreWrittenOut(t *testing.T) {
	long := "https://shop.example/" + strings.Repeat("7", 980)
	link := normalize.Button{Title: "Track", URL: long}
	later := normalize.Button{ID: "later", Title: "Remind me"}
	picture := normalize.Message{Type: normalize.TypeImage, Attachments: []normalize.Attachment{{Type: normalize.TypeImage, URL: "https://x.example/a.png"}}}
	tests := map[string]struct {
		part    normalize.Message
		buttons []normalize.Button
		want    []string
	}{
		"below a short text": {text("Ready"), []normalize.Button{link, later}, []string{"Ready\nTrack: " + long}},
		"after a long text":  {text(strings.Repeat("a", 4500)), []normalize.Button{link, later}, []string{strings.Repeat("a", 4500), "Track: " + long}},
		"under a picture":    {picture, []normalize.Button{link, later}, []string{"", "Track: " + long}},
		"more than fit one text": {text("Ready"), []normalize.Button{link, link, link, link, link, later}, []string{
			"Ready" + strings.Repeat("\nTrack: "+long, 4), "Track: " + long,
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.part.Buttons = tt.buttons
			call, err := open(t, nil).Next(answering(0, false, tt.part), nil)
			require.NoError(t, err)
			var body struct {
				Messages []struct {
					Text       string `json:"text"`
					QuickReply struct {
						Items []any `json:"items"`
					} `json:"quickReply"`
				} `json:"messages"`
			}
			require.NoError(t, json.Unmarshal(call.Body, &body))
			var texts []string
			for _, m := range body.Messages {
				texts = append(texts, m.Text)
			}
			require.Equal(t, tt.want, texts)
			require.Len(t, body.Messages[len(texts)-1].QuickReply.Items, 1)
		})
	}
}

func TestWhatLINECannotCarryIsRefusedBeforehand(t *testing.T) {
	tests := map[string]struct {
		part    normalize.Message
		refused string
	}{
		"an empty message":             {normalize.Message{Type: normalize.TypeText}, "nothing in it"},
		"a document":                   {normalize.Message{Type: normalize.TypeFile, Attachments: []normalize.Attachment{{Type: normalize.TypeFile, URL: "https://x.example/a.pdf"}}}, "cannot be sent"},
		"a picture without an address": {normalize.Message{Type: normalize.TypeImage, Attachments: []normalize.Attachment{{Type: normalize.TypeImage, Ref: "1"}}}, "no address"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, nil).Next(answering(0, false, tt.part), nil)
			require.ErrorContains(t, err, tt.refused)
		})
	}
}

func TestWebhookAddressesThatLINERefusesAreRefusedBeforehand(t *testing.T) {
	tests := map[string]struct{ base, webhook, refused string }{
		"https is fine":                           {"https://api.line.me", "https://hub.example/webhooks/ch_1", ""},
		"plain http is refused":                   {"https://api.line.me", "http://hub.example/webhooks/ch_1", "https"},
		"a server of one's own takes any address": {"http://127.0.0.1:1", "http://127.0.0.1:9/webhooks/ch_1", ""},
		"an address without a host is refused":    {"https://api.line.me", "/webhooks/ch_1", "absolute"},
		"one that is too long is refused":         {"https://api.line.me", "https://hub.example/" + strings.Repeat("x", 500), "500"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			conn := open(t, func(c *connectors.Config) { c.Settings = json.RawMessage(`{"api_base_url":"` + tt.base + `"}`) })
			calls, err := conn.(connectors.Subscriber).Subscribe(tt.webhook)
			if tt.refused == "" {
				require.NoError(t, err)
				require.Equal(t, http.MethodPut, calls[0].Method)
				return
			}
			require.ErrorContains(t, err, tt.refused)
		})
	}
}
