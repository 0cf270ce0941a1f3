package app_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// WeChat signs the query, Zalo a plain hash, TikTok a time; all three hand out
// tokens that end.

const (
	wechatToken  = "wechatToken7"
	zaloKey      = "zalo-oa-secret-key"
	tiktokSecret = "tiktok-client-secret"
)

func (h *hub) wechat(api string) string {
	return h.channel("wechat", object{"app_id": "wx-canary-0007", "app_secret": "wechat-canary", "token": wechatToken}, object{"api_base_url": api}, nil)
}

func (h *hub) zalo(api string) string {
	return h.channel("zalo", object{"oa_secret_key": zaloKey, "refresh_token": "zalo-refresh-1", "app_secret": "zalo-canary"},
		object{"app_id": "700", "api_base_url": api}, nil)
}

func (h *hub) tiktok(account string) string {
	return h.channel("tiktok", object{"client_secret": tiktokSecret, "refresh_token": "tiktok-canary"},
		object{"client_key": "760", "business_id": account}, nil)
}

func wechatQuery() string {
	signed := []string{wechatToken, strconv.FormatInt(time.Now().Unix(), 10), "1707"}
	query := url.Values{"timestamp": {signed[1]}, "nonce": {signed[2]}}
	slices.Sort(signed)
	sum := sha1.Sum([]byte(strings.Join(signed, "")))
	query.Set("signature", hex.EncodeToString(sum[:]))
	return "?" + query.Encode()
}

func zaloSign(body []byte) http.Header {
	var b struct {
		AppID     string `json:"app_id"`
		Timestamp string `json:"timestamp"`
	}
	_ = json.Unmarshal(body, &b)
	if b.AppID == "" {
		b.AppID = "700"
	}
	sum := sha256.Sum256([]byte(b.AppID + string(body) + b.Timestamp + zaloKey))
	return http.Header{"X-Zevent-Signature": {"mac=" + hex.EncodeToString(sum[:])}}
}

func tiktokSign(body []byte) http.Header {
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(tiktokSecret))
	mac.Write([]byte(stamp + "." + string(body)))
	return http.Header{"Tiktok-Signature": {"t=" + stamp + ",s=" + hex.EncodeToString(mac.Sum(nil))}}
}

// TestSamplesOfWeChatZaloAndTikTokAreTakenIn sends payloads that these platforms
// really sent, where a checkout has them beside it.
func TestSamplesOfWeChatZaloAndTikTokAreTakenIn(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "platforms", "samples", "*", "*.*"))
	require.NoError(t, err)
	h := startHub(t, newConfig(t))
	wechat, zalo := h.wechat("http://127.0.0.1:1"), h.zalo("http://127.0.0.1:1")
	accounts := map[string]string{}
	for _, file := range files {
		kind := filepath.Base(filepath.Dir(file))
		if !slices.Contains([]string{"wechat", "zalo", "tiktok"}, kind) || strings.HasSuffix(file, ".source.txt") {
			continue
		}
		t.Run(kind+"/"+filepath.Base(file), func(t *testing.T) {
			body, err := os.ReadFile(file)
			require.NoError(t, err)
			channel, query, header := wechat, "", http.Header{}
			switch kind {
			case "wechat":
				query = wechatQuery()
			case "zalo":
				channel, header = zalo, zaloSign(body)
			case "tiktok":
				if strings.HasPrefix(filepath.Base(file), "content_") {
					body = webhookBody(t, object{"event": "im_receive_msg", "user_openid": "biz-123", "content": string(body)})
				}
				var e struct {
					Account string `json:"user_openid"`
				}
				require.NoError(t, json.Unmarshal(body, &e))
				if accounts[e.Account] == "" {
					accounts[e.Account] = h.tiktok(e.Account)
				}
				channel, header = accounts[e.Account], tiktokSign(body)
			}
			before := h.events(channel)
			status, _, _ := h.answer(channel, query, body, header)
			require.Equal(t, 200, status)
			last := h.workedIn(channel, before)
			require.NotEqual(t, "quarantined", last["result"], last["reason"])
		})
	}
}

func TestAWeChatPictureIsUploadedAndSentWithOneToken(t *testing.T) {
	h := startHub(t, newConfig(t))
	platform := newStub(t, func(r recorded) (int, any) {
		switch r.path {
		case "/cgi-bin/stable_token":
			return 200, object{"access_token": "wechat-access-1", "expires_in": 7200}
		case "/cgi-bin/media/upload":
			return 200, object{"type": "image", "media_id": "up-7"}
		case "/kite.png":
			return 200, "not really a picture"
		}
		return 200, object{"errcode": 0, "errmsg": "ok"}
	})
	ch := h.wechat(platform.URL)
	status, _, text := h.answer(ch, wechatQuery(), []byte(`<xml><ToUserName>gh_1</ToUserName><FromUserName>oHana</FromUserName>`+
		`<CreateTime>`+strconv.FormatInt(time.Now().Unix(), 10)+`</CreateTime><MsgType>text</MsgType><Content>Hi</Content><MsgId>77</MsgId></xml>`), http.Header{})
	require.Equal(t, 200, status)
	require.Empty(t, text, "anything else would be taken for an answer to the person")
	conv := h.one(ch)
	_, token := h.agent("mei")
	message := object{"text": "A kite", "attachments": []object{{"url": platform.URL + "/kite.png"}}}
	h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), message, token)
	h.eventually("the answer is sent", func() bool { return h.messages(conv["id"])[1]["status"] == "sent" })
	sends := platform.sent("/custom/send")
	require.Len(t, sends, 2)
	require.Equal(t, object{"media_id": "up-7"}, object(sends[0].body["image"].(map[string]any)))
	require.Equal(t, object{"content": "A kite"}, object(sends[1].body["text"].(map[string]any)))
	require.Len(t, platform.sent("/stable_token"), 1)
	require.Len(t, platform.sent("/media/upload"), 1)
}

// oaServer is Zalo as far as tokens are concerned: each refresh token is good
// once, and only the latest access token is good at all.
type oaServer struct {
	mu      sync.Mutex
	n       int
	refused []string // refresh tokens that were not good
	stale   bool     // ends the access token once
	sent    int
}

func (s *oaServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := object{"error": 0, "message": "Success"}
	switch {
	case r.URL.Path == "/v4/oa/access_token":
		if got := r.FormValue("refresh_token"); got != fmt.Sprintf("zalo-refresh-%d", s.n+1) {
			s.refused = append(s.refused, got)
			answer = object{"error": -14014, "error_name": "Invalid refresh token"}
			break
		}
		s.n++
		answer = object{
			"access_token": fmt.Sprintf("zalo-access-%d", s.n), "refresh_token": fmt.Sprintf("zalo-refresh-%d", s.n+1), "expires_in": "90000",
		}
	case r.Header.Get("access_token") != fmt.Sprintf("zalo-access-%d", s.n) || s.stale:
		s.stale = false
		answer = object{"error": -216, "message": "Access token is invalid"}
	case r.URL.Path == "/v3.0/oa/message/cs":
		s.sent++
		answer["data"] = object{"message_id": fmt.Sprintf("zm-%d", s.sent)}
	default:
		answer = object{"error": -201, "message": "not played here"}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func TestAZaloRefreshTokenIsReplacedWithEachUse(t *testing.T) {
	h := startHub(t, newConfig(t))
	zalo := &oaServer{}
	platform := httptest.NewServer(zalo)
	t.Cleanup(platform.Close)
	ch := h.zalo(platform.URL)
	body := webhookBody(t, object{
		"app_id": "700", "event_name": "user_send_text", "sender": object{"id": "9001"}, "recipient": object{"id": "9002"},
		"message": object{"msg_id": "m1", "text": "Xin chào"}, "timestamp": strconv.FormatInt(time.Now().UnixMilli(), 10),
	})
	require.Equal(t, 200, h.hook(ch, body, zaloSign(body)))
	conv := h.one(ch)
	_, token := h.agent("lan")
	for i := range 3 {
		zalo.mu.Lock()
		zalo.stale = i > 0
		zalo.mu.Unlock()
		h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), object{"text": "Chào"}, token)
		h.eventually("the answer is sent", func() bool { return h.messages(conv["id"])[i+1]["status"] == "sent" })
	}
	zalo.mu.Lock()
	defer zalo.mu.Unlock()
	require.Equal(t, 3, zalo.sent)
	require.Equal(t, 3, zalo.n, "the first token, and one for each that ended early")
	require.Empty(t, zalo.refused)
}
