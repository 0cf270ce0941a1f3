package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// reply is an answer that the hub took over.
type reply struct {
	id, conversation, text string
	// doubtful: the hub died over the request and it was not repeated under
	// its key, so it may have been taken over or not.
	doubtful bool
}

// Traffic is what platforms and agents do while hubs come and go, and the
// ledger of what they were promised. It is safe for concurrent use.
type Traffic struct {
	// Hub and Platform are who it is between.
	Hub      *Hub
	Platform *Platform
	// Subscriber is told of it all; nil for nobody.
	Subscriber *Subscriber

	post  *post
	kinds []Kind
	wild  bool
	rnd   *rand.Rand // of what is repeated and forged

	running sync.WaitGroup
	stop    context.CancelFunc
	room    chan struct{} // bounds what is under way

	mu       sync.Mutex
	accepted map[string]Letter // by text
	forged   int
	repeated int              // webhooks that were sent again because they were not answered
	again    int              // webhooks that were sent again although they were
	replies  map[string]reply // by text
	faults   []string
	open     []string // conversations to reply to
	took     []time.Duration
}

// Plan is who takes part in a traffic.
type Plan struct {
	Hub        *Hub
	Platform   *Platform
	Subscriber *Subscriber
	// Kinds are the platforms; Telegram and WhatsApp if there are none.
	Kinds []Kind
	// Seed makes the random choices.
	Seed uint64
	// Contacts is how many there are on each channel.
	Contacts int
	// Wild has webhooks forged, and repeated although they were answered.
	Wild bool
	// API is the address of a platform as the hub sees it; nil for where it
	// listens.
	API func(Kind) string
}

// NewTraffic registers the channels and an agent at the hub.
func NewTraffic(ctx context.Context, plan Plan) (*Traffic, error) {
	if len(plan.Kinds) == 0 {
		plan.Kinds = []Kind{Telegram, WhatsApp}
	}
	if plan.API == nil {
		plan.API = func(k Kind) string { return "http://" + plan.Platform.Addr(k) }
	}
	if err := plan.Hub.Hire(ctx); err != nil {
		return nil, err
	}
	f := &Traffic{
		Hub: plan.Hub, Platform: plan.Platform, Subscriber: plan.Subscriber, kinds: plan.Kinds, wild: plan.Wild,
		rnd:      rand.New(rand.NewPCG(plan.Seed, 1)),
		post:     &post{channels: map[Kind]string{}, contacts: plan.Contacts, rnd: rand.New(rand.NewPCG(plan.Seed, 0))},
		accepted: map[string]Letter{}, replies: map[string]reply{}, room: make(chan struct{}, underWay),
	}
	for _, kind := range plan.Kinds {
		id, err := plan.Hub.Register(ctx, kind, plan.API(kind))
		if err != nil {
			return nil, err
		}
		f.post.channels[kind] = id
	}
	return f, nil
}

// Report has the platform deliver receipts and echoes.
func (f *Traffic) Report() {
	f.Platform.Report(func(k Kind) string { return f.post.channels[k] }, func(w Webhook) error {
		err := errors.New("not taken")
		f.tries("receipt", func(ctx context.Context) bool {
			status, _, sendErr := f.Hub.Do(ctx, http.MethodPost, w.Path, w.Header, w.Body)
			if sendErr == nil && status == http.StatusOK {
				err = nil
			}
			return err == nil || f.Platform.closed()
		})
		return err
	})
}

// Begin sends so many webhooks and replies a second until End.
func (f *Traffic) Begin(webhooks, replies int) {
	ctx, cancel := context.WithCancel(context.Background())
	f.stop = cancel
	f.pump(ctx, webhooks, func() {
		f.ifRoom(func() func() {
			w := f.post.next(f.kinds)
			if f.wild {
				f.misbehave(w)
			}
			return func() { f.Deliver(w) }
		})
	})
	n := 0
	f.pump(ctx, replies, func() {
		if id := f.Conversation(n + 1); id != "" {
			f.ifRoom(func() func() {
				n++
				text := fmt.Sprintf("reply-%05d", n)
				return func() { f.Reply(id, text) }
			})
		}
	})
	f.pump(ctx, 2, func() { f.Look(ctx) })
	f.pump(ctx, 1, func() { f.tend(ctx) })
}

// underWay is how many webhooks and replies wait for an answer at most: what a
// slow machine cannot take is not made in the first place.
const underWay = 200

// ifRoom makes some traffic and has it carried out in the background, unless
// too much is under way.
func (f *Traffic) ifRoom(prepare func() func()) {
	select {
	case f.room <- struct{}{}:
	default:
		return
	}
	do := prepare()
	f.running.Go(func() {
		defer func() { <-f.room }()
		do()
	})
}

// misbehave now and then sends a webhook twice at the same time, or one that
// only pretends to be of the platform.
func (f *Traffic) misbehave(w Webhook) {
	switch f.rnd.IntN(12) {
	case 0, 1:
		f.running.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), Patience)
			defer cancel()
			for _, base := range f.Hub.bases() { // all at once, so that they race
				_, _, _ = f.Hub.send(ctx, base, http.MethodPost, w.Path, w.Header, w.Body)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			f.again++
		})
	case 2:
		f.mu.Lock()
		f.forged++
		f.mu.Unlock()
		forged := f.post.from(f.kinds[0]).forged()
		f.running.Go(func() { f.refuse(forged) })
	}
}

// refuse sends a forged webhook, which must not be taken over.
func (f *Traffic) refuse(w Webhook) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	status, _, err := f.Hub.Do(ctx, http.MethodPost, w.Path, w.Header, w.Body)
	if err == nil && status < http.StatusBadRequest {
		f.fault("forged webhook accepted: %s answered %d", w.Letters[0].Text, status)
	}
}

// End makes no more traffic and waits until what is under way has been taken.
func (f *Traffic) End() {
	f.stop()
	f.running.Wait()
}

// Go makes some traffic more in the background; Wait waits for it.
func (f *Traffic) Go(fn func()) { f.running.Go(fn) }

// Wait waits until what is under way has been taken.
func (f *Traffic) Wait() { f.running.Wait() }

// Busy is an error if there was no traffic in both directions.
func (f *Traffic) Busy() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.accepted) == 0 || len(f.replies) == 0 {
		return fmt.Errorf("%d webhooks were accepted and %d replies: that proves nothing", len(f.accepted), len(f.replies))
	}
	return nil
}

// pump calls fn so many times a second. A machine that is too slow for that
// has fewer calls.
func (f *Traffic) pump(ctx context.Context, perSecond int, fn func()) {
	f.running.Go(func() {
		t := time.NewTicker(time.Second / time.Duration(max(perSecond, 1)))
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				fn()
			}
		}
	})
}

func (f *Traffic) fault(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, fmt.Sprintf(format, args...))
}

// Faults are what platforms and agents met and must not meet, a few of each
// kind; empty when there were none.
func (f *Traffic) Faults() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return Digest(f.faults)
}

// Next makes a webhook of any of the platforms.
func (f *Traffic) Next() Webhook { return f.post.next(f.kinds) }

// From makes a webhook of a platform with one message.
func (f *Traffic) From(kind Kind) Webhook { return f.post.from(kind) }

// tries calls fn until it is satisfied, as platforms and clients do when they
// get no answer or one that says to come again.
func (f *Traffic) tries(what string, fn func(ctx context.Context) (satisfied bool)) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*Patience)
	defer cancel()
	for !fn(ctx) {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			f.fault("not taken in time: %s", what)
			return
		}
	}
}

// Deliver sends a webhook until it is answered with 200.
func (f *Traffic) Deliver(w Webhook) {
	attempts := 0
	f.tries("webhook with "+w.Letters[0].Text, func(ctx context.Context) bool {
		attempts++
		began := time.Now()
		status, body, err := f.Hub.Do(ctx, http.MethodPost, w.Path, w.Header, w.Body)
		if err != nil || status == http.StatusServiceUnavailable {
			return false
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if status != http.StatusOK {
			f.faults = append(f.faults, fmt.Sprintf("webhook answered %d: %s: %s", status, w.Letters[0].Text, body))
			return true
		}
		f.took = append(f.took, time.Since(began))
		if attempts > 1 {
			f.repeated++
		}
		for _, l := range w.Letters {
			f.accepted[l.Text] = l
		}
		return true
	})
}

// Conversations are those to reply to.
func (f *Traffic) Conversations() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open
}

// Conversation picks one of them, in turns.
func (f *Traffic) Conversation(n int) string {
	open := f.Conversations()
	if len(open) == 0 {
		return ""
	}
	return open[n%len(open)]
}

// Look learns of conversations.
func (f *Traffic) Look(ctx context.Context) {
	all, err := List[Conversation](ctx, f.Hub, "/v1/conversations")
	if err != nil {
		return // the hub is down; there will be another look
	}
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	slices.Sort(ids)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open = ids
}

// tend has channels checked that were suspended, as an admin would.
func (f *Traffic) tend(ctx context.Context) {
	type channel struct {
		ID     string `json:"id"`
		Health struct {
			State string `json:"state"`
		} `json:"health"`
	}
	all, err := List[channel](ctx, f.Hub, "/v1/channels")
	if err != nil {
		return
	}
	for _, c := range all {
		if c.Health.State == "suspended" {
			_, _, _ = f.Hub.Do(ctx, http.MethodPost, "/v1/channels/"+c.ID+"/check", Bearer(f.Hub.Token), nil)
		}
	}
}

// Reply asks the hub to send a text, again under the same key when there is no
// answer. A request that died with the hub holds its key for a while: whether
// it was taken over then stays open.
func (f *Traffic) Reply(conversation, text string) {
	path, body := "/v1/conversations/"+conversation+"/messages", Encoded(Object{"text": text})
	key := firstWord(text)
	header := Bearer(f.Hub.Agent)
	header.Set("Idempotency-Key", key)
	f.tries(key, func(ctx context.Context) bool {
		status, raw, err := f.Hub.Do(ctx, http.MethodPost, path, header, body)
		if err != nil || status == http.StatusServiceUnavailable {
			return false
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		var m Message
		switch {
		case status == http.StatusAccepted && json.Unmarshal(raw, &m) == nil:
			f.replies[text] = reply{id: m.ID, conversation: conversation, text: text}
		case status == http.StatusConflict && bytes.Contains(raw, []byte("idempotency_in_progress")):
			f.replies[text] = reply{conversation: conversation, text: text, doubtful: true}
		default:
			f.faults = append(f.faults, fmt.Sprintf("reply answered %d: %s: %s", status, key, raw))
		}
		return true
	})
}

// Took is how long webhooks took that were answered with 200 since the last
// asking.
func (f *Traffic) Took() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	took := f.took
	f.took = nil
	return took
}
