package profiles

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/internal/channels"
	"threadhub/internal/directory"
	"threadhub/normalize"
	"threadhub/threads"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errAway = errors.New("the store is away")

// desk is everything around a keeper, in the time of a synctest bubble, on a
// clock that the test puts forward. The parts are stand-ins of its own (see
// stand_ins_test.go).
type desk struct {
	t       *testing.T
	store   directory.Store
	keeper  *Keeper // the latest that was made
	metrics *prometheus.Registry
	log     diary
	began   time.Time

	mu       sync.Mutex
	skipped  time.Duration
	channels map[threads.ChannelID]*channels.Opened
	contacts map[threads.ContactID]threads.Contact
	broken   map[string]error // what fails, by method
	answer   func(l lookup) reply
	refresh  func(ctx context.Context, p page) (threads.Cursor, error) // what comes of it
	record
}

// record is what the keeper did.
type record struct {
	reads     int // of contacts' records
	lookups   []lookup
	out, most map[string]int // calls by channel, "" for all of them: now, and at most
	told      []told
	mended    []string // "conversation contact"
	refreshed []page   // of conversations
}

// newDesk has the channels ch_1 and ch_2, and knows contacts as they first write.
func newDesk(t *testing.T, store directory.Store) *desk {
	d := &desk{
		t: t, store: store, began: time.Now(),
		channels: map[threads.ChannelID]*channels.Opened{}, contacts: map[threads.ContactID]threads.Contact{},
		broken: map[string]error{}, refresh: func(context.Context, page) (threads.Cursor, error) { return "", nil },
		record: record{out: map[string]int{}, most: map[string]int{}},
	}
	d.answers(noor)
	d.opened("ch_1", "ch_2")
	return d
}

// run runs a test with a desk whose keeper runs.
func run(t *testing.T, test func(d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, &directory.Memory{})
		d.start()
		test(d)
	})
}

// process makes the keeper of another process, which does not run yet.
func (d *desk) process() *Keeper {
	d.metrics = prometheus.NewRegistry()
	d.keeper = NewKeeper(Options{
		Store: d.store, Contacts: d, Channels: d, Carrier: d, Now: d.clock, Registerer: d.metrics,
		Logger: slog.New(slog.NewTextHandler(&d.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	d.keeper.Threads = d
	return d.keeper
}

// start has another process run until stop is called.
func (d *desk) start() (stop func()) { return d.run(d.process()) }

func (d *desk) run(k *Keeper) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	d.t.Cleanup(stop)
	synctest.Wait()
	return stop
}

// diary is a log.
type diary struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *diary) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// logged is what was logged since it was last called.
func (d *desk) logged() string {
	synctest.Wait()
	d.log.mu.Lock()
	defer d.log.mu.Unlock()
	defer d.log.text.Reset()
	return d.log.text.String()
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Now().Add(d.skipped)
}

// pass lets the time go by.
func (d *desk) pass(pause time.Duration) {
	time.Sleep(pause)
	synctest.Wait()
}

// later puts the clock forward. Pauses that somebody makes are not over with it.
func (d *desk) later(by time.Duration) {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.skipped += by
}

func (d *desk) answers(r reply) {
	d.answersBy(func(lookup) reply { return r })
}

func (d *desk) answersBy(answer func(l lookup) reply) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = answer
}

// breaks has a method fail, until it is called with nil.
func (d *desk) breaks(method string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken[method] = err
}

func (d *desk) fault(method string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.broken[method]
}

// known has the contact's record say this.
func (d *desk) known(c threads.Contact) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.contacts[c.ID] = c
}

func (d *desk) erase(id threads.ContactID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.contacts, id)
}

// meeting is one with the contact, whose conversation shows what the record
// says. The conversation and the peer are called as the contact.
func (d *desk) meeting(ch threads.ChannelID, id threads.ContactID) threads.Meeting {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, known := d.contacts[id]
	if !known {
		c.ID = id
		d.contacts[id] = c
	}
	return threads.Meeting{
		Channel: ch, Contact: id, Conversation: threads.ConversationID(id), Peer: normalize.PeerID(id),
		Shown: threads.ContactBrief{ID: id, Name: c.Name, AvatarURL: c.AvatarURL, Named: c.Edited.Name},
	}
}

// write has contacts write in conversations that go on.
func (d *desk) write(ch threads.ChannelID, ids ...threads.ContactID) {
	for _, id := range ids {
		d.keeper.Met(d.meeting(ch, id))
	}
	synctest.Wait()
}

// begin has a contact begin a conversation.
func (d *desk) begin(ch threads.ChannelID, id threads.ContactID) {
	m := d.meeting(ch, id)
	m.Began = true
	d.keeper.Met(m)
	synctest.Wait()
}

// seen is what the keeper did so far.
func (d *desk) seen() record {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	return record{
		d.reads, slices.Clone(d.lookups), maps.Clone(d.out), maps.Clone(d.most), slices.Clone(d.told), slices.Clone(d.mended), slices.Clone(d.refreshed),
	}
}

// underway is how many contacts, and of how many channels, the keeper sees to.
func (d *desk) underway() (contacts, channels int) {
	synctest.Wait()
	d.keeper.mu.Lock()
	defer d.keeper.mu.Unlock()
	return len(d.keeper.inFlight), len(d.keeper.lines)
}

// asked answers when the platform was asked about the contact.
func (d *desk) asked(id threads.ContactID) (at []time.Duration) {
	for _, l := range d.seen().lookups {
		if l.peer == string(id) {
			at = append(at, l.at)
		}
	}
	return at
}

// names lists what threading was told of the contact, "" for nothing.
func (d *desk) names(id threads.ContactID) (names []string) {
	for _, one := range d.seen().told {
		if one.contact != id {
			continue
		}
		name := ""
		if one.peer != nil {
			name = one.peer.Name
		}
		names = append(names, name)
	}
	return names
}

// counted is the sum of the counter's values, by result where it has some.
func (d *desk) counted(name string) map[string]float64 {
	d.t.Helper()
	families, err := d.metrics.Gather()
	require.NoError(d.t, err)
	values := map[string]float64{}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			result := ""
			for _, l := range m.GetLabel() {
				if l.GetName() == "result" {
					result = l.GetValue()
				}
			}
			values[result] += m.GetCounter().GetValue()
		}
	}
	return values
}
