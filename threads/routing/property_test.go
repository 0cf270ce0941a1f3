package routing

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/threads"
)

var skillNames = []string{"french", "spanish", "billing"}

func drawSkills(t *rapid.T, label string, most int) []Skill {
	return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Skill {
		return Skill{Name: rapid.SampledFrom(skillNames).Draw(t, "name"), Level: rapid.IntRange(1, 3).Draw(t, "level")}
	}), 0, most, func(s Skill) string { return s.Name }).Draw(t, label)
}

func drawGroups(t *rapid.T, label string) []threads.GroupID {
	return rapid.SliceOfNDistinct(rapid.SampledFrom([]threads.GroupID{"gr_1", "gr_2"}), 0, 2, rapid.ID[threads.GroupID]).Draw(t, label)
}

func drawAgents(t *rapid.T) []Agent {
	agents := make([]Agent, rapid.IntRange(0, 6).Draw(t, "agents"))
	for i := range agents {
		agents[i] = Agent{
			ID:       threads.AgentID(fmt.Sprint("ag_", i)),
			Presence: rapid.SampledFrom([]Presence{Online, Online, Online, Away, Offline}).Draw(t, "presence"),
			Max:      rapid.IntRange(0, 4).Draw(t, "max"), Load: rapid.IntRange(0, 5).Draw(t, "load"), Offers: rapid.IntRange(0, 1).Draw(t, "offers"),
			Groups: drawGroups(t, "groups"), Skills: drawSkills(t, "skills", 2), LastAt: noon.Add(-time.Duration(rapid.IntRange(0, 3).Draw(t, "last")) * time.Minute),
		}
	}
	return agents
}

func drawQueues(t *rapid.T) []Queue {
	queues := make([]Queue, rapid.IntRange(0, 2).Draw(t, "queues"))
	for i := range queues {
		queues[i] = Queue{
			ID: threads.QueueID(fmt.Sprint("qu_", i)), Enabled: true, Groups: drawGroups(t, "of groups"),
			Required: drawSkills(t, "required", 1), Preferred: drawSkills(t, "preferred", 2), RelaxAfter: time.Minute,
			Overflow: drawGroups(t, "overflow"), OverflowAfter: 2 * time.Minute,
			Method: rapid.SampledFrom([]Method{"", MostSpare, MostSparePercent, RoundRobin}).Draw(t, "method"),
			When:   Conditions{Priorities: rapid.SampledFrom([][]string{nil, {"high"}, {"normal", "low"}}).Draw(t, "when")},
		}
	}
	return queues
}

// drawLine answers conversations in the order in which they are to be routed.
func drawLine(t *rapid.T) []Waiting {
	line := make([]Waiting, rapid.IntRange(0, 12).Draw(t, "waiting"))
	for i := range line {
		line[i] = Waiting{
			ID: threads.ConversationID(fmt.Sprintf("cv_%02d", i)), Channel: "ch_1", QueuedAt: noon.Add(-time.Duration(rapid.IntRange(0, 200).Draw(t, "waited")) * time.Second),
			Priority: rapid.SampledFrom([]string{"low", "normal", "normal", "high", "urgent"}).Draw(t, "priority"),
			Group:    rapid.SampledFrom([]threads.GroupID{"", "", "gr_1"}).Draw(t, "group"),
			Previous: rapid.SampledFrom([]threads.AgentID{"", "ag_0", "ag_9"}).Draw(t, "previous"),
			Weight:   rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3}).Draw(t, "weight"),
		}
		if rapid.IntRange(0, 3).Draw(t, "passed") == 0 {
			line[i].Passes = []threads.Pass{{Agent: "ag_1", At: noon.Add(-time.Duration(rapid.IntRange(0, 60).Draw(t, "ago")) * time.Second), Why: threads.PassTimedOut}}
		}
	}
	slices.SortFunc(line, func(a, b Waiting) int {
		if ra, rb := threads.RankOf(a.Priority), threads.RankOf(b.Priority); ra != rb {
			return int(ra - rb)
		}
		if c := a.QueuedAt.Compare(b.QueuedAt); c != 0 {
			return c
		}
		return slices.Compare([]byte(a.ID), []byte(b.ID))
	})
	return line
}

// route goes through the line once, as the dispatcher does.
func route(f *Floor, line []Waiting) []threads.RoutingDecision {
	out := make([]threads.RoutingDecision, len(line))
	for i, w := range line {
		switch out[i] = f.Decide(w); {
		case out[i].Agent != "":
			f.Take(out[i].Agent, w, out[i].Outcome == threads.RoutedOffered)
		case out[i].Why == threads.WhyAllFull:
			f.Keep(w)
		}
	}
	return out
}

func TestNewWorkNeverExceedsACapacity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		agents, line := drawAgents(t), drawLine(t)
		f := floorOf(noon, drawQueues(t), agents...)
		got := map[threads.AgentID]int{}
		for i, d := range route(f, line) {
			got[d.Agent] += line[i].places()
		}
		for _, a := range agents {
			if n := got[a.ID]; n > 0 {
				require.LessOrEqual(t, a.Load+a.Offers+n, a.Max, "%+v got %d", a, n)
				require.Equal(t, Online, a.Presence)
			}
		}
	})
}

func TestTheSameInputHasTheSameAnswerInWhateverOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		agents, queues, line := drawAgents(t), drawQueues(t), drawLine(t)
		shuffled := rapid.Permutation(agents).Draw(t, "shuffled")
		require.Equal(t, route(floorOf(noon, queues, agents...), line), route(floorOf(noon, queues, shuffled...), line))
	})
}

// Whoever is not served has nobody left, so that nobody waits for nothing; and
// nobody gets a place before somebody ahead of them could have had it.
func TestPriorityIsRespectedAndNobodyWaitsForNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		agents, queues, line := drawAgents(t), drawQueues(t), drawLine(t)
		f := floorOf(noon, queues, agents...)
		served := route(f, line)
		for i, w := range line {
			if served[i].Agent != "" {
				continue
			}
			require.Zero(t, served[i].Eligible, "somebody could have had %s when it was its turn", w.ID)
			require.Empty(t, f.Decide(w).Agent, "somebody is left for %s", w.ID)
		}
	})
}

// Work that keeps coming does not keep anybody waiting for ever: as agents
// finish what they have, everybody is served whom somebody could serve.
func TestEverybodyIsServedInTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		agents, queues, line := drawAgents(t), drawQueues(t), drawLine(t)
		now := noon
		for range len(line) + 1 {
			for i := range agents { // everybody has finished what they had
				agents[i].Load, agents[i].Offers = 0, 0
			}
			now = now.Add(3 * time.Minute) // and all there was to wait for is over
			f := floorOf(now, queues, agents...)
			var rest []Waiting
			for i, d := range route(f, line) {
				if d.Agent == "" {
					rest = append(rest, line[i])
				}
			}
			line = rest
		}
		for i := range agents {
			agents[i].Load, agents[i].Offers = 0, 0
		}
		f := floorOf(now.Add(3*time.Minute), queues, agents...)
		for _, w := range line {
			require.Empty(t, f.Decide(w).Agent, "%s waits although somebody could have had it", w.ID)
		}
	})
}

// Light work that keeps coming does not keep a heavy conversation waiting for
// ever: as agents finish one place at a time, the places add up.
func TestAHeavyConversationIsServedInTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		heavy := Waiting{ID: "cv_heavy", Channel: "ch_1", QueuedAt: noon, Weight: rapid.IntRange(2, 4).Draw(t, "weight")}
		var agents []Agent
		most := 0
		for i := range rapid.IntRange(1, 4).Draw(t, "agents") {
			room := rapid.IntRange(1, 5).Draw(t, "max")
			most = max(most, room)
			agents = append(agents, online(threads.AgentID(fmt.Sprint("ag_", i)), room, room))
		}
		rounds := 0
		for ; most >= heavy.Weight; rounds++ {
			require.Less(t, rounds, 40, "it waits for ever: %+v", agents)
			// Somebody finishes one conversation, in whatever order.
			i := rapid.IntRange(0, len(agents)-1).Draw(t, "who")
			if rounds%2 == 0 {
				i = rounds / 2 % len(agents)
			}
			agents[i].Load = max(0, agents[i].Load-1)
			line := []Waiting{heavy}
			for n := range 20 {
				line = append(line, Waiting{ID: threads.ConversationID(fmt.Sprint("cv_", n)), Channel: "ch_1", QueuedAt: noon.Add(time.Second)})
			}
			f := floorOf(noon.Add(time.Minute), nil, agents...)
			if route(f, line)[0].Agent != "" {
				return
			}
			for i := range agents {
				a, _ := f.Agent(agents[i].ID)
				agents[i].Load, agents[i].Offers = a.Load+a.Offers, 0
			}
		}
	})
}

// Alike conversations are served in the order in which they came.
func TestWhoCameFirstIsServedFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		agents, queues := drawAgents(t), drawQueues(t)
		var line []Waiting
		for i := range rapid.IntRange(2, 10).Draw(t, "n") {
			line = append(line, Waiting{ID: threads.ConversationID(fmt.Sprintf("cv_%02d", i)), Channel: "ch_1", QueuedAt: noon.Add(-time.Hour)})
		}
		waits := false
		for _, d := range route(floorOf(noon, queues, agents...), line) {
			require.False(t, waits && d.Agent != "", "%s was served before one that came earlier", d.ConversationID)
			waits = waits || d.Agent == ""
		}
	})
}
