package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/httpapi"
)

const (
	goodPassword = "a horse, a stapler"
	cookieName   = "__Host-threadhub_session"
)

// browser is somebody with a cookie.
type browser struct {
	*hub
	cookie, csrf string
	header       map[string]string // of every request
}

// call makes a request as the browser would from a page of the hub's.
func (b *browser) call(method, path, body string) answer {
	b.t.Helper()
	header := map[string]string{"Sec-Fetch-Site": "same-origin", "X-CSRF-Token": b.csrf}
	if b.cookie != "" {
		header["Cookie"] = cookieName + "=" + b.cookie
	}
	for k, v := range b.header {
		header[k] = v
	}
	a := b.do(request{method: method, path: path, body: body, header: header})
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == cookieName {
			b.cookie = c.Value
		}
	}
	if token, _ := a.body["csrf_token"].(string); token != "" {
		b.csrf = token
	}
	return a
}

// enter makes the first admin, who is then signed in.
func enter(h *hub) *browser {
	h.t.Helper()
	b := &browser{hub: h}
	a := b.call(http.MethodPost, "/v1/setup", fmt.Sprintf(`{"token":%q,"name":"Ada","email":"ada@example.org","password":%q}`, adminToken, goodPassword))
	require.Equal(h.t, http.StatusCreated, a.status, a.raw)
	return b
}

// join invites an agent and lets them in.
func (b *browser) join(name, role string) *browser {
	b.t.Helper()
	id := b.must(http.MethodPost, "/v1/agents", fmt.Sprintf(`{"name":%q,"email":"%s@example.org","role":%q}`, name, name, role)).id()
	token, _ := b.must(http.MethodPost, "/v1/agents/"+id+"/invite", "").body["token"].(string)
	other := &browser{hub: b.hub}
	a := other.call(http.MethodPost, "/v1/invitations/accept", fmt.Sprintf(`{"token":%q,"password":%q}`, token, goodPassword))
	require.Equal(b.t, http.StatusCreated, a.status, a.raw)
	return other
}

func signInBody(name, password string) string {
	return fmt.Sprintf(`{"email":"%s@example.org","password":%q}`, name, password)
}

func TestTheFirstAdminSetsTheHubUpAndSignsIn(t *testing.T) {
	h := newHub(t)
	b := &browser{hub: h}
	require.Equal(t, true, b.call(http.MethodGet, "/v1/session", "").body["setup_required"])
	wrong := b.call(http.MethodPost, "/v1/setup", fmt.Sprintf(`{"token":"no","name":"Ada","email":"ada@example.org","password":%q}`, goodPassword))
	require.Equal(t, http.StatusUnauthorized, wrong.status)
	weak := b.call(http.MethodPost, "/v1/setup", fmt.Sprintf(`{"token":%q,"name":"Ada","email":"ada@example.org","password":"short"}`, adminToken))
	require.Equal(t, []string{"password"}, weak.fields())

	b = enter(h)
	require.Equal(t, false, b.call(http.MethodGet, "/v1/session", "").body["setup_required"])
	me := b.call(http.MethodGet, "/v1/me", "")
	require.Equal(t, "admin", me.body["role"])
	require.Contains(t, me.body["permissions"], "admin")
	require.Equal(t, b.csrf, me.body["csrf_token"])
	require.Equal(t, "setup", me.body["session"].(map[string]any)["method"])
	again := b.call(http.MethodPost, "/v1/setup", fmt.Sprintf(`{"token":%q,"name":"Eve","email":"eve@example.org","password":%q}`, adminToken, goodPassword))
	require.Equal(t, "already_set_up", again.code())

	require.Equal(t, http.StatusNoContent, b.call(http.MethodDelete, "/v1/session", "").status)
	require.Empty(t, b.cookie)
	require.Equal(t, http.StatusUnauthorized, b.call(http.MethodGet, "/v1/me", "").status)
	require.Equal(t, http.StatusCreated, b.call(http.MethodPost, "/v1/session", signInBody("ada", goodPassword)).status)
	require.Equal(t, http.StatusCreated, b.call(http.MethodPost, "/v1/groups", `{"name":"Billing"}`).status)
}

func TestTheSessionsCookieIsForTheHubAlone(t *testing.T) {
	for url, want := range map[string]string{
		"https://hub.example":   "__Host-threadhub_session=; Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=Strict",
		"http://127.0.0.1:8080": "threadhub_session=; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict",
	} {
		h := newHub(t, func(d *httpapi.Deps) { d.PublicURL = url })
		a := h.do(request{method: http.MethodPost, path: "/v1/setup", body: fmt.Sprintf(
			`{"token":%q,"name":"Ada","email":"ada@example.org","password":%q}`, adminToken, goodPassword)})
		set := a.header.Get("Set-Cookie")
		value := set[strings.Index(set, "=")+1 : strings.Index(set, ";")]
		require.Len(t, value, len("ses_")+43)
		require.Equal(t, want, strings.Replace(set, value, "", 1))
		require.NotContains(t, a.raw, value, "pages cannot read it")
	}
}

func TestAPageOfAnotherSiteCannotUseTheSession(t *testing.T) {
	b := enter(newHub(t))
	for name, c := range map[string]struct {
		header map[string]string
		code   string
	}{
		"a form of another site":         {map[string]string{"Sec-Fetch-Site": "cross-site", "X-CSRF-Token": b.csrf}, "cross_site"},
		"a page of a sibling domain":     {map[string]string{"Sec-Fetch-Site": "same-site", "X-CSRF-Token": b.csrf}, "cross_site"},
		"an old browser from elsewhere":  {map[string]string{"Sec-Fetch-Site": "", "Origin": "https://evil.example", "X-CSRF-Token": b.csrf}, "cross_site"},
		"without the token":              {map[string]string{"X-CSRF-Token": ""}, "csrf"},
		"with another token":             {map[string]string{"X-CSRF-Token": b.csrf[1:] + "A"}, "csrf"},
		"no word of where it comes from": {map[string]string{"Sec-Fetch-Site": "", "X-CSRF-Token": ""}, "csrf"},
	} {
		other := *b
		other.header = c.header
		for _, r := range [][2]string{{http.MethodPost, "/v1/groups"}, {http.MethodDelete, "/v1/session"}, {http.MethodPatch, "/v1/settings"}, {http.MethodPut, "/v1/me/password"}} {
			a := other.call(r[0], r[1], "")
			require.Equal(t, http.StatusForbidden, a.status, name)
			require.Equal(t, c.code, a.code(), name)
		}
	}
	fine := *b
	fine.header = map[string]string{"Sec-Fetch-Site": "", "Origin": publicURL}
	require.Equal(t, http.StatusCreated, fine.call(http.MethodPost, "/v1/groups", `{"name":"Billing"}`).status, "behind a proxy that changes Host")
	require.Empty(t, (&http.Response{Header: b.call(http.MethodGet, "/v1/me", "").header}).Header.Get("Access-Control-Allow-Origin"))
}

func TestNobodyIsSignedInByAPageOfAnotherSite(t *testing.T) {
	h := newHub(t)
	enter(h)
	other := &browser{hub: h, header: map[string]string{"Sec-Fetch-Site": "cross-site"}}
	a := other.call(http.MethodPost, "/v1/session", signInBody("ada", goodPassword))
	require.Equal(t, "cross_site", a.code())
	require.Empty(t, other.cookie)
	form := h.do(request{method: http.MethodPost, path: "/v1/session", body: signInBody("ada", goodPassword), header: map[string]string{"Content-Type": "text/plain"}})
	require.Equal(t, http.StatusUnsupportedMediaType, form.status)
}

func TestASessionThatWasPlantedIsNotKept(t *testing.T) {
	h := newHub(t)
	victim := enter(h)
	attacker := victim.join("eve", "agent")
	victim.cookie = attacker.cookie // planted
	require.Equal(t, http.StatusCreated, victim.call(http.MethodPost, "/v1/session", signInBody("ada", goodPassword)).status)
	require.NotEqual(t, attacker.cookie, victim.cookie)
	require.Equal(t, http.StatusUnauthorized, attacker.call(http.MethodGet, "/v1/me", "").status, "what was planted is over")
	require.Equal(t, "Ada", victim.call(http.MethodGet, "/v1/me", "").body["name"])

	invented := &browser{hub: h, cookie: "ses_" + strings.Repeat("A", 43)}
	require.Equal(t, http.StatusUnauthorized, invented.call(http.MethodGet, "/v1/me", "").status)
	require.Equal(t, http.StatusCreated, invented.call(http.MethodPost, "/v1/session", signInBody("ada", goodPassword)).status)
	require.NotEqual(t, "ses_"+strings.Repeat("A", 43), invented.cookie, "the hub makes the secrets")
}

func TestSigningInSaysNothingAboutAccounts(t *testing.T) {
	h := newHub(t)
	enter(h).join("bea", "agent")
	h.must(http.MethodPost, "/v1/agents", `{"name":"Leo","email":"leo@example.org"}`)
	known := h.do(request{method: http.MethodPost, path: "/v1/session", body: signInBody("bea", "wrong")})
	require.Equal(t, "wrong_credentials", known.code())
	for _, name := range []string{"nobody", "leo"} {
		a := h.do(request{method: http.MethodPost, path: "/v1/session", body: signInBody(name, "wrong")})
		require.Equal(t, known.status, a.status)
		delete(a.body, "request_id")
		delete(known.body, "request_id")
		require.Equal(t, known.body, a.body)
		require.Empty(t, a.header.Get("Set-Cookie"))
	}
}

func TestTooManyWrongPasswordsHaveToWait(t *testing.T) {
	h := newHub(t)
	enter(h).join("bea", "agent")
	wrong := func(name, forwarded string) answer {
		return h.do(request{method: http.MethodPost, path: "/v1/session", body: signInBody(name, "wrong"), header: map[string]string{"X-Forwarded-For": forwarded}})
	}
	for i := range 5 {
		require.Equal(t, http.StatusUnauthorized, wrong("bea", fmt.Sprintf("203.0.113.%d", i)).status, "%d", i)
	}
	a := wrong("bea", "203.0.113.99")
	require.Equal(t, http.StatusTooManyRequests, a.status, "an address that anybody can write into a header is no other address")
	require.Equal(t, "too_many_tries", a.code())
	require.Equal(t, "30", a.header.Get("Retry-After"))
	right := h.do(request{method: http.MethodPost, path: "/v1/session", body: signInBody("bea", goodPassword)})
	require.Equal(t, http.StatusTooManyRequests, right.status, "the right one is not looked at either")
	for range 5 {
		wrong("nobody", "")
	}
	require.Equal(t, http.StatusTooManyRequests, wrong("nobody", "").status, "just like an account that is there")
	h.wait(30 * time.Second)
	require.Equal(t, http.StatusCreated, h.do(request{method: http.MethodPost, path: "/v1/session", body: signInBody("bea", goodPassword)}).status)
}

func TestAnAgentIsInvitedAndLaterReset(t *testing.T) {
	h := newHub(t)
	ada := enter(h)
	id := h.must(http.MethodPost, "/v1/agents", `{"name":"Bea","email":"bea@example.org"}`).id()
	invitation := ada.call(http.MethodPost, "/v1/agents/"+id+"/invite", "")
	require.Equal(t, "invitation", invitation.body["purpose"])
	token, _ := invitation.body["token"].(string)
	require.Equal(t, publicURL+"/console/#/invite/"+token, invitation.body["url"])

	bea := &browser{hub: h}
	seen := bea.call(http.MethodPost, "/v1/invitations/check", fmt.Sprintf(`{"token":%q}`, token))
	require.Equal(t, "bea@example.org", seen.body["email"])
	weak := bea.call(http.MethodPost, "/v1/invitations/accept", fmt.Sprintf(`{"token":%q,"password":"bea bea bea bea"}`, token))
	require.Equal(t, []string{"password"}, weak.fields())
	answer := fmt.Sprintf(`{"token":%q,"password":%q}`, token, goodPassword)
	require.Equal(t, http.StatusCreated, bea.call(http.MethodPost, "/v1/invitations/accept", answer).status)
	require.Equal(t, "Bea", bea.call(http.MethodGet, "/v1/me", "").body["name"])
	require.Equal(t, http.StatusNotFound, bea.call(http.MethodPost, "/v1/invitations/accept", answer).status, "once")
	require.Equal(t, http.StatusForbidden, bea.call(http.MethodPost, "/v1/agents/"+id+"/invite", "").status)

	reset := ada.call(http.MethodPost, "/v1/agents/"+id+"/invite", "")
	require.Equal(t, "reset", reset.body["purpose"])
	require.Equal(t, http.StatusNoContent, ada.call(http.MethodDelete, "/v1/agents/"+id+"/invite", "").status)
	token, _ = reset.body["token"].(string)
	require.Equal(t, http.StatusNotFound, bea.call(http.MethodPost, "/v1/invitations/check", fmt.Sprintf(`{"token":%q}`, token)).status)
}

func TestSessionsAreListedAndRevoked(t *testing.T) {
	h := newHub(t)
	ada := enter(h)
	bea := ada.join("bea", "agent")
	elsewhere := &browser{hub: h, header: map[string]string{"User-Agent": "Phone"}}
	require.Equal(t, http.StatusCreated, elsewhere.call(http.MethodPost, "/v1/session", signInBody("bea", goodPassword)).status)
	list := bea.call(http.MethodGet, "/v1/me/sessions", "").data(t)
	require.Len(t, list, 2)
	require.Equal(t, true, list[0]["current"])
	require.Equal(t, "192.0.2.1", list[1]["address"])
	require.Equal(t, "Phone", list[1]["client"])
	other, _ := list[1]["id"].(string)
	require.Equal(t, http.StatusNotFound, ada.call(http.MethodDelete, "/v1/me/sessions/"+other, "").status, "somebody else's")
	require.Equal(t, http.StatusNoContent, bea.call(http.MethodDelete, "/v1/me/sessions/"+other, "").status)
	require.Equal(t, http.StatusUnauthorized, elsewhere.call(http.MethodGet, "/v1/me", "").status)

	for range 2 {
		require.Equal(t, http.StatusCreated, elsewhere.call(http.MethodPost, "/v1/session", signInBody("bea", goodPassword)).status)
		elsewhere = &browser{hub: h, header: elsewhere.header}
	}
	require.Len(t, bea.call(http.MethodGet, "/v1/me/sessions", "").data(t), 3)
	require.Equal(t, http.StatusNoContent, bea.call(http.MethodDelete, "/v1/me/sessions", "").status)
	require.Equal(t, list[0]["id"], bea.call(http.MethodGet, "/v1/me/sessions", "").data(t)[0]["id"], "this one stays")
	require.Len(t, ada.call(http.MethodGet, "/v1/me/sessions", "").data(t), 1, "those of others stay")

	id := bea.call(http.MethodGet, "/v1/me", "").body["agent"].(map[string]any)["id"].(string)
	require.Len(t, ada.call(http.MethodGet, "/v1/agents/"+id+"/sessions", "").data(t), 1)
	require.Equal(t, http.StatusNoContent, ada.call(http.MethodDelete, "/v1/agents/"+id+"/sessions", "").status)
	require.Equal(t, http.StatusUnauthorized, bea.call(http.MethodGet, "/v1/me", "").status)
}

func TestChangingThePassword(t *testing.T) {
	h := newHub(t)
	bea := enter(h).join("bea", "agent")
	change := func(current, next string) answer {
		return bea.call(http.MethodPut, "/v1/me/password", fmt.Sprintf(`{"current_password":%q,"new_password":%q}`, current, next))
	}
	require.Equal(t, []string{"current_password"}, change("wrong", "another good one").fields())
	require.Equal(t, []string{"new_password"}, change(goodPassword, "short").fields())
	require.Equal(t, http.StatusNoContent, change(goodPassword, "another good one").status)
	require.Equal(t, http.StatusOK, bea.call(http.MethodGet, "/v1/me", "").status)
	require.Equal(t, http.StatusUnauthorized, h.do(request{method: http.MethodPost, path: "/v1/session", body: signInBody("bea", goodPassword)}).status)
}

func TestTokensHaveNoSession(t *testing.T) {
	h := newHub(t)
	for _, r := range []request{
		{method: http.MethodDelete, path: "/v1/session"},
		{method: http.MethodGet, path: "/v1/me/sessions"},
		{method: http.MethodDelete, path: "/v1/me/sessions"},
		{method: http.MethodDelete, path: "/v1/me/sessions/se_1"},
		{method: http.MethodPut, path: "/v1/me/password", body: `{"current_password":"x","new_password":"y"}`},
	} {
		r.token = adminToken
		require.Equal(t, "no_session", h.do(r).code(), r.path)
	}
}

func TestTheLastAdminStays(t *testing.T) {
	h := newHub(t)
	ada := enter(h)
	id := ada.call(http.MethodGet, "/v1/me", "").body["agent"].(map[string]any)["id"].(string)
	require.Equal(t, "last_admin", ada.call(http.MethodDelete, "/v1/agents/"+id, "").code())
	require.Equal(t, "last_admin", ada.call(http.MethodPatch, "/v1/agents/"+id, `{"role":"agent"}`).code())
	ada.join("bea", "admin")
	require.Equal(t, http.StatusOK, ada.call(http.MethodPatch, "/v1/agents/"+id, `{"role":"agent"}`).status)
	require.Equal(t, http.StatusForbidden, ada.call(http.MethodGet, "/v1/tokens", "").status, "at once")
}

func TestATokenGoesBeforeACookie(t *testing.T) {
	h := newHub(t)
	ada := enter(h)
	_, token := h.agent("bea")
	ada.header = map[string]string{"Authorization": "Bearer " + token}
	require.Equal(t, "bea", ada.call(http.MethodGet, "/v1/me", "").body["name"])
	ada.header = map[string]string{"Authorization": "Bearer wrong"}
	require.Equal(t, http.StatusUnauthorized, ada.call(http.MethodGet, "/v1/me", "").status)
}

func TestAStreamFollowsASession(t *testing.T) {
	h := newHub(t)
	ada := enter(h)
	f := h.follow("", "", map[string]string{"Authorization": "", "Cookie": cookieName + "=" + ada.cookie})
	f.next() // the greeting
	h.receive(h.channel(""), "p1", "hello")
	require.Equal(t, "conversation.created", f.next().event)
}
