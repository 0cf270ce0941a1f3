package simulate

import (
	"bytes"
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const kindWeChat = "wechat"

// wechat plays an Official Account (platforms/wechat), in safe mode where there
// is an EncodingAESKey.
type wechat struct {
	*desk
	appID, appSecret, word, aesKey string
}

func newWeChat(cfg Config) *wechat {
	w := &wechat{
		desk: newDesk(kindWeChat, cfg), appID: cfg.secret("app_id", "wx"), appSecret: cfg.secret("app_secret", ""), word: cfg.secret("token", ""),
		aesKey: cfg.Credentials["encoding_aes_key"],
	}
	w.word = w.word[:min(len(w.word), 32)]
	if len(cfg.Credentials) == 0 {
		sum := w.mint("aes")
		w.aesKey = base64.RawStdEncoding.EncodeToString(sum[:])
	}
	return w
}

func (w *wechat) Account() Account {
	credentials := map[string]string{"app_id": w.appID, "app_secret": w.appSecret, "token": w.word}
	if w.aesKey != "" {
		credentials["encoding_aes_key"] = w.aesKey
	}
	return Account{Kind: kindWeChat, Title: "WeChat", Credentials: credentials, Settings: map[string]any{}}
}

// Retries: three attempts in all, within seconds (platforms/wechat: response).
func (w *wechat) Retries() Retries {
	return Retries{First: 5 * time.Second, Max: 5 * time.Second, GiveUp: 12 * time.Second}
}

// wechatAccount is the account's own name.
const wechatAccount = "gh_0demo0demo0d"

// Person is what the platform calls a customer.
func (w *wechat) Person(c Customer) string { return fmt.Sprintf("oDemo-%022d", c.Index+1) }

// accessToken is the one there is, until the app's secret changes.
func (w *wechat) accessToken() string {
	return "wechat-access-" + hex.EncodeToString(hmacOf(sha1.New, w.appSecret, w.appID))
}

// sign is the SHA-1 of the token and the values in their order.
func (w *wechat) sign(values ...string) string {
	sorted := append([]string{w.word}, values...)
	slices.Sort(sorted)
	sum := sha1.Sum([]byte(strings.Join(sorted, "")))
	return hex.EncodeToString(sum[:])
}

// seal signs the time of a try, a nonce and, in safe mode, the body.
func (w *wechat) seal(encrypted string) func(*http.Request, string, time.Time) {
	nonce := numbered(w.id("nonce", 16), 10)
	return func(r *http.Request, _ string, at time.Time) {
		stamp := strconv.FormatInt(at.Unix(), 10)
		q := r.URL.Query()
		q.Set("timestamp", stamp)
		q.Set("nonce", nonce)
		q.Set("signature", w.sign(stamp, nonce))
		if encrypted != "" {
			q.Set("encrypt_type", "aes")
			q.Set("msg_signature", w.sign(stamp, nonce, encrypted))
		}
		r.URL.RawQuery = q.Encode()
	}
}

// Handshake is what WeChat asks when the address is saved.
func (w *wechat) Handshake() (Webhook, func(int, []byte) bool) {
	const echo = "5297018338115731406"
	return Webhook{Method: http.MethodGet, Query: url.Values{"echostr": {echo}}, Seal: w.seal("")}, answers(echo)
}

// Webhook writes a message in XML. WeChat has neither edits nor reactions, and
// tells of nothing that was read.
func (w *wechat) Webhook(act Act) (Webhook, string, bool) {
	id := numbered(w.id(w.Person(act.By), 32), 17)
	fields := [][2]string{
		{"ToUserName", wechatAccount}, {"FromUserName", w.Person(act.By)}, {"CreateTime", strconv.FormatInt(act.At.Unix(), 10)},
	}
	switch act.Kind {
	case Say:
		fields = append(fields, [2]string{"MsgType", "text"}, [2]string{"Content", act.Text})
	case Photo: // has no words
		fields = append(fields, [2]string{"MsgType", "image"}, [2]string{"PicUrl", w.file(id)}, [2]string{"MediaId", "media-" + id})
	case Place:
		fields = append(fields, [2]string{"MsgType", "location"}, [2]string{"Location_X", degrees(act.Latitude)},
			[2]string{"Location_Y", degrees(act.Longitude)}, [2]string{"Scale", "20"}, [2]string{"Label", act.Text})
	case Press:
		fields = append(fields, [2]string{"MsgType", "text"}, [2]string{"Content", act.Button.Title}, [2]string{"bizmsgmenuid", act.Button.ID})
	default:
		return Webhook{}, "", false
	}
	body := wechatXML(append(fields, [2]string{"MsgId", id}))
	encrypted := ""
	if w.aesKey != "" {
		encrypted = w.encrypt(body)
		body = wechatXML([][2]string{{"ToUserName", wechatAccount}, {"Encrypt", encrypted}})
	}
	return Webhook{Header: http.Header{"Content-Type": {"text/xml"}}, Body: body, Seal: w.seal(encrypted)}, id, true
}

func wechatXML(fields [][2]string) []byte {
	var b bytes.Buffer
	b.WriteString("<xml>\n")
	for _, f := range fields {
		fmt.Fprintf(&b, "<%s><![CDATA[%s]]></%s>\n", f[0], strings.ReplaceAll(f[1], "]]>", "]]]]><![CDATA[>"), f[0])
	}
	b.WriteString("</xml>")
	return b.Bytes()
}

// encrypt makes what an Encrypt element holds: 16 bytes of chance, the length,
// the content and the AppID it is for, filled up to blocks of 32.
func (w *wechat) encrypt(content []byte) string {
	key, err := base64.RawStdEncoding.DecodeString(w.aesKey)
	if err != nil || len(key) != 32 {
		return "" // not a key: nothing that the hub could decrypt either
	}
	chance := w.mint("chance")
	plain := append([]byte(nil), chance[:aes.BlockSize]...)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(content)))
	plain = append(append(plain, content...), w.appID...)
	pad := 32 - len(plain)%32
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("simulate: wechat: " + err.Error()) // the key is 32 bytes
	}
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain)
}

// Serve answers a call. WeChat answers 200 and tells failures in the body.
func (w *wechat) Serve(call Call) Answer {
	if answer, ok := w.kept(call); ok {
		return answer
	}
	in := parameters(call)
	path := strings.TrimPrefix(call.Path, "/cgi-bin/")
	if path == "stable_token" || path == "token" {
		if text(in["appid"]) != w.appID || cmp.Or(text(in["secret"]), text(in["appsecret"])) != w.appSecret {
			return wechatError(40125, "invalid appsecret")
		}
		return ok(map[string]any{"access_token": w.accessToken(), "expires_in": 7200})
	}
	if call.Query.Get("access_token") != w.accessToken() {
		return wechatError(40001, "invalid credential, access_token is invalid or not latest")
	}
	switch path {
	case "get_api_domain_ip":
		return ok(map[string]any{"ip_list": []any{"203.0.113.1"}})
	case "user/info":
		return w.user(text(in["openid"]))
	case "message/custom/typing":
		return wechatError(0, "ok")
	case "message/custom/send":
		return w.send(call, in)
	case "media/upload":
		return ok(map[string]any{"type": call.Query.Get("type"), "media_id": "up-" + w.id("upload", 16), "created_at": call.At.Unix()})
	case "media/get":
		return photo(call.Query.Get("media_id"))
	}
	return wechatError(40066, "invalid url")
}

func (w *wechat) user(id string) Answer {
	i := w.known(id, w.Person)
	if i < 0 {
		return wechatError(40003, "invalid openid")
	}
	// WeChat tells no names any more; this is what the business noted.
	return ok(map[string]any{"subscribe": 1, "openid": id, "nickname": "", "headimgurl": "", "language": "zh_CN", "remark": w.cast[i].Name()})
}

func (w *wechat) send(call Call, in map[string]any) Answer {
	to, kind := text(in["touser"]), text(in["msgtype"])
	who := w.known(to, w.Person)
	content := object(in[kind])
	said := text(content["content"]) + text(content["head_content"])
	switch {
	case who < 0:
		return wechatError(40003, "invalid openid")
	case len(content) == 0:
		return wechatError(40008, "invalid message type")
	case len(said) > 2048:
		return wechatError(45002, "content size out of limit")
	}
	var buttons []Button
	for _, b := range items(content["list"]) {
		buttons = append(buttons, Button{ID: text(object(b)["id"]), Title: text(object(b)["content"])})
	}
	answer := wechatError(0, "ok")
	answer.Sent = []Sent{w.sent(call, who, to, w.id("sent", 24), kind, said, buttons)}
	return answer
}

func wechatError(code int, words string) Answer {
	return ok(map[string]any{"errcode": code, "errmsg": words})
}
