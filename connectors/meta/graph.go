package meta

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"threadhub/connectors"
)

// Where the Graph API is and which version a channel gets that does not say
// otherwise. A version lives for about two years; an expired one falls forward
// to the oldest living.
const (
	DefaultBase    = "https://graph.facebook.com"
	DefaultVersion = "v25.0"
)

// userAgent is sent with every call: Meta's media hosts refuse an empty one.
const userAgent = "threadhub"

// Graph makes calls to one version of the Graph API with one token. It is
// immutable.
type Graph struct {
	root  string // base address and version, without a slash at the end
	token connectors.Secret
	proof string
}

// NewGraph checks the address and joins it with the version; what is empty is
// the default. The error names the setting, without its value.
func NewGraph(base, version string, token connectors.Secret) (Graph, error) {
	if base == "" {
		base = DefaultBase
	}
	if version == "" {
		version = DefaultVersion
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || u.RawQuery != "" {
		return Graph{}, errors.New("api_base_url is not an http or https address")
	}
	return Graph{root: strings.TrimRight(base, "/") + "/" + url.PathEscape(version), token: token}, nil
}

// Credentials checks that the named credentials are there and fit into a
// header. The error names the first that does not.
func Credentials(cfg connectors.Config, names ...string) error {
	for _, name := range names {
		switch secret := cfg.Credentials[name]; {
		case secret.Empty():
			return fmt.Errorf("%s is missing", name)
		case strings.ContainsAny(secret.Reveal(), "\r\n\x00"):
			return fmt.Errorf("%s holds a line break", name)
		}
	}
	return nil
}

// Proving is g with calls that prove to come from the app's owner, for apps
// that demand it (Graph API, securing requests: appsecret_proof).
func (g Graph) Proving(appSecret connectors.Secret) Graph {
	sum := digest(appSecret, []byte(g.token.Reveal()))
	g.proof = hex.EncodeToString(sum[:])
	return g
}

// Proof is what Proving adds to addresses, empty without it. It must not be
// logged.
func (g Graph) Proof() string { return g.proof }

// Foreign tells whether calls go somewhere else than to Meta: to a proxy or a
// test that the admin chose to trust.
func (g Graph) Foreign() bool {
	u, err := url.Parse(g.root)
	return err != nil || u.Scheme != "https" || !IsMeta(u.Hostname())
}

// URL is the address of a node or edge, with a query that may be nil.
func (g Graph) URL(query url.Values, path ...string) string {
	var b strings.Builder
	b.WriteString(g.root)
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(p))
	}
	if g.proof != "" {
		with := url.Values{"appsecret_proof": {g.proof}}
		for name, values := range query {
			with[name] = values
		}
		query = with
	}
	if len(query) > 0 {
		// A comma separates fields, and is legal in a query as it is.
		b.WriteString("?" + strings.ReplaceAll(query.Encode(), "%2C", ","))
	}
	return b.String()
}

// Header authorises a call; json says that it has a body.
func (g Graph) Header(json bool) http.Header {
	h := http.Header{"Authorization": {"Bearer " + g.token.Reveal()}, "User-Agent": {userAgent}}
	if json {
		h.Set("Content-Type", "application/json")
	}
	return h
}

// Get is a call that reads a node or edge.
func (g Graph) Get(op string, query url.Values, path ...string) *connectors.Call {
	return &connectors.Call{Name: op, Method: http.MethodGet, URL: g.URL(query, path...), Header: g.Header(false)}
}

// Post is a call that sends body as JSON to a node or edge. It fails for a body
// that JSON cannot hold.
func (g Graph) Post(op string, body any, path ...string) (*connectors.Call, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return &connectors.Call{
		Name: op, Method: http.MethodPost, URL: g.URL(nil, path...), Header: g.Header(true), Body: bytes.TrimRight(buf.Bytes(), "\n"),
	}, nil
}

// IsMeta tells the hosts that Meta keeps media on and serves its API from.
func IsMeta(host string) bool {
	host = strings.ToLower(host)
	for _, domain := range []string{
		"fbsbx.com", "facebook.com", "fbcdn.net", "instagram.com", "cdninstagram.com", "whatsapp.net", "whatsapp.com",
	} {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}
