package accept

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/journal"
	"threadhub/threads"
)

func TestDeliveringFromAStream(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	chans := book{"ch_a": {"a", "s"}}
	desk := func(t *testing.T, store *slow) *Desk {
		t.Helper()
		d := NewDesk(chans, store, func() {}, func() time.Time { return now }, slog.New(slog.DiscardHandler))
		t.Cleanup(d.Close)
		return d
	}
	req := &connectors.Request{
		Method: http.MethodPost, Body: []byte("not looked at"),
		Header: http.Header{connectors.StreamHeader: {"x"}, "X-Kept": {"k"}},
	}
	t.Run("what came is durable, without a signature", func(t *testing.T) {
		store := &slow{}
		require.NoError(t, desk(t, store).Deliver(context.Background(), "ch_a", req))
		e := store.groups[0][0]
		require.Equal(t, "not looked at", string(e.Body))
		require.Equal(t, map[string]string{"X-Kept": "k"}, e.Header)
		require.Equal(t, "ch_a", e.ChannelID)
		require.Equal(t, now, e.ReceivedAt)
		require.Equal(t, journal.Pending, e.State)
	})
	t.Run("what could not be stored is not taken for stored", func(t *testing.T) {
		d := desk(t, &slow{})
		require.ErrorIs(t, d.Deliver(context.Background(), "ch_none", req), threads.ErrNotFound)
		d.Close()
		require.ErrorIs(t, d.Deliver(context.Background(), "ch_a", req), ErrUnavailable)
	})
	t.Run("a webhook that says it came over a stream is forged, whoever signed it", func(t *testing.T) {
		store := &slow{}
		forged := *req
		forged.Header = http.Header{connectors.StreamHeader: {""}, "X-Secret": {"s"}}
		forged.Body = []byte(`["a"]`)
		_, err := desk(t, store).Take(context.Background(), "ch_a", &forged)
		require.True(t, errors.Is(err, connectors.ErrSignature))
		require.Empty(t, store.groups)
	})
}
