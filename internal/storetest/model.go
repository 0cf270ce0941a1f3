package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
)

var modelTests = []test{
	{"any sequence of commits, claims and settles is as in a simple model", func(t *testing.T, f *fixture) {
		rapid.Check(t, func(rt *rapid.T) {
			m := newModel(rt, f)
			defer m.drain()
			rt.Repeat(map[string]func(*rapid.T){
				"write":  func(rt *rapid.T) { m.on(rt).write() },
				"reply":  func(rt *rapid.T) { m.on(rt).reply() },
				"close":  func(rt *rapid.T) { m.on(rt).close() },
				"follow": func(rt *rapid.T) { m.on(rt).follow() },
				"claim":  func(rt *rapid.T) { m.on(rt).claimSome() },
				"settle": func(rt *rapid.T) { m.on(rt).settleOne() },
				"later":  func(rt *rapid.T) { m.now = m.now.Add(time.Duration(rapid.IntRange(1, 12).Draw(rt, "s")) * time.Second) },
				"":       func(rt *rapid.T) { m.on(rt).check() },
			})
		})
	}},
}

// model is what a store should hold of one channel, in plain maps. It keeps
// every version of a conversation, so that it can act on an old one.
type model struct {
	*fixture
	rt       *rapid.T
	outer    *fixture
	channel  threads.ChannelID
	contacts []threads.ContactID
	versions map[threads.ContactID][]threads.Conversation // the last is current
	messages map[threads.ConversationID][]threads.Message
	keys     map[threads.MessageKey]threads.MessageID
	lanes    map[threads.ContactID][]threads.Delivery
	leased   map[threads.ContactID]time.Time
	now      time.Time
}

func newModel(rt *rapid.T, f *fixture) *model {
	m := &model{
		outer: f, channel: threads.ChannelID(f.id("ch")),
		versions: map[threads.ContactID][]threads.Conversation{}, messages: map[threads.ConversationID][]threads.Message{},
		keys: map[threads.MessageKey]threads.MessageID{}, lanes: map[threads.ContactID][]threads.Delivery{},
		leased: map[threads.ContactID]time.Time{}, now: start,
	}
	for i := range 3 {
		m.contacts = append(m.contacts, threads.ContactID(fmt.Sprint("ct_", i)))
	}
	return m.on(rt)
}

// on makes the step's failures those of rt.
func (m *model) on(rt *rapid.T) *model {
	m.rt = rt
	m.fixture = &fixture{t: rt, s: m.outer.s, ctx: m.outer.ctx, n: m.outer.n}
	m.outer.n += 1000
	return m
}

func (m *model) anyContact() threads.ContactID {
	return rapid.SampledFrom(m.contacts).Draw(m.rt, "contact")
}

// anyVersion is the contact's current conversation or, to lose by it, an old one.
func (m *model) anyVersion(contact threads.ContactID) (threads.Conversation, bool) {
	all := m.versions[contact]
	if len(all) == 0 {
		return threads.Conversation{}, false
	}
	back := rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(m.rt, "versions back")
	return all[max(len(all)-1-back, 0)], true
}

// commit carries the change out in the store and, when the model allows it, in
// the model, and compares what they say.
func (m *model) commit(c threads.Change, allowed bool) {
	seen := false
	for _, msg := range c.Messages {
		_, have := m.keys[msg.Key]
		seen = seen || have
	}
	err := m.commitErr(c)
	switch {
	case !allowed && seen:
		require.True(m.rt, isLost(err), "%v", err)
	case !allowed:
		require.ErrorIs(m.rt, err, threads.ErrConflict)
	case seen:
		require.ErrorIs(m.rt, err, threads.ErrSeen)
	default:
		require.NoError(m.rt, err)
		m.apply(c)
	}
}

func (m *model) apply(c threads.Change) {
	contact := c.Conversation.Contact.ID
	m.versions[contact] = append(m.versions[contact], c.Conversation)
	for _, msg := range c.Messages {
		m.keys[msg.Key] = msg.ID
		m.messages[msg.ConversationID] = append(m.messages[msg.ConversationID], msg)
	}
	m.lanes[contact] = append(m.lanes[contact], c.Deliveries...)
	slices.SortFunc(m.lanes[contact], func(a, b threads.Delivery) int { return cmp.Compare(a.MessageID, b.MessageID) })
}

// current tells whether the conversation is what the store holds of the contact.
func (m *model) current(c threads.Conversation) bool {
	all := m.versions[c.Contact.ID]
	return len(all) > 0 && all[len(all)-1].ID == c.ID && all[len(all)-1].Version == c.Version
}

// write adds a customer's message, perhaps one that is known already.
func (m *model) write() {
	contact := m.anyContact()
	c, have := m.anyVersion(contact)
	change := create(m.conversation(m.channel, contact))
	allowed := len(m.versions[contact]) == 0
	if have && rapid.IntRange(0, 5).Draw(m.rt, "create") > 0 {
		change, allowed = next(c, nil), m.current(c)
	}
	for _, key := range rapid.SliceOfNDistinct(rapid.IntRange(0, 40), 1, 2, rapid.ID[int]).Draw(m.rt, "keys") {
		msg := m.message(&change.Conversation, fmt.Sprint("k", key))
		msg.SentAt = after(rapid.IntRange(0, 20).Draw(m.rt, "sent"))
		change.Messages = append(change.Messages, msg)
	}
	m.commit(change, allowed)
}

// reply adds an outbound message with its delivery.
func (m *model) reply() {
	c, have := m.anyVersion(m.anyContact())
	if !have {
		return
	}
	change := next(c, nil)
	msg, d := m.outbound(&change.Conversation, m.now)
	change.Messages, change.Deliveries = []threads.Message{msg}, []threads.Delivery{d}
	m.commit(change, m.current(c))
}

func (m *model) close() {
	if c, have := m.anyVersion(m.anyContact()); have {
		m.commit(closed(c), m.current(c))
	}
}

// follow begins the conversation after a closed one.
func (m *model) follow() {
	c, have := m.anyVersion(m.anyContact())
	if !have || c.State.Status != threads.StatusClosed {
		return
	}
	m.commit(m.followUp(c), m.current(c))
}

func (m *model) claimSome() {
	limit := rapid.IntRange(1, 4).Draw(m.rt, "limit")
	var want []threads.Delivery
	for _, contact := range m.contacts {
		if lane := m.lanes[contact]; len(lane) > 0 && !lane[0].NotBefore.After(m.now) && !m.now.Before(m.leased[contact]) {
			want = append(want, lane[0])
		}
	}
	slices.SortFunc(want, func(a, b threads.Delivery) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.MessageID, b.MessageID))
	})
	want = want[:min(limit, len(want))]
	got := m.claim("w", m.now, limit)
	require.Equal(m.rt, deliveryIDs(want), deliveryIDs(got))
	for _, d := range got {
		m.leased[d.ContactID] = m.now.Add(term)
	}
}

func (m *model) settleOne() {
	for _, contact := range m.contacts {
		if lane := m.lanes[contact]; len(lane) > 0 && m.now.Before(m.leased[contact]) {
			require.Equal(m.rt, threads.MessageSent, m.settle(lane[0]).Status)
			m.lanes[contact] = lane[1:]
			delete(m.leased, contact)
			return
		}
	}
}

// check compares all that can be read.
func (m *model) check() {
	var slots []threads.Slot
	want := map[threads.Slot]threads.Conversation{}
	for _, contact := range m.contacts {
		slot := threads.Slot{Channel: m.channel, Contact: contact}
		slots = append(slots, slot)
		if all := m.versions[contact]; len(all) > 0 {
			want[slot] = all[len(all)-1]
		}
	}
	got, err := m.s.Current(m.ctx, slots)
	require.NoError(m.rt, err)
	require.Len(m.rt, got, len(want))
	for slot, c := range want {
		same(m.rt, c, got[slot])
		m.checkMessages(c)
	}
	m.checkFigures()
	waiting := 0
	for _, lane := range m.lanes {
		waiting += len(lane)
	}
	n, err := m.s.DeliveryBacklog(m.ctx)
	require.NoError(m.rt, err)
	require.Equal(m.rt, waiting, n)
}

// checkFigures compares what reports would read with the newest version of
// every conversation, closed ones included.
func (m *model) checkFigures() {
	newest := map[threads.ConversationID]threads.Conversation{}
	for _, all := range m.versions {
		for _, c := range all {
			newest[c.ID] = c
		}
	}
	var want, got []string
	for _, c := range newest {
		want = append(want, string(threads.FiguresOf(c).Encode()))
	}
	err := m.s.Figures(m.ctx, threads.Period{By: threads.ByCreated, From: start, To: start.Add(time.Hour)}, func(f threads.Figures) error {
		if f.Channel == m.channel {
			got = append(got, string(f.Encode()))
		}
		return nil
	})
	require.NoError(m.rt, err)
	require.ElementsMatch(m.rt, want, got)
}

func (m *model) checkMessages(c threads.Conversation) {
	want := slices.Clone(m.messages[c.ID])
	slices.SortFunc(want, func(a, b threads.Message) int {
		return cmp.Or(a.SentAt.Compare(b.SentAt), cmp.Compare(a.Sequence, b.Sequence))
	})
	got, more, err := m.s.Messages(m.ctx, c.ID, threads.MessagePage{Limit: 200})
	require.NoError(m.rt, err)
	require.False(m.rt, more)
	require.Equal(m.rt, messageIDs(want), messageIDs(got))
	require.Equal(m.rt, len(want), c.MessageCount)
}

// drain empties the outbox for the next run on the same store.
func (m *model) drain() {
	for _, lane := range m.lanes {
		for _, d := range lane {
			m.settle(d)
		}
	}
}
