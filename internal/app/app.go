// Package app puts the hub together: the only place that knows every part. A
// test can run a whole hub inside itself with New and Run.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"threadhub/connectors/all"
	"threadhub/internal/accept"
	"threadhub/internal/audit"
	"threadhub/internal/auth"
	"threadhub/internal/bus"
	"threadhub/internal/channels"
	"threadhub/internal/config"
	"threadhub/internal/egress"
	"threadhub/internal/expiry"
	"threadhub/internal/ident"
	"threadhub/internal/media"
	"threadhub/internal/privacy"
	"threadhub/internal/profiles"
	"threadhub/internal/pulse"
	"threadhub/internal/queue"
	"threadhub/internal/queuebook"
	"threadhub/internal/rulebook"
	"threadhub/internal/schedules"
	"threadhub/internal/seal"
	"threadhub/internal/settings"
	"threadhub/internal/sqlite"
	"threadhub/internal/streams"
	"threadhub/internal/stylerules"
	"threadhub/internal/subscriptions"
	"threadhub/internal/templates"
	"threadhub/internal/tokens"
	"threadhub/internal/tracing"
	"threadhub/internal/webchat"
	"threadhub/threads"
	"threadhub/threads/routing"
	"threadhub/workers"
)

// Role says which parts of the hub a process runs.
type Role string

// Roles.
const (
	RoleAll    Role = "serve"
	RoleAPI    Role = "api"    // API and webhooks
	RoleWorker Role = "worker" // no public routes
)

// Options of a hub.
type Options struct {
	Config  config.Server
	Role    Role
	Logger  *slog.Logger
	Version string
}

// Hub is one process of Threadhub.
type Hub struct {
	Options
	owner     string // names this process in leases
	registry  *prometheus.Registry
	trace     *tracing.Tracer // nil: nothing is traced
	store     store
	audit     *audit.Store
	board     *pulse.Board
	rekeyer   *keys
	queue     *queue.Queue
	bus       bus.Bus
	egress    *egress.Client
	rates     *egress.SharedLimiter // nil where this process has no others
	auth      *auth.Service
	settings  *settings.Service
	keys      *seal.Keyring
	schedules *schedules.Registry
	rules     *stylerules.Registry
	templates *templates.Catalogue
	tokens    *tokens.Keeper
	book      *rulebook.Registry
	subs      *subscriptions.Registry
	relay     *subscriptions.Relay
	courier   *subscriptions.Courier
	eraser    *privacy.Eraser
	expiry    *expiry.Keeper
	channels  *channels.Registry
	media     *media.Library
	webchat   *webchat.Service
	eager     *media.Eager
	threads   *threads.Service
	sweeper   *workers.Sweeper
	inbound   *workers.Inbound
	outbound  *workers.Outbound
	ruleWork  *workers.Rules

	staff      staff
	queues     *queuebook.Registry
	dispatcher *routing.Dispatcher
	router     *workers.Router

	errands  *workers.Courtesies
	profiles *profiles.Keeper
	desk     *accept.Desk
	inlets   *streams.Keeper
	server   *http.Server
	listener net.Listener
	streams  chan struct{} // closed when event streams have to end
	token    string
}

// New opens everything a hub needs and listens, but answers nobody yet. A hub
// that is not run has to be closed with Run under an ended context.
func New(ctx context.Context, o Options) (*Hub, error) {
	h := &Hub{Options: o, owner: ident.New("hub"), registry: prometheus.NewRegistry(), streams: make(chan struct{})}
	h.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := h.open(ctx); err != nil {
		h.close(context.WithoutCancel(ctx))
		return nil, err
	}
	return h, nil
}

func (h *Hub) open(ctx context.Context) error {
	for _, step := range []func(context.Context) error{h.openTracing, h.openStore, h.openQueue, h.openChannels, h.openMedia, h.openThreads, h.openWebchat, h.openServer, h.openInlets, h.openAccess} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (h *Hub) openTracing(ctx context.Context) (err error) {
	h.trace, err = tracing.Open(ctx, tracing.Options{
		Endpoint: h.Config.TracesURL, Share: h.Config.TracesShare, Version: h.Version, Role: string(h.Role), Logger: h.Logger,
	})
	return err
}

func (h *Hub) openStore(ctx context.Context) (err error) {
	cfg := h.Config
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("data directory: %w; choose another with THREADHUB_DATA_DIR", err)
	}
	plain, err := openStore(ctx, cfg.MongoDBURI.Reveal(), cfg.DataDir, sqlite.Options{})
	if err != nil {
		return err
	}
	with := audited(plain, h.Logger)
	h.store, h.audit = with, with.log
	h.registry.MustRegister(newGauges(h), buildInfo(h.Version, h.Role))
	h.board = pulse.NewBoard(h.store, time.Now, h.Logger)
	rosterFresh := sharedRoster
	if cfg.MongoDBURI.Empty() {
		rosterFresh = 0
	}
	h.auth = auth.New(auth.Options{
		Store: h.store, Now: time.Now, AdminToken: cfg.AdminToken.Reveal(), SessionIdle: cfg.SessionIdle, SessionLife: cfg.SessionLifetime,
		RosterFresh: rosterFresh, Changed: h.rosterChanged,
	})
	h.settings = settings.New(h.store)
	h.settings.Keep = keep(cfg)
	h.schedules = schedules.New(schedules.Options{Store: h.store, Now: time.Now, Users: h.scheduleUsers})
	return nil
}

// openAccess is the last step: a token made by a start that then fails would
// never be shown.
func (h *Hub) openAccess(ctx context.Context) (err error) {
	h.token, err = firstToken(ctx, h.Config, h.store, h.auth)
	return err
}

func (h *Hub) openQueue(ctx context.Context) (err error) {
	cfg := h.Config
	h.queue, err = queue.Open(ctx, queue.Options{
		RedisURL: cfg.RedisURL.Reveal(), Concurrency: cfg.WorkerConcurrency, Logger: h.Logger, Registerer: h.registry,
	})
	if err != nil {
		return err
	}
	// Only processes that share a store need a shared bus: with the embedded
	// store everybody who listens is in this process.
	if cfg.MongoDBURI.Empty() || cfg.RedisURL.Empty() {
		h.bus = bus.NewMemory(bus.MemoryOptions{})
		return nil
	}
	h.bus, err = bus.OpenRedis(ctx, bus.RedisOptions{URL: cfg.RedisURL.Reveal(), Logger: h.Logger})
	return err
}

func (h *Hub) openChannels(ctx context.Context) (err error) {
	cfg := h.Config
	o := egress.Options{Trace: h.trace, AllowPrivate: cfg.AllowPrivateNetworks, Own: h.ownFile, Logger: h.Logger, Registerer: h.registry}
	if !cfg.RedisURL.Empty() {
		if h.rates, err = egress.NewSharedLimiter(cfg.RedisURL.Reveal(), h.Logger); err != nil {
			return err
		}
		o.Limiter = h.rates
	}
	if h.egress, err = egress.New(o); err != nil {
		return err
	}
	if h.rekeyer, err = openKeys(ctx, cfg, h.store, h.Logger); err != nil {
		return err
	}
	h.keys = h.rekeyer.Keyring
	fresh := sharedFresh
	if cfg.MongoDBURI.Empty() {
		fresh = 0
	}
	h.openTokens(h.keys)
	h.channels, err = channels.NewRegistry(channels.Options{
		Store: h.store, Kinds: all.Kinds(), Keys: h.keys, Caller: h.tokens, Deleted: h.channelDeleted, Changed: h.channelChanged, Logger: h.Logger, Now: time.Now,
		PublicURL: h.Config.BaseURL(), CheckURL: h.egress.CheckURL, DefaultStyle: h.defaultStyle, OpenConversations: h.openConversations,
		CloseConversations: func(ctx context.Context, id threads.ChannelID) error { return h.threads.ShutChannel(ctx, id) }, Fresh: fresh,
	})
	if err != nil {
		return err
	}
	h.rules = stylerules.NewRegistry(stylerules.Options{
		Store: h.store, Now: time.Now, ChannelExists: h.channelExists, ScheduleExists: h.scheduleExists, Fresh: fresh,
	})
	h.book = rulebook.NewRegistry(rulebook.Options{
		Store: h.store, Keys: h.keys, Now: time.Now, Fresh: fresh, CheckURL: h.egress.CheckURL,
		ChannelExists: h.channelExists, ScheduleExists: h.scheduleExists, AgentExists: h.agentExists, GroupExists: h.groupExists,
	})
	h.openSubscriptions(h.keys)
	if h.rekeyer.parts, err = resealers(h.store, h.keys); err != nil {
		return err
	}
	h.openQueues(fresh)
	h.ruleWork = &workers.Rules{
		Store: h.store, Records: h.store, Book: h.book, Journal: h.store.Journal(), Carrier: h.egress,
		Settled: 2 * fresh, Now: time.Now, Logger: h.Logger,
	}
	return nil
}

// sharedFresh is how soon a process notices that another one changed a channel
// or the style rules.
const sharedFresh = 3 * time.Second

// sharedRoster is how soon a process notices that another one changed an agent:
// whoever comes online is to get work within a second.
const sharedRoster = 250 * time.Millisecond

func (h *Hub) defaultStyle(ctx context.Context) (threads.Style, error) {
	s, err := h.settings.Get(ctx)
	return s.DefaultStyle, err
}

func (h *Hub) openConversations(ctx context.Context, id threads.ChannelID) (int, error) {
	n, err := h.store.CountConversations(ctx, []threads.Filter{{
		Channels: []threads.ChannelID{id}, Statuses: threads.Statuses[:len(threads.Statuses)-1],
	}})
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

func (h *Hub) openThreads(context.Context) error {
	metrics := workers.NewMetrics(h.registry)
	h.sweeper = &workers.Sweeper{
		Countdowns: h.store, Journal: h.store.Journal(),
		Forget: h.forget, Now: time.Now, Logger: h.Logger, Metrics: metrics,
	}
	h.templates = templates.NewCatalogue(templates.Options{
		Store: h.store, Channels: h.channels, Caller: h.tokens, Now: time.Now, Logger: h.Logger,
	})
	h.router = &workers.Router{
		Forget: h.auth.ForgetRoster, Bell: h.queue, Now: time.Now, Logger: h.Logger, Metrics: workers.NewRouteMetrics(h.registry, h.line),
	}
	h.profiles = profiles.NewKeeper(profiles.Options{
		Store: h.store, Contacts: h.store, Channels: h.channels, Carrier: h.tokens, Now: time.Now, Logger: h.Logger, Registerer: h.registry,
	})
	h.threads = threads.NewService(threads.Options{
		Templates: h.templates, Returns: h.staff, Routed: h.router.News,
		Store: h.relay.Watch(h.store), Channels: h.channels, Roster: h.auth, Schedules: h.schedules, StyleRules: h.rules, Announce: counted{h.announcer(), h.board}, Logger: h.Logger, Now: time.Now,
		Deliver: func() { h.queue.Ring(workers.RingOutbound) }, Count: h.sweeper.Count, Wake: h.sweeper.Wake, Hub: h.settings,
		Rules: h.book, RuleCalls: func() { h.queue.Ring(workers.RingRules) },
		Briefs: h.profiles,
	})
	h.profiles.Threads = h.threads
	h.ruleWork.Threads, h.sweeper.Rules = h.threads, h.ruleWork
	h.errands = workers.NewCourtesies(h.tokens, h.Logger)
	h.inbound = &workers.Inbound{
		Journal: h.store.Journal(), Channels: h.channels, Threads: h.threads, Follow: h.errands.Make, Trace: h.trace,
		Owner: h.owner, Now: time.Now, Logger: h.Logger, Metrics: metrics,
	}
	h.outbound = &workers.Outbound{
		Outbox: h.relay.WatchOutbox(h.store), Channels: h.channels, Threads: h.threads, Carrier: h.tokens, Bell: h.queue, Trace: h.trace,
		Owner: h.owner, Now: time.Now, Logger: h.Logger, Metrics: metrics,
	}
	h.sweeper.Inbound, h.sweeper.Outbound, h.sweeper.Threads = h.inbound, h.outbound, h.threads
	h.openRouter()
	h.queue.Handle(workers.RingInbound, h.inbound.Drain)
	h.queue.Handle(workers.RingOutbound, h.outbound.Drain)
	h.queue.Heard(workers.RingOutbound, h.outbound.Wake)
	h.queue.Handle(workers.RingRules, h.ruleWork.DrainCalls)
	return nil
}

// idempotencyKept is how long an answer is repeated to the same key.
const idempotencyKept = 24 * time.Hour

// auditTrimmed is how many lines of the audit log are removed at a time.
const auditTrimmed = 500

func (h *Hub) forget(ctx context.Context, now time.Time) error {
	_, err := h.audit.Trim(ctx, now.Add(-h.Config.AuditRetention), auditTrimmed)
	return errors.Join(err, h.store.Expire(ctx, now.Add(-idempotencyKept)), h.webchat.Forget(ctx, now))
}

// FirstToken is the admin token this start made, shown once; "" if it made
// none.
func (h *Hub) FirstToken() string { return h.token }

// Addr is where the hub listens.
func (h *Hub) Addr() string { return h.listener.Addr().String() }

// Migrate brings the store up to this version. With beginJournal it also begins
// the embedded store's journal anew, if that is gone: webhooks that were
// accepted and not worked are lost, everything else is there.
func Migrate(ctx context.Context, cfg config.Server, beginJournal bool) error {
	if cfg.MongoDBURI.Empty() {
		if _, err := os.Stat(filepath.Clean(cfg.DataDir)); err != nil {
			return fmt.Errorf("data directory: %w", err)
		}
	}
	s, err := openStore(ctx, cfg.MongoDBURI.Reveal(), cfg.DataDir, sqlite.Options{BeginJournal: beginJournal})
	if err != nil {
		return err
	}
	return s.Close()
}
