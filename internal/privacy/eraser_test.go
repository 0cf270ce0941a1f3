package privacy

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/internal/directory"
	"threadhub/internal/journal"
	"threadhub/internal/sqlite"
	"threadhub/normalize"
	"threadhub/threads"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// desk is a real store with real threading; media and subscribers are
// stand-ins.
type desk struct {
	t       *testing.T
	store   *sqlite.Store
	service *threads.Service
	*Eraser
	files  map[threads.MessageID]bool // that are kept
	lanes  map[string]bool            // that hold events
	told   []threads.ContactID
	broken string // the step that fails
}

var errCrash = errors.New("the process died")

func (d *desk) fails(step string) error {
	if d.broken == step {
		return errCrash
	}
	return nil
}

// crashing are the parts of a desk as the eraser sees them.
type crashing struct {
	*sqlite.Store
	d *desk
}

func (c crashing) DropContact(ctx context.Context, id threads.ContactID) error {
	if err := c.d.fails("contact"); err != nil {
		return err
	}
	return c.Store.DropContact(ctx, id)
}

type crashingThreads struct {
	*threads.Service
	d *desk
}

func (c crashingThreads) EraseConversation(ctx context.Context, id threads.ConversationID, as threads.ContactID) error {
	if err := c.d.fails("conversation"); err != nil {
		return err
	}
	err := c.Service.EraseConversation(ctx, id, as)
	return errors.Join(err, c.d.fails("after the conversation"))
}

type crashingJournal struct {
	journal.Store
	d *desk
}

func (c crashingJournal) Redact(ctx context.Context, ids []string) error {
	if err := c.d.fails("webhooks"); err != nil {
		return err
	}
	return c.Store.Redact(ctx, ids)
}

type gallery struct{ d *desk }

func (g gallery) Erase(_ context.Context, list []threads.Message) error {
	for _, m := range list {
		delete(g.d.files, m.ID)
	}
	return g.d.fails("media")
}

type events struct{ d *desk }

func (e events) Erase(_ context.Context, lanes []string) error {
	for _, lane := range lanes {
		delete(e.d.lanes, lane)
	}
	return e.d.fails("spool")
}

type channelInfo struct{}

func (channelInfo) ChannelInfo(_ context.Context, id threads.ChannelID) (threads.ChannelInfo, error) {
	style, _ := threads.DefaultStyle(threads.SocialMessaging)
	return threads.ChannelInfo{ID: id, Kind: "parrot", Style: style, Enabled: true, Caps: normalize.Capabilities{Text: normalize.TextLimit{Max: 100, Unit: normalize.Runes}}}, nil
}

type nobody struct{}

func (nobody) Available(context.Context, threads.AgentID) (bool, error) { return true, nil }

func (nobody) Announce(context.Context, []threads.Notice) error { return nil }

func newDesk(t *testing.T) *desk {
	t.Helper()
	store, err := sqlite.Open(context.Background(), t.TempDir(), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	d := &desk{t: t, store: store, files: map[threads.MessageID]bool{}, lanes: map[string]bool{}}
	d.service = d.threading()
	d.Eraser = New(Options{
		Records: store, Store: crashing{store, d}, Threads: crashingThreads{d.service, d}, Journal: crashingJournal{store.Journal(), d},
		Spool: events{d}, Media: gallery{d}, Now: func() time.Time { return start }, Logger: slog.New(slog.DiscardHandler),
		Erased: func(_ context.Context, id threads.ContactID, on []threads.ChannelID) error {
			if err := d.fails("tell"); err != nil {
				return err
			}
			require.Equal(t, []threads.ChannelID{"ch_1"}, on)
			d.told = append(d.told, id)
			return nil
		},
	})
	return d
}

// threading is that of one process.
func (d *desk) threading() *threads.Service {
	return threads.NewService(threads.Options{
		Store: d.store, Channels: channelInfo{}, Roster: nobody{}, Announce: nobody{}, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return start },
	})
}

// hear has the service work in what somebody wrote, with its webhook, and
// answers the conversation.
func (d *desk) hear(s *threads.Service, peer, text string) threads.Conversation {
	d.t.Helper()
	ctx := context.Background()
	entry := journal.Entry{ID: "ev_" + peer + text, ChannelID: "ch_1", ReceivedAt: start, Method: "POST", State: journal.Done, Body: []byte(`{"from":"` + peer + `","text":"` + text + `"}`)}
	require.NoError(d.t, d.store.Journal().Append(ctx, []journal.Entry{entry}))
	require.NoError(d.t, d.store.Journal().Quarantine(ctx, []journal.Item{{ID: entry.ID + "/0", EntryID: entry.ID, ChannelID: "ch_1", Event: entry.Body, At: start}}))
	require.NoError(d.t, errors.Join(s.Ingest(ctx, []threads.Arrival{{
		Channel: "ch_1", ReceivedAt: start, Event: normalize.Event{
			Key: "msg:" + peer + text, Type: normalize.EventMessage, At: start, Peer: normalize.Peer{ID: normalize.PeerID(peer), Name: "Ana"},
			Message: &normalize.Message{ID: normalize.PlatformID(peer + text), Type: normalize.TypeText, Text: text},
		},
	}})...))
	name := threads.Identity{Channel: "ch_1", Peer: normalize.PeerID(peer)}
	owners, err := d.store.Owners(ctx, []threads.Identity{name})
	require.NoError(d.t, err)
	slot := threads.Slot{Channel: "ch_1", Contact: owners[name]}
	current, err := d.store.Current(ctx, []threads.Slot{slot})
	require.NoError(d.t, err)
	conv := current[slot]
	list, _, err := d.store.Messages(ctx, conv.ID, threads.MessagePage{Limit: 100})
	require.NoError(d.t, err)
	for _, m := range list {
		d.files[m.ID] = true
	}
	d.lanes[string(conv.ID)], d.lanes[string(conv.Contact.ID)] = true, true
	return conv
}

// requireErased holds the store to having nothing of the person.
func (d *desk) requireErased(conv threads.Conversation) {
	d.t.Helper()
	ctx := context.Background()
	_, err := d.store.Contact(ctx, conv.Contact.ID)
	require.ErrorIs(d.t, err, threads.ErrNotFound)
	got, err := d.store.Conversation(ctx, conv.ID)
	require.NoError(d.t, err)
	require.NotEqual(d.t, conv.Contact.ID, got.Contact.ID)
	require.Equal(d.t, threads.ContactBrief{ID: got.Contact.ID}, got.Contact)
	require.Equal(d.t, threads.StatusClosed, got.State.Status)
	list, _, err := d.store.Messages(ctx, conv.ID, threads.MessagePage{Limit: 100})
	require.NoError(d.t, err)
	require.Len(d.t, list, conv.MessageCount)
	for _, m := range list {
		require.True(d.t, m.IsErased())
		require.Equal(d.t, normalize.Message{Type: normalize.TypeText}, m.Content)
		require.False(d.t, d.files[m.ID])
	}
	require.False(d.t, d.lanes[string(conv.ID)] || d.lanes[string(conv.Contact.ID)])
}

func (d *desk) webhooks() (bodies, items int) {
	d.t.Helper()
	ctx := context.Background()
	list, err := d.store.Journal().Entries(ctx, "ch_1", "", 100)
	require.NoError(d.t, err)
	for _, e := range list {
		full, err := d.store.Journal().Entry(ctx, e.ID)
		require.NoError(d.t, err)
		if len(full.Body) > 0 {
			bodies++
		}
	}
	kept, err := d.store.Journal().Items(ctx, "ch_1", "", 100)
	require.NoError(d.t, err)
	return bodies, len(kept)
}

// TestAnErasureThatStopsAnywhereIsFinishedByWhoeverComesNext stops it at every
// step.
func TestAnErasureThatStopsAnywhereIsFinishedByWhoeverComesNext(t *testing.T) {
	for _, step := range []string{"", "contact", "spool", "media", "conversation", "after the conversation", "webhooks", "tell"} {
		t.Run("at "+step, func(t *testing.T) {
			d, ctx := newDesk(t), context.Background()
			d.hear(d.service, "70001", "one")
			conv := d.hear(d.service, "70001", "two")
			other := d.hear(d.service, "700012", "three")
			_, err := d.Request(ctx, conv.Contact.ID, "ag_1")
			require.NoError(t, err)
			d.broken = step
			_, err = d.Erase(ctx, conv.Contact.ID)
			if step != "" {
				require.ErrorIs(t, err, errCrash)
				d.broken = ""
				require.NoError(t, d.resume(ctx))
			}
			require.NoError(t, d.resume(ctx))
			d.requireErased(conv)
			require.Equal(t, []threads.ContactID{conv.Contact.ID}, d.told)
			bodies, items := d.webhooks()
			require.Equal(t, []int{1, 1}, []int{bodies, items}, "somebody else's, whose number begins alike")
			kept, err := d.store.Contact(ctx, other.Contact.ID)
			require.NoError(t, err)
			require.Equal(t, "Ana", kept.Name)

			done, err := d.Request(ctx, conv.Contact.ID, "ag_2")
			require.NoError(t, err)
			require.Equal(t, []any{start, "ag_1"}, []any{done.DoneAt, done.RequestedBy})
			again, err := d.Erase(ctx, conv.Contact.ID)
			require.NoError(t, err)
			require.Equal(t, done, again)
			left, err := d.store.List(ctx, "erasure_work", "", 10)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func TestWhoNeverWasCannotBeErased(t *testing.T) {
	d := newDesk(t)
	_, err := d.Request(context.Background(), "ct_none", "ag_1")
	require.ErrorIs(t, err, threads.ErrNotFound)
	_, err = d.Erase(context.Background(), "ct_none")
	require.ErrorIs(t, err, directory.ErrNotFound)
}

func TestWhoWritesAgainIsSomebodyNewToProcessesThatRememberThem(t *testing.T) {
	d, ctx := newDesk(t), context.Background()
	conv := d.hear(d.service, "70001", "one")
	other := d.threading()
	d.hear(other, "70001", "two") // and remembers whose name that is
	_, err := d.Request(ctx, conv.Contact.ID, "")
	require.NoError(t, err)
	_, err = d.Erase(ctx, conv.Contact.ID)
	require.NoError(t, err)
	next := d.hear(other, "70001", "three")
	require.NotEqual(t, conv.Contact.ID, next.Contact.ID)
	require.NotEqual(t, conv.ID, next.ID)
	require.Equal(t, 1, next.MessageCount)
	require.Empty(t, next.FollowUpOf)
	contact, err := d.store.Contact(ctx, next.Contact.ID)
	require.NoError(t, err)
	require.Equal(t, "Ana", contact.Name)
	require.Equal(t, next.ID, d.hear(d.service, "70001", "four").ID)

	third := d.threading()
	d.hear(third, "70001", "five")
	_, err = d.Request(ctx, next.Contact.ID, "")
	require.NoError(t, err)
	_, err = d.Erase(ctx, next.Contact.ID)
	require.NoError(t, err)
	consent := normalize.Event{Key: "c", Type: normalize.EventConsent, At: start, Peer: normalize.Peer{ID: "70001"}, Consent: &normalize.Consent{Status: normalize.ConsentOptedOut}}
	require.NoError(t, errors.Join(third.Ingest(ctx, []threads.Arrival{{Channel: "ch_1", ReceivedAt: start, Event: consent}})...))
	list, _, err := d.store.OptedOut(ctx, threads.Page{})
	require.NoError(t, err)
	require.Len(t, list, 1)
}

func TestANameIsFoundByItselfOnly(t *testing.T) {
	for text, want := range map[string]bool{
		`{"id":70001}`: true, `70001`: true, `from=70001&x=1`: true, `{"id":700012}`: false, `{"id":"a70001"}`: false, `{"170001":1,"x":"70001"}`: true,
		`{}`: false, ``: false, `ü70001`: false,
	} {
		require.Equal(t, want, mentions([]byte(text), [][]byte{[]byte("70001")}), text)
	}
	require.True(t, mentions([]byte("From=whatsapp%3A%2B15550001&x=1"), [][]byte{[]byte("%2B15550001")}))
	require.False(t, mentions([]byte("anything"), [][]byte{nil}))
}
