package simulate

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// listen starts a server of every platform on loopback.
func listen(t *testing.T, cfg ServerConfig) *Listening {
	t.Helper()
	for _, k := range Kinds() {
		cfg.Platforms = append(cfg.Platforms, openPlatform(t, k))
	}
	l, err := NewServer(cfg).Listen(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

// client makes calls and leaves no connection behind.
func client(t *testing.T) *http.Client {
	t.Helper()
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func sendMessage(t *testing.T, ctx context.Context, l *Listening) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.BaseURL("telegram")+"/bot7000000001:AAtest/sendMessage",
		strings.NewReader(`{"chat_id":710000001,"text":"hello"}`))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	return client(t).Do(req)
}

func TestCallsGoWrongAsTheScriptSays(t *testing.T) {
	for name, tc := range map[string]struct {
		fault  *Fault
		status int // 0: no answer
		body   string
		sent   int
	}{
		"without a fault the platform answers":                   {nil, 200, `"ok":true`, 1},
		"a slow call is answered all the same":                   {Slow(time.Millisecond), 200, `"ok":true`, 1},
		"a refused call sends nothing":                           {Refuse(500, "down"), 500, "down", 0},
		"a throttled call names the pause":                       {TelegramThrottled(7), 429, `"retry_after":7`, 0},
		"a lost answer is a message sent and a connection gone":  {LostAnswer(), 0, "", 1},
		"a connection cut before the call is done sends nothing": {&Fault{Reset: true}, 0, "", 0},
		"garbage hides that the message is out":                  {Garbage(), 200, "<html>", 1},
		"a dripping answer arrives in the end":                   {&Fault{Drip: time.Microsecond}, 200, `"ok":true`, 1},
		"a hanging call ends with the caller's patience":         {Hang(), 0, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := listen(t, ServerConfig{Script: func(Call) *Fault { return tc.fault }})
			ctx := t.Context()
			if tc.fault != nil && tc.fault.Hang {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
				defer cancel()
			}
			resp, err := sendMessage(t, ctx, l)
			if tc.status == 0 {
				require.Error(t, err)
			} else {
				require.NoError(t, err)
				raw, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				require.Equal(t, tc.status, resp.StatusCode)
				require.Contains(t, string(raw), tc.body)
			}
			require.Len(t, l.Calls(), 1)
			require.Len(t, l.Sends(), tc.sent)
		})
	}
}

func TestClosingEndsHangingCalls(t *testing.T) {
	l, err := NewServer(ServerConfig{
		Platforms: []Platform{openPlatform(t, "telegram")},
		Script:    func(Call) *Fault { return Hang() },
	}).Listen(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	answered := make(chan error, 1)
	go func() {
		resp, err := http.Post(l.BaseURL("telegram")+"/bot7000000001:AAtest/getMe", "application/json", nil)
		if err == nil {
			err = resp.Body.Close()
		}
		answered <- err
	}()
	require.Eventually(t, func() bool { return len(l.Calls()) == 1 }, time.Minute, time.Millisecond)
	require.NoError(t, l.Close())
	<-answered
	http.DefaultClient.CloseIdleConnections()
}

func TestSendsCanBeAwaited(t *testing.T) {
	told := make(chan Sent, 1)
	l := listen(t, ServerConfig{Sent: func(s Sent) { told <- s }})
	resp, err := sendMessage(t, t.Context(), l)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	got, err := l.WaitSends(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, got[0], <-told)
	require.Equal(t, Sent{Kind: "telegram", Customer: 1, To: "710000001", ID: "1001", Type: "message", Text: "hello", At: got[0].At}, got[0])

	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = l.WaitSends(ctx, 2)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestOnlyTheLatestSendsAreKept(t *testing.T) {
	s := NewServer(ServerConfig{Platforms: []Platform{openPlatform(t, "telegram")}, Keep: 3})
	c := &http.Client{Transport: served(s)}
	for range 20 {
		resp, err := c.Post("http://sim/telegram/bot7000000001:AAtest/sendMessage", "application/json", strings.NewReader(`{"chat_id":5,"text":"x"}`))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	sends := s.Sends()
	require.GreaterOrEqual(t, len(sends), 3)
	require.Less(t, len(sends), 6)
	require.Equal(t, "1020", sends[len(sends)-1].ID)
}

func TestAPICalls(t *testing.T) {
	s := NewServer(ServerConfig{Platforms: []Platform{openPlatform(t, "telegram"), openPlatform(t, "whatsapp")}, Keep: -1})
	const bot, graph = "/telegram/bot7000000001:AAtest", "/whatsapp/v25.0"
	for name, tc := range map[string]struct {
		method, path, body string
		status             int
		want               string // of the answer
	}{
		"telegram: who am I":                            {"POST", bot + "/getMe", "", 200, `"is_bot":true`},
		"telegram: a wrong token":                       {"POST", "/telegram/bot1:x/getMe", "", 401, "Unauthorized"},
		"telegram: an unknown method":                   {"POST", bot + "/frobnicate", "", 404, "Not Found"},
		"telegram: a text":                              {"POST", bot + "/sendMessage", `{"chat_id":710000002,"text":"a"}`, 200, `"text":"a"`},
		"telegram: an empty text":                       {"POST", bot + "/sendMessage", `{"chat_id":710000002}`, 400, "message text is empty"},
		"telegram: a long text":                         {"POST", bot + "/sendMessage", `{"chat_id":1,"text":"` + strings.Repeat("a", 4097) + `"}`, 400, "message is too long"},
		"telegram: a chat that cannot be":               {"POST", bot + "/sendMessage", `{"chat_id":"x","text":"a"}`, 400, "chat not found"},
		"telegram: a photo":                             {"POST", bot + "/sendPhoto", `{"chat_id":710000002,"photo":"http://h/a.jpg","caption":"c"}`, 200, `"message_id"`},
		"telegram: an album has as many answers":        {"POST", bot + "/sendMediaGroup", `{"chat_id":1,"media":[{},{}]}`, 200, `[{"message_id"`},
		"telegram: a webhook is registered":             {"POST", bot + "/setWebhook", `{"url":"http://hub/x"}`, 200, `"result":true`},
		"telegram: an answered button":                  {"POST", bot + "/answerCallbackQuery", `{"callback_query_id":"1"}`, 200, `"result":true`},
		"telegram: a file":                              {"POST", bot + "/getFile", `{"file_id":"AgACAgI-1-2"}`, 200, `photos/AgACAgI-1-2.png`},
		"telegram: a file that is not there":            {"POST", bot + "/getFile", `{"file_id":"x"}`, 400, "invalid file_id"},
		"telegram: a file's bytes":                      {"GET", "/telegram/file/bot7000000001:AAtest/photos/AgACAgI-1-2.png", "", 200, "PNG"},
		"telegram: who is that":                         {"POST", bot + "/getChat", `{"chat_id":710000000}`, 200, "Amelia"},
		"whatsapp: a wrong token":                       {"GET", graph + "/109900000000001?wrong=1", "", 401, `"code":190`},
		"whatsapp: the number":                          {"GET", graph + "/109900000000001", "", 200, "display_phone_number"},
		"whatsapp: the app is attached":                 {"POST", graph + "/209900000000001/subscribed_apps", "", 200, `"success":true`},
		"whatsapp: a text":                              {"POST", graph + "/109900000000001/messages", `{"messaging_product":"whatsapp","to":"+447700900100","type":"text","text":{"body":"a"}}`, 200, `"id":"wamid.`},
		"whatsapp: a text to a scoped id":               {"POST", graph + "/109900000000001/messages", `{"messaging_product":"whatsapp","recipient":"GB.81099000000000010000","type":"text","text":{"body":"a"}}`, 200, `"user_id":"GB.`},
		"whatsapp: a text to nobody":                    {"POST", graph + "/109900000000001/messages", `{"messaging_product":"whatsapp","type":"text"}`, 400, `"code":100`},
		"whatsapp: marked as read":                      {"POST", graph + "/109900000000001/messages", `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.x"}`, 200, `"success":true`},
		"whatsapp: an upload":                           {"POST", graph + "/109900000000001/media", "", 200, `"id":"1`},
		"whatsapp: media has an address on the server":  {"GET", graph + "/112345678901234", "", 200, `http://sim/whatsapp/attachments/112345678901234`},
		"whatsapp: media's bytes":                       {"GET", "/whatsapp/attachments/112345678901234", "", 200, "PNG"},
		"whatsapp: something that is not there":         {"GET", graph + "/5", "", 400, "does not exist"},
		"a platform that is not simulated is not there": {"GET", "/smoke-signals/x", "", 404, "not found"},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), tc.method, "http://sim"+tc.path, strings.NewReader(tc.body))
			require.NoError(t, err)
			req.Header.Set("Content-Type", "application/json")
			if !strings.Contains(tc.path, "wrong=1") {
				req.Header.Set("Authorization", "Bearer EAAtest")
			}
			resp := served(s)(req)
			raw, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Equal(t, tc.status, resp.StatusCode, string(raw))
			require.Contains(t, string(raw), tc.want)
		})
	}
}

func TestFormsAreReadLikeJSON(t *testing.T) {
	multi := "--x\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n7\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\n\r\nbytes\r\n--x--\r\n"
	for _, tc := range []struct{ kind, body string }{
		{"application/json; charset=utf-8", `{"chat_id":7}`},
		{"application/x-www-form-urlencoded", "chat_id=7"},
		{"multipart/form-data; boundary=x", multi},
	} {
		got := parameters(Call{Header: http.Header{"Content-Type": {tc.kind}}, Body: []byte(tc.body)})
		require.Equal(t, "7", text(got["chat_id"]), tc.kind)
	}
}

func TestButtonsAreReadFromWhatTheBusinessSends(t *testing.T) {
	var sent []Sent
	s := NewServer(ServerConfig{
		Platforms: []Platform{openPlatform(t, "telegram"), openPlatform(t, "whatsapp")},
		Sent:      func(m Sent) { sent = append(sent, m) },
	})
	markup, err := json.Marshal(`{"inline_keyboard":[[{"text":"Yes","callback_data":"y"},{"text":"Site","url":"https://h"}]]}`)
	require.NoError(t, err)
	for _, tc := range []struct{ path, body string }{
		{"/telegram/bot7000000001:AAtest/sendMessage", `{"chat_id":1,"text":"?","reply_markup":{"inline_keyboard":[[{"text":"Yes","callback_data":"y"}]]}}`},
		{"/telegram/bot7000000001:AAtest/sendMessage", `{"chat_id":1,"text":"?","reply_markup":` + string(markup) + `}`},
		{"/whatsapp/v25.0/109900000000001/messages", `{"messaging_product":"whatsapp","to":"1","type":"interactive","interactive":{"type":"button","body":{"text":"?"},"action":{"buttons":[{"type":"reply","reply":{"id":"y","title":"Yes"}}]}}}`},
		{"/whatsapp/v25.0/109900000000001/messages", `{"messaging_product":"whatsapp","to":"1","type":"interactive","interactive":{"type":"list","body":{"text":"?"},"action":{"button":"b","sections":[{"rows":[{"id":"y","title":"Yes"}]}]}}}`},
	} {
		sent = nil
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://sim"+tc.path, strings.NewReader(tc.body))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer EAAtest")
		require.Equal(t, 200, served(s)(req).StatusCode)
		require.Len(t, sent, 1)
		require.Equal(t, "?", sent[0].Text)
		require.Equal(t, []Button{{"y", "Yes"}}, sent[0].Buttons, tc.body)
		require.Equal(t, -1, sent[0].Customer)
	}
}
