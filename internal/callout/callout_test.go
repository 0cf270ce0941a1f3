package callout_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/connectors"
	"threadhub/internal/callout"
	"threadhub/internal/egress"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const body = `{"id":"ev_1","type":"message.created"}`

func verifier(t *testing.T, secret string) *standardwebhooks.Webhook {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	return w
}

func TestTheStandardsOwnLibraryAcceptsWhatIsSigned(t *testing.T) {
	now, former, other := callout.MakeSecret(), callout.MakeSecret(), callout.MakeSecret()
	h, err := callout.Sign([]connectors.Secret{connectors.NewSecret(now), connectors.NewSecret(former)}, "ev_1", time.Now(), []byte(body))
	require.NoError(t, err)
	require.NoError(t, verifier(t, now).Verify([]byte(body), h))
	require.NoError(t, verifier(t, former).Verify([]byte(body), h), "the secret that is being replaced is as good")
	require.Error(t, verifier(t, other).Verify([]byte(body), h))
	require.Error(t, verifier(t, now).Verify([]byte(body+" "), h))
	late, err := callout.Sign([]connectors.Secret{connectors.NewSecret(now)}, "ev_1", time.Now().Add(-time.Hour), []byte(body))
	require.NoError(t, err)
	require.Error(t, verifier(t, now).Verify([]byte(body), late), "too old to be new")
}

func TestSecretsAreOfTheStandardsForm(t *testing.T) {
	key, err := callout.SecretKey(callout.MakeSecret())
	require.NoError(t, err)
	require.Len(t, key, 32)
	for name, secret := range map[string]string{
		"too short": "whsec_c2hvcnQ=", "too long": "whsec_" + strings.Repeat("QUJD", 40), "no base64": "whsec_canary!canary!canary!canary!", "empty": "",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := callout.SecretKey(secret)
			require.ErrorContains(t, err, "leave it out and one is made")
			require.NotContains(t, err.Error(), "canary")
		})
	}
}

// call calls a receiver that answers as the case has it.
func call(ctx context.Context, t *testing.T, private bool, h callout.Hook, answer http.HandlerFunc) callout.Result {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	client, err := egress.New(egress.Options{AllowPrivate: private, MaxBody: 1 << 10})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	if h.URL == "" {
		h.URL = server.URL + "/hook?key=canary-in-the-query"
	}
	h.Kind, h.Owner = "subscriber", "sub_1"
	return callout.Call(ctx, client, h, "ev_1", time.Now(), []byte(body))
}

func TestWhatAnAnswerMeans(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
			w.WriteHeader(code)
		}
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   callout.Result
	}{
		"taken":          {status(204), callout.Result{Verdict: callout.Done, Status: 204}},
		"a failure":      {status(500), callout.Result{Verdict: callout.Again, Status: 500, Detail: "the receiver answered 500"}},
		"no such path":   {status(404), callout.Result{Verdict: callout.Again, Status: 404, Detail: "the receiver answered 404"}},
		"a redirect":     {status(302), callout.Result{Verdict: callout.Again, Status: 302, Detail: "the receiver answered 302: redirects are not followed, give the address it moved to"}},
		"no more please": {status(410), callout.Result{Verdict: callout.Gone, Status: 410, Detail: "the receiver answered 410: it wants no more calls"}},
		"not so fast": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(429)
		}, callout.Result{Verdict: callout.Again, Status: 429, After: 7 * time.Second, Detail: "the receiver answered 429"}},
		"a pause without end": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "999999999")
			w.WriteHeader(503)
		}, callout.Result{Verdict: callout.Again, Status: 503, After: time.Hour, Detail: "the receiver answered 503"}},
		"more than anybody reads": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", 1<<16))
		}, callout.Result{Verdict: callout.Done, Status: 200}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, call(t.Context(), t, true, callout.Hook{Secrets: []connectors.Secret{connectors.NewSecret(callout.MakeSecret())}}, c.answer))
		})
	}
}

func TestCallsThatBringNoAnswer(t *testing.T) {
	never := func(http.ResponseWriter, *http.Request) { t.Error("it was called") }
	secrets := []connectors.Secret{connectors.NewSecret(callout.MakeSecret())}
	t.Run("a private address", func(t *testing.T) {
		got := call(t.Context(), t, false, callout.Hook{Secrets: secrets}, never)
		require.Equal(t, callout.Never, got.Verdict, got.Detail)
	})
	t.Run("a secret that is none", func(t *testing.T) {
		got := call(t.Context(), t, true, callout.Hook{Secrets: []connectors.Secret{connectors.NewSecret("canary")}}, never)
		require.Equal(t, callout.Never, got.Verdict)
		require.NotContains(t, got.Detail, "canary")
	})
	t.Run("a hub that stops", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		got := call(ctx, t, true, callout.Hook{Secrets: secrets}, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body) // or the server does not see the client go
			cancel()
			<-r.Context().Done()
		})
		require.Equal(t, callout.Stopped, got.Verdict)
	})
	t.Run("nobody there", func(t *testing.T) {
		got := call(t.Context(), t, true, callout.Hook{Secrets: secrets, URL: "http://127.0.0.1:1/hook?key=canary"}, never)
		require.Equal(t, callout.Again, got.Verdict)
		require.NotContains(t, got.Detail, "canary")
	})
}
