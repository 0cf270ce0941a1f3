package day

import (
	"fmt"
	"time"

	"threadhub/threads"
	"threadhub/threads/routing"
)

// write is the customer's next message.
func (w *world) write(t *talkState) {
	if !t.state.Exists() {
		w.begin(t, "")
		return
	}
	was := t.state
	agent := was.Assignee
	if was.Status == threads.StatusClosed {
		w.begin(&talkState{customer: t.customer, step: t.step, count: t.count}, agent)
		return
	}
	there := agent != "" && w.agent(agent).Presence == routing.Online
	full := agent != "" && w.agent(agent).Spare() <= 0
	w.decide(t, threads.Input{Kind: threads.InCustomerMessage})
	if was.Status == threads.StatusSolved && there {
		w.report.Returns++
		if t.state.Assignee == agent {
			w.report.Same++
		}
	}
	if t.state.Assignee != "" && !was.UsesCapacity(false) {
		if full {
			w.report.OverCapacityReturns++
		}
		w.serve(t)
	}
	w.route()
}

// begin is a conversation that begins, perhaps after another one.
func (w *world) begin(t *talkState, previous threads.AgentID) {
	t.count++
	t.id, t.lastWas = threads.ConversationID(fmt.Sprintf("cv_%06d_%d", t.customer, t.count)), previous
	w.talks = append(w.talks, t)
	w.report.Conversations++
	free := previous != "" && w.agent(previous).Presence == routing.Online && w.agent(previous).Spare() > 0
	w.decide(t, threads.Input{Kind: threads.InCustomerMessage})
	w.route()
	if free && w.able(t, previous) {
		w.report.Returns++
		if t.state.Offer.Agent == previous || t.state.Assignee == previous {
			w.report.Same++
		}
	}
}

// able tells whether the agent has what the conversation needs.
func (w *world) able(t *talkState, id threads.AgentID) bool {
	d := routing.NewFloor([]routing.Agent{{ID: id, Presence: routing.Online, Max: 1, Skills: w.agent(id).Skills}}, w.queues, w.settings, nil, w.now)
	return d.Decide(w.waiting(t)).Agent != ""
}

func (w *world) waiting(t *talkState) routing.Waiting {
	c := w.all[t.customer]
	return routing.Waiting{
		ID: t.id, Style: c.style.Name, Priority: c.priority, Tags: c.tags, Language: c.language, QueuedAt: t.state.QueuedAt,
		Previous: t.state.Previous, Passes: t.passes,
	}
}

// route gives away what can be given, as routing.Dispatcher does.
func (w *world) route() {
	floor := w.floor
	fresh := false
	for _, rank := range threads.Ranks {
		for _, t := range append([]*talkState(nil), w.lines[rank]...) {
			if t.state.Offer.Agent != "" {
				continue
			}
			if !fresh {
				floor.Renew(w.agents, w.now)
				fresh = true
			}
			if !floor.HasRoom() {
				return
			}
			waiting := w.waiting(t)
			d := floor.Decide(waiting)
			if d.Agent == "" {
				if next := floor.Next(waiting); !next.IsZero() {
					w.when(next, w.route)
				}
				continue
			}
			floor.Take(d.Agent, waiting, d.Outcome == threads.RoutedOffered)
			w.carryOut(t, d)
		}
	}
}

// carryOut offers or assigns.
func (w *world) carryOut(t *talkState, d threads.RoutingDecision) {
	a := w.agent(d.Agent)
	if w.report.Placements++; a.Spare() <= 0 || a.Presence != routing.Online {
		w.report.Breaches++
	}
	a.LastAt = w.now
	if d.Outcome == threads.RoutedAssigned {
		w.decide(t, threads.Input{Kind: threads.InGive, Assignee: d.Agent})
		w.serve(t)
		return
	}
	w.report.Offers++
	until := w.now.Add(w.settings.OfferTimeout)
	w.decide(t, threads.Input{Kind: threads.InOffer, Assignee: d.Agent, Until: until})
	number := t.state.Offer.Number
	switch n := w.dice.IntN(100); {
	case n < 3: // nobody answers
		w.when(until, func() { w.answer(t, number, threads.InOfferDue) })
	case n < 5:
		w.after(4*time.Second, func() { w.answer(t, number, threads.InDecline) })
	default:
		w.after(time.Duration(500+w.dice.IntN(3000))*time.Millisecond, func() { w.answer(t, number, threads.InAccept) })
	}
}

// answer is how an offer ends, unless it has.
func (w *world) answer(t *talkState, number int, how threads.InputKind) {
	o := t.state.Offer
	if o.Agent == "" || o.Number != number {
		return
	}
	if w.agent(o.Agent).Presence != routing.Online { // gone in the meantime
		w.decide(t, threads.Input{Kind: threads.InWithdraw, Offer: number})
		w.route()
		return
	}
	w.decide(t, threads.Input{Kind: how, Assignee: o.Agent, Offer: number})
	if how == threads.InAccept {
		w.report.Accepted++
		w.serve(t)
		return
	}
	w.report.Missed++
	t.passes = append(t.passes, threads.Pass{Agent: o.Agent, At: w.now, Why: threads.PassDeclined})
	w.route()
}

// serve is the agent at work on what the customer asked.
func (w *world) serve(t *talkState) {
	t.token++
	token := t.token
	s := w.all[t.customer].steps[t.step]
	w.after(s.busy, func() {
		if t.token == token && t.state.Status == threads.StatusOpen && t.state.Assignee != "" {
			w.finish(t, s)
		}
	})
}

func (w *world) finish(t *talkState, s step) {
	agent := threads.Author{Type: threads.AuthorAgent, ID: string(t.state.Assignee)}
	w.decide(t, threads.Input{Kind: threads.InAgentMessage, Actor: agent})
	in := threads.Input{Kind: threads.InSetStatus, Actor: agent, Status: threads.StatusSolved}
	if s.then == asks {
		in.Status = threads.StatusPending
	}
	w.decide(t, in)
	if s.again > 0 {
		t.step++
		w.after(s.again, func() { w.write(t) })
	}
	w.route()
}
