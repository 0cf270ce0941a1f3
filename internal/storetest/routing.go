package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
)

// placed is the change with what routing has to find of it.
func placed(before threads.Conversation, c threads.Change) threads.Change {
	if p := c.Conversation.Place(); p != before.Place() {
		c.Place = &p
	}
	return c
}

// waitingFor makes a conversation that waits since the second, of a priority.
func (f *fixture) waitingFor(second int, priority string) threads.Conversation {
	f.t.Helper()
	c := f.conversation(channelA, threads.ContactID(f.id("ct")))
	c.Priority, c.State.QueuedAt = priority, after(second)
	f.commit(placed(threads.Conversation{}, create(c)))
	return c
}

// offering holds the conversation out to an agent, as far as they have room.
func offering(c threads.Conversation, agent threads.AgentID, until time.Time, room int) threads.Change {
	ch := next(c, func(c *threads.Conversation) {
		c.State.Offers++
		c.State.Offer = threads.Offer{Agent: agent, Number: c.State.Offers, At: start, Until: until}
	})
	ch.Seat = &threads.Seat{Agent: agent, Max: room}
	return placed(c, ch)
}

// giving assigns the conversation, as far as the agent has room.
func giving(c threads.Conversation, agent threads.AgentID, room int) threads.Change {
	ch := next(c, func(c *threads.Conversation) {
		c.State.Status, c.State.Assignee, c.State.QueuedAt, c.State.Offer = threads.StatusOpen, agent, time.Time{}, threads.Offer{}
	})
	ch.Seat = &threads.Seat{Agent: agent, Max: room}
	return placed(c, ch)
}

// ending is the conversation when its agent has done with it.
func ending(c threads.Conversation) threads.Change {
	return placed(c, next(c, func(c *threads.Conversation) { c.State.Status = threads.StatusSolved }))
}

func (f *fixture) tallies(agents ...threads.AgentID) map[threads.AgentID]threads.Tally {
	f.t.Helper()
	got, err := f.s.Tallies(f.ctx, agents)
	require.NoError(f.t, err)
	for id, t := range got {
		t.LastAt = time.Time{}
		if got[id] = t; t == (threads.Tally{}) {
			delete(got, id)
		}
	}
	return got
}

// line reads all that wait with a rank, so many at a time.
func (f *fixture) line(rank threads.Rank, limit int) []threads.ConversationID {
	f.t.Helper()
	var got []threads.ConversationID
	p := threads.Page{Limit: limit}
	for range 100 {
		list, next, err := f.s.InLine(f.ctx, rank, p)
		require.NoError(f.t, err)
		got = append(got, ids(list)...)
		if next == "" {
			return got
		}
		p.After = next
	}
	require.Fail(f.t, "the line does not end")
	return nil
}

func (f *fixture) decision(c threads.ConversationID, agent threads.AgentID, at time.Time) threads.RoutingDecision {
	return threads.RoutingDecision{
		ID: threads.DecisionID(f.id("rd")), ConversationID: c, At: at, Outcome: threads.RoutedOffered, Agent: agent,
		Why: threads.WhySpare, Mode: "offer", Method: "most_spare", QueuedAt: start, Eligible: 1,
		Candidates: []threads.RoutingCandidate{{Agent: agent, Load: 1, Max: 3, LastAt: start}},
		Excluded:   []threads.RoutingExclusion{{Agent: "ag_9", Reason: threads.ExcludedOffline, Detail: "since noon"}},
		ByReason:   map[string]int{"offline": 1},
	}
}

var routingTests = []test{
	{"those that wait come by rank, and in it by their waiting time", func(t *testing.T, f *fixture) {
		var normal []threads.ConversationID
		for _, second := range []int{50, 10, 30, 20, 40} {
			normal = append(normal, f.waitingFor(second, "").ID)
		}
		urgent, high, low := f.waitingFor(60, "urgent"), f.waitingFor(25, "high"), f.waitingFor(5, "low")
		later := f.waitingFor(70, "urgent")
		f.stored(channelA, "ct_nobody_waits_for")
		order := []threads.ConversationID{normal[1], normal[3], normal[2], normal[4], normal[0]}
		for _, limit := range []int{1, 2, 5, 50} {
			require.Equal(t, order, f.line(threads.RankNormal, limit))
		}
		require.Equal(t, ids([]threads.Conversation{urgent, later}), f.line(threads.RankUrgent, 1))
		require.Equal(t, ids([]threads.Conversation{high}), f.line(threads.RankHigh, 10))
		require.Equal(t, ids([]threads.Conversation{low}), f.line(threads.RankLow, 10))

		f.commit(placed(urgent, next(urgent, func(c *threads.Conversation) { c.Priority = "normal" })))
		f.commit(giving(later, "ag_1", 1))
		f.commit(giving(f.read(normal[3]), "ag_2", 1))
		require.Empty(t, f.line(threads.RankUrgent, 10))
		require.Equal(t, []threads.ConversationID{normal[1], normal[2], normal[4], normal[0], urgent.ID}, f.line(threads.RankNormal, 2))
		_, _, err := f.s.InLine(f.ctx, threads.RankNormal, threads.Page{After: "none", Limit: 1})
		require.ErrorIs(t, err, threads.ErrCursor)
	}},
	{"what agents hold is counted from the states, offers with it", func(t *testing.T, f *fixture) {
		require.Empty(t, f.tallies())
		require.Empty(t, f.tallies("ag_1"))
		given := f.waitingFor(1, "")
		ch := giving(given, "ag_1", 5)
		f.commit(ch)
		offered := f.waitingFor(2, "high")
		out := offering(offered, "ag_1", after(30), 5)
		f.commit(out)
		f.listed(3, func(c *threads.Conversation) {
			c.State.Status, c.State.Assignee, c.State.Session = threads.StatusOpen, "ag_2", threads.SessionInactive
		})
		want := map[threads.AgentID]threads.Tally{"ag_1": {Full: 1, Offered: 1}, "ag_2": {IfCount: 1}}
		require.Equal(t, want, f.tallies())
		require.Equal(t, want, f.tallies("ag_1", "ag_2", "ag_3"))
		require.Equal(t, map[threads.AgentID]threads.Tally{"ag_2": {IfCount: 1}}, f.tallies("ag_2"))

		accepted := giving(out.Conversation, "ag_1", 5)
		f.commit(accepted, ending(ch.Conversation))
		require.Equal(t, map[threads.AgentID]threads.Tally{"ag_1": {Full: 1}, "ag_2": {IfCount: 1}}, f.tallies())
		f.commit(next(accepted.Conversation, func(c *threads.Conversation) { c.State.Status = threads.StatusPending }))
		require.Equal(t, map[threads.AgentID]threads.Tally{"ag_2": {IfCount: 1}}, f.tallies())
	}},
	{"offers are found, the one that ends first before the others", func(t *testing.T, f *fixture) {
		var all []threads.Change
		for i, until := range []int{30, 10, 20} {
			ch := offering(f.waitingFor(i, ""), "ag_1", after(until), 9)
			f.commit(ch)
			all = append(all, ch)
		}
		got, err := f.s.Offered(f.ctx, after(30), 10)
		require.NoError(t, err)
		require.Equal(t, []threads.ConversationID{all[1].Conversation.ID, all[2].Conversation.ID, all[0].Conversation.ID}, ids(got))
		same(t, all[1].Conversation, got[0])
		got, err = f.s.Offered(f.ctx, after(30), 2)
		require.NoError(t, err)
		require.Len(t, got, 2)
		got, err = f.s.Offered(f.ctx, after(10), 10)
		require.NoError(t, err)
		require.Equal(t, []threads.ConversationID{all[1].Conversation.ID}, ids(got), "the one that ends this instant")
		got, err = f.s.OfferedTo(f.ctx, []threads.AgentID{"ag_2", "ag_1"}, 10)
		require.NoError(t, err)
		require.Len(t, got, 3)
		got, err = f.s.OfferedTo(f.ctx, []threads.AgentID{"ag_2"}, 10)
		require.NoError(t, err)
		require.Empty(t, got)
		require.Len(t, f.line(threads.RankNormal, 10), 3, "they wait still")
		for _, ch := range all {
			f.commit(placed(ch.Conversation, next(ch.Conversation, func(c *threads.Conversation) { c.State.Offer = threads.Offer{} })))
		}
		got, err = f.s.Offered(f.ctx, after(99), 10)
		require.NoError(t, err)
		require.Empty(t, got)
	}},
	{"a seat is given only while there is room, and nothing is written otherwise", func(t *testing.T, f *fixture) {
		one, two, three := f.waitingFor(1, ""), f.waitingFor(2, ""), f.waitingFor(3, "")
		require.ErrorIs(t, f.commitErr(giving(one, "ag_1", 0)), threads.ErrFull, "no capacity at all")
		f.commit(giving(one, "ag_1", 2))
		held := offering(two, "ag_1", after(30), 2)
		f.commit(held)
		ch := giving(three, "ag_1", 2)
		ch.Decisions = []threads.RoutingDecision{f.decision(three.ID, "ag_1", after(3))}
		require.ErrorIs(t, f.commitErr(ch), threads.ErrFull, "the offer keeps a place")
		same(t, three, f.read(three.ID))
		list, _, err := f.s.RoutingDecisions(f.ctx, three.ID, threads.Page{})
		require.NoError(t, err)
		require.Empty(t, list)
		require.Equal(t, map[threads.AgentID]threads.Tally{"ag_1": {Full: 1, Offered: 1}}, f.tallies())

		f.commit(giving(three, "ag_2", 1))
		f.commit(placed(held.Conversation, next(held.Conversation, func(c *threads.Conversation) { c.State.Offer = threads.Offer{} })))
		f.commit(giving(f.read(two.ID), "ag_1", 2))
		require.Equal(t, map[threads.AgentID]threads.Tally{"ag_1": {Full: 2}, "ag_2": {Full: 1}}, f.tallies())
		require.ErrorIs(t, f.commitErr(giving(two, "ag_3", 1)), threads.ErrConflict, "of an old version")
		require.ErrorIs(t, f.commitErr(ending(two)), threads.ErrConflict)
		f.commit(ending(f.read(two.ID)))
		require.Equal(t, map[threads.AgentID]threads.Tally{"ag_1": {Full: 1}, "ag_2": {Full: 1}}, f.tallies())
	}},
	{"whether inactive conversations take a seat is the change's to say", func(t *testing.T, f *fixture) {
		f.listed(1, func(c *threads.Conversation) {
			c.State.Status, c.State.Assignee, c.State.Session = threads.StatusOpen, "ag_1", threads.SessionInactive
		})
		c := f.waitingFor(2, "")
		ch := giving(c, "ag_1", 1)
		ch.Seat.CountInactive = true
		require.ErrorIs(t, f.commitErr(ch), threads.ErrFull)
		ch.Seat.CountInactive = false
		f.commit(ch)
	}},
	{"a conversation takes as many places as it weighs", func(t *testing.T, f *fixture) {
		heavy := func(second, places int) threads.Conversation {
			c := f.conversation(channelA, threads.ContactID(f.id("ct")))
			c.State.QueuedAt, c.State.Weight = after(second), places
			f.commit(placed(threads.Conversation{}, create(c)))
			return c
		}
		one, two, three, four := heavy(1, 3), heavy(2, 2), heavy(3, 3), heavy(4, 0)
		require.ErrorIs(t, f.commitErr(giving(one, "ag_1", 2)), threads.ErrFull)
		f.commit(giving(one, "ag_1", 6))
		held := offering(two, "ag_1", after(30), 6)
		f.commit(held)
		require.Equal(t, map[threads.AgentID]threads.Tally{"ag_1": {Full: 3, Offered: 2}}, f.tallies())
		require.Equal(t, f.tallies(), f.tallies("ag_1"))
		require.ErrorIs(t, f.commitErr(giving(three, "ag_1", 7)), threads.ErrFull, "five and three are more than seven")
		f.commit(giving(four, "ag_1", 6))
		require.Equal(t, map[threads.AgentID]threads.Tally{"ag_1": {Full: 4, Offered: 2}}, f.tallies())

		accepted := giving(held.Conversation, "ag_1", 6)
		accepted.Seat = nil // the offer has kept the places
		f.commit(accepted)
		inactive := next(f.read(one.ID), func(c *threads.Conversation) { c.State.Session = threads.SessionInactive })
		f.commit(inactive)
		require.Equal(t, map[threads.AgentID]threads.Tally{"ag_1": {Full: 3, IfCount: 3}}, f.tallies())
		require.Equal(t, f.tallies(), f.tallies("ag_1"))
		counted := giving(three, "ag_1", 6)
		counted.Seat.CountInactive = true
		require.ErrorIs(t, f.commitErr(counted), threads.ErrFull)
		f.commit(giving(three, "ag_1", 6))
		for _, id := range []threads.ConversationID{one.ID, two.ID, three.ID, four.ID} {
			f.commit(ending(f.read(id)))
		}
		require.Empty(t, f.tallies())
	}},
	{"of one batch as many get a seat as there are", func(t *testing.T, f *fixture) {
		var batch []threads.Change
		for i := range 6 {
			batch = append(batch, giving(f.waitingFor(i, ""), []threads.AgentID{"ag_1", "ag_2"}[i%2], 2))
		}
		for i, err := range f.s.Commit(f.ctx, batch) {
			if i < 4 {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, threads.ErrFull)
			}
		}
		require.Equal(t, map[threads.AgentID]threads.Tally{"ag_1": {Full: 2}, "ag_2": {Full: 2}}, f.tallies())
	}},
	{"decisions read back, the latest first, and tell when an agent last got something", func(t *testing.T, f *fixture) {
		var all []threads.RoutingDecision
		c := f.waitingFor(1, "")
		for i := range 5 {
			d := f.decision(c.ID, "ag_1", after(i))
			ch := offering(c, "ag_1", after(100+i), 9)
			ch.Conversation.State.Offer.Until = after(100 + i)
			ch.Decisions = []threads.RoutingDecision{d}
			f.commit(ch)
			c, all = ch.Conversation, append(all, d)
			freed := placed(c, next(c, func(c *threads.Conversation) { c.State.Offer = threads.Offer{} }))
			f.commit(freed)
			c = freed.Conversation
		}
		other := f.waitingFor(2, "")
		ch := giving(other, "ag_2", 9)
		ch.Decisions = []threads.RoutingDecision{f.decision(other.ID, "ag_2", after(50))}
		f.commit(ch)
		slices.Reverse(all)

		var got []threads.RoutingDecision
		p := threads.Page{Limit: 2}
		for {
			list, next, err := f.s.RoutingDecisions(f.ctx, c.ID, p)
			require.NoError(t, err)
			if got = append(got, list...); next == "" {
				break
			}
			p.After = next
		}
		same(t, all, got)
		everything, _, err := f.s.RoutingDecisions(f.ctx, "", threads.Page{Limit: 50})
		require.NoError(t, err)
		require.Len(t, everything, 6)
		require.Equal(t, other.ID, everything[0].ConversationID)

		tallies, err := f.s.Tallies(f.ctx, nil)
		require.NoError(t, err)
		require.Equal(t, map[threads.AgentID]threads.Tally{"ag_1": {LastAt: after(4)}, "ag_2": {Full: 1, LastAt: after(50)}}, tallies)
	}},
	{"whatever happens, what routing reads is what the states say", func(t *testing.T, f *fixture) {
		rapid.Check(t, func(rt *rapid.T) { newFloor(rt, f).play() })
	}},
}

// floor is conversations whose states change at random.
type floor struct {
	*fixture
	rt   *rapid.T
	all  []threads.Conversation
	tick int
}

func newFloor(rt *rapid.T, f *fixture) *floor {
	fl := &floor{fixture: &fixture{t: rt, s: f.s, ctx: f.ctx, n: f.n}, rt: rt}
	f.n += 1000
	for i := range 5 {
		fl.all = append(fl.all, fl.waitingFor(i, ""))
	}
	return fl
}

// play changes states, and compares; at its end nothing is left that another
// run on the same store would count.
func (f *floor) play() {
	f.rt.Repeat(map[string]func(*rapid.T){
		"change": func(rt *rapid.T) { f.change(rt) },
		"":       func(*rapid.T) { f.compare() },
	})
	for i := range f.all {
		f.set(i, func(c *threads.Conversation) { c.State.QueuedAt, c.State.Offer = time.Time{}, threads.Offer{} }, threads.StatusClosed, "")
	}
}

func (f *floor) set(i int, edit func(*threads.Conversation), status threads.Status, agent threads.AgentID) {
	c := f.all[i]
	ch := placed(c, next(c, func(c *threads.Conversation) {
		c.State.Status, c.State.Assignee = status, agent
		edit(c)
	}))
	ch.Place = nil
	ch = placed(c, ch)
	f.commit(ch)
	f.all[i] = ch.Conversation
}

func (f *floor) change(rt *rapid.T) {
	i := rapid.IntRange(0, len(f.all)-1).Draw(rt, "which")
	agent := threads.AgentID(fmt.Sprint("ag_", rapid.IntRange(1, 3).Draw(rt, "agent")))
	f.tick++
	switch rapid.IntRange(0, 4).Draw(rt, "how") {
	case 0:
		f.set(i, func(c *threads.Conversation) {
			c.State.QueuedAt, c.State.Offer = after(f.tick), threads.Offer{Agent: agent, Number: f.tick, At: start, Until: after(f.tick)}
		}, threads.StatusNew, "")
	case 1:
		f.set(i, func(c *threads.Conversation) { c.State.QueuedAt, c.State.Offer = after(f.tick), threads.Offer{} }, threads.StatusNew, "")
	case 2:
		session := rapid.SampledFrom([]threads.Session{threads.SessionActive, threads.SessionInactive, threads.SessionEnded}).Draw(rt, "session")
		f.set(i, func(c *threads.Conversation) {
			c.State.QueuedAt, c.State.Offer, c.State.Session = time.Time{}, threads.Offer{}, session
		}, threads.StatusOpen, agent)
	case 3:
		f.set(i, func(c *threads.Conversation) { c.State.QueuedAt, c.State.Offer = time.Time{}, threads.Offer{} }, threads.StatusPending, agent)
	case 4:
		priority := rapid.SampledFrom([]string{"", "low", "normal", "high", "urgent"}).Draw(rt, "priority")
		c := f.all[i].State
		f.set(i, func(c *threads.Conversation) { c.Priority = priority }, c.Status, c.Assignee)
	}
}

func (f *floor) compare() {
	want := map[threads.AgentID]threads.Tally{}
	lines := map[threads.Rank][]threads.Conversation{}
	var offered []threads.ConversationID
	for _, c := range f.all {
		t := want[c.State.Assignee]
		if t.Add(c.State.Load(), 1); t != (threads.Tally{}) {
			want[c.State.Assignee] = t
		}
		if a := c.State.Offer.Agent; a != "" {
			t := want[a]
			t.Offered++
			want[a] = t
			offered = append(offered, c.ID)
		}
		if c.State.Waits() {
			lines[threads.RankOf(c.Priority)] = append(lines[threads.RankOf(c.Priority)], c)
		}
	}
	require.Equal(f.rt, want, f.tallies())
	for _, read := range []func() ([]threads.Conversation, error){
		func() ([]threads.Conversation, error) { return f.s.Offered(f.ctx, after(10_000), 50) },
		func() ([]threads.Conversation, error) {
			return f.s.OfferedTo(f.ctx, []threads.AgentID{"ag_1", "ag_2", "ag_3"}, 50)
		},
	} {
		got, err := read()
		require.NoError(f.rt, err)
		require.ElementsMatch(f.rt, offered, ids(got))
	}
	for _, rank := range threads.Ranks {
		slices.SortFunc(lines[rank], func(a, b threads.Conversation) int {
			if c := a.State.QueuedAt.Compare(b.State.QueuedAt); c != 0 {
				return c
			}
			return slices.Compare([]byte(a.ID), []byte(b.ID))
		})
		if len(lines[rank]) == 0 {
			require.Empty(f.rt, f.line(rank, 3))
			continue
		}
		require.Equal(f.rt, ids(lines[rank]), f.line(rank, 3))
	}
}
