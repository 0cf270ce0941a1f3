package accept

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/journal"
	"threadhub/normalize"
	"threadhub/threads"
)

// account is a platform account whose webhooks hold a list of account names.
type account struct{ name, secret string }

func (a account) Account() string { return a.name }

func (a account) Verify(req *connectors.Request, _ time.Time) error {
	if req.Header.Get("X-Secret") != a.secret {
		return connectors.ErrSignature
	}
	return nil
}

func (account) Parse(req *connectors.Request) ([]normalize.Event, error) {
	if string(req.Body) == `"panic"` {
		panic("bug")
	}
	var names []string
	if json.Unmarshal(req.Body, &names) != nil {
		return nil, connectors.ErrMalformed
	}
	var events []normalize.Event
	for i, n := range names {
		events = append(events, normalize.Event{Key: fmt.Sprint("unk:", i), Type: normalize.EventUnknown, Account: n, Unknown: &normalize.Unknown{}})
	}
	return events, nil
}

func (account) Next(*normalize.Outbound, []normalize.Exchange) (*connectors.Call, error) {
	return nil, nil
}

func (account) Classify(*connectors.Call, *connectors.Response) connectors.Outcome {
	return connectors.Outcome{}
}

type book map[threads.ChannelID]account

func (b book) Open(_ context.Context, id threads.ChannelID) (*channels.Opened, error) {
	a, ok := b[id]
	if !ok {
		return nil, threads.ErrNotFound
	}
	return &channels.Opened{Channel: channels.Channel{ID: id, Kind: "test"}, Connector: a, Headers: []string{"X-Kept"}}, nil
}

func (b book) ByAccount(ctx context.Context, _, name string) (out []*channels.Opened, err error) {
	for id, a := range b {
		if a.name == name {
			o, _ := b.Open(ctx, id)
			out = append(out, o)
		}
	}
	return out, nil
}

func TestTakingWebhooks(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	chans := book{"ch_a": {"a", "s"}, "ch_b": {"b", "s"}, "ch_c": {"c", "another"}}
	take := func(t *testing.T, store *slow, id threads.ChannelID, method, body, secret string) error {
		t.Helper()
		d := NewDesk(chans, store, func() {}, func() time.Time { return now }, slog.New(slog.DiscardHandler))
		defer d.Close()
		_, err := d.Take(context.Background(), id, &connectors.Request{
			Method: method, URL: "https://hub.example/webhooks/x", Body: []byte(body),
			Header: http.Header{"X-Secret": {secret}, "X-Kept": {"k"}},
		})
		return err
	}
	t.Run("what is not proved leaves no trace", func(t *testing.T) {
		store := &slow{}
		require.ErrorIs(t, take(t, store, "ch_none", "POST", `["a"]`, "s"), threads.ErrNotFound)
		require.ErrorIs(t, take(t, store, "ch_a", "POST", `["a"]`, "forged"), connectors.ErrSignature)
		require.ErrorIs(t, take(t, store, "ch_a", "POST", `{`, "s"), connectors.ErrMalformed)
		require.ErrorIs(t, take(t, store, "ch_a", "GET", ``, "s"), ErrMethod)
		require.Empty(t, store.groups)
	})
	t.Run("raw bytes and the headers parsing needs are kept, secrets are not", func(t *testing.T) {
		store := &slow{}
		require.NoError(t, take(t, store, "ch_a", "POST", `["a"]`, "s"))
		require.Len(t, store.groups, 1)
		e := store.groups[0][0]
		require.Equal(t, `["a"]`, string(e.Body))
		require.Equal(t, map[string]string{"X-Kept": "k"}, e.Header)
		require.Equal(t, now, e.ReceivedAt)
		require.Equal(t, journal.Pending, e.State)
	})
	t.Run("each account's channel gets an entry, if it would have believed the webhook", func(t *testing.T) {
		store := &slow{}
		require.NoError(t, take(t, store, "ch_a", "POST", `["a","b","c","d"]`, "s"))
		require.Len(t, store.groups[0], 2, "in one write")
		byChannel := map[string]journal.Entry{}
		for _, e := range store.groups[0] {
			byChannel[e.ChannelID] = e
		}
		require.Equal(t, []string{"b"}, byChannel["ch_a"].Elsewhere)
		require.Equal(t, []string{journal.AllOthers}, byChannel["ch_b"].Elsewhere)
		require.NotContains(t, byChannel, "ch_c", "signed with another secret")
	})
	t.Run("a connector's bug does not turn a webhook away", func(t *testing.T) {
		store := &slow{}
		require.NoError(t, take(t, store, "ch_a", "POST", `"panic"`, "s"))
		require.Len(t, store.groups, 1)
	})
	t.Run("a store that cannot write is said so", func(t *testing.T) {
		require.ErrorIs(t, take(t, &slow{err: errors.New("gone")}, "ch_a", "POST", `["a"]`, "s"), ErrUnavailable)
	})
}
