package wechat_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/connectors"
	"threadhub/normalize"
)

func TestFittedTextsAreWithinWeChatsBytes(t *testing.T) {
	conn := open(t, config(), nil)
	caps := suite().Kind.Caps
	rapid.Check(t, func(t *rapid.T) {
		m := normalize.Message{Type: normalize.TypeText}
		m.Text = strings.Repeat(rapid.SampledFrom([]string{"a ", "句子。", "👍🏽", "👨‍👩‍👧‍👦 "}).Draw(t, "word"), rapid.IntRange(1, 3000).Draw(t, "times"))
		for i := range rapid.IntRange(0, 10).Draw(t, "buttons") {
			m.Buttons = append(m.Buttons, normalize.Button{ID: strings.Repeat("x", 60) + string(rune('a'+i)), Title: strings.Repeat("选", 20)})
		}
		parts, _, err := normalize.Fit(m, caps)
		if err != nil {
			return // more than the hub sends as one message
		}
		out := &normalize.Outbound{ID: "msg_1", To: normalize.Peer{ID: "oHana"}, Parts: parts}
		ids := map[normalize.PlatformID]bool{}
		var done []normalize.Exchange
		for {
			call, err := conn.Next(out, done)
			require.NoError(t, err)
			if call == nil {
				break
			}
			var body struct {
				Text struct{ Content string }
				Menu struct {
					Head string `json:"head_content"`
					List []struct{ Content string }
				} `json:"msgmenu"`
			}
			require.NoError(t, json.Unmarshal(call.Body, &body))
			words := body.Text.Content + body.Menu.Head
			require.NotEmpty(t, words)
			for _, c := range body.Menu.List {
				words += c.Content
			}
			require.LessOrEqual(t, len(words), 2048)
			o := conn.Classify(call, &connectors.Response{Status: 200, Body: []byte(`{"errcode":0,"errmsg":"ok"}`)})
			require.Equal(t, connectors.Done, o.Verdict)
			ids[o.IDs[0]] = true
			done = append(done, normalize.Exchange{Name: call.Name, Part: call.Part, IDs: o.IDs})
		}
		require.Len(t, ids, len(done), "each message has an id of its own")
	})
}

func TestATokenGoesToWeChatAlone(t *testing.T) {
	conn := open(t, config(), nil)
	authorized := func(call connectors.Call) string {
		conn.(connectors.Tokened).Authorize(&call, connectors.NewSecret("to+ken"))
		return call.URL
	}
	require.Equal(t, "https://api.weixin.qq.com/cgi-bin/a?access_token=to%2Bken", authorized(connectors.Call{URL: "https://api.weixin.qq.com/cgi-bin/a"}))
	require.Equal(t, "https://api.weixin.qq.com/cgi-bin/a?b=c&access_token=to%2Bken", authorized(connectors.Call{URL: "https://api.weixin.qq.com/cgi-bin/a?b=c"}))
	for _, other := range []string{"https://api.weixin.qq.com.evil.example/cgi-bin/a", "https://media.example/cgi-bin/a", "http://api.weixin.qq.com/cgi-bin/a"} {
		require.Equal(t, other, authorized(connectors.Call{URL: other}))
	}
	own := open(t, config(), func(c *connectors.Config) { c.Settings = json.RawMessage(`{"api_base_url":"http://127.0.0.1:1/wx/"}`) })
	call, err := own.(connectors.Tokened).TokenCall(time.Time{})
	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:1/wx/cgi-bin/stable_token", call.URL)
}
