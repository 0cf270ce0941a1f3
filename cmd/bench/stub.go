package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// stubCommand is the platform in the send phase, in a process of its own: it
// accepts every send, remembers how often each marker came, and can be waited
// for. Everything else about the platforms is package simulate's.
type stubCommand struct{}

// Run serves until ctx ends and writes its address to standard output first.
func (stubCommand) Run(ctx context.Context) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("stub: %w", err)
	}
	if _, err := fmt.Fprintln(os.Stdout, "http://"+ln.Addr().String()); err != nil {
		return fmt.Errorf("stub: %w", err)
	}
	srv := &http.Server{Handler: newStub(), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("stub: %w", err)
	}
	return nil
}

// stub is safe for concurrent use.
type stub struct {
	mu    sync.Mutex
	next  int64
	seen  map[int]int // how often each marker arrived
	total int
	wake  chan struct{}
	free  chan struct{} // closed: calls that hang end
}

func newStub() *stub {
	return &stub{seen: map[int]int{}, wake: make(chan struct{}), free: make(chan struct{}), next: 1_000_000}
}

// tally is the stub's answer to /bench/…: what arrived since the last reset.
type tally struct {
	Distinct int `json:"distinct"`
	Total    int `json:"total"`
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/bench/reset":
		s.mu.Lock()
		s.seen, s.total = map[int]int{}, 0
		s.mu.Unlock()
		s.tally(w)
	case "/bench/wait":
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		s.wait(r.Context(), n)
		s.tally(w)
	case "/bench/free":
		close(s.free)
		s.tally(w)
	default:
		if strings.HasPrefix(r.URL.Path, hanging+"/") {
			select {
			case <-s.free:
			case <-r.Context().Done():
			}
			return
		}
		s.call(w, r)
	}
}

// wait returns once n distinct markers are there or the caller has gone.
func (s *stub) wait(ctx context.Context, n int) {
	for {
		s.mu.Lock()
		enough, wake := len(s.seen) >= n, s.wake
		s.mu.Unlock()
		if enough {
			return
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return
		}
	}
}

func (s *stub) tally(w http.ResponseWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(tally{Distinct: len(s.seen), Total: s.total})
}

func (s *stub) call(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	var in struct {
		Chat json.RawMessage `json:"chat_id"`
		To   string          `json:"to"`
		Text json.RawMessage `json:"text"`
	}
	_ = json.Unmarshal(body, &in)
	id := s.note(sentText(in.Text))
	w.Header().Set("Content-Type", "application/json")
	if strings.HasPrefix(r.URL.Path, "/bot") {
		chat := string(in.Chat)
		if chat == "" {
			_, _ = io.WriteString(w, `{"ok":true,"result":true}`)
			return
		}
		_, _ = fmt.Fprintf(w, `{"ok":true,"result":{"message_id":%d,"date":%d,"chat":{"id":%s,"type":"private"}}}`, id, time.Now().Unix(), strings.Trim(chat, `"`))
		return
	}
	_, _ = fmt.Fprintf(w, `{"messaging_product":"whatsapp","contacts":[{"input":%q,"wa_id":%q}],"messages":[{"id":"wamid.stub%d"}]}`, in.To, in.To, id)
}

// sentText reads Telegram's text, a string, or WhatsApp's, an object.
func sentText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var o struct {
		Body string `json:"body"`
	}
	_ = json.Unmarshal(raw, &o)
	return o.Body
}

// note remembers a send and mints its id.
func (s *stub) note(text string) int64 {
	n, marked := parseMarker(text)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	if marked {
		s.seen[n]++
		s.total++
		close(s.wake)
		s.wake = make(chan struct{})
	}
	return s.next
}
