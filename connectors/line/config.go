package line

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"threadhub/connectors"
)

// Hosts of the Messaging API: calls, and the content that people sent
// (platforms/line: section 0).
const (
	defaultBase = "https://api.line.me"
	defaultData = "https://api-data.line.me"
)

var (
	_ connectors.Connector     = (*account)(nil)
	_ connectors.Skimmer       = (*account)(nil)
	_ connectors.Typist        = (*account)(nil)
	_ connectors.Reader        = (*account)(nil)
	_ connectors.Subscriber    = (*account)(nil)
	_ connectors.Checker       = (*account)(nil)
	_ connectors.MediaResolver = (*account)(nil)
	_ connectors.Profiler      = (*account)(nil)
)

// account is the connector of one channel. It is read only after open.
type account struct {
	token connectors.Secret
	// secrets sign webhooks: the current one and, while it is being changed,
	// the one before.
	secrets      []connectors.Secret
	base         string // without a slash at its end, as data
	data         string
	videoPreview string
}

// settings as the schema describes them.
type settings struct {
	APIBaseURL      string `json:"api_base_url"`
	DataBaseURL     string `json:"data_base_url"`
	VideoPreviewURL string `json:"video_preview_url"`
}

func open(c connectors.Config) (connectors.Connector, error) {
	a := &account{
		token:   c.Credentials["channel_access_token"],
		secrets: []connectors.Secret{c.Credentials["channel_secret"], c.Credentials["channel_secret_previous"]},
	}
	if err := checkToken(a.token); err != nil {
		return nil, fmt.Errorf("line: %w", err)
	}
	if a.secrets[0].Empty() {
		return nil, errors.New("line: channel_secret is missing")
	}
	var s settings
	if len(c.Settings) > 0 {
		if err := json.Unmarshal(c.Settings, &s); err != nil {
			return nil, errors.New("line: settings are not a JSON object as the schema describes")
		}
	}
	var err error
	if a.base, err = baseURL("api_base_url", cmp.Or(s.APIBaseURL, defaultBase)); err != nil {
		return nil, fmt.Errorf("line: %w", err)
	}
	// A proxy or a stub stands for both hosts unless told otherwise.
	if a.data, err = baseURL("data_base_url", cmp.Or(s.DataBaseURL, s.APIBaseURL, defaultData)); err != nil {
		return nil, fmt.Errorf("line: %w", err)
	}
	a.videoPreview = s.VideoPreviewURL
	return a, nil
}

// checkToken refuses what cannot stand in a header.
func checkToken(token connectors.Secret) error {
	if token.Empty() {
		return errors.New("channel_access_token is missing")
	}
	for _, r := range token.Reveal() {
		if r <= ' ' || r > '~' {
			return errors.New("channel_access_token holds a character that no token has: copy it again, without spaces or line breaks")
		}
	}
	return nil
}

func baseURL(name, raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("%s is not an absolute http or https address", name)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%s must hold neither user, query nor fragment", name)
	}
	return strings.TrimRight(u.String(), "/"), nil
}
