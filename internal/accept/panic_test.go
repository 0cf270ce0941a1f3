package accept

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/egress"
	"threadhub/normalize"
	"threadhub/threads"
)

const canary = "canary-in-a-panic"

// babbler is a connector whose mistakes hold the channel's secret.
type babbler struct{ account }

func (babbler) Parse(*connectors.Request) ([]normalize.Event, error) {
	panic("cannot make anything of " + canary)
}

type babblers struct{ book }

func (babblers) Open(context.Context, threads.ChannelID) (*channels.Opened, error) {
	secrets := map[string]connectors.Secret{"token": connectors.NewSecret(canary)}
	return &channels.Opened{
		Channel: channels.Channel{ID: "ch_a", Kind: "test"}, Connector: babbler{account{"a", "s"}}, Target: egress.Target{Redactor: egress.NewRedactor(secrets)},
	}, nil
}

func TestAConnectorsPanicTellsNoSecret(t *testing.T) {
	var log bytes.Buffer
	var unproved []threads.ChannelID
	d := NewDesk(babblers{}, &slow{}, func() {}, time.Now, slog.New(slog.NewTextHandler(&log, nil)))
	defer d.Close()
	d.Unproved = func(id threads.ChannelID) { unproved = append(unproved, id) }
	take := func(secret string) error {
		_, err := d.Take(t.Context(), "ch_a", &connectors.Request{Method: http.MethodPost, Body: []byte("x"), Header: http.Header{"X-Secret": {secret}}})
		return err
	}
	require.NoError(t, take("s"))
	require.Contains(t, log.String(), "panicked")
	require.NotContains(t, log.String(), canary)
	require.ErrorIs(t, take("forged"), connectors.ErrSignature)
	require.Equal(t, []threads.ChannelID{"ch_a"}, unproved, "refusals are counted")
}
