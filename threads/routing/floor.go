package routing

import (
	"cmp"
	"slices"
	"time"

	"threadhub/threads"
)

// Floor is everybody who may get something at one moment, and how. It changes
// only by Take. It is not safe for concurrent use.
type Floor struct {
	settings Settings
	queues   []Queue
	open     map[string]bool
	now      time.Time
	agents   []Agent // by id
	at       map[threads.AgentID]int
}

// NewFloor makes a floor. open are the schedules that are open now.
func NewFloor(agents []Agent, queues []Queue, settings Settings, open map[string]bool, now time.Time) *Floor {
	f := &Floor{
		settings: settings, queues: queues, open: open, now: now,
		agents: slices.Clone(agents), at: make(map[threads.AgentID]int, len(agents)),
	}
	slices.SortFunc(f.agents, func(a, b Agent) int { return cmp.Compare(a.ID, b.ID) })
	for i, a := range f.agents {
		f.at[a.ID] = i
	}
	return f
}

// Renew is the floor at another moment, with the same agents as they are then.
// It saves what NewFloor costs where moments are many.
func (f *Floor) Renew(agents []Agent, now time.Time) {
	f.now = now
	for _, a := range agents {
		if i, ok := f.at[a.ID]; ok {
			f.agents[i] = a
		}
	}
}

// Agent answers one of the floor as they now are.
func (f *Floor) Agent(id threads.AgentID) (Agent, bool) {
	i, ok := f.at[id]
	if !ok {
		return Agent{}, false
	}
	return f.agents[i], true
}

// HasRoom tells whether anybody who is there may get something.
func (f *Floor) HasRoom() bool {
	return slices.ContainsFunc(f.agents, func(a Agent) bool { return a.Presence == Online && a.Spare() > 0 && a.kept == 0 })
}

// Take takes the agent's places for the conversation, as of now.
func (f *Floor) Take(id threads.AgentID, w Waiting, offered bool) {
	i, ok := f.at[id]
	if !ok {
		return
	}
	a := &f.agents[i]
	a.LastAt = f.now
	if offered {
		a.Offers += w.places()
	} else {
		a.Load += w.places()
	}
}

// Fill leaves the agent no room for the conversation: the store has counted more
// than was known.
func (f *Floor) Fill(id threads.AgentID, w Waiting) {
	if i, ok := f.at[id]; ok {
		a := &f.agents[i]
		a.Load = max(a.Load, a.Max-a.Offers-(w.places()-1))
	}
}

// Keep keeps the spare places of an agent for a conversation that needs more of
// them than anybody has free, so that lighter ones behind it do not take each
// place that becomes free before it ever fits. It is one agent who could have it
// if they had room: the one who lacks least. It changes nothing for a
// conversation that takes one place.
func (f *Floor) Keep(w Waiting) {
	if w.places() == 1 {
		return
	}
	x := f.want(w)
	var best *Agent
	for i := range f.agents {
		a := &f.agents[i]
		if s, _ := x.stage(a); s != roomStage || a.kept > 0 || a.Max < w.places() {
			continue
		}
		if best == nil || a.Spare() > best.Spare() {
			best = a
		}
	}
	if best != nil {
		best.kept = w.places()
	}
}

// Queue answers the conversation's queue; the zero one where none is for it.
func (f *Floor) Queue(w Waiting) Queue {
	for i := range f.queues {
		if f.queues[i].match(w, f.open) {
			return f.queues[i]
		}
	}
	return Queue{}
}

// want is what a conversation asks of agents right now.
type want struct {
	w         Waiting
	queue     Queue
	groups    []threads.GroupID // none: everybody
	overflow  bool              // the overflow groups serve it as well
	preferred bool              // the preferred skills are needed still
	pause     time.Duration
	now       time.Time
}

func (f *Floor) want(w Waiting) want {
	x := want{w: w, queue: f.Queue(w), pause: f.settings.OfferTimeout, now: f.now}
	if x.groups = x.queue.Groups; w.Group != "" {
		x.groups = []threads.GroupID{w.Group}
	}
	waited := f.now.Sub(w.QueuedAt)
	if len(x.queue.Overflow) > 0 && len(x.groups) > 0 {
		x.overflow = waited >= x.queue.OverflowAfter || !f.anybody(x)
	}
	if len(x.queue.Preferred) > 0 && waited < x.queue.RelaxAfter {
		x.preferred = true
		x.preferred = f.anybody(x)
	}
	return x
}

// anybody tells whether somebody who is there could serve it, once they have
// room.
func (f *Floor) anybody(x want) bool {
	return slices.ContainsFunc(f.agents, func(a Agent) bool {
		if x.preferred {
			if _, lacks := a.lacks(x.queue.Preferred); lacks {
				return false
			}
		}
		s, _ := x.stage(&a)
		return s > thereStage
	})
}

// stage is how far an agent gets on the way to a conversation. Whoever fails
// later is nearer to having it.
type stage int

const (
	channelStage stage = iota
	groupStage
	skillStage
	thereStage
	roomStage
	preferredStage
	passedStage
	candidate
)

// stage answers how far the agent gets, and why not further.
func (x *want) stage(a *Agent) (stage, threads.ExclusionReason) {
	if len(a.Channels) > 0 && !slices.Contains(a.Channels, x.w.Channel) {
		return channelStage, threads.ExcludedChannel
	}
	if len(a.Only) > 0 && !slices.Contains(a.Only, x.w.Group) {
		return groupStage, threads.ExcludedGroup
	}
	if len(x.groups) > 0 && !a.in(x.groups) && !(x.overflow && a.in(x.queue.Overflow)) {
		return groupStage, threads.ExcludedGroup
	}
	if _, lacks := a.lacks(x.queue.Required); lacks {
		return skillStage, threads.ExcludedSkill
	}
	switch a.Presence {
	case Online:
	case Away:
		return thereStage, threads.ExcludedAway
	default:
		return thereStage, threads.ExcludedOffline
	}
	if a.Spare() < x.w.places() || a.kept > 0 {
		return roomStage, threads.ExcludedFull
	}
	if _, lacks := a.lacks(x.queue.Preferred); lacks && x.preferred {
		return preferredStage, threads.ExcludedPreferred
	}
	if p, ok := x.passed(a.ID); ok && x.now.Sub(p.At) < x.pause {
		return passedStage, threads.ExcludedPassed
	}
	return candidate, ""
}

// exclusion says for people why the agent is no candidate.
func (x *want) exclusion(a *Agent, why threads.ExclusionReason) threads.RoutingExclusion {
	out := threads.RoutingExclusion{Agent: a.ID, Reason: why}
	switch why {
	case threads.ExcludedGroup:
		if len(a.Only) > 0 && !slices.Contains(a.Only, x.w.Group) {
			out.Detail = "limited to groups that it is not of"
		}
	case threads.ExcludedSkill:
		s, _ := a.lacks(x.queue.Required)
		out.Detail = s.String()
	case threads.ExcludedPreferred:
		s, _ := a.lacks(x.queue.Preferred)
		out.Detail = s.String()
	case threads.ExcludedFull:
		out.Detail = fullDetail(a, x.w.places())
	case threads.ExcludedPassed:
		p, _ := x.passed(a.ID)
		out.Detail = string(p.Why)
	}
	return out
}

// passed answers whether the agent did not take it before.
func (x *want) passed(id threads.AgentID) (threads.Pass, bool) {
	for _, p := range x.w.Passes {
		if p.Agent == id {
			return p, true
		}
	}
	return threads.Pass{}, false
}
