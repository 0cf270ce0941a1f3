package tokens_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/directory"
	"threadhub/internal/egress"
	"threadhub/internal/seal"
	"threadhub/internal/tokens"
	"threadhub/threads"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is set by hand and shared by all processes of a test.
type clock struct{ now atomic.Int64 }

func (c *clock) Now() time.Time          { return time.UnixMilli(c.now.Load()) }
func (c *clock) advance(d time.Duration) { c.now.Add(d.Milliseconds()) }

// store is a directory that can refuse to keep one kind of record.
type store struct {
	*directory.Memory
	refuse atomic.Pointer[string]
}

func (s *store) Put(ctx context.Context, d directory.Document) error {
	if kind := s.refuse.Load(); kind != nil && *kind == d.Kind {
		return errors.New("the store is away")
	}
	return s.Memory.Put(ctx, d)
}

// town is one store and one platform, and as many processes as are started.
type town struct {
	*harbour
	*clock
	store   *store
	keys    *seal.Keyring
	log     *strings.Builder
	channel string
}

// process is one hub.
type process struct {
	*town
	egress   *egress.Client
	keeper   *tokens.Keeper
	registry *channels.Registry
}

func newTown(t *testing.T, credentials map[string]string) (*town, *process) {
	key, err := seal.ParseKey(strings.Repeat("ab", 32))
	require.NoError(t, err)
	keys, err := seal.NewKeyring(key)
	require.NoError(t, err)
	w := &town{harbour: newHarbour(t), clock: new(clock), store: &store{Memory: new(directory.Memory)}, keys: keys, log: new(strings.Builder)}
	w.now.Store(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC).UnixMilli())
	p := w.start(t)
	ch, err := p.registry.Create(t.Context(), channels.Draft{
		Kind: "ferry", Name: "Ferry", Credentials: credentials,
		Settings: json.RawMessage(`{"api_base_url":"` + w.URL + `"}`),
	})
	require.NoError(t, err)
	w.channel = string(ch.ID)
	return w, p
}

func refreshOnly() map[string]string { return map[string]string{"refresh": "refresh-token-0"} }

func (w *town) start(t *testing.T) *process {
	p := &process{town: w}
	var err error
	p.egress, err = egress.New(egress.Options{AllowPrivate: true})
	require.NoError(t, err)
	t.Cleanup(p.egress.Close)
	p.keeper = tokens.NewKeeper(tokens.Options{
		Egress: p.egress, Store: w.store, Keys: w.keys, Owner: fmt.Sprintf("%p", p), Now: w.Now,
		Logger: slog.New(slog.NewTextHandler(&lockedWriter{w: w.log}, nil)),
		Open: func(ctx context.Context, id string, fresh bool) (tokens.Account, error) {
			return p.registry.Account(ctx, id, fresh)
		},
		Rotate: func(ctx context.Context, id string, was, rotated map[string]connectors.Secret) (string, error) {
			return p.registry.Rotate(ctx, id, was, rotated)
		},
		Suspend: func(ctx context.Context, id, why string) error {
			return p.registry.Suspend(ctx, threads.ChannelID(id), why)
		},
	})
	p.registry, err = channels.NewRegistry(channels.Options{
		Store: w.store, Kinds: connectors.Set{ferryKind()}, Keys: w.keys, Caller: p.keeper, Logger: slog.New(slog.DiscardHandler),
		Now: w.Now, CheckURL: p.egress.CheckURL, Fresh: time.Hour,
		DefaultStyle:       func(context.Context) (threads.Style, error) { return threads.Style{}, nil },
		OpenConversations:  func(context.Context, threads.ChannelID) (int, error) { return 0, nil },
		CloseConversations: func(context.Context, threads.ChannelID) error { return nil },
		Deleted:            func(ctx context.Context, id threads.ChannelID) error { return p.keeper.Forget(ctx, string(id)) },
	})
	require.NoError(t, err)
	return p
}

type lockedWriter struct {
	mu sync.Mutex
	w  *strings.Builder
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// send makes a call as the workers do.
func (p *process) send(ctx context.Context) (*connectors.Response, error) {
	o, err := p.registry.Open(ctx, threads.ChannelID(p.channel))
	if err != nil {
		return nil, err
	}
	return p.keeper.Do(ctx, o.Target, &connectors.Call{Name: "send", Method: http.MethodPost, URL: p.URL + "/send", Visible: true})
}

func (p *process) health(t *testing.T) channels.Health {
	ch, err := p.registry.Get(t.Context(), threads.ChannelID(p.channel))
	require.NoError(t, err)
	return ch.Health
}

// noToken wants the call to fail for lack of a token.
func noToken(t *testing.T, err error) *tokens.Error {
	t.Helper()
	var none *tokens.Error
	require.ErrorAs(t, err, &none)
	require.ErrorIs(t, err, egress.ErrNotSent)
	return none
}
