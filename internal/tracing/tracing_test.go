package tracing

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestWithoutATracerNothingHappens(t *testing.T) {
	off, err := Open(t.Context(), Options{})
	require.NoError(t, err)
	require.Nil(t, off)
	ctx := off.From(t.Context(), parent)
	require.Equal(t, t.Context(), ctx)
	ctx, span := off.Start(ctx, "step", "a", "b")
	span.Note("c", "d")
	span.End("failed")
	require.Empty(t, off.Carry(ctx))
	require.NoError(t, off.Close(ctx))
	next := http.NotFoundHandler()
	require.IsType(t, next, off.Handler(next), "not even a function more")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_, span := off.Start(t.Context(), "step")
		span.End("")
	}))
}

func open(t *testing.T, share float64) *Tracer {
	t.Helper()
	on, err := Open(t.Context(), Options{Endpoint: "http://127.0.0.1:1", Share: share, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, on.Close(context.Background())) })
	return on
}

func TestATraceIsCarriedAsText(t *testing.T) {
	for _, share := range []float64{0, 1} {
		on := open(t, share)
		ctx, span := on.Start(on.From(t.Context(), parent), "step")
		require.Contains(t, on.Carry(ctx), "4bf92f3577b34da6a3ce929d0e0e4736", "one that was begun elsewhere goes on, whatever the share")
		require.NotEqual(t, parent, on.Carry(ctx), "at the step it is in")
		span.End("")
		require.Equal(t, t.Context(), on.From(t.Context(), "nonsense"))
	}
	on := open(t, 0)
	ctx, _ := on.Start(t.Context(), "step")
	require.Empty(t, on.Carry(ctx), "what is not recorded is not carried")
}

func TestStepsOfRequestsAreNamedWithoutIDs(t *testing.T) {
	for path, want := range map[string]string{
		"/webhooks/ch_1": "webhook", "/v1/conversations/cv_1/messages": "v1/conversations", "/v1/anything/x": "v1", "/console/x": "other", "": "other",
	} {
		require.Equal(t, want, part(path))
	}
}

func TestStreamsFlowThroughTheHandler(t *testing.T) {
	on := open(t, 1)
	w := httptest.NewRecorder()
	on.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		require.NoError(t, http.NewResponseController(w).Flush())
	})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/events", nil))
	require.Equal(t, http.StatusAccepted, w.Code)
	require.True(t, w.Flushed)
}
