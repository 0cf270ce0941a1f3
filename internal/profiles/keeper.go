package profiles

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/directory"
	"threadhub/internal/egress"
	"threadhub/normalize"
	"threadhub/threads"
)

// Channels opens registered channels.
type Channels interface {
	Open(ctx context.Context, id threads.ChannelID) (*channels.Opened, error)
}

// Carrier makes calls to platforms (tokens.Keeper).
type Carrier interface {
	Do(ctx context.Context, t egress.Target, call *connectors.Call) (*connectors.Response, error)
}

// Threads changes contacts and conversations (threads.Service).
type Threads interface {
	Profiled(ctx context.Context, id threads.ContactID, p *normalize.Peer) error
	RefreshBrief(ctx context.Context, conversation threads.ConversationID, id threads.ContactID) error
	RefreshBriefs(ctx context.Context, id threads.ContactID, p threads.Page) (threads.Cursor, error)
}

// Contacts reads the records of contacts.
type Contacts interface {
	Contact(ctx context.Context, id threads.ContactID) (threads.Contact, error)
}

// Options of a Keeper; all are required.
type Options struct {
	Store      directory.Store // of what is still to be done
	Contacts   Contacts
	Channels   Channels
	Carrier    Carrier
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Keeper implements [threads.Briefs]. It works while Run runs and is safe for
// concurrent use.
type Keeper struct {
	Options
	// Threads is set before Run.
	Threads Threads

	notes   directory.Collection[note]
	changed chan renamed
	waiting chan errand
	lookups *prometheus.CounterVec
	leftOut prometheus.Counter

	mu       sync.Mutex
	inFlight map[threads.ContactID]bool
	lines    map[threads.ChannelID]*line
	notYet   *lru.Cache[threads.ContactID, time.Time]
}

const (
	// lookupWaiting is how many contacts may wait to be looked up, or for another
	// try, lineWaiting how many of them those of one channel; more are looked up
	// when they write again.
	lookupWaiting = 1000
	lineWaiting   = 250
	// lookupPlaces is how many are seen to at once, linePlaces how many calls may
	// be out for one channel: one slow platform does not hold up the others.
	lookupPlaces = 8
	linePlaces   = 2
	// remembered is of how many contacts it is known without asking the store
	// that they were looked up not long ago.
	remembered = 50_000
)

// line is what is under way for a channel.
type line struct {
	waiting int // contacts in flight
	calls   int // that are out
	rest    time.Time
}

// NewKeeper returns a keeper over the given parts.
func NewKeeper(o Options) *Keeper {
	notYet, err := lru.New[threads.ContactID, time.Time](remembered)
	if err != nil {
		panic(err) // only for a size below 1
	}
	k := &Keeper{
		Options: o, notes: directory.NewCollection[note](o.Store, NoteKind, nil),
		changed: make(chan renamed, briefsWaiting), waiting: make(chan errand, lookupWaiting),
		lookups: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "threadhub_profile_lookups_total", Help: "Lookups of contacts at their platforms, by what became of them.",
		}, []string{"kind", "result"}),
		leftOut: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "threadhub_profile_lookups_left_out_total", Help: "Contacts not looked up since too many waited; they are when they write again.",
		}),
		inFlight: map[threads.ContactID]bool{}, lines: map[threads.ChannelID]*line{}, notYet: notYet,
	}
	o.Registerer.MustRegister(k.lookups, k.leftOut)
	return k
}

// Run looks contacts up and refreshes conversations until ctx ends, and returns
// when nothing of it goes on.
func (k *Keeper) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for range lookupPlaces {
		wg.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case e := <-k.waiting:
					k.attend(ctx, &wg, e)
				}
			}
		})
	}
	for range briefPlaces {
		wg.Go(func() { k.refreshAll(ctx) })
	}
	wg.Go(func() { k.sweepAll(ctx) })
	wg.Wait()
}

// Met implements [threads.Briefs].
func (k *Keeper) Met(m threads.Meeting) {
	if !m.Began {
		if until, ok := k.notYet.Get(m.Contact); ok && k.Now().Before(until) {
			return
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.lines[m.Channel]
	switch {
	case k.inFlight[m.Contact]:
	case len(k.inFlight) >= lookupWaiting || l != nil && l.waiting >= lineWaiting:
		k.leftOut.Inc()
	default:
		if l == nil {
			l = &line{}
			k.lines[m.Channel] = l
		}
		k.inFlight[m.Contact] = true
		l.waiting++
		k.waiting <- errand{Meeting: m} // has room: it holds no more than are in flight
	}
}

func (k *Keeper) done(m threads.Meeting) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.inFlight, m.Contact)
	if l := k.lines[m.Channel]; l.waiting > 1 || k.Now().Before(l.rest) {
		l.waiting--
	} else {
		delete(k.lines, m.Channel)
	}
}

// take takes a place among the channel's calls; otherwise it answers when to
// ask again. give gives it back, and has the channel rest for a while.
func (k *Keeper) take(id threads.ChannelID) (rest time.Duration, busy bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.lines[id]
	if rest = l.rest.Sub(k.Now()); rest > 0 {
		return rest, false
	}
	if l.calls >= linePlaces {
		return 0, true
	}
	l.calls++
	return 0, false
}

// full tells whether take would answer that the channel is busy.
func (k *Keeper) full(id threads.ChannelID) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.lines[id]
	return l.calls >= linePlaces && !k.Now().Before(l.rest)
}

func (k *Keeper) give(id threads.ChannelID, rest time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.lines[id]
	l.calls--
	if until := k.Now().Add(rest); rest > 0 && until.After(l.rest) {
		l.rest = until
	}
}

// attend does what is to be done about a contact, and has it done again later
// when that is of use.
func (k *Keeper) attend(ctx context.Context, wg *sync.WaitGroup, e errand) {
	pause, err := k.serve(ctx, &e)
	if err != nil && ctx.Err() == nil {
		k.Logger.WarnContext(ctx, "a contact was not looked up", "contact", e.Contact, "channel", e.Channel, "tries", e.tries, "error", err)
	}
	if pause <= 0 || e.tries >= lookupTries {
		k.done(e.Meeting)
		return
	}
	wg.Go(func() {
		select {
		case <-ctx.Done():
			k.done(e.Meeting)
		case <-time.After(pause):
			k.waiting <- e
		}
	})
}

// serve mends what the conversation shows of the contact and looks the contact
// up when that is due. It answers after which pause to try again, 0 for never.
func (k *Keeper) serve(ctx context.Context, e *errand) (time.Duration, error) {
	if e.waits && k.full(e.Channel) {
		return lookupTurn, nil // read so often, the records would be work for nothing
	}
	c, err := k.Contacts.Contact(ctx, e.Contact)
	if errors.Is(err, threads.ErrNotFound) {
		return 0, nil // erased
	}
	if err == nil && !e.Shown.Shows(&c) {
		err = k.Threads.RefreshBrief(ctx, e.Conversation, e.Contact)
	}
	if err != nil {
		e.tries++
		return lookupPause, err
	}
	if until := k.dueAt(&c, e.Meeting); k.Now().Before(until) {
		k.notYet.Add(c.ID, until)
		return 0, nil
	}
	return k.lookUp(ctx, e, &c)
}
