package routing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"threadhub/threads"
)

// Bounds of what a decision lists by name; everything is counted.
const (
	maxCandidates = 10
	maxExcluded   = 20
)

// Decide says who would get the conversation now, and why. Nothing changes by
// it. The answer has neither id nor outcome of a commit: its outcome is what the
// mode would do.
func (f *Floor) Decide(w Waiting) threads.RoutingDecision {
	return f.decide(w, maxCandidates, maxExcluded)
}

// Explain is Decide with every agent listed by name.
func (f *Floor) Explain(w Waiting) threads.RoutingDecision {
	return f.decide(w, len(f.agents), len(f.agents))
}

func (f *Floor) decide(w Waiting, candidates, excluded int) threads.RoutingDecision {
	x := f.want(w)
	method := cmp.Or(x.queue.Method, f.settings.Method)
	d := threads.RoutingDecision{
		ConversationID: w.ID, At: f.now, Outcome: threads.RoutedNobody, Queue: x.queue.ID, QueueName: x.queue.Name,
		Method: string(method), Mode: string(f.settings.Mode), QueuedAt: w.QueuedAt,
	}
	if w.places() > 1 {
		d.Places = w.places()
	}
	var able []choice // the best, in their order
	furthest := stage(-1)
	for i := range f.agents {
		a := &f.agents[i]
		s, why := x.stage(a)
		furthest = max(furthest, s)
		if s == candidate {
			d.Eligible++
			able = keepBest(able, x.choice(a), candidates, method)
			continue
		}
		if d.ByReason == nil {
			d.ByReason = map[string]int{}
		}
		d.ByReason[string(why)]++
		if len(d.Excluded) < excluded {
			d.Excluded = append(d.Excluded, x.exclusion(a, why))
		}
	}
	if len(able) == 0 {
		d.Why, d.Detail = x.nobody(furthest, d.ByReason)
		return d
	}
	for _, c := range able {
		d.Candidates = append(d.Candidates, c.RoutingCandidate)
	}
	d.Agent = able[0].Agent
	d.Why, d.Detail = able[0].why(d.Eligible, w.places(), method)
	if d.Outcome = threads.RoutedAssigned; f.settings.Mode != Auto {
		d.Outcome = threads.RoutedOffered
	}
	return d
}

// keepBest puts a candidate in its place among the best, of whom so many are
// kept.
func keepBest(best []choice, c choice, most int, method Method) []choice {
	i := len(best)
	for i > 0 && c.compare(best[i-1], method) < 0 {
		i--
	}
	if i == most {
		return best
	}
	if len(best) == most {
		best = best[:most-1]
	}
	return slices.Insert(best, i, c)
}

// choice is a candidate, as it compares to others.
type choice struct {
	threads.RoutingCandidate
	spare    int
	previous bool
}

func (x *want) choice(a *Agent) choice {
	_, passed := x.passed(a.ID)
	return choice{
		RoutingCandidate: threads.RoutingCandidate{
			Agent: a.ID, Load: a.Load + a.Offers, Offers: a.Offers, Max: a.Max, Preferred: a.count(x.queue.Preferred), LastAt: a.LastAt,
			Overflow: len(x.groups) > 0 && !a.in(x.groups), Passed: passed,
		},
		spare: a.Spare(), previous: a.ID == x.w.Previous && !passed,
	}
}

// compare orders candidates, the best first. No two are alike.
func (c choice) compare(o choice, method Method) int {
	return cmp.Or(
		first(c.previous, o.previous), first(!c.Passed, !o.Passed), first(!c.Overflow, !o.Overflow),
		cmp.Compare(o.Preferred, c.Preferred), c.byMethod(o, method), c.LastAt.Compare(o.LastAt), cmp.Compare(c.Agent, o.Agent),
	)
}

func (c choice) byMethod(o choice, method Method) int {
	switch method {
	case MostSparePercent:
		return cmp.Compare(int64(o.spare)*int64(c.Max), int64(c.spare)*int64(o.Max))
	case RoundRobin:
		return 0 // whose turn is longest ago decides
	}
	return cmp.Compare(o.spare, c.spare)
}

// first puts those before the others of which it is true.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// why says for what the candidate was chosen among the others.
func (c choice) why(eligible, places int, method Method) (threads.RoutingWhy, string) {
	last := "has never got one"
	if !c.LastAt.IsZero() {
		last = "got the last one at " + c.LastAt.Format(time.RFC3339)
	}
	held := fmt.Sprintf("holds %d of %d, %s", c.Load, c.Max, last)
	if places > 1 {
		held = fmt.Sprintf("needs %d, has %d left, %s", places, c.spare, last)
	}
	switch {
	case c.previous:
		return threads.WhyPrevious, held
	case eligible == 1:
		return threads.WhyOnly, held
	case method == MostSparePercent:
		return threads.WhyPercent, held
	case method == RoundRobin:
		return threads.WhyRoundRobin, held
	}
	return threads.WhySpare, held
}

// fullDetail says how the agent has no room for a conversation that needs so
// many places.
func fullDetail(a *Agent, needs int) string {
	held := fmt.Sprintf("holds %d of %d", a.Load+a.Offers, a.Max)
	if a.Offers > 0 {
		held += fmt.Sprintf(", %d of them offers", a.Offers)
	}
	switch {
	case a.kept > 0 && a.Spare() > 0:
		return held + fmt.Sprintf("; has %d left, kept for an earlier one that needs %d", a.Spare(), a.kept)
	case a.Max < needs:
		return held + fmt.Sprintf("; needs %d, which is more than they may hold at all", needs)
	case needs > 1:
		return held + fmt.Sprintf("; needs %d, has %d left", needs, max(a.Spare(), 0))
	}
	return held
}

// nobody says why there is no candidate: for what those lack who came nearest.
func (x *want) nobody(furthest stage, by map[string]int) (threads.RoutingWhy, string) {
	switch furthest {
	case channelStage:
		return threads.WhyNoAgents, "no agent may serve the channel"
	case groupStage:
		return threads.WhyNoGroup, "no agent is in its groups"
	case skillStage:
		return threads.WhyNoSkill, "no agent of its groups has all of: " + list(x.queue.Required)
	case thereStage:
		return threads.WhyNobodyThere, fmt.Sprintf("of those who could serve it %d are offline, %d away", by[string(threads.ExcludedOffline)], by[string(threads.ExcludedAway)])
	case roomStage:
		return threads.WhyAllFull, x.allFull(by[string(threads.ExcludedFull)])
	case preferredStage:
		return threads.WhyPreferring, fmt.Sprintf("until %s it waits for: %s", x.w.QueuedAt.Add(x.queue.RelaxAfter).Format(time.RFC3339), list(x.queue.Preferred))
	case passedStage:
		return threads.WhyPassed, fmt.Sprintf("who is free did not take it just now, and is asked again after %s", x.pause)
	}
	return threads.WhyNoAgents, "there are no agents"
}

// allFull says that none of those who are there has room.
func (x *want) allFull(there int) string {
	if needs := x.w.places(); needs > 1 {
		return fmt.Sprintf("it needs %d places: none of the %d who are there has so many left", needs, there)
	}
	return fmt.Sprintf("all %d who are there hold as many as they may", there)
}

func list(skills []Skill) string {
	names := make([]string, len(skills))
	for i, s := range skills {
		names[i] = s.String()
	}
	return strings.Join(names, ", ")
}

// Next is the earliest moment after now at which the decision about the
// conversation may be another one because time has passed; zero: there is none.
func (f *Floor) Next(w Waiting) time.Time {
	q := f.Queue(w)
	var next time.Time
	add := func(at time.Time) {
		if at.After(f.now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if len(q.Preferred) > 0 {
		add(w.QueuedAt.Add(q.RelaxAfter))
	}
	if len(q.Overflow) > 0 {
		add(w.QueuedAt.Add(q.OverflowAfter))
	}
	for _, p := range w.Passes {
		add(p.At.Add(f.settings.OfferTimeout))
	}
	return next
}
