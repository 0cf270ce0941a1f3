package x

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
)

// Sign puts the signature of OAuth 1.0a on calls of the API and on fetches of
// media that X keeps for the account (RFC 5849). Calls for the app as a whole
// carry its bearer token and are left as they are. Bodies are JSON or files,
// which are not part of what is signed.
func (a *account) Sign(call *connectors.Call, now time.Time, nonce string) {
	if call.Header.Get("Authorization") != "" {
		return
	}
	u, err := url.Parse(call.URL)
	if err != nil || !strings.HasPrefix(call.URL, a.base+"/") && !keptByX(u) {
		return
	}
	oauth := [][2]string{
		{"oauth_consumer_key", a.consumerKey.Reveal()},
		{"oauth_nonce", nonce},
		{"oauth_signature_method", "HMAC-SHA1"},
		{"oauth_timestamp", strconv.FormatInt(now.Unix(), 10)},
		{"oauth_token", a.token.Reveal()},
		{"oauth_version", "1.0"},
	}
	var params []string
	for _, p := range oauth {
		params = append(params, escape(p[0])+"="+escape(p[1]))
	}
	for name, values := range u.Query() {
		for _, value := range values {
			params = append(params, escape(name)+"="+escape(value))
		}
	}
	slices.Sort(params)
	bare := strings.ToLower(u.Scheme) + "://" + strings.ToLower(u.Host) + u.EscapedPath()
	text := strings.ToUpper(call.Method) + "&" + escape(bare) + "&" + escape(strings.Join(params, "&"))
	mac := hmac.New(sha1.New, []byte(escape(a.consumerSecret.Reveal())+"&"+escape(a.tokenSecret.Reveal())))
	mac.Write([]byte(text))

	oauth = append(oauth, [2]string{"oauth_signature", base64.StdEncoding.EncodeToString(mac.Sum(nil))})
	slices.SortFunc(oauth, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	var w strings.Builder
	for i, p := range oauth {
		if i > 0 {
			w.WriteString(", ")
		}
		w.WriteString(p[0] + `="` + escape(p[1]) + `"`)
	}
	call.Header.Set("Authorization", "OAuth "+w.String())
}

// escape writes a text as RFC 3986 has it, with %20 for a space.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var w strings.Builder
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~", c) >= 0:
			w.WriteByte(c)
		default:
			w.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return w.String()
}

// keptByX tells whether an address is of one of the hosts that keep the media
// of messages and ask who fetches them (platforms/x: Media download).
func keptByX(u *url.URL) bool {
	if u.Scheme != "https" {
		return false
	}
	return u.Host == mediaHost || u.Host == "pbs.twimg.com" || u.Host == "video.twimg.com"
}
