package main_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/chaos"
)

type object = chaos.Object

// hub is where the hub of a test is reached, which changes with every start.
type hub struct {
	*chaos.Hub
	t *testing.T
}

func newHub(t *testing.T) *hub {
	t.Helper()
	h := chaos.NewHub()
	t.Cleanup(h.Close)
	return &hub{h, t}
}

// at notes where a process serves, once it is ready to, in place of any other.
func (h *hub) at(p *process) {
	h.t.Helper()
	h.gone()
	require.NoError(h.t, h.At(h.t.Context(), p.Process))
}

// gone notes that there is no process.
func (h *hub) gone() { h.Vanish() }

// do makes a request of the hub, wherever it is now.
func (h *hub) do(ctx context.Context, method, path string, header http.Header, body []byte) (int, []byte, error) {
	return h.Do(ctx, method, path, header, body)
}

// bearer is the header of an API call.
func bearer(token string) http.Header { return chaos.Bearer(token) }

// encoded is the JSON of what the tests make themselves.
func encoded(v any) []byte { return chaos.Encoded(v) }

// hire makes an agent who can reply.
func (h *hub) hire() {
	h.t.Helper()
	require.NoError(h.t, h.Hire(h.t.Context()))
}

// api makes an API call that must be answered with the status.
func (h *hub) api(status int, method, path string, in object) object {
	h.t.Helper()
	var body any
	if in != nil {
		body = in
	}
	var out object
	require.NoError(h.t, h.Call(h.t.Context(), status, method, path, body, &out))
	return out
}

// list reads a list to its end.
func list[T any](ctx context.Context, h *hub, path string) ([]T, error) {
	return chaos.List[T](ctx, h.Hub, path)
}

// eventually waits for a condition.
func (h *hub) eventually(what string, ok func() bool) {
	h.t.Helper()
	require.NoError(h.t, chaos.Eventually(h.t.Context(), what, ok))
}

const telegramSecret = chaos.TelegramSecret
