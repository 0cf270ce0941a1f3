package messenger_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
)

// vectorBody is signed with vectorSecret in the platform's sheet
// (platforms/messenger: section 1): the escape stays six ASCII characters.
const (
	vectorSecret = "test_app_secret"
	vectorBody   = `{"object":"page","entry":[{"id":"1","time":1,"messaging":[{"message":{"mid":"m","text":"\u00e4"}}]}]}`
	vectorHeader = "sha256=5a96c333c6c31d5dc0a575c468fedefe1d587f97081fb8ec50344d49ad00bb0e"
)

func post(body, header string) *connectors.Request {
	h := http.Header{}
	if header != "" {
		h.Set("X-Hub-Signature-256", header)
	}
	return &connectors.Request{Method: http.MethodPost, Header: h, Body: []byte(body)}
}

func TestVerify(t *testing.T) {
	known := func(cfg *connectors.Config) { cfg.Credentials["app_secret"] = connectors.NewSecret(vectorSecret) }
	rotating := func(cfg *connectors.Config) { cfg.Credentials["app_secret_previous"] = connectors.NewSecret(oldSecret) }
	body := `{"object":"page","entry":[]}`
	right := signature(appSecret, []byte(body))
	for name, c := range map[string]struct {
		change       func(*connectors.Config)
		body, header string
		ok           bool
	}{
		"the documented example is accepted":             {known, vectorBody, vectorHeader, true},
		"the same body written otherwise is refused":     {known, strings.ReplaceAll(vectorBody, `\u00e4`, "ä"), vectorHeader, false},
		"the app secret's signature is accepted":         {nil, body, right, true},
		"the old SHA-1 header alone is refused":          {nil, body, "sha1=" + right[7:47], false},
		"a missing header is refused":                    {nil, body, "", false},
		"an upper-case signature is refused":             {nil, body, "sha256=" + strings.ToUpper(right[7:]), false},
		"the previous secret counts while it is kept":    {rotating, body, signature(oldSecret, []byte(body)), true},
		"the current secret counts beside the previous":  {rotating, body, right, true},
		"without a rotation the previous secret is none": {nil, body, signature(oldSecret, []byte(body)), false},
		"an absent previous secret is no empty one":      {nil, body, signature("", []byte(body)), false},
	} {
		t.Run(name, func(t *testing.T) {
			err := open(t, c.change).Verify(post(c.body, c.header), time.Time{})
			if c.ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, connectors.ErrSignature)
			}
		})
	}
}
