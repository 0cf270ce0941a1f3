package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"threadhub/connectors/all"
	"threadhub/console"
	"threadhub/console/widget"
	"threadhub/internal/canned"
	"threadhub/internal/httpapi"
	"threadhub/internal/oidc"
	"threadhub/internal/people"
	"threadhub/internal/reactions"
	"threadhub/workers"
)

// Times that bound a slow or silent client. There is no write timeout, since
// event streams last.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10 // bytes
)

func (h *Hub) openServer(ctx context.Context) (err error) {
	requests := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "threadhub_http_request_seconds", Help: "Time to answer, by operation and status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5},
	}, []string{"operation", "status"})
	h.registry.MustRegister(requests)
	deps := httpapi.Deps{
		Logger: h.Logger, Auth: h.auth, Settings: h.settings, Schedules: h.schedules, StyleRules: h.rules, Rules: h.book, Queues: h.queues, Routing: h.dispatcher, Rerouted: h.rosterChanged, Channels: h.channels, Kinds: all.Kinds(),
		Conversations: h.threads, Records: h.store, Webhooks: h.store.Journal(), Idempotency: h.store,
		Live: live{h.bus, h.streams}, Media: h.media, Webchat: h.webchat, ShowTyping: h.showTyping, ShowRead: h.showRead, Reactions: &reactions.Desk{Threads: h.threads, Channels: h.channels, Carrier: h.tokens}, Probe: h.egress.Probe, Audit: h.audit, Keys: h.rekeyer, Now: time.Now, Ready: h.ready, Canned: canned.New(h.store, time.Now), Templates: h.templates,
		Metrics: promhttp.HandlerFor(h.registry, promhttp.HandlerOpts{}),
		Observe: func(operation string, status int, took time.Duration) {
			requests.WithLabelValues(operation, fmt.Sprint(status)).Observe(took.Seconds())
		},
		PublicURL: h.Config.BaseURL(), TrustedProxies: h.Config.TrustedProxies, Rate: h.Config.APIRate,
		Subscriptions: h.subs,
	}
	h.openEraser()
	deps.Eraser = h.eraser
	h.openRetention()
	deps.Retention = h.expiry
	deps.People = people.NewBook(h.store, h.threads, time.Now)
	h.openCourier(deps)
	deps.Subscribers = h.courier
	h.signOn(&deps)
	deps.Pulse = h.pulse
	deps.Replayed = func() { h.queue.Ring(workers.RingInbound) }
	if h.Role != RoleWorker {
		deps.Webhook = httpapi.NewWebhook(h.desk, h.Config.BaseURL(), h.Logger)
		if deps.Console, err = console.Handler(); err != nil {
			return err
		}
		if deps.Widget, err = widget.Handler(); err != nil {
			return err
		}
	}
	engine, err := httpapi.New(deps)
	if err != nil {
		return err
	}
	handler := http.Handler(engine)
	if h.Role == RoleWorker {
		handler = onlyOperations(engine)
	}
	var lc net.ListenConfig
	if h.listener, err = lc.Listen(ctx, "tcp", h.Config.Addr); err != nil {
		return fmt.Errorf("listen on %s: %w; choose another with THREADHUB_ADDR", h.Config.Addr, err)
	}
	h.server = newServer(h.trace.Handler(handler))
	// Streams would otherwise hold the shutdown up until its grace is over.
	h.server.RegisterOnShutdown(sync.OnceFunc(func() { close(h.streams) }))
	return nil
}

// newServer bounds what a slow or silent client may hold.
func newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
	}
}

// signOn lets people sign in with an identity provider, if there is one.
func (h *Hub) signOn(d *httpapi.Deps) {
	if cfg := h.Config; cfg.OIDCIssuer != "" {
		d.IdentitiesName = cfg.OIDCName
		d.Identities = oidc.New(oidc.Options{
			Issuer: cfg.OIDCIssuer, ClientID: cfg.OIDCClientID, ClientSecret: cfg.OIDCClientSecret,
			RedirectURL: cfg.BaseURL() + httpapi.CallbackPath, Client: h.egress.Operator(), Now: time.Now,
		})
	}
}

// onlyOperations is what a worker shows: how it does, to whoever runs it.
func onlyOperations(engine *gin.Engine) http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		mux.Handle(path, engine)
	}
	return mux
}

// ready asks the parts that can be away.
func (h *Hub) ready(ctx context.Context) []httpapi.Component {
	return []httpapi.Component{
		{Name: "store", Err: h.store.Ping(ctx)},
		{Name: "queue", Err: h.queue.Ping(ctx)},
	}
}
