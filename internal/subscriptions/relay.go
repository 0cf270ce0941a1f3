package subscriptions

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"threadhub/internal/ident"
	"threadhub/internal/spool"
	"threadhub/threads"
)

// Records reads what was stored; every threads.Store does.
type Records interface {
	Conversation(ctx context.Context, id threads.ConversationID) (threads.Conversation, error)
	Message(ctx context.Context, id threads.MessageID) (threads.Message, error)
	Contact(ctx context.Context, id threads.ContactID) (threads.Contact, error)
}

// Active answers the subscriptions that are enabled (Registry). It is asked
// with every change.
type Active interface {
	Active(ctx context.Context) ([]Subscription, error)
}

// RelayOptions are what a Relay works with. All are required but Alone.
type RelayOptions struct {
	Spool   spool.Store
	Book    Active
	Records Records
	// Bell is rung when events were added.
	Bell   func()
	Owner  string // names this process
	Now    func() time.Time
	Logger *slog.Logger
	// Alone says that nobody else uses the store: intents that others left are
	// those of processes that are gone.
	Alone bool
}

// Relay puts what happens into the spool. It is safe for concurrent use.
type Relay struct {
	RelayOptions

	mu sync.Mutex
	// working are the intents whose change is being made right now.
	working map[string]bool
	// made are the intents whose change was made, by what is announced of it.
	made map[subject][]noted
}

// noted is an intent that stands in the spool.
type noted struct {
	id string
	at time.Time
}

// NewRelay returns a relay over the given parts.
func NewRelay(o RelayOptions) *Relay {
	return &Relay{RelayOptions: o, working: map[string]bool{}, made: map[subject][]noted{}}
}

func (r *Relay) now() time.Time { return r.Now().UTC().Truncate(time.Millisecond) }

// subject is a version of a record: what an intent and a notice have in common.
type subject struct {
	id      string // of a conversation, a message or a contact
	version int64
}

// subjectOf is what a notice is about.
func subjectOf(n *News) subject {
	switch {
	case n.Conversation != nil:
		return subject{string(n.Conversation.ID), n.Conversation.Version}
	case n.Message != nil:
		return subject{string(n.Message.ID), n.Message.Version}
	case n.Contact != nil:
		return subject{string(n.Contact.ID), n.Contact.Version}
	}
	return subject{}
}

// Announce implements [threads.Announcer]: it spools the notices for those who
// subscribed to them. While nobody is subscribed it costs next to nothing.
func (r *Relay) Announce(ctx context.Context, notices []threads.Notice) error {
	active, idle, err := r.idle(ctx)
	if err != nil || idle {
		return err
	}
	news := make([]News, 0, len(notices))
	for _, n := range notices {
		if n.Type != threads.NoticeTyping {
			news = append(news, News{Notice: n})
		}
	}
	return r.tell(ctx, active, news)
}

// Tell spools news for those who subscribed to them.
func (r *Relay) Tell(ctx context.Context, news []News) error {
	active, idle, err := r.idle(ctx)
	if err != nil || idle {
		return err
	}
	return r.tell(ctx, active, news)
}

// idle answers who is subscribed, and whether there is nothing to do: nobody
// is, and no change was noted while somebody was.
func (r *Relay) idle(ctx context.Context) ([]Subscription, bool, error) {
	active, err := r.Book.Active(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("subscriptions: %w", err)
	}
	if len(active) > 0 {
		return active, false, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return nil, len(r.made) == 0, nil
}

func (r *Relay) tell(ctx context.Context, active []Subscription, news []News) error {
	intents := r.takeIntents(news)
	if err := r.spoolNews(ctx, active, news, intents); err != nil {
		r.giveBack(intents)
		return err
	}
	return nil
}

// spoolNews writes the news' events in place of their intents.
func (r *Relay) spoolNews(ctx context.Context, active []Subscription, news []News, intents map[subject]noted) error {
	now := r.now()
	next := map[string]int{}
	var events []spool.Event
	var done []string
	for i := range news {
		of, intended := intents[subjectOf(&news[i])]
		if !intended {
			of = noted{id: ident.New(eventPrefix), at: now}
		}
		if r.late(of, now) {
			asRecovered(&news[i])
		}
		if intended {
			done = append(done, of.id)
		}
		made, err := eventsFor(active, eventID(of.id, next, &news[i]), &news[i], now)
		if err != nil {
			return err
		}
		events = append(events, made...)
	}
	slices.Sort(done)
	if err := r.Spool.AddEvents(ctx, events, slices.Compact(done), now); err != nil {
		return fmt.Errorf("spool events: %w", err)
	}
	if len(events) > 0 {
		r.Bell()
	}
	return nil
}

// late tells whether an announcement comes so late, since its process stood
// still, that another may have told of the change already (Recover).
func (r *Relay) late(in noted, now time.Time) bool {
	return !r.Alone && now.Sub(in.at) >= announceWithin
}

// eventID names an event of an intent by what it is, so that it has one name
// whoever tells of it and however often: an announcement and a recovery go
// through the parts of a change in one order. What a recovery cannot tell comes
// between those and the last one.
func eventID(intent string, next map[string]int, n *News) string {
	if n.Type == threads.NoticeConversationUpdated {
		return spool.LastEventID(intent)
	}
	next[intent]++
	return spool.EventID(intent, next[intent]-1)
}

// eventsFor are the events that the news make, one for each subscription that
// wants them.
func eventsFor(active []Subscription, id string, n *News, now time.Time) ([]spool.Event, error) {
	var events []spool.Event
	var doc json.RawMessage
	for i := range active {
		if !active[i].wants(n) {
			continue
		}
		if doc == nil {
			var err error
			if doc, err = json.Marshal(n); err != nil {
				return nil, fmt.Errorf("event %s: %w", n.Type, err)
			}
		}
		events = append(events, spool.Event{
			ID: id, Subscription: active[i].ID, Lane: n.lane(), Type: string(n.Type), At: n.At, Doc: doc,
			Outcome: spool.Outcome{State: spool.Pending, ExpiresAt: now.Add(maxKept)},
		})
	}
	return events, nil
}

// takeIntents takes an intent of each of what the news are about. There are two
// where a receipt and the end of a delivery left a message at the same version:
// each of them is announced, maybe at the same time, and each announcement has
// its own, from before the change. One that came late without would be told
// after what is newer, and an intent that none had would hold the lane up.
func (r *Relay) takeIntents(news []News) map[subject]noted {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := map[subject]noted{}
	for i := range news {
		at := subjectOf(&news[i])
		list, ok := r.made[at]
		if _, has := taken[at]; !ok || has {
			continue
		}
		first := list[0]
		taken[at] = first
		r.drop(at, func(n noted) bool { return n.id == first.id })
	}
	return taken
}

// giveBack keeps intents of changes that could not be announced.
func (r *Relay) giveBack(intents map[subject]noted) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at, in := range intents {
		r.made[at] = append([]noted{in}, r.made[at]...)
	}
}

// drop takes such intents of a subject out of memory. The caller holds the lock.
func (r *Relay) drop(at subject, which func(noted) bool) {
	left := slices.DeleteFunc(r.made[at], which)
	if len(left) == 0 {
		delete(r.made, at)
	} else {
		r.made[at] = left
	}
}

// intend notes changes that are about to be made; false when nobody is
// subscribed and nothing was noted.
func (r *Relay) intend(ctx context.Context, intents []intent) (bool, error) {
	active, err := r.Book.Active(ctx)
	if err != nil {
		return false, fmt.Errorf("subscriptions: %w", err)
	}
	if len(active) == 0 || len(intents) == 0 {
		return false, nil
	}
	now := r.now()
	rows := make([]spool.Intent, len(intents))
	for i := range intents {
		intents[i].noted = noted{id: ident.New(eventPrefix), at: now}
		doc, err := json.Marshal(intents[i])
		if err != nil {
			return false, fmt.Errorf("intent: %w", err)
		}
		rows[i] = spool.Intent{ID: intents[i].id, Lane: intents[i].lane(), At: now, Owner: r.Owner, Doc: doc}
	}
	r.mu.Lock()
	for _, in := range intents {
		r.working[in.id] = true
	}
	r.mu.Unlock()
	if err := r.Spool.AddIntents(ctx, rows); err != nil {
		r.settle(ctx, nil, nil, intents)
		return false, fmt.Errorf("note a change for subscribers: %w", err)
	}
	return true, nil
}

// soon bounds a change that was noted: one that a store which was away carried
// out after a recovery had looked for it would be told after what is newer.
func (r *Relay) soon(ctx context.Context) (context.Context, context.CancelFunc) {
	if r.Alone {
		return ctx, func() {} // nobody else looks
	}
	return context.WithTimeout(ctx, changeWithin)
}

// settle notes how changes went that were intended: made ones will be
// announced, each as its subject; nothing came of the void ones; of those in
// doubt the sweeper finds out.
func (r *Relay) settle(ctx context.Context, made map[subject]intent, void, doubtful []intent) {
	r.mu.Lock()
	for at, in := range made {
		delete(r.working, in.id)
		r.made[at] = append(r.made[at], in.noted)
	}
	drop := make([]string, len(void))
	for i, in := range void {
		delete(r.working, in.id)
		drop[i] = in.id
	}
	for _, in := range doubtful {
		delete(r.working, in.id)
	}
	r.mu.Unlock()
	if err := r.Spool.DropIntents(context.WithoutCancel(ctx), drop); err != nil {
		r.Logger.WarnContext(ctx, "intents are dropped later", "error", err)
	}
}
