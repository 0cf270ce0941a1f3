package day

import (
	"cmp"
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"threadhub/threads"
	"threadhub/threads/routing"
)

// world is a day as it goes on.
type world struct {
	ideal    bool
	settings routing.Settings
	queues   []routing.Queue
	agents   []routing.Agent
	shifts   []shift
	all      []customer
	dice     *rand.Rand // of how agents answer offers

	now    time.Time
	events events
	order  int
	talks  []*talkState
	waits  []time.Duration
	lines  map[threads.Rank][]*talkState
	floor  *routing.Floor
	report Report
}

// talkState is a customer's newest conversation and how far their talk is.
type talkState struct {
	id       threads.ConversationID
	customer int
	step     int
	state    threads.State
	passes   []threads.Pass
	waitsAt  time.Time // since when it is in the line, this time
	count    int       // of the customer's conversations
	token    int       // of the agent's work at it: an older end is void
	lastWas  threads.AgentID
}

// event is something that happens at a time.
type event struct {
	at    time.Time
	order int
	do    func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return cmp.Or(e[i].at.Compare(e[j].at), cmp.Compare(e[i].order, e[j].order)) < 0
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

// Push implements heap.Interface.
func (e *events) Push(x any) { *e = append(*e, x.(event)) }

// Pop implements heap.Interface.
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func newWorld(o Options, mode routing.Mode, ideal bool) *world {
	w := &world{
		ideal: ideal, settings: routing.Defaults(), all: customers(o), dice: rand.New(rand.NewPCG(o.Seed, 2)),
		now: midnight, lines: map[threads.Rank][]*talkState{},
	}
	w.settings.Mode = mode
	if !ideal {
		w.queues = queues()
	}
	w.agents, w.shifts = staff(o)
	w.floor = routing.NewFloor(w.agents, w.queues, w.settings, nil, w.now)
	for i := range w.agents {
		s := w.shifts[i]
		w.at(s.from, func() { w.presence(i, routing.Online) })
		w.at(s.rest, func() { w.presence(i, routing.Away) })
		w.at(s.back, func() { w.presence(i, routing.Online) })
		w.at(s.until, func() { w.presence(i, routing.Offline) })
	}
	for i, c := range w.all {
		w.at(c.at, func() { w.write(&talkState{customer: i}) })
	}
	for hour := range 24 {
		w.at(time.Duration(hour)*time.Hour, w.recount)
	}
	return w
}

// at plans something for a time of the day.
func (w *world) at(since time.Duration, do func()) {
	w.when(midnight.Add(since.Truncate(time.Millisecond)), do)
}

func (w *world) when(at time.Time, do func()) {
	w.order++
	heap.Push(&w.events, event{at, w.order, do})
}

func (w *world) after(d time.Duration, do func()) {
	w.when(w.now.Add(d.Truncate(time.Millisecond)), do)
}

// run goes on until nothing is to happen any more, or all have gone home.
func (w *world) run() {
	end := midnight.Add(30 * time.Hour)
	for len(w.events) > 0 && w.events[0].at.Before(end) {
		e := heap.Pop(&w.events).(event)
		w.now = e.at
		e.do()
	}
	w.recount()
	for _, line := range w.lines {
		w.report.Left += len(line)
	}
}

// presence is an agent who comes or goes.
func (w *world) presence(i int, p routing.Presence) {
	w.agents[i].Presence = p
	w.route()
}

// agent finds one by id.
func (w *world) agent(id threads.AgentID) *routing.Agent {
	i, ok := slices.BinarySearchFunc(w.agents, id, func(a routing.Agent, id threads.AgentID) int { return cmp.Compare(a.ID, id) })
	if !ok {
		panic(fmt.Sprint("nobody is called ", id))
	}
	return &w.agents[i]
}

// decide is what an input does to a conversation; what agents hold and who
// waits follows from its state.
func (w *world) decide(t *talkState, in threads.Input) []threads.Effect {
	in.ReceivedAt = w.now
	p := threads.Policy{Style: w.all[t.customer].style, AssigneeAvailable: true, Previous: t.lastWas}
	if t.state.Assignee != "" {
		p.AssigneeAvailable = w.agent(t.state.Assignee).Presence == routing.Online
	}
	before := t.state
	after, effects := threads.Decide(before, in, p, w.now)
	for _, e := range effects {
		if r, ok := e.(threads.Refused); ok {
			panic(fmt.Sprintf("%s: %s: %s", t.id, in.Kind, r.Detail))
		}
	}
	w.leave(t)
	t.state = after
	w.enter(t, before)
	if !after.CloseDueAt.IsZero() && !after.CloseDueAt.Equal(before.CloseDueAt) {
		generation := after.Generation
		w.when(after.CloseDueAt, func() { w.decide(t, threads.Input{Kind: threads.InCloseDue, Generation: generation}) })
	}
	return effects
}

// leave takes the conversation out of what is counted, enter puts it back as
// its state now is.
func (w *world) leave(t *talkState) {
	if t.state.UsesCapacity(false) {
		w.agent(t.state.Assignee).Load--
	}
	if o := t.state.Offer.Agent; o != "" {
		w.agent(o).Offers--
	}
	if t.state.Waits() {
		rank := w.rank(t)
		i := w.place(rank, t)
		w.lines[rank] = slices.Delete(w.lines[rank], i, i+1)
	}
}

func (w *world) enter(t *talkState, before threads.State) {
	if t.state.UsesCapacity(false) {
		w.agent(t.state.Assignee).Load++
	}
	if o := t.state.Offer.Agent; o != "" {
		w.agent(o).Offers++
	}
	switch {
	case t.state.Waits():
		rank := w.rank(t)
		w.lines[rank] = slices.Insert(w.lines[rank], w.place(rank, t), t)
		if !before.Waits() {
			t.waitsAt = w.now
		}
	case before.Waits():
		w.waits = append(w.waits, w.now.Sub(t.waitsAt))
		t.passes = nil
	}
}

func (w *world) rank(t *talkState) threads.Rank {
	if w.ideal {
		return threads.RankNormal
	}
	return threads.RankOf(w.all[t.customer].priority)
}

// place is where in its line the conversation is, or belongs.
func (w *world) place(rank threads.Rank, t *talkState) int {
	i, _ := slices.BinarySearchFunc(w.lines[rank], t, func(a, b *talkState) int {
		return cmp.Or(a.state.QueuedAt.Compare(b.state.QueuedAt), cmp.Compare(a.id, b.id))
	})
	return i
}

// recount holds what is counted to what the states say.
func (w *world) recount() {
	type held struct{ load, offers int }
	counts := map[threads.AgentID]held{}
	for _, t := range w.talks {
		if t.state.UsesCapacity(false) {
			h := counts[t.state.Assignee]
			h.load++
			counts[t.state.Assignee] = h
		}
		if o := t.state.Offer.Agent; o != "" {
			h := counts[o]
			h.offers++
			counts[o] = h
		}
	}
	for _, a := range w.agents {
		if (held{a.Load, a.Offers}) != counts[a.ID] {
			w.report.Miscounted++
		}
	}
}
