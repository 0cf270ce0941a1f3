package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/httpapi"
)

func TestACallerIsKeptToItsRateAndNobodyElseIs(t *testing.T) {
	h := newHub(t, func(d *httpapi.Deps) { d.Rate = 5 })
	busy := h.token(`{"name":"busy","role":"integration"}`)
	calm := h.token(`{"name":"calm","role":"integration"}`)
	me := func(token string) answer { return h.do(request{method: http.MethodGet, path: "/v1/me", token: token}) }
	for i := range 10 {
		require.Equal(t, http.StatusOK, me(busy).status, "%d", i)
	}
	a := me(busy)
	require.Equal(t, http.StatusTooManyRequests, a.status)
	require.Equal(t, "rate_limited", a.code())
	require.Equal(t, "1", a.header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, me(calm).status)
	for range 30 {
		require.Equal(t, http.StatusOK, me(adminToken).status, "the operator's own")
	}
	h.wait(time.Second)
	for range 5 {
		require.Equal(t, http.StatusOK, me(busy).status)
	}
	require.Equal(t, http.StatusTooManyRequests, me(busy).status)
}

func TestARefusedCallDoesNothing(t *testing.T) {
	h := newHub(t, func(d *httpapi.Deps) { d.Rate = 0.5 })
	token := h.token(`{"name":"a","role":"admin"}`)
	post := func(name string) int {
		return h.do(request{method: http.MethodPost, path: "/v1/groups", token: token, body: `{"name":"` + name + `"}`}).status
	}
	require.Equal(t, http.StatusCreated, post("one"))
	require.Equal(t, http.StatusTooManyRequests, post("two"))
	require.Len(t, h.must(http.MethodGet, "/v1/groups", "").data(t), 1)
}

func TestAnAddressWithoutEndOfWrongTokensHasToWait(t *testing.T) {
	h := newHub(t)
	good := h.token(`{"name":"good","role":"integration"}`)
	guess := func() answer { return h.do(request{method: http.MethodGet, path: "/v1/me", token: "tok_1.nonsense"}) }
	tries := 0
	for ; tries < 400 && guess().status == http.StatusUnauthorized; tries++ {
	}
	require.Equal(t, 300, tries)
	a := guess()
	require.Equal(t, http.StatusTooManyRequests, a.status)
	require.NotEmpty(t, a.header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, h.do(request{method: http.MethodGet, path: "/v1/me", token: good}).status, "a valid token from there goes on")
}
