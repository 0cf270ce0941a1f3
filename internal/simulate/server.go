package simulate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// maxCallBody bounds what the server reads of one call: a small upload.
const maxCallBody = 32 << 20

// keepDefault is how many calls and sends a server remembers.
const keepDefault = 10_000

// ServerConfig configures a [Server].
type ServerConfig struct {
	Platforms []Platform
	// Script says how a call goes wrong, nil for well. It may be called from
	// several goroutines at once. A nil Script means that nothing does.
	Script func(Call) *Fault
	// Sent, if set, is told of every message the platforms accepted, before
	// the hub gets its answer. It must not block.
	Sent func(Sent)
	// Keep is how many calls and sends are remembered; 0 means 10,000, a
	// negative number all.
	Keep int
	Log  *slog.Logger // nil: none
}

// Server is the API side of the platforms: one HTTP handler, each platform
// under its name ("/telegram/…"). It is safe for concurrent use.
type Server struct {
	cfg       ServerConfig
	platforms map[string]Platform

	mu     sync.Mutex
	calls  []Call
	sends  []Sent
	wake   chan struct{} // closed and replaced with every send
	closed chan struct{}
	once   sync.Once
}

// NewServer makes a server; it listens nowhere until [Server.Listen].
func NewServer(cfg ServerConfig) *Server {
	if cfg.Keep == 0 {
		cfg.Keep = keepDefault
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, platforms: map[string]Platform{}, wake: make(chan struct{}), closed: make(chan struct{})}
	for _, p := range cfg.Platforms {
		s.platforms[p.Account().name()] = p
	}
	return s
}

// Listening is a server that accepts connections.
type Listening struct {
	*Server
	URL  string // "http://127.0.0.1:port"
	http *http.Server
	done chan error
}

// Listen starts serving on addr (host:port, port 0 for any free one).
func (s *Server) Listen(ctx context.Context, addr string) (*Listening, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("simulate: listen: %w", err)
	}
	l := &Listening{
		Server: s,
		URL:    "http://" + ln.Addr().String(),
		http:   &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second},
		done:   make(chan error, 1),
	}
	for name, p := range s.platforms {
		if housed, ok := p.(Housed); ok {
			housed.House(l.BaseURL(name), s.shown)
		}
	}
	go func() { l.done <- l.http.Serve(ln) }()
	return l, nil
}

// BaseURL is where the platform of a name answers: a channel's api_base_url.
func (l *Listening) BaseURL(name string) string { return l.URL + "/" + name }

// closePatience is how long Close waits for calls: less than the five seconds
// that net/http gives a connection which never made one.
const closePatience = 2 * time.Second

// Close stops listening, ends hanging calls, waits a little for the rest and
// then cuts them off.
func (l *Listening) Close() error {
	l.once.Do(func() { close(l.closed) })
	for _, p := range l.platforms {
		if c, ok := p.(Carrier); ok {
			_ = c.Close() // it only ends what it had begun
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	err := l.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = l.http.Close()
	}
	if err != nil {
		return fmt.Errorf("simulate: close: %w", err)
	}
	if err := <-l.done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("simulate: serve: %w", err)
	}
	return nil
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	platform, known := s.platforms[kind]
	if !known {
		http.NotFound(w, r)
		return
	}
	if wired, ok := platform.(Wired); ok && wired.Wire(w, r, "/"+rest) {
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCallBody))
	if err != nil {
		http.Error(w, "unreadable body", http.StatusBadRequest)
		return
	}
	call := Call{
		Kind: kind, At: time.Now(), Method: r.Method, Path: "/" + rest, Query: r.URL.Query(),
		Header: r.Header.Clone(), Body: body, Base: "http://" + r.Host + "/" + kind,
	}
	s.record(call)
	var fault *Fault
	if s.cfg.Script != nil {
		fault = s.cfg.Script(call)
	}
	s.answer(w, r, platform, call, fault)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, p Platform, call Call, f *Fault) {
	if f == nil {
		write(w, s.carryOut(p, call), 0)
		return
	}
	if !s.pause(r.Context(), f.Delay) {
		return
	}
	spoilt := f.Hang || f.Reset || f.Status != 0
	var out Answer
	if f.Accept || !spoilt {
		out = s.carryOut(p, call)
	}
	switch {
	case f.Hang:
		s.pause(r.Context(), 1<<62)
	case f.Reset:
		reset(w)
	case f.Status != 0:
		write(w, Answer{Status: f.Status, Header: f.Header, Body: f.Body}, f.Drip)
	default:
		write(w, out, f.Drip)
	}
}

// carryOut lets the platform act and remembers what it sent.
func (s *Server) carryOut(p Platform, call Call) Answer {
	out := p.Serve(call)
	for _, m := range out.Sent {
		s.shown(m)
	}
	return out
}

// shown remembers a message that reached a customer.
func (s *Server) shown(m Sent) {
	s.mu.Lock()
	s.sends = keep(s.sends, m, s.cfg.Keep)
	close(s.wake)
	s.wake = make(chan struct{})
	s.mu.Unlock()
	s.cfg.Log.Debug("sent", "kind", m.Kind, "to", m.To, "id", m.ID)
	if s.cfg.Sent != nil {
		s.cfg.Sent(m)
	}
}

func (s *Server) record(call Call) {
	s.mu.Lock()
	s.calls = keep(s.calls, call, s.cfg.Keep)
	s.mu.Unlock()
}

// keep appends and forgets the older half once there are twice as many.
func keep[T any](list []T, item T, limit int) []T {
	list = append(list, item)
	if limit > 0 && len(list) >= 2*limit {
		list = append([]T(nil), list[len(list)-limit:]...)
	}
	return list
}

// Calls are the calls received, oldest first, whatever became of them.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// Sends are the messages accepted, oldest first, also those whose answer a
// fault kept from the hub.
func (s *Server) Sends() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Sent(nil), s.sends...)
}

// WaitSends returns once n messages were accepted, or with ctx's error.
func (s *Server) WaitSends(ctx context.Context, n int) ([]Sent, error) {
	for {
		s.mu.Lock()
		got, wake := append([]Sent(nil), s.sends...), s.wake
		s.mu.Unlock()
		if len(got) >= n {
			return got, nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return got, fmt.Errorf("simulate: %d of %d sends: %w", len(got), n, ctx.Err())
		}
	}
}

// pause waits and tells whether there is still somebody to answer.
func (s *Server) pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-s.closed:
	}
	return false
}

func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // not a real connection: the nearest there is
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // RST rather than FIN
	}
	_ = conn.Close()
}

func write(w http.ResponseWriter, a Answer, drip time.Duration) {
	for k, v := range a.Header {
		w.Header()[k] = v
	}
	if a.Type == "" {
		a.Type = "application/json"
	}
	w.Header().Set("Content-Type", a.Type)
	w.WriteHeader(a.Status)
	if drip == 0 {
		_, _ = w.Write(a.Body)
		return
	}
	flush := http.NewResponseController(w)
	for b := range bytes.SplitSeq(a.Body, nil) {
		if _, err := w.Write(b); err != nil || flush.Flush() != nil {
			return
		}
		time.Sleep(drip)
	}
}
