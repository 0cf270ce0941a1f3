package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// session is one run of bench.
type session struct {
	*options
	dir    string
	report *report
	hub    *hub
	stubs  *child
	load   payloads // webhooks of the idle and inbound phases
	sent   []sent   // messages sent to the hub so far, by number
	logs   *os.File
}

// sent is a message that was sent to the hub.
type sent struct {
	from     *payloads
	accepted bool
}

// run goes through the phases in their order.
func (s *session) run(ctx context.Context) error {
	if err := s.start(ctx); err != nil {
		return err
	}
	if s.wants("idle") {
		if err := s.idle(ctx); err != nil {
			return fmt.Errorf("idle: %w", err)
		}
	}
	if s.wants("screen") {
		if err := s.screen(ctx); err != nil {
			return fmt.Errorf("screen: %w", err)
		}
	}
	if s.wants("accept") || s.wants("threaded") {
		if err := s.inbound(ctx); err != nil {
			return fmt.Errorf("inbound: %w", err)
		}
	}
	if s.wants("send") {
		if err := s.outbound(ctx); err != nil {
			return fmt.Errorf("send: %w", err)
		}
	}
	if s.wants("neighbour") {
		if err := s.neighbour(ctx); err != nil {
			return fmt.Errorf("neighbour: %w", err)
		}
	}
	if err := s.readBack(ctx); err != nil {
		return fmt.Errorf("reading back: %w", err)
	}
	mb, err := s.hub.peakMemory()
	if err != nil {
		return err
	}
	s.report.set("rss_mb", mb)
	if s.wants("report") {
		if err := s.reports(ctx); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	if s.wants("route") {
		if err := s.route(ctx); err != nil {
			return fmt.Errorf("route: %w", err)
		}
	}
	if s.wants("day") {
		s.day()
	}
	for _, phase := range []struct {
		name    string
		measure func(context.Context) error
	}{{"close", s.closing}, {"growth", s.growth}, {"channels", s.channels}, {"burst", s.burst}, {"soak", s.soak}, {"scale", s.scale}, {"scroll", s.scroll}} {
		if !s.wants(phase.name) {
			continue
		}
		if err := phase.measure(ctx); err != nil {
			return fmt.Errorf("%s: %w", phase.name, err)
		}
	}
	return nil
}

// start brings up the stub platform and the hub and registers the channels.
func (s *session) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("own binary: %w", err)
	}
	if s.stubs, err = launchTelling("stub", self, []string{"stub"}, nil); err != nil {
		return err
	}
	if err := s.startHub(ctx); err != nil {
		return err
	}
	s.load, err = s.register(ctx, "in", s.Channels)
	return err
}

func (s *session) startHub(ctx context.Context) error {
	var err error
	if s.logs, err = os.Create(filepath.Join(s.dir, "hub.log")); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	began := time.Now()
	if s.hub, err = s.launchHub(ctx, "data"); err != nil {
		return err
	}
	s.report.set("start_ms", float64(time.Since(began))/float64(time.Millisecond))
	return nil
}

// another is a session with a hub of its own, on the given data directory,
// whose figures go into the same report.
func (s *session) another(ctx context.Context, dataDir string) (*session, error) {
	h, err := s.launchHub(ctx, dataDir)
	if err != nil {
		h.end()
		return nil, err
	}
	other := *s
	other.hub, other.sent = h, nil
	other.load, err = other.register(ctx, "in", s.Channels)
	if err != nil {
		h.end()
	}
	return &other, err
}

// launchHub starts a hub on a data directory and waits until it is ready. The
// hub is answered, to be stopped, also when it does not become so.
func (s *session) launchHub(ctx context.Context, dataDir string) (*hub, error) {
	return s.launchRole(ctx, "serve", append(s.storeEnv(dataDir), "THREADHUB_ADMIN_TOKEN=adm_"+random()))
}

// launchRole is launchHub for a process that does a part of the work. The
// environment ends with the admin's token.
func (s *session) launchRole(ctx context.Context, role string, env []string) (*hub, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	_, token, _ := strings.Cut(env[len(env)-1], "=")
	c, err := launch("hub", s.Binary, []string{role}, append(env, "THREADHUB_ADDR="+addr), s.logs)
	if err != nil {
		return nil, err
	}
	c.addr = addr
	h := &hub{child: c, token: token, client: &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}, ours: map[string]bool{}, began: time.Now()}
	limited, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return h, h.ready(limited)
}

// storeEnv names the parts that a hub works with.
func (s *session) storeEnv(dataDir string) []string {
	return []string{
		"THREADHUB_DATA_DIR=" + filepath.Join(s.dir, dataDir), "THREADHUB_ALLOW_PRIVATE_NETWORKS=true",
		"THREADHUB_MONGODB_URI=" + s.MongodbURI, "THREADHUB_REDIS_URL=" + s.RedisURL,
	}
}

// register makes channels whose platform is the stub, and payloads for them.
func (s *session) register(ctx context.Context, name string, count int) (payloads, error) {
	return s.registerAt(ctx, name, count, "")
}

// registerAt is register for a platform at a path of the stub's.
func (s *session) registerAt(ctx context.Context, name string, count int, base string) (payloads, error) {
	p := payloads{kind: s.Kind, secret: "bench-" + random(), contacts: s.Contacts, began: time.Now()}
	for i := range count {
		number := len(s.hub.ours)
		ch := channel{account: fmt.Sprintf("1099000%08d", number), token: fmt.Sprintf("71%08d:AA%s", number, random())}
		settings := map[string]string{"api_base_url": "http://" + s.stubs.addr + base}
		credentials := map[string]string{"bot_token": ch.token, "secret_token": p.secret}
		if s.Kind != "telegram" {
			credentials = map[string]string{"access_token": ch.token, "app_secret": p.secret, "verify_token": "verify"}
			settings["phone_number_id"], settings["waba_id"] = ch.account, "209900000000001"
		}
		err := s.hub.call(ctx, http.MethodPost, "/v1/channels", map[string]any{
			"kind": s.Kind, "name": fmt.Sprintf("bench %s %d", name, i+1), "credentials": credentials, "settings": settings, "enabled": true,
		}, &ch)
		if err != nil {
			return p, err
		}
		s.hub.ours[ch.ID] = true
		p.channels = append(p.channels, ch)
	}
	return p, nil
}

// stop ends the children.
func (s *session) stop() {
	s.hub.end()
	s.stubs.stop()
	if s.logs != nil {
		_ = s.logs.Close()
	}
}

func (s *session) note(format string, args ...any) {
	s.report.notes = append(s.report.notes, fmt.Sprintf(format, args...))
}

// random is a secret for one run.
func random() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
