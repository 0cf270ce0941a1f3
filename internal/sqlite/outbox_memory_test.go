package sqlite

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/workers"
)

// outboxModel drives a store with operations drawn at random and compares what
// memory has with the rows after each.
type outboxModel struct {
	*rapid.T
	dir    string
	s      *Store
	now    time.Time
	n      int
	slots  []threads.Slot
	latest map[threads.Slot]threads.Conversation
	leases map[threads.Slot]time.Time // with the message that has it
	held   map[threads.Slot]threads.MessageID
	all    []threads.Delivery // every one that was committed
}

func TestMemoryIsWhatTheRowsSay(t *testing.T) {
	m := &outboxModel{dir: t.TempDir(), now: restartTime}
	m.reopen(t)
	t.Cleanup(func() { require.NoError(t, m.s.Close()) })
	rapid.Check(t, func(rt *rapid.T) {
		m.empty(t) // of what an earlier run left that ended early
		m.T, m.latest, m.all = rt, map[threads.Slot]threads.Conversation{}, nil
		m.slots, m.leases, m.held = nil, map[threads.Slot]time.Time{}, map[threads.Slot]threads.MessageID{}
		for i := range 4 {
			m.n++
			m.slots = append(m.slots, threads.Slot{
				Channel: threads.ChannelID(fmt.Sprint("ch_", i%2)), Contact: threads.ContactID(fmt.Sprintf("ct_%06d", m.n)),
			})
		}
		rt.Repeat(map[string]func(*rapid.T){
			"commit": m.commit, "claim": m.claim, "begin": m.begin, "settle": m.settle, "change": m.change,
			"wait": m.wait, "fail": m.fail, "restart": func(*rapid.T) { m.restart(t) }, "": func(*rapid.T) { m.check() },
		})
		for _, d := range m.all {
			_, err := m.s.SettleCalls(bg, []workers.DeliveryResult{{Delivery: d, Message: threads.MessagePatch{Status: threads.MessageSent}}})
			require.NoError(rt, err)
		}
		m.check()
		require.Empty(rt, m.s.lanes.byID)
	})
}

func (m *outboxModel) reopen(t *testing.T) {
	s, err := Open(context.Background(), m.dir, Options{Readers: 1})
	require.NoError(t, err)
	require.NoError(t, s.write.conn.script("PRAGMA synchronous = OFF")) // no power cut is part of this
	m.s = s
}

func (m *outboxModel) empty(t *testing.T) {
	require.NoError(t, m.s.Close())
	m.reopen(t)
	require.NoError(t, m.s.write.conn.script("DELETE FROM deliveries"))
	m.s.lanes = newLanes()
}

func (m *outboxModel) restart(t *testing.T) {
	require.NoError(t, m.s.Close())
	m.reopen(t)
	clear(m.leases)
	clear(m.held)
}

// draft is a change of the slot's conversation with some messages to send. Ids
// are not always in the order of the commits.
func (m *outboxModel) draft(slot threads.Slot) threads.Change {
	c, ok := m.latest[slot]
	if !ok {
		m.n++
		c = threads.Conversation{
			ID: threads.ConversationID(fmt.Sprint("cv_", m.n)), ChannelID: slot.Channel, Ordinal: 1,
			Contact: threads.ContactBrief{ID: slot.Contact}, State: threads.State{Status: threads.StatusOpen}, CreatedAt: m.now,
		}
	}
	change := threads.Change{Expected: c.Version}
	c.Version++
	c.UpdatedAt = m.now
	for range rapid.IntRange(1, 2).Draw(m.T, "messages") {
		m.n++
		c.LastSequence++
		id := threads.MessageID(fmt.Sprintf("msg_%d_%06d", rapid.IntRange(0, 2).Draw(m.T, "early"), m.n))
		change.Messages = append(change.Messages, threads.Message{
			ID: id, Key: threads.MessageKey(id), ConversationID: c.ID, ChannelID: slot.Channel, ContactID: slot.Contact,
			Direction: threads.Outbound, Status: threads.MessageQueued, Sequence: c.LastSequence, SentAt: m.now, Version: 1,
		})
		change.Deliveries = append(change.Deliveries, threads.Delivery{
			MessageID: id, ConversationID: c.ID, ChannelID: slot.Channel, ContactID: slot.Contact, CreatedAt: m.now,
			NotBefore: m.now.Add(time.Duration(rapid.IntRange(-1, 2).Draw(m.T, "in")) * 10 * time.Second),
			InFlight:  rapid.IntRange(0, 9).Draw(m.T, "in flight") == 0,
		})
	}
	change.Conversation = c
	return change
}

// commit commits changes of some slots at once, of which some fail.
func (m *outboxModel) commit(*rapid.T) {
	var changes []threads.Change
	var want []error
	for _, slot := range m.slots {
		if rapid.Bool().Draw(m.T, "not this one") {
			continue
		}
		c := m.draft(slot)
		var err error
		switch how := rapid.IntRange(0, 5).Draw(m.T, "how"); {
		case how == 0 && len(m.all) > 0: // shows after rows are written
			c.Messages[len(c.Messages)-1].ID, err = m.all[0].MessageID, threads.ErrSeen
			c.Deliveries[len(c.Deliveries)-1].MessageID = m.all[0].MessageID
		case how == 1 && c.Expected > 0:
			c.Conversation.Version, c.Expected, err = c.Conversation.Version+1, c.Expected+1, threads.ErrConflict
		default:
			m.latest[slot] = c.Conversation
			m.all = append(m.all, c.Deliveries...)
		}
		changes, want = append(changes, c), append(want, err)
	}
	for i, err := range m.s.Commit(bg, changes) {
		require.ErrorIs(m, err, want[i])
	}
}

func (m *outboxModel) claim(*rapid.T) {
	room := workers.Room{All: rapid.IntRange(0, 4).Draw(m.T, "all"), Channel: rapid.IntRange(0, 3).Draw(m.T, "channel")}
	if rapid.IntRange(0, 3).Draw(m.T, "less") == 0 {
		room.Left = map[threads.ChannelID]int{m.slots[0].Channel: rapid.IntRange(0, 1).Draw(m.T, "left")}
	}
	want, taken := []threads.MessageID{}, map[threads.ChannelID]int{}
	for _, w := range m.firsts() {
		slot := threads.Slot{Channel: w.lane.channel.id, Contact: w.lane.contact}
		if len(want) < room.All && w.notBefore <= millis(m.now) && !m.now.Before(m.leases[slot]) && taken[slot.Channel] < room.Of(slot.Channel) {
			want = append(want, w.id)
			taken[slot.Channel]++
			m.leases[slot], m.held[slot] = m.now.Add(10*time.Second), w.id
		}
	}
	got, err := m.s.ClaimDeliveries(bg, "w", m.now, 10*time.Second, room)
	require.NoError(m, err)
	ids := []threads.MessageID{}
	for _, d := range got {
		ids = append(ids, d.MessageID)
		require.Equal(m, m.s.lanes.byID[d.MessageID].inFlight, d.InFlight)
	}
	require.Equal(m, want, ids)
}

// firsts are the first deliveries of all lanes, as the rows say, oldest first.
func (m *outboxModel) firsts() []*waiting {
	var list []*waiting
	for _, c := range m.rows().channels {
		for _, l := range c.lanes {
			list = append(list, l.first)
		}
	}
	slices.SortFunc(list, func(a, b *waiting) int { return cmp.Or(cmp.Compare(a.createdAt, b.createdAt), cmp.Compare(a.id, b.id)) })
	return list
}

// some draws deliveries, also such as have ended.
func (m *outboxModel) some() []threads.Delivery {
	if len(m.all) == 0 {
		return nil
	}
	return rapid.SliceOfN(rapid.SampledFrom(m.all), 1, 3).Draw(m.T, "deliveries")
}

func (m *outboxModel) begin(*rapid.T) {
	var ids []threads.MessageID
	for _, d := range m.some() {
		ids = append(ids, d.MessageID)
	}
	got, err := m.s.BeginCalls(bg, append(ids, "msg_none"))
	require.NoError(m, err)
	m.requireStored(ids, got)
}

func (m *outboxModel) settle(*rapid.T) {
	var results []workers.DeliveryResult
	var ids []threads.MessageID
	for _, d := range m.some() {
		r := workers.DeliveryResult{Delivery: d, Again: rapid.Bool().Draw(m.T, "again"), Message: threads.MessagePatch{
			Status: threads.MessageSent, IDs: []normalize.PlatformID{normalize.PlatformID("p-" + d.MessageID)},
		}}
		if r.Again {
			r.Message = threads.MessagePatch{Requeue: rapid.Bool().Draw(m.T, "requeue")}
			r.Delivery.NotBefore, r.Delivery.Attempts = m.now.Add(5*time.Second), 1
			r.Delivery.InFlight = rapid.IntRange(0, 3).Draw(m.T, "in flight") == 0
		}
		results, ids = append(results, r), append(ids, d.MessageID)
		slot := threads.Slot{Channel: d.ChannelID, Contact: d.ContactID}
		if m.held[slot] == d.MessageID {
			delete(m.leases, slot)
			delete(m.held, slot)
		}
	}
	got, err := m.s.SettleCalls(bg, results)
	require.NoError(m, err)
	m.requireStored(ids, got)
}

// requireStored expects the last answer about each message to be what is read.
func (m *outboxModel) requireStored(ids []threads.MessageID, got []threads.Message) {
	require.Len(m, got, len(ids))
	last := map[threads.MessageID]threads.Message{}
	for i, msg := range got {
		require.Equal(m, ids[i], msg.ID)
		last[msg.ID] = msg
	}
	for id, msg := range last {
		stored, err := m.s.Message(bg, id)
		require.NoError(m, err)
		requireSame(m, stored, msg)
	}
}

// change has somebody else change messages of deliveries.
func (m *outboxModel) change(*rapid.T) {
	for _, d := range m.some() {
		msg, err := m.s.Message(bg, d.MessageID)
		require.NoError(m, err)
		msg.Version++
		msg.Metadata = map[string]string{"version": fmt.Sprint(msg.Version)}
		require.NoError(m, m.s.SaveMessage(bg, msg))
	}
}

func (m *outboxModel) wait(*rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(-5, 15).Draw(m.T, "seconds")) * time.Second)
}

// fail has writes fail as a whole.
func (m *outboxModel) fail(*rapid.T) {
	require.NoError(m, m.s.write.conn.script("PRAGMA query_only = ON"))
	before := describe(m.s.lanes)
	errs := m.s.Commit(bg, []threads.Change{m.draft(m.slots[0])})
	for _, d := range m.some() {
		if _, ok := m.s.lanes.byID[d.MessageID]; ok {
			_, err := m.s.BeginCalls(bg, []threads.MessageID{d.MessageID})
			_, e := m.s.SettleCalls(bg, []workers.DeliveryResult{{Delivery: d}})
			errs = append(errs, err, e)
		}
	}
	for _, err := range errs {
		require.ErrorContains(m, err, "readonly")
	}
	require.NoError(m, m.s.write.conn.script("PRAGMA query_only = OFF"))
	require.Equal(m, before, describe(m.s.lanes))
}

// rows is the order that the rows make.
func (m *outboxModel) rows() *lanes {
	o := newLanes()
	require.NoError(m, m.s.read.with(bg, o.load))
	return o
}

func (m *outboxModel) check() {
	o, rows := m.s.lanes, m.rows()
	require.Equal(m, describe(rows), describe(o))
	requireSound(m, o)
	n, err := m.s.DeliveryBacklog(bg)
	require.NoError(m, err)
	require.Equal(m, len(rows.byID), n)
	next, err := m.s.NextDelivery(bg)
	require.NoError(m, err)
	require.Equal(m, rows.next(), next)
	for _, w := range o.byID {
		if w.copies != nil {
			m.checkCopies(w)
		}
	}
}

// checkCopies expects a delivery's copy to be its row, and the message's to be
// that of its version.
func (m *outboxModel) checkCopies(w *waiting) {
	if d := w.copies.delivery; d != nil {
		stored, err := m.s.readDeliveries(bg, []claimed{{seq: w.seq}})
		require.NoError(m, err)
		requireSame(m, stored[w.seq], d)
	}
	if c := w.copies.message; c != nil {
		stored, err := m.s.Message(bg, w.id)
		require.NoError(m, err)
		if stored.Version == c.Version {
			requireSame(m, stored, c)
		}
	}
}

// requireSame compares records by what they say.
func requireSame(t require.TestingT, want, got any) {
	w, err := json.Marshal(want)
	g, e := json.Marshal(got)
	require.NoError(t, errors.Join(err, e))
	require.Equal(t, string(w), string(g))
}
