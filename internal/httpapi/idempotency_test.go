package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/httpapi"
	"threadhub/internal/idempotency"
)

func (h *hub) once(key, path, body string) answer {
	h.t.Helper()
	return h.do(request{
		method: http.MethodPost, path: path, body: body, token: adminToken, header: map[string]string{"Idempotency-Key": key},
	})
}

func TestARepeatedRequestGetsTheSameAnswerAndDoesNothingTwice(t *testing.T) {
	h := newHub(t)
	first := h.once("k1", "/v1/groups", `{"name":"Billing"}`)
	require.Equal(t, http.StatusCreated, first.status)
	require.Empty(t, first.header.Get("Idempotency-Replayed"))
	again := h.once("k1", "/v1/groups", `{"name":"Billing"}`)
	require.Equal(t, http.StatusCreated, again.status)
	require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
	require.Equal(t, first.raw, again.raw)
	require.Equal(t, first.header.Get("ETag"), again.header.Get("ETag"))
	require.Equal(t, first.header.Get("Content-Type"), again.header.Get("Content-Type"))
	require.Len(t, h.must(http.MethodGet, "/v1/groups", "").data(t), 1)
}

func TestARefusalIsRepeatedToo(t *testing.T) {
	h := newHub(t)
	require.Equal(t, http.StatusCreated, h.once("k0", "/v1/groups", `{"name":"Billing"}`).status)
	for _, replayed := range []string{"", "true"} {
		a := h.once("k1", "/v1/groups", `{"name":" billing "}`)
		require.Equal(t, http.StatusConflict, a.status)
		require.Equal(t, "already_exists", a.code())
		require.Equal(t, replayed, a.header.Get("Idempotency-Replayed"))
	}
}

func TestAKeyBelongsToOneRequestOfOneCaller(t *testing.T) {
	h := newHub(t)
	require.Equal(t, http.StatusCreated, h.once("k1", "/v1/groups", `{"name":"Billing"}`).status)
	for name, other := range map[string]request{
		"another body":    {path: "/v1/groups", body: `{"name":"Sales"}`},
		"another address": {path: "/v1/agents", body: `{"name":"Billing","email":"a@b"}`},
		"another version": {path: "/v1/groups", body: `{"name":"Billing"}`, header: map[string]string{"If-Match": `"1"`}},
	} {
		if other.header == nil {
			other.header = map[string]string{}
		}
		other.method, other.token, other.header["Idempotency-Key"] = http.MethodPost, adminToken, "k1"
		a := h.do(other)
		require.Equal(t, http.StatusUnprocessableEntity, a.status, name)
		require.Equal(t, "idempotency_mismatch", a.code(), name)
	}
	second := h.token(`{"name":"second","role":"admin"}`)
	a := h.do(request{
		method: http.MethodPost, path: "/v1/groups", body: `{"name":"Sales"}`, token: second, header: map[string]string{"Idempotency-Key": "k1"},
	})
	require.Equal(t, http.StatusCreated, a.status, "somebody else's key is another key")
}

func TestAKeyIsForgottenAfterADay(t *testing.T) {
	h := newHub(t)
	require.Equal(t, http.StatusCreated, h.once("k1", "/v1/groups", `{"name":"Billing"}`).status)
	h.wait(24*time.Hour + time.Second)
	require.Equal(t, http.StatusCreated, h.once("k1", "/v1/groups", `{"name":"Sales"}`).status)
}

func TestAKeyOfARequestUnderWayIsBusy(t *testing.T) {
	h := newHub(t)
	first := make(chan answer)
	entered, leave := make(chan struct{}), make(chan struct{})
	slow := newHub(t, func(d *httpapi.Deps) { d.Idempotency = h.store; d.Channels = slowChannels{d.Channels, entered, leave} })
	create := func() answer {
		return slow.once("k1", "/v1/channels", fmt.Sprintf(`{"kind":"parrot","name":"p","credentials":{"bot_token":%q}}`, botSecret))
	}
	go func() { first <- create() }()
	<-entered
	busy := create()
	require.Equal(t, http.StatusConflict, busy.status)
	require.Equal(t, "idempotency_in_progress", busy.code())
	require.Equal(t, "1", busy.header.Get("Retry-After"))
	close(leave)
	require.Equal(t, http.StatusCreated, (<-first).status)
	require.Equal(t, "true", create().header.Get("Idempotency-Replayed"))
}

func TestARequestThatFailedThroughOurFaultMayBeRepeated(t *testing.T) {
	broken := &brokenConversations{}
	h := newHub(t, func(d *httpapi.Deps) { broken.Conversations = d.Conversations; d.Conversations = broken })
	id := h.receive(h.channel(""), "p1", "hello")
	for _, action := range []string{"read", "end-session"} {
		for range 2 {
			a := h.once("k-"+action, "/v1/conversations/"+id+"/"+action, "")
			require.GreaterOrEqual(t, a.status, http.StatusInternalServerError)
			require.Empty(t, a.header.Get("Idempotency-Replayed"))
		}
	}
}

func TestAKeyHasToBePlain(t *testing.T) {
	h := newHub(t)
	for _, key := range []string{"two words", ""} {
		a := h.once(key, "/v1/groups", `{"name":"Billing"}`)
		require.Equal(t, http.StatusUnprocessableEntity, a.status, key)
		require.Equal(t, []string{"Idempotency-Key"}, a.fields(), key)
	}
}

func TestANotedAnswerDoesNotShowASecretToTheStore(t *testing.T) {
	spy := &spyStore{}
	h := newHub(t, func(d *httpapi.Deps) { spy.Store = d.Idempotency; d.Idempotency = spy })
	created := h.once("k1", "/v1/tokens", `{"name":"x","role":"agent"}`)
	token, _ := created.body["token"].(string)
	require.NotEmpty(t, token)
	require.NotEmpty(t, spy.noted)
	require.NotContains(t, string(spy.noted), token)
	require.NotContains(t, string(spy.noted), `"name"`)
	require.Equal(t, created.raw, h.once("k1", "/v1/tokens", `{"name":"x","role":"agent"}`).raw)
}

func TestWithoutTheStoreOfKeysNothingIsDone(t *testing.T) {
	h := newHub(t, func(d *httpapi.Deps) { d.Idempotency = awayStore{d.Idempotency} })
	require.Equal(t, http.StatusServiceUnavailable, h.once("k1", "/v1/groups", `{"name":"Billing"}`).status)
	require.Empty(t, h.must(http.MethodGet, "/v1/groups", "").data(t))
}

// spyStore keeps what it is given.
type spyStore struct {
	idempotency.Store
	noted []byte
}

func (s *spyStore) Complete(ctx context.Context, r idempotency.Record) error {
	s.noted = append(s.noted, r.Body...)
	return s.Store.Complete(ctx, r)
}

// awayStore cannot be reached.
type awayStore struct{ idempotency.Store }

func (awayStore) Begin(context.Context, idempotency.Record, time.Duration, time.Duration) (idempotency.Record, bool, error) {
	return idempotency.Record{}, false, errors.New("database is locked")
}
