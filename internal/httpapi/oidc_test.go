package httpapi_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/egress"
	"threadhub/internal/httpapi"
	"threadhub/internal/oidc"
)

// idp is an identity provider that vouches for whomever the test says.
type idp struct {
	*httptest.Server
	t       *testing.T
	key     *rsa.PrivateKey
	claims  map[string]any // changes to the token's
	nonce   string
	proof   string // the PKCE challenge of the latest sign-in
	status  int
	signer  *rsa.PrivateKey
	minutes time.Duration
	now     func() time.Time
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	p := &idp{t: t, key: key, signer: key, status: http.StatusOK, minutes: 5 * time.Minute}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.answer(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		p.answer(w, map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k1", "n": url64(key.N.Bytes()), "e": url64(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func url64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (p *idp) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (p *idp) token(w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	if p.status != http.StatusOK || r.FormValue("code") != "good" || url64(sum[:]) != p.proof || id != "hub" || secret != "hub-secret" {
		w.WriteHeader(http.StatusBadRequest)
		p.answer(w, map[string]any{"error": "invalid_grant"})
		return
	}
	claims := map[string]any{
		"iss": p.URL, "aud": "hub", "sub": "user-7", "nonce": p.nonce, "email": "bea@example.org", "email_verified": true,
		"iat": p.now().Unix(), "exp": p.now().Add(p.minutes).Unix(),
	}
	for k, v := range p.claims {
		claims[k] = v
	}
	head, _ := json.Marshal(map[string]any{"alg": "RS256", "kid": "k1", "typ": "JWT"})
	body, _ := json.Marshal(claims)
	text := url64(head) + "." + url64(body)
	digest := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, p.signer, crypto.SHA256, digest[:])
	require.NoError(p.t, err)
	p.answer(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": text + "." + url64(sig)})
}

// single is a hub with single sign-on, and a browser before it.
type single struct {
	*hub
	idp    *idp
	cookie string
}

func newSingle(t *testing.T) *single {
	t.Helper()
	p := newIDP(t)
	client, err := egress.New(egress.Options{AllowPrivate: true})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	var h *hub
	p.now = func() time.Time { return h.clock() }
	h = newHub(t, func(d *httpapi.Deps) {
		d.IdentitiesName = "Example ID"
		d.Identities = oidc.New(oidc.Options{
			Issuer: p.URL, ClientID: "hub", ClientSecret: connectors.NewSecret("hub-secret"),
			RedirectURL: publicURL + httpapi.CallbackPath, Client: client.Operator(), Now: d.Now,
		})
	})
	return &single{hub: h, idp: p}
}

// begin goes to the provider and answers the state it was sent with.
func (s *single) begin() (state string) {
	s.t.Helper()
	a := s.do(request{method: http.MethodGet, path: "/v1/session/oidc"})
	require.Equal(s.t, http.StatusFound, a.status, a.raw)
	to, err := url.Parse(a.header.Get("Location"))
	require.NoError(s.t, err)
	q := to.Query()
	require.Equal(s.t, []string{"hub", "code", "S256", publicURL + "/v1/session/oidc/callback"},
		[]string{q.Get("client_id"), q.Get("response_type"), q.Get("code_challenge_method"), q.Get("redirect_uri")})
	s.idp.nonce, s.idp.proof = q.Get("nonce"), q.Get("code_challenge")
	cookie := (&http.Response{Header: a.header}).Cookies()[0]
	require.True(s.t, cookie.HttpOnly && cookie.Secure)
	require.Equal(s.t, http.SameSiteLaxMode, cookie.SameSite)
	s.cookie = cookie.Name + "=" + cookie.Value
	return q.Get("state")
}

// come is the browser coming back; it answers where it goes on to, and who it
// then is.
func (s *single) come(query string) (to, who string) {
	s.t.Helper()
	a := s.do(request{method: http.MethodGet, path: "/v1/session/oidc/callback?" + query, header: map[string]string{"Cookie": s.cookie, "Sec-Fetch-Site": "cross-site"}})
	require.Equal(s.t, http.StatusSeeOther, a.status, a.raw)
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == cookieName {
			b := &browser{hub: s.hub, cookie: c.Value}
			who, _ = b.call(http.MethodGet, "/v1/me", "").body["name"].(string)
		}
	}
	return a.header.Get("Location"), who
}

func TestSingleSignOn(t *testing.T) {
	s := newSingle(t)
	bea, _ := s.agent("bea")
	methods := s.do(request{method: http.MethodGet, path: "/v1/session"})
	require.Equal(t, map[string]any{"name": "Example ID", "url": "/v1/session/oidc"}, methods.body["oidc"])
	to, who := s.come("state=" + s.begin() + "&code=good&session_state=whatever&iss=x")
	require.Equal(t, "/console/", to)
	require.Equal(t, "bea", who)

	s.must(http.MethodPatch, "/v1/agents/"+bea, `{"email":"beatriz@example.org"}`)
	s.idp.claims = map[string]any{"email": "elsewhere@example.org", "email_verified": false}
	_, who = s.come("state=" + s.begin() + "&code=good")
	require.Equal(t, "bea", who, "known by the subject from now on")
	lines := s.audit("&actor_id=" + bea)
	require.Equal(t, "finishOIDC", lines[0]["action"])
}

func TestSingleSignOnThatIsNotTheirs(t *testing.T) {
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(s *single)
		query  func(state string) string
		want   string
	}{
		"another state":               {nil, func(string) string { return "state=other&code=good" }, "oidc_failed"},
		"no state":                    {nil, func(string) string { return "code=good" }, "oidc_failed"},
		"another browser":             {func(s *single) { s.cookie = "" }, nil, "oidc_failed"},
		"a cookie that is none":       {func(s *single) { s.cookie = "__Host-threadhub_oidc=e30" }, func(string) string { return "state=&code=good" }, "oidc_failed"},
		"another code":                {nil, func(state string) string { return "state=" + state + "&code=bad" }, "oidc_failed"},
		"a token of another sign-in":  {func(s *single) { s.idp.nonce = "replayed" }, nil, "oidc_failed"},
		"a token for somebody else":   {func(s *single) { s.idp.claims = map[string]any{"aud": "another hub"} }, nil, "oidc_failed"},
		"a token of another issuer":   {func(s *single) { s.idp.claims = map[string]any{"iss": "https://evil.example"} }, nil, "oidc_failed"},
		"a token that is over":        {func(s *single) { s.idp.minutes = -time.Minute }, nil, "oidc_failed"},
		"a token signed by others":    {func(s *single) { s.idp.signer = other }, nil, "oidc_failed"},
		"another browser's challenge": {func(s *single) { s.idp.proof = "x" }, nil, "oidc_failed"},
		"an address not verified":     {func(s *single) { s.idp.claims = map[string]any{"email_verified": false} }, nil, "no_account"},
		"nobody here":                 {func(s *single) { s.idp.claims = map[string]any{"email": "eve@example.org"} }, nil, "no_account"},
		"a provider that is down":     {func(s *single) { s.idp.status = http.StatusBadGateway }, nil, "oidc_failed"},
		"cancelled":                   {nil, func(state string) string { return "state=" + state + "&error=access_denied&error_description=no" }, "oidc_cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSingle(t)
			s.agent("bea")
			state := s.begin()
			if c.change != nil {
				c.change(s)
			}
			query := "state=" + state + "&code=good"
			if c.query != nil {
				query = c.query(state)
			}
			to, who := s.come(query)
			require.Equal(t, "/console/#/sign-in?error="+c.want, to)
			require.Empty(t, who)
		})
	}
}

func TestAnAddressThatChangedHandsOpensNothing(t *testing.T) {
	s := newSingle(t)
	s.agent("bea")
	_, who := s.come("state=" + s.begin() + "&code=good")
	require.Equal(t, "bea", who)
	s.idp.claims = map[string]any{"sub": "user-8"} // with the same address
	to, who := s.come("state=" + s.begin() + "&code=good")
	require.Empty(t, who)
	require.True(t, strings.HasSuffix(to, "no_account"), to)
}

func TestSingleSignOnThatIsNotSetUp(t *testing.T) {
	h := newHub(t)
	for _, path := range []string{"/v1/session/oidc", "/v1/session/oidc/callback?state=x"} {
		require.Equal(t, http.StatusNotFound, h.do(request{method: http.MethodGet, path: path}).status, fmt.Sprint(path))
	}
	require.Nil(t, h.do(request{method: http.MethodGet, path: "/v1/session"}).body["oidc"])
}
