package chaos

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Event is an event as a subscriber got it.
type Event struct {
	ID           string `json:"id"`
	Type         string `json:"type"`
	Conversation *struct {
		ID string `json:"id"`
	} `json:"conversation"`
	Message *Message `json:"message"`
}

// Subscriber is told of everything that happens in the hub and remembers it. It
// refuses some events at first, as a script has it. It is safe for concurrent
// use.
type Subscriber struct {
	listener net.Listener
	server   *http.Server
	serving  sync.WaitGroup

	mu       sync.Mutex
	secret   []byte
	refuses  func(id string) bool
	refused  map[string]bool
	seen     map[string]bool
	order    []Event // what it took, each once, in the order of the first time
	repeated int
	breaches []string
}

// NewSubscriber starts a subscriber.
func NewSubscriber() (*Subscriber, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("subscriber: %w", err)
	}
	s := &Subscriber{listener: l, refused: map[string]bool{}, seen: map[string]bool{}, refuses: func(string) bool { return false }}
	s.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: s}
	s.serving.Go(func() { _ = s.server.Serve(l) })
	return s, nil
}

// Close ends it.
func (s *Subscriber) Close() {
	_ = s.server.Close()
	s.serving.Wait()
}

// Addr is where it listens.
func (s *Subscriber) Addr() string { return s.listener.Addr().String() }

// Refuse has it refuse the first call of one event in so many.
func (s *Subscriber) Refuse(seed, oneIn uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuses = func(id string) bool { return mixed(seed, id)%oneIn == 0 }
}

// Subscribe subscribes to everything under an address that leads to it.
func (s *Subscriber) Subscribe(ctx context.Context, h *Hub, address string) error {
	var made struct {
		Secret string `json:"secret"`
	}
	err := h.Call(ctx, http.StatusCreated, http.MethodPost, "/v1/subscriptions", Object{"name": "ledger", "url": address, "events": []string{"*"}}, &made)
	if err != nil {
		return err
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(made.Secret, "whsec_"))
	if err != nil {
		return fmt.Errorf("secret of the subscription: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secret = key
	return nil
}

// ServeHTTP takes an event.
func (s *Subscriber) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	if err != nil {
		return
	}
	var e Event
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.Header.Get("webhook-id")
	switch {
	case !s.proved(r.Header, raw):
		s.breaches = append(s.breaches, "event without a proof: "+id)
		w.WriteHeader(http.StatusUnauthorized)
	case json.Unmarshal(raw, &e) != nil || e.ID != id:
		s.breaches = append(s.breaches, "event unreadable: "+id)
		w.WriteHeader(http.StatusBadRequest)
	case s.refuses(id) && !s.refused[id]:
		s.refused[id] = true
		w.WriteHeader(http.StatusInternalServerError)
	case s.seen[id]:
		s.repeated++
	default:
		s.seen[id] = true
		s.order = append(s.order, e)
	}
}

// proved checks a signature as Standard Webhooks has it.
func (s *Subscriber) proved(h http.Header, raw []byte) bool {
	mac := hmac.New(sha256.New, s.secret)
	_, _ = fmt.Fprintf(mac, "%s.%s.", h.Get("webhook-id"), h.Get("webhook-timestamp"))
	mac.Write(raw)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return slices.ContainsFunc(strings.Fields(h.Get("webhook-signature")), func(got string) bool { return hmac.Equal([]byte(got), []byte(want)) })
}

// Taken are the events it took, in order; repeated is how many came again.
func (s *Subscriber) Taken() (events []Event, repeated int, breaches []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.order), s.repeated, slices.Clone(s.breaches)
}
