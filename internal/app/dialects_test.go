package app_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// These platforms do not all post JSON, sign in three ways (one not at all) and
// want to be answered in words of their own.

const (
	publicURL     = "https://hub.example"
	twilioToken   = "twilio-auth-token"
	slackSecret   = "slack-signing-secret"
	vkSecret      = "vkSecret77"
	vkConfirm     = "c0nf1rm"
	formType      = "application/x-www-form-urlencoded"
	twilioAccount = "AC00000000000000000000000000000077"
)

func startPublicHub(t *testing.T) *hub {
	cfg := newConfig(t)
	cfg.PublicURL = publicURL
	return startHub(t, cfg)
}

// answer delivers a webhook and answers what the platform gets to hear.
func (h *hub) answer(channel, query string, body []byte, header http.Header) (status int, contentType, text string) {
	h.t.Helper()
	req, err := http.NewRequest("POST", h.base+"/webhooks/"+channel+query, strings.NewReader(string(body)))
	require.NoError(h.t, err)
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	require.NoError(h.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(h.t, err)
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(raw)
}

func twilioSign(t *testing.T, address string, body []byte) http.Header {
	t.Helper()
	form, err := url.ParseQuery(string(body))
	require.NoError(t, err)
	keys := make([]string, 0, len(form))
	for key := range form {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	mac := hmac.New(sha1.New, []byte(twilioToken))
	mac.Write([]byte(address))
	for _, key := range keys {
		mac.Write([]byte(key + form.Get(key)))
	}
	return http.Header{
		"X-Twilio-Signature": {base64.StdEncoding.EncodeToString(mac.Sum(nil))}, "Content-Type": {formType + "; charset=UTF-8"},
	}
}

func slackSign(body []byte, contentType string) http.Header {
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(slackSecret))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	return http.Header{
		"X-Slack-Signature": {"v0=" + hex.EncodeToString(mac.Sum(nil))}, "X-Slack-Request-Timestamp": {stamp}, "Content-Type": {contentType},
	}
}

func (h *hub) twilio(api, settings string) string {
	set := object{"api_base_url": api}
	require.NoError(h.t, json.Unmarshal([]byte(settings), &set))
	return h.channel("twilio", object{"account_sid": twilioAccount, "auth_token": twilioToken}, set, nil)
}

func (h *hub) slack(api string) string {
	return h.channel("slack", object{"bot_token": "xoxb-canary", "signing_secret": slackSecret}, object{"api_base_url": api}, nil)
}

func (h *hub) vk(api string, group any) string {
	credentials := object{"access_token": "vk1.a.canary", "secret": vkSecret, "confirmation_code": vkConfirm}
	return h.channel("vk", credentials, object{"api_base_url": api, "group_id": group}, nil)
}

func TestATwilioFormReachesTheJournalAndIsAnswered(t *testing.T) {
	h := startPublicHub(t)
	api := newStub(t, func(recorded) (int, any) { return 201, object{"sid": "SM0a", "status": "queued"} })
	ch := h.twilio(api.URL, `{"from": "+14155550199"}`)
	_, token := h.agent("bea")
	body := []byte("ToCountry=US&MessageSid=SM01&SmsStatus=received&Body=Is+it+on+its+way%3F&NumMedia=0&To=%2B14155550199&AccountSid=" +
		twilioAccount + "&From=%2B14155550123&Empty=")
	query := "?x=1&y=a%20b"
	address := publicURL + "/webhooks/" + ch + query

	status, _, _ := h.answer(ch, query, body, twilioSign(t, publicURL+"/webhooks/"+ch, body))
	require.Equal(t, 401, status, "signed for another address")
	require.Empty(t, h.list("/v1/channels/"+ch+"/events"))

	status, contentType, text := h.answer(ch, query, body, twilioSign(t, address, body))
	require.Equal(t, 200, status)
	require.Equal(t, "text/xml", contentType)
	require.Equal(t, `<?xml version="1.0" encoding="UTF-8"?><Response/>`, text)
	conv := h.one(ch)
	require.Equal(t, "+14155550123", conv["contact"].(object)["external_id"])
	require.Equal(t, "Is it on its way?", h.messages(conv["id"])[0]["text"])
	require.Len(t, h.list("/v1/channels/"+ch+"/events"), 1)

	h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), object{"text": "yes"}, token)
	h.eventually("the reply is sent", func() bool { return h.messages(conv["id"])[1]["status"] == "sent" })
	delivered := []byte("MessageSid=SM0a&MessageStatus=delivered&To=%2B14155550123&From=%2B14155550199&AccountSid=" + twilioAccount)
	status, _, _ = h.answer(ch, "", delivered, twilioSign(t, publicURL+"/webhooks/"+ch, delivered))
	require.Equal(t, 200, status)
	h.eventually("it is delivered", func() bool { return h.messages(conv["id"])[1]["status"] == "delivered" })
}

func TestCapabilitiesFollowTheTransportOfATwilioChannel(t *testing.T) {
	h := startPublicHub(t)
	for settings, windowed := range map[string]bool{
		`{"from": "+14155550199"}`:                          false,
		`{"from": "+14155550199", "transport": "whatsapp"}`: true,
	} {
		ch := h.twilio("https://api.example", settings)
		from := map[bool]string{true: "whatsapp:+385915550123", false: "+385915550123"}[windowed]
		body := []byte(url.Values{"MessageSid": {"SM01"}, "Body": {"hi"}, "NumMedia": {"0"}, "To": {"x"}, "From": {from}, "AccountSid": {twilioAccount}}.Encode())
		status, _, _ := h.answer(ch, "", body, twilioSign(t, publicURL+"/webhooks/"+ch, body))
		require.Equal(t, 200, status)
		window := h.one(ch)["reply_window"].(object)
		require.Equal(t, windowed, window["until"] != nil)
	}
}

func TestSlackIsAnsweredAtOnceWhateverItPosts(t *testing.T) {
	h := startPublicHub(t)
	api := newStub(t, func(r recorded) (int, any) {
		return 200, object{"ok": true, "channel": r.body["channel"], "ts": "1767225800.000100"}
	})
	ch := h.slack(api.URL)
	_, token := h.agent("bea")
	asked := []byte(`{"token":"t","challenge":"c-77","type":"url_verification"}`)
	status, contentType, text := h.answer(ch, "", asked, slackSign(asked, "application/json"))
	require.Equal(t, 200, status)
	require.Contains(t, contentType, "text/plain")
	require.Equal(t, "c-77", text)
	status, _, _ = h.answer(ch, "", asked, http.Header{})
	require.Equal(t, 401, status, "a question that Slack did not sign")

	hello := []byte(`{"type":"event_callback","team_id":"T1","api_app_id":"A1","event_id":"Ev1","event":{"type":"message","channel":"D1",` +
		`"channel_type":"im","user":"U1","text":"hello","ts":"1767225600.000200"}}`)
	status, _, text = h.answer(ch, "", hello, slackSign(hello, "application/json"))
	require.Equal(t, 200, status)
	require.Empty(t, text)
	pressed := []byte("payload=" + url.QueryEscape(`{"type":"block_actions","user":{"id":"U1"},"container":{"type":"message","message_ts":"1767225600.000900","channel_id":"D1"},`+
		`"actions":[{"action_id":"a","type":"button","value":"yes","text":{"type":"plain_text","text":"Yes"},"action_ts":"1767225700.1"}]}`))
	status, _, text = h.answer(ch, "", pressed, slackSign(pressed, formType))
	require.Equal(t, 200, status)
	require.Empty(t, text)
	conv := h.one(ch)
	h.eventually("both are there", func() bool { return len(h.messages(conv["id"])) == 2 })
	require.Equal(t, "reply", h.messages(conv["id"])[1]["type"])

	h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), object{"text": "hi & bye"}, token)
	h.eventually("the reply is sent", func() bool { return h.messages(conv["id"])[2]["status"] == "sent" })
	calls := api.sent("/chat.postMessage")
	require.Len(t, calls, 1)
	require.Equal(t, "D1", calls[0].body["channel"])
	require.Equal(t, "hi &amp; bye", calls[0].body["text"])
}

func TestVKHearsItsConfirmationCodeAndThenOK(t *testing.T) {
	h := startPublicHub(t)
	api := newStub(t, func(recorded) (int, any) {
		return 200, object{"response": []object{{"peer_id": 501, "message_id": 91, "conversation_message_id": 15}}}
	})
	ch := h.vk(api.URL, 204060)
	_, token := h.agent("bea")
	header := http.Header{"Content-Type": {"application/json"}}
	status, contentType, text := h.answer(ch, "", []byte(`{"type":"confirmation","group_id":204060}`), header)
	require.Equal(t, 200, status)
	require.Contains(t, contentType, "text/plain")
	require.Equal(t, vkConfirm, text)

	event := `{"type":"message_new","group_id":204060,"event_id":"e1","secret":"%s","object":{"message":{"id":1,"date":1767225600,"peer_id":501,"from_id":501,` +
		`"text":"hello","conversation_message_id":7}}}`
	status, _, text = h.answer(ch, "", fmt.Appendf(nil, event, "guess"), header)
	require.Equal(t, 401, status)
	require.NotContains(t, text, vkSecret)
	status, _, text = h.answer(ch, "", fmt.Appendf(nil, event, vkSecret), header)
	require.Equal(t, 200, status)
	require.Equal(t, "ok", text)
	conv := h.one(ch)
	require.Equal(t, "501", conv["contact"].(object)["external_id"])

	h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), object{"text": "hi"}, token)
	h.eventually("the reply is sent", func() bool { return h.messages(conv["id"])[1]["status"] == "sent" })
	require.Len(t, api.sent("/method/messages.send"), 1)
}

// TestRealSamplesInOtherDialectsAreTakenIn sends payloads that platforms really
// sent, where a checkout has them beside it. Answers of APIs are no webhooks.
func TestRealSamplesInOtherDialectsAreTakenIn(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "platforms", "samples")
	h := startPublicHub(t)
	twilio, slack := h.twilio("https://api.example", `{"from": "+14155238886", "transport": "whatsapp"}`), h.slack("https://api.example")
	for _, pattern := range []string{"twilio/*.txt", "slack/*.json", "vk/*.json"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, ".source.txt") {
				continue
			}
			t.Run(filepath.Base(file), func(t *testing.T) {
				raw, err := os.ReadFile(file)
				require.NoError(t, err)
				body := []byte(strings.TrimSpace(string(raw)))
				ch, header := slack, slackSign(body, "application/json")
				switch filepath.Base(filepath.Dir(file)) {
				case "twilio":
					ch, header = twilio, twilioSign(t, publicURL+"/webhooks/"+twilio, body)
				case "vk":
					ch = h.vk("https://api.example", 123456)
				}
				status, _, text := h.answer(ch, "", body, header)
				require.Equal(t, 200, status, text)
			})
		}
	}
}
