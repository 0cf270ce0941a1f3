package streams_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/directory"
	"threadhub/internal/egress"
	"threadhub/internal/streams"
	"threadhub/normalize"
	"threadhub/threads"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// platform is a stub of one whose channels have a connection.
type platform struct {
	connectors.Connector
	mu      sync.Mutex
	begun   []string          // the state that each run began with
	running int               // how many run now
	most    int               // how many ran at once
	runs    []*run            // all of them
	fail    func(n int) error // what ends the n-th run right away; nil: nothing
}

type run struct {
	platform *platform
	host     connectors.StreamHost
	state    string
	ended    chan struct{}
}

func (p *platform) Stream() connectors.Stream {
	return &run{platform: p, state: "{}", ended: make(chan struct{})}
}

func (r *run) Run(ctx context.Context, host connectors.StreamHost) error {
	p := r.platform
	p.mu.Lock()
	n := len(p.runs)
	r.host = host
	p.runs, p.begun = append(p.runs, r), append(p.begun, string(host.State()))
	p.running++
	p.most = max(p.most, p.running)
	fail := p.fail
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.running--
		close(r.ended)
	}()
	if fail != nil {
		if err := fail(n); err != nil {
			return err
		}
	}
	host.Report(true, "connected")
	<-ctx.Done()
	return ctx.Err()
}

func (r *run) State() []byte {
	r.platform.mu.Lock()
	defer r.platform.mu.Unlock()
	return []byte(r.state)
}

func (p *platform) count() (running, all int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running, len(p.runs)
}

func (p *platform) latest() *run {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.runs[len(p.runs)-1]
}

func (r *run) set(state string) {
	r.platform.mu.Lock()
	defer r.platform.mu.Unlock()
	r.state = state
}

// book is a list of channels.
type book struct {
	mu      sync.Mutex
	entries map[threads.ChannelID]*channels.Opened
	noted   []string
}

func newBook(ids ...threads.ChannelID) (*book, *platform) {
	p := &platform{}
	b := &book{entries: map[threads.ChannelID]*channels.Opened{}}
	for _, id := range ids {
		b.entries[id] = &channels.Opened{
			Channel:   channels.Channel{ID: id, Kind: "stub", Enabled: true, Health: channels.Health{State: channels.HealthUnchecked}},
			Connector: p, Fingerprint: "1",
		}
	}
	return b, p
}

func (b *book) List(_ context.Context, after threads.ChannelID, _ int) (list []channels.Channel, _ error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(b.entries)) {
		if id > after {
			list = append(list, b.entries[id].Channel)
		}
	}
	return list, nil
}

func (b *book) Open(_ context.Context, id threads.ChannelID) (*channels.Opened, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o := b.entries[id]; o != nil {
		again := *o
		return &again, nil
	}
	return nil, fmt.Errorf("channel %s: %w", id, threads.ErrNotFound)
}

func (b *book) Report(_ context.Context, id threads.ChannelID, state channels.HealthState, detail string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.noted = append(b.noted, string(state)+" "+detail)
	b.entries[id].Health.State = state
	return nil
}

func (b *book) Suspend(ctx context.Context, id threads.ChannelID, detail string) error {
	return b.Report(ctx, id, channels.HealthSuspended, detail)
}

func (b *book) change(id threads.ChannelID, fn func(*channels.Opened)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := *b.entries[id]
	fn(&o)
	b.entries[id] = &o
}

func (b *book) notes() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.noted)
}

type carrier struct{}

func (carrier) Dial(context.Context, egress.Target, string) (connectors.Socket, error) {
	return nil, errors.New("not in this test")
}

func (carrier) Do(context.Context, egress.Target, *connectors.Call) (*connectors.Response, error) {
	return nil, errors.New("not in this test")
}

type desk struct{ err error }

func (d desk) Deliver(context.Context, threads.ChannelID, *connectors.Request) error { return d.err }

// broken is a store that can be cut off.
type broken struct {
	directory.Store
	mu  sync.Mutex
	off bool
}

var errCutOff = errors.New("cut off")

func (b *broken) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.off = true
}

func (b *broken) gone() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.off
}

func (b *broken) Put(ctx context.Context, d directory.Document) error {
	if b.gone() {
		return errCutOff
	}
	return b.Store.Put(ctx, d)
}

func (b *broken) Get(ctx context.Context, kind, id string) (directory.Document, error) {
	if b.gone() {
		return directory.Document{}, errCutOff
	}
	return b.Store.Get(ctx, kind, id)
}

// process runs a keeper until stop is called.
func process(t *testing.T, owner string, store directory.Store, b *book, change func(*streams.Options)) (stop func(), registry *prometheus.Registry) {
	t.Helper()
	registry = prometheus.NewRegistry()
	o := streams.Options{
		Store: store, Channels: b, Desk: desk{}, Carrier: carrier{}, Owner: owner,
		Logger: slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil)), Registerer: registry,
	}
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	k := streams.NewKeeper(o)
	go func() {
		defer close(done)
		k.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	t.Cleanup(stop)
	return stop, registry
}

// pass lets the time go by.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestAChannelHasOneConnectionWhileItIsEnabled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := newBook("ch_1")
		stop, _ := process(t, "a", &directory.Memory{}, b, nil)
		defer stop()
		synctest.Wait()
		running, _ := p.count()
		require.Equal(t, 1, running)
		first := p.latest()
		first.set(`{"seq":7}`)

		b.change("ch_1", func(o *channels.Opened) { o.Name = "another name" })
		pass(10 * time.Second)
		require.Same(t, first, p.latest(), "a name is nothing to the connection")

		b.change("ch_1", func(o *channels.Opened) { o.Fingerprint = "2" })
		pass(5 * time.Second)
		require.NotSame(t, first, p.latest(), "other credentials are another connection")
		require.Equal(t, []string{"", `{"seq":7}`}, p.begun, "which goes on where the first one was")

		b.change("ch_1", func(o *channels.Opened) { o.Enabled = false })
		pass(5 * time.Second)
		running, all := p.count()
		require.Zero(t, running, "a channel that is paused has none")
		b.change("ch_1", func(o *channels.Opened) { o.Enabled = true })
		pass(5 * time.Second)
		running, again := p.count()
		require.Equal(t, 1, running)
		require.Equal(t, all+1, again)

		b.mu.Lock()
		delete(b.entries, "ch_1")
		b.mu.Unlock()
		pass(5 * time.Second)
		running, _ = p.count()
		require.Zero(t, running, "nor has one that was deleted")
		require.Equal(t, 1, p.most)
	})
}

func TestAnotherProcessTakesOver(t *testing.T) {
	t.Run("at once from one that stops", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, p := newBook("ch_1")
			store := &directory.Memory{}
			stopA, _ := process(t, "a", store, b, nil)
			synctest.Wait()
			stopB, _ := process(t, "b", store, b, nil)
			defer stopB()
			pass(time.Minute)
			_, all := p.count()
			require.Equal(t, 1, all, "as long as the first one lives, the other only looks on")
			p.latest().set(`{"seq":8}`)
			stopA()
			pass(3 * time.Second)
			running, _ := p.count()
			require.Equal(t, 1, running)
			require.Equal(t, `{"seq":8}`, p.begun[1])
		})
	})
	t.Run("within 15 seconds from one that is cut off, and never beside it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, p := newBook("ch_1")
			store := &directory.Memory{}
			mine := &broken{Store: store}
			stopA, _ := process(t, "a", mine, b, nil)
			defer stopA()
			synctest.Wait()
			stopB, _ := process(t, "b", store, b, nil)
			defer stopB()
			p.latest().set(`{"seq":8}`)
			pass(10 * time.Second)
			mine.cut()
			pass(15 * time.Second)
			running, all := p.count()
			require.Equal(t, 1, running)
			require.Equal(t, 2, all)
			require.Equal(t, 1, p.most)
			require.Equal(t, `{"seq":8}`, p.begun[1])
		})
	})
	t.Run("at once where no other can use the store", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, p := newBook("ch_1")
			store := &directory.Memory{}
			require.NoError(t, store.Put(t.Context(), directory.Document{
				Kind: "stream", ID: "ch_1", Version: 1, Body: []byte(`{"owner":"dead","state":{"seq":9}}`),
			}))
			stop, _ := process(t, "a", store, b, func(o *streams.Options) { o.Alone = true })
			defer stop()
			synctest.Wait()
			require.Equal(t, []string{`{"seq":9}`}, p.begun)
		})
	})
}

// TestAWriteWhoseAnswerIsLostCostsNothing: the next one finds the lease at a
// version that it does not know, but still its own.
func TestAWriteWhoseAnswerIsLostCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := newBook("ch_1")
		store := &directory.Memory{}
		stop, _ := process(t, "a", store, b, nil)
		defer stop()
		synctest.Wait()
		doc, err := store.Get(t.Context(), "stream", "ch_1")
		require.NoError(t, err)
		doc.Version++
		require.NoError(t, store.Put(t.Context(), doc))
		pass(30 * time.Second)
		running, all := p.count()
		require.Equal(t, []int{1, 1}, []int{running, all})
	})
}

func TestAStreamThatCannotGoOnSuspendsItsChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := newBook("ch_1", "ch_2")
		p.fail = func(n int) error {
			if n < 2 {
				return &connectors.StreamEnded{Reason: "enter another token"}
			}
			return nil
		}
		stop, _ := process(t, "a", &directory.Memory{}, b, nil)
		defer stop()
		pass(time.Hour)
		_, all := p.count()
		require.Equal(t, 2, all, "it is not tried again")
		require.Equal(t, []string{"suspended enter another token", "suspended enter another token"}, b.notes())
		b.change("ch_1", func(o *channels.Opened) { o.Health.State = channels.HealthUnchecked })
		pass(5 * time.Second)
		running, _ := p.count()
		require.Equal(t, 1, running, "until an admin has done something about it")
	})
}

func TestAFaultOfTheConnectorIsTriedAgainLater(t *testing.T) {
	for name, fail := range map[string]func() error{
		"an error": func() error { return errors.New("of its own") },
		"a panic":  func() error { panic("of its own") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, p := newBook("ch_1")
				p.fail = func(n int) error {
					if n == 0 {
						return fail()
					}
					return nil
				}
				stop, _ := process(t, "a", &directory.Memory{}, b, nil)
				defer stop()
				pass(10 * time.Second)
				_, all := p.count()
				require.Equal(t, 1, all)
				pass(time.Minute)
				running, _ := p.count()
				require.Equal(t, 1, running)
			})
		})
	}
}

func TestHealthFollowsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := newBook("ch_1")
		stop, registry := process(t, "a", &directory.Memory{}, b, nil)
		defer stop()
		synctest.Wait()
		require.Equal(t, []string{"ok connected"}, b.notes())
		host := p.latest().host
		host.Report(false, "a moment")
		pass(10 * time.Second)
		host.Report(true, "connected again")
		pass(time.Minute)
		require.Len(t, b.notes(), 1, "a moment is no news")
		host.Report(false, "the network is down")
		pass(time.Minute)
		host.Report(true, "connected again")
		pass(time.Second)
		require.Equal(t, []string{"ok connected", "failing the network is down", "ok connected again"}, b.notes())
		require.NoError(t, host.Deliver(t.Context(), &connectors.Request{}))
		require.Equal(t, map[string]float64{
			"threadhub_streams_wanted": 1, "threadhub_streams_connected": 1, "threadhub_stream_breaks_total": 2, "threadhub_stream_events_total": 1,
		}, gathered(t, registry))
	})
}

func gathered(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	require.NoError(t, err)
	values := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			values[f.GetName()] += m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return values
}

// plain is a connector of a platform that sends webhooks.
type plain struct{ connectors.Connector }

func TestChannelsOfOtherPlatformsAreLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := newBook("ch_1", "ch_2")
		b.change("ch_1", func(o *channels.Opened) { o.Kind, o.Connector, o.Caps = "other", plain{}, normalize.Capabilities{} })
		store := &directory.Memory{}
		stop, _ := process(t, "a", store, b, nil)
		defer stop()
		pass(10 * time.Second)
		running, all := p.count()
		require.Equal(t, []int{1, 1}, []int{running, all})
		_, err := store.Get(t.Context(), "stream", "ch_1")
		require.ErrorIs(t, err, directory.ErrNotFound)
	})
}

func TestLeasesOfDeletedChannelsAreRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := newBook("ch_1")
		store := &directory.Memory{}
		require.NoError(t, store.Put(t.Context(), directory.Document{Kind: "stream", ID: "ch_0", Version: 1, Body: []byte(`{}`)}))
		stop, _ := process(t, "a", store, b, nil)
		defer stop()
		synctest.Wait()
		_, err := store.Get(t.Context(), "stream", "ch_0")
		require.ErrorIs(t, err, directory.ErrNotFound)
		_, err = store.Get(t.Context(), "stream", "ch_1")
		require.NoError(t, err)
	})
}
