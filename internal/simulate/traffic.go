package simulate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Channel is where a platform delivers its webhooks.
type Channel struct {
	Platform Platform
	Webhook  string // the hub's address for the channel: where webhooks go, or visitors
	Public   string // the webhook's address as the hub tells it; empty: Webhook
}

// Agent writes for the business, so that some dialogues go on without people.
// It is called from many goroutines.
type Agent interface {
	// Reply answers the customer's open conversation; it may wait for it to
	// appear.
	Reply(ctx context.Context, channel int, to Customer, text string, buttons []Button) error
	// Finish marks the conversation as solved.
	Finish(ctx context.Context, channel int, to Customer) error
	// Do does something else about the conversation: leaves a "note", or sets
	// its "status", "style" (a name, or a name and how long until it closes),
	// "priority" or "tags". "agent" names who does all of this.
	Do(ctx context.Context, channel int, to Customer, word, text string) error
}

// errTaken says that a person has the conversation, whom nobody answers for.
var errTaken = errors.New("simulate: a person has the conversation")

// TrafficConfig configures a [Traffic].
type TrafficConfig struct {
	Channels []Channel    // at most one of a platform
	Client   *http.Client // nil: one of its own
	// Seed decides who writes what and when. The same seed tells the same
	// stories.
	Seed uint64
	// Rate is how many dialogues begin in a minute.
	Rate float64
	// Pace stretches the pauses people make: 1 is natural, 0.1 ten times as
	// fast. 0 means 1.
	Pace float64
	// Agent plays the business in a share (0 to 1) of the dialogues; nil means
	// that all of them wait for people.
	Agent    Agent
	Attended float64
	Log      *slog.Logger // nil: none
}

// Traffic is the customers. It is safe for concurrent use.
type Traffic struct {
	cfg   TrafficConfig
	post  *post
	ctx   context.Context // ends everything
	stop  context.CancelFunc
	deckM sync.Mutex
	deck  *deck

	mu     sync.Mutex
	group  sync.WaitGroup
	closed bool
	seats  map[seatKey]chan Sent // of customers in a dialogue
	opened map[seatKey]bool      // whose conversations an opening left as they are
}

type seatKey struct {
	kind     string
	customer int
}

// errClosed is what a closed Traffic answers.
var errClosed = errors.New("simulate: traffic is closed")

// NewTraffic makes customers who keep silent until [Traffic.Fill] or
// [Traffic.Run]. They live until [Traffic.Close] or the end of ctx.
func NewTraffic(ctx context.Context, cfg TrafficConfig) (*Traffic, error) {
	if len(cfg.Channels) == 0 {
		return nil, errors.New("simulate: traffic needs a channel")
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second}}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Pace == 0 {
		cfg.Pace = 1
	}
	if cfg.Agent == nil {
		cfg.Attended = 0
	}
	talks, err := loadDialogues(dialogueFiles)
	if err != nil {
		return nil, err
	}
	t := &Traffic{
		cfg:   cfg,
		post:  newPost(cfg.Client, cfg.Log),
		deck:  newDeck(cfg.Seed, len(cfg.Channels), cfg.Attended, Cast(), talks),
		seats: map[seatKey]chan Sent{}, opened: map[seatKey]bool{},
	}
	t.ctx, t.stop = context.WithCancel(ctx)
	return t, nil
}

// Close sends everybody home and waits for them.
func (t *Traffic) Close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.stop()
	t.group.Wait()
	t.cfg.Client.CloseIdleConnections()
}

// Counts is what became of the webhooks so far.
func (t *Traffic) Counts() Counts { return t.post.counts() }

// spawn runs f unless the traffic is closed.
func (t *Traffic) spawn(f func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.group.Go(f)
	return true
}

// Fill plays n dialogues at once and returns when each is over or waits for a
// person: a day's conversations in seconds. What waits goes on afterwards.
func (t *Traffic) Fill(ctx context.Context, n int) error {
	var scenes []scene
	var seats []chan Sent
	for range n {
		sc, seat, ok := t.deal(func(sc scene) bool { return t.opened[t.key(sc)] })
		if !ok {
			break // everybody is talking already
		}
		scenes, seats = append(scenes, sc), append(seats, seat)
	}
	return t.perform(ctx, scenes, seats)
}

// perform plays scenes at once, whose customers have their seats.
func (t *Traffic) perform(ctx context.Context, scenes []scene, seats []chan Sent) error {
	var settled sync.WaitGroup
	for i, sc := range scenes {
		settled.Add(1)
		once := sync.OnceFunc(settled.Done)
		if !t.spawn(func() { newActor(t, sc, seats[i], once).play(true) }) {
			return errClosed
		}
	}
	done := make(chan struct{})
	t.spawn(func() { settled.Wait(); close(done) })
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("simulate: fill: %w", ctx.Err())
	case <-t.ctx.Done():
		return errClosed
	}
}

// Run begins dialogues at the configured rate until ctx ends, and returns nil.
func (t *Traffic) Run(ctx context.Context) error {
	if t.cfg.Rate <= 0 {
		<-ctx.Done()
		return nil
	}
	mean := time.Duration(float64(time.Minute) / t.cfg.Rate)
	for {
		sc, seat, ok := t.deal(func(scene) bool { return false })
		if ok && !t.spawn(func() { newActor(t, sc, seat, func() {}).play(false) }) {
			return errClosed
		}
		pause := mean
		if ok {
			pause = time.Duration(sc.gap * float64(mean))
		}
		if !sleep(ctx, pause) {
			return nil
		}
	}
}

// deal takes the next scene whose customer is free and gives them a seat,
// passing over those to avoid. ok is false when nobody is free.
func (t *Traffic) deal(avoid func(scene) bool) (scene, chan Sent, bool) {
	t.deckM.Lock()
	defer t.deckM.Unlock()
	for range len(t.deck.cast) * len(t.cfg.Channels) {
		sc := t.deck.next()
		if avoid(sc) {
			continue
		}
		if seat, ok := t.sit(sc); ok {
			return sc, seat, true
		}
	}
	return scene{}, nil, false
}

func (t *Traffic) key(sc scene) seatKey {
	return seatKey{t.cfg.Channels[sc.channel].Platform.Account().name(), sc.who.Index}
}

func (t *Traffic) sit(sc scene) (chan Sent, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.key(sc)
	if t.seats[k] != nil {
		return nil, false
	}
	seat := make(chan Sent, 16)
	t.seats[k] = seat
	return seat, true
}

func (t *Traffic) leave(sc scene) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.seats, t.key(sc))
}

// Received tells the customers of a message to one of them: they read it, and
// answer when they are in a dialogue. It does not block, and fits
// [ServerConfig.Sent].
func (t *Traffic) Received(s Sent) {
	if s.Customer < 0 {
		return
	}
	for i, ch := range t.cfg.Channels {
		if ch.Platform.Account().name() == s.Kind {
			t.spawn(func() { t.receipts(i, s) })
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if seat := t.seats[seatKey{s.Kind, s.Customer}]; seat != nil {
		select {
		case seat <- s:
		default: // nobody reads that fast; the receipts go out all the same
		}
	}
}

// tell brings an act to the hub the way its platform does, and answers the id
// of the message it created. An act that the platform does not have is left
// out. alive tells whether the customer is still there.
func (t *Traffic) tell(channel int, act Act) (id string, alive bool) {
	ch := t.cfg.Channels[channel]
	if carrier, ok := ch.Platform.(Carrier); ok {
		if id, known := t.carry(ch, carrier, act); known || t.ctx.Err() != nil {
			return id, t.ctx.Err() == nil
		}
	}
	hook, id, ok := ch.Platform.Webhook(act)
	if !ok {
		return "", t.ctx.Err() == nil
	}
	return id, t.deliver(ch, hook)
}

// carry has a platform bring an act by itself, again until it is there or too
// old. known is false for an act that goes another way.
func (t *Traffic) carry(ch Channel, carrier Carrier, act Act) (id string, known bool) {
	r, began := ch.Platform.Retries(), time.Now()
	for pause := r.First; ; pause = min(max(2*pause, time.Second), max(r.Max, time.Second)) {
		id, ok, err := carrier.Carry(t.ctx, t.cfg.Client, ch.Webhook, act)
		switch {
		case err == nil && ok:
			t.post.delivered.Add(1)
			return id, true
		case err == nil:
			return "", false
		case t.ctx.Err() != nil:
			return "", true
		case time.Since(began) > max(r.GiveUp, time.Minute):
			t.post.dropped.Add(1)
			t.cfg.Log.Error("act lost", "error", err)
			return "", true
		}
		level := slog.LevelWarn
		if errors.Is(err, errOffline) {
			level = slog.LevelDebug // it comes online in a moment
		}
		t.cfg.Log.Log(t.ctx, level, "act not accepted", "error", err)
		t.post.repeated.Add(1)
		if !sleep(t.ctx, pause) {
			return "", true
		}
	}
}

// deliver posts a webhook the way its platform does: one that keeps order
// blocks until the hub has it, another repeats it in the background. It tells
// whether the customer is still there.
func (t *Traffic) deliver(ch Channel, hook Webhook) bool {
	hook.As = ch.Public
	after, err := t.post.once(t.ctx, ch.Webhook, hook)
	if err == nil {
		return true
	}
	if t.ctx.Err() != nil {
		return false
	}
	t.cfg.Log.Warn("webhook not accepted", "error", err)
	r := ch.Platform.Retries()
	again := func() {
		if err := t.post.repeat(t.ctx, ch.Webhook, hook, r, after); err != nil && t.ctx.Err() == nil {
			t.cfg.Log.Error("webhook lost", "error", err)
		}
	}
	if r.Ordered {
		again()
		return t.ctx.Err() == nil
	}
	return t.spawn(again)
}
