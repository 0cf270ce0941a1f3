package wechat

import (
	"cmp"
	"crypto/aes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"threadhub/connectors"
)

// defaultBase is where WeChat's API is reached.
const defaultBase = "https://api.weixin.qq.com"

var (
	_ connectors.Connector     = (*account)(nil)
	_ connectors.Handshaker    = (*account)(nil)
	_ connectors.Skimmer       = (*account)(nil)
	_ connectors.Tokened       = (*account)(nil)
	_ connectors.Typist        = (*account)(nil)
	_ connectors.Checker       = (*account)(nil)
	_ connectors.MediaResolver = (*account)(nil)
	_ connectors.Profiler      = (*account)(nil)
)

// account is the connector of one channel. It is read only after open.
type account struct {
	appID, appSecret connectors.Secret
	// tokens sign webhooks: the current one and, while it is being changed, the
	// one before. keys encrypt them, current first; there are none in plain mode.
	tokens     []connectors.Secret
	keys       [][]byte
	secrets    []connectors.Secret // everything that must not be repeated
	base       string              // without a slash at its end
	videoThumb string
}

// settings as the schema describes them.
type settings struct {
	APIBaseURL    string `json:"api_base_url"`
	VideoThumbURL string `json:"video_thumb_url"`
}

func open(c connectors.Config) (connectors.Connector, error) {
	a := &account{appID: c.Credentials["app_id"], appSecret: c.Credentials["app_secret"]}
	for _, name := range []string{"app_id", "app_secret", "token"} {
		if c.Credentials[name].Empty() {
			return nil, fmt.Errorf("wechat: %s is missing", name)
		}
	}
	for _, name := range []string{"token", "token_previous"} {
		if s := c.Credentials[name]; !s.Empty() {
			a.tokens = append(a.tokens, s)
		}
	}
	for _, name := range []string{"encoding_aes_key", "encoding_aes_key_previous"} {
		s := c.Credentials[name]
		if s.Empty() {
			continue
		}
		key, err := decodeKey(s)
		if err != nil {
			return nil, fmt.Errorf("wechat: %s %w", name, err)
		}
		a.keys = append(a.keys, key)
	}
	for _, s := range c.Credentials {
		a.secrets = append(a.secrets, s)
	}
	var s settings
	if len(c.Settings) > 0 {
		if err := json.Unmarshal(c.Settings, &s); err != nil {
			return nil, errors.New("wechat: settings are not a JSON object as the schema describes")
		}
	}
	var err error
	if a.base, err = baseURL(cmp.Or(s.APIBaseURL, defaultBase)); err != nil {
		return nil, fmt.Errorf("wechat: %w", err)
	}
	a.videoThumb = s.VideoThumbURL
	return a, nil
}

// decodeKey turns an EncodingAESKey into a key: it is base64 without its padding,
// whose last character may carry bits that mean nothing.
func decodeKey(s connectors.Secret) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(s.Reveal() + "=")
	if err != nil || len(key) != 2*aes.BlockSize {
		return nil, errors.New("is not the 43 letters and digits that WeChat shows: copy it again")
	}
	return key, nil
}

func baseURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", errors.New("api_base_url is not an absolute http or https address")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("api_base_url must hold neither user, query nor fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}
