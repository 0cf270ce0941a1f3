package routing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
)

var noon = time.Date(2030, time.March, 4, 12, 0, 0, 0, time.UTC)

func online(id threads.AgentID, load, room int) Agent {
	return Agent{ID: id, Presence: Online, Load: load, Max: room}
}

// with changes an agent.
func (a Agent) with(edit func(*Agent)) Agent {
	edit(&a)
	return a
}

func (a Agent) skilled(skills ...Skill) Agent { return a.with(func(a *Agent) { a.Skills = skills }) }

func (a Agent) grouped(g ...threads.GroupID) Agent { return a.with(func(a *Agent) { a.Groups = g }) }

func (a Agent) last(minutes int) Agent {
	return a.with(func(a *Agent) { a.LastAt = noon.Add(-time.Duration(minutes) * time.Minute) })
}

func someone(edit ...func(*Waiting)) Waiting {
	w := Waiting{ID: "cv_1", Channel: "ch_1", Style: threads.LiveChat, QueuedAt: noon}
	for _, e := range edit {
		e(&w)
	}
	return w
}

func floorOf(now time.Time, queues []Queue, agents ...Agent) *Floor {
	return NewFloor(agents, queues, Defaults(), nil, now)
}

func TestWhoGetsIt(t *testing.T) {
	french, spanish := Skill{Name: "french"}, Skill{Name: "spanish", Level: 3}
	queue := func(edit func(*Queue)) []Queue {
		q := Queue{ID: "qu_1", Name: "Sales", Enabled: true}
		edit(&q)
		return []Queue{q}
	}
	spares := []Agent{online("ag_a", 6, 10), online("ag_b", 1, 4), online("ag_c", 15, 20)}
	pass := func(agent threads.AgentID, ago time.Duration) func(*Waiting) {
		return func(w *Waiting) {
			w.Passes = append(w.Passes, threads.Pass{Agent: agent, At: noon.Add(-ago), Why: threads.PassDeclined})
		}
	}
	waitedFor := func(d time.Duration) func(*Waiting) { return func(w *Waiting) { w.QueuedAt = noon.Add(-d) } }
	groups := []threads.GroupID{"gr_1"}
	for _, c := range []struct {
		name   string
		agents []Agent
		queues []Queue
		w      Waiting
		want   threads.AgentID
		why    threads.RoutingWhy
	}{
		{"the agent with the most free places", spares, nil, someone(), "ag_c", threads.WhySpare},
		{"the agent with the largest share of places free", spares, queue(func(q *Queue) { q.Method = MostSparePercent }), someone(), "ag_b", threads.WhyPercent},
		{
			"of equals, who waited longest for something",
			[]Agent{online("ag_a", 0, 2).last(5), online("ag_b", 0, 2).last(9), online("ag_c", 0, 2).last(7)},
			nil, someone(), "ag_b", threads.WhySpare,
		},
		{"of equals, who never got anything", []Agent{online("ag_a", 0, 2).last(5), online("ag_b", 0, 2)}, nil, someone(), "ag_b", threads.WhySpare},
		{
			"in turn, whoever has most to do",
			[]Agent{online("ag_a", 0, 9).last(1), online("ag_b", 8, 9).last(2)},
			queue(func(q *Queue) { q.Method = RoundRobin }), someone(), "ag_b", threads.WhyRoundRobin,
		},
		{"whoever had it before", spares, nil, someone(func(w *Waiting) { w.Previous = "ag_a" }), "ag_a", threads.WhyPrevious},
		{"not whoever had it before, when they are full", []Agent{online("ag_a", 2, 2), online("ag_b", 0, 2)}, nil, someone(func(w *Waiting) { w.Previous = "ag_a" }), "ag_b", threads.WhyOnly},
		{"not whoever just passed", spares, nil, someone(pass("ag_c", time.Second)), "ag_a", threads.WhySpare},
		{"who passed a while ago, after the others", spares, nil, someone(pass("ag_c", time.Minute)), "ag_a", threads.WhySpare},
		{"who passed a while ago, when there is nobody else", spares[:1], nil, someone(pass("ag_a", time.Minute)), "ag_a", threads.WhyOnly},
		{"nobody, while the only one has just passed", spares[:1], nil, someone(pass("ag_a", time.Second)), "", threads.WhyPassed},
		{"nobody who is away or offline", []Agent{{ID: "ag_a", Presence: Away, Max: 2}, {ID: "ag_b", Presence: Offline, Max: 2}}, nil, someone(), "", threads.WhyNobodyThere},
		{"nobody who is full, with what is offered to them", []Agent{online("ag_a", 1, 2).with(func(a *Agent) { a.Offers = 1 })}, nil, someone(), "", threads.WhyAllFull},
		{"nobody without a capacity", []Agent{online("ag_a", 0, 0)}, nil, someone(), "", threads.WhyAllFull},
		{"nobody, where there are no agents", nil, nil, someone(), "", threads.WhyNoAgents},
		{
			"nobody who may not serve the channel",
			[]Agent{online("ag_a", 0, 2).with(func(a *Agent) { a.Channels = []threads.ChannelID{"ch_2"} })},
			nil, someone(), "", threads.WhyNoAgents,
		},
		{
			"nobody who may not see its group",
			[]Agent{online("ag_a", 0, 2).with(func(a *Agent) { a.Only = []threads.GroupID{"gr_1"} })},
			nil, someone(), "", threads.WhyNoGroup,
		},
		{
			"somebody of its own group, whatever the queue says",
			[]Agent{online("ag_a", 0, 9).grouped("gr_1"), online("ag_b", 0, 2).grouped("gr_2")},
			queue(func(q *Queue) { q.Groups = groups }), someone(func(w *Waiting) { w.Group = "gr_2" }), "ag_b", threads.WhyOnly,
		},
		{"somebody of the queue's groups", []Agent{online("ag_a", 0, 9), online("ag_b", 0, 2).grouped("gr_1")}, queue(func(q *Queue) { q.Groups = groups }), someone(), "ag_b", threads.WhyOnly},
		{"nobody outside of the groups", []Agent{online("ag_a", 0, 9).grouped("gr_2")}, queue(func(q *Queue) { q.Groups = groups }), someone(), "", threads.WhyNoGroup},
		{
			"somebody with the required skill, well enough",
			[]Agent{online("ag_a", 0, 9).skilled(Skill{"spanish", 2}), online("ag_b", 0, 2).skilled(Skill{"spanish", 3})},
			queue(func(q *Queue) { q.Required = []Skill{spanish} }), someone(), "ag_b", threads.WhyOnly,
		},
		{"nobody without the required skill, however long it waits", spares, queue(func(q *Queue) { q.Required = []Skill{french} }), someone(waitedFor(48 * time.Hour)), "", threads.WhyNoSkill},
		{
			"nobody yet, while those who are there with the preferred skill are full",
			[]Agent{online("ag_a", 0, 9), online("ag_b", 2, 2).skilled(french)},
			queue(func(q *Queue) { q.Preferred, q.RelaxAfter = []Skill{french}, time.Minute }), someone(waitedFor(59 * time.Second)), "", threads.WhyPreferring,
		},
		{
			"anybody, once it has waited for the preferred skill long enough",
			[]Agent{online("ag_a", 0, 9), online("ag_b", 2, 2).skilled(french)},
			queue(func(q *Queue) { q.Preferred, q.RelaxAfter = []Skill{french}, time.Minute }), someone(waitedFor(time.Minute)), "ag_a", threads.WhyOnly,
		},
		{
			"anybody at once, where nobody with the preferred skill is there",
			[]Agent{online("ag_a", 0, 9), {ID: "ag_b", Presence: Away, Max: 2, Skills: []Skill{french}}},
			queue(func(q *Queue) { q.Preferred, q.RelaxAfter = []Skill{french}, time.Minute }), someone(), "ag_a", threads.WhyOnly,
		},
		{
			"first who has the preferred skill, also later",
			[]Agent{online("ag_a", 0, 9), online("ag_b", 1, 2).skilled(french)},
			queue(func(q *Queue) { q.Preferred, q.RelaxAfter = []Skill{french}, time.Minute }), someone(waitedFor(time.Hour)), "ag_b", threads.WhySpare,
		},
		{
			"nobody of the overflow groups, while it may still wait for its own",
			[]Agent{online("ag_a", 2, 2).grouped("gr_1"), online("ag_b", 0, 2).grouped("gr_2")},
			queue(func(q *Queue) { q.Groups, q.Overflow, q.OverflowAfter = groups, []threads.GroupID{"gr_2"}, time.Minute }), someone(), "", threads.WhyAllFull,
		},
		{
			"somebody of the overflow groups, after a time",
			[]Agent{online("ag_a", 2, 2).grouped("gr_1"), online("ag_b", 0, 2).grouped("gr_2")},
			queue(func(q *Queue) { q.Groups, q.Overflow, q.OverflowAfter = groups, []threads.GroupID{"gr_2"}, time.Minute }),
			someone(waitedFor(time.Minute)), "ag_b", threads.WhyOnly,
		},
		{
			"somebody of the overflow groups at once, where nobody of its own is there",
			[]Agent{{ID: "ag_a", Presence: Away, Max: 2, Groups: groups}, online("ag_b", 0, 2).grouped("gr_2")},
			queue(func(q *Queue) { q.Groups, q.Overflow, q.OverflowAfter = groups, []threads.GroupID{"gr_2"}, time.Minute }), someone(), "ag_b", threads.WhyOnly,
		},
		{
			"its own groups before the overflow ones",
			[]Agent{online("ag_a", 1, 2).grouped("gr_1"), online("ag_b", 0, 9).grouped("gr_2")},
			queue(func(q *Queue) { q.Groups, q.Overflow = groups, []threads.GroupID{"gr_2"} }), someone(), "ag_a", threads.WhySpare,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := floorOf(noon, c.queues, c.agents...)
			d := f.Decide(c.w)
			require.Equal(t, c.want, d.Agent, "%+v", d)
			require.Equal(t, c.why, d.Why)
			require.NotEmpty(t, d.Detail)
			total := d.Eligible
			for _, n := range d.ByReason {
				total += n
			}
			require.Equal(t, len(c.agents), total, "everybody is accounted for")
			require.Equal(t, d, f.Decide(c.w), "deciding changes nothing")
			if c.want != "" {
				require.Equal(t, c.want, d.Candidates[0].Agent)
				require.Equal(t, threads.RoutedOffered, d.Outcome)
			}
		})
	}
}

func TestTheFirstQueueWhoseConditionsHoldIsTheConversations(t *testing.T) {
	queues := []Queue{
		{ID: "off", When: Conditions{}},
		{ID: "vip", Enabled: true, When: Conditions{Tags: []string{"vip", "gold"}, Priorities: []string{"high", "urgent"}}},
		{ID: "night", Enabled: true, When: Conditions{Hours: &Hours{ScheduleID: "sc_1", Open: false}, Channels: []threads.ChannelID{"ch_9"}}},
		{ID: "lost", Enabled: true, When: Conditions{Hours: &Hours{ScheduleID: "sc_gone", Open: false}}},
		{ID: "portuguese", Enabled: true, When: Conditions{Languages: []string{"pt"}}},
		{ID: "chat", Enabled: true, When: Conditions{Styles: []threads.StyleName{threads.LiveChat}}},
		{ID: "normal", Enabled: true, When: Conditions{Priorities: []string{"normal"}}},
	}
	f := NewFloor(nil, queues, Defaults(), map[string]bool{"sc_1": false}, noon)
	for _, c := range []struct {
		want threads.QueueID
		edit func(*Waiting)
	}{
		{"vip", func(w *Waiting) { w.Tags, w.Priority = []string{"new", "gold"}, "urgent" }},
		{"chat", func(w *Waiting) { w.Tags = []string{"gold"} }},
		{"night", func(w *Waiting) { w.Channel = "ch_9" }},
		{"portuguese", func(w *Waiting) { w.Language = "pt-BR" }},
		{"portuguese", func(w *Waiting) { w.Language = "PT" }},
		{"chat", func(w *Waiting) { w.Language = "ptx" }},
		{"normal", func(w *Waiting) { w.Style = threads.SocialMessaging }},
		{"", func(w *Waiting) { w.Style, w.Priority = threads.SocialMessaging, "low" }},
	} {
		require.Equal(t, c.want, f.Queue(someone(c.edit)).ID)
	}
	require.True(t, AsksLanguage(queues))
	require.False(t, AsksLanguage(queues[:4]))
	require.Equal(t, []string{"sc_1", "sc_gone"}, Schedules(queues))
}

func TestAnOfferKeepsAPlaceAndSoDoesAConversation(t *testing.T) {
	f := floorOf(noon, nil, online("ag_a", 0, 2))
	require.True(t, f.HasRoom())
	f.Take("ag_a", someone(), true)
	f.Take("ag_a", someone(), false)
	f.Take("ag_unknown", someone(), false)
	a, _ := f.Agent("ag_a")
	require.Equal(t, []int{1, 1, 0}, []int{a.Load, a.Offers, a.Spare()})
	require.Equal(t, noon, a.LastAt)
	require.False(t, f.HasRoom())
	g := floorOf(noon, nil, online("ag_a", 0, 2))
	g.Fill("ag_a", someone())
	require.Equal(t, threads.WhyAllFull, g.Decide(someone()).Why)
}

func TestModesSayWhatHappens(t *testing.T) {
	s := Defaults()
	s.Mode = Auto
	f := NewFloor([]Agent{online("ag_a", 0, 2)}, nil, s, nil, noon)
	require.Equal(t, threads.RoutedAssigned, f.Decide(someone()).Outcome)
}

func TestWhenTimeAloneMayChangeTheDecision(t *testing.T) {
	q := []Queue{{
		Enabled: true, Preferred: []Skill{{Name: "x"}}, RelaxAfter: time.Minute, Overflow: []threads.GroupID{"gr_2"}, OverflowAfter: 3 * time.Minute,
	}}
	f := floorOf(noon, q)
	require.Equal(t, noon.Add(time.Minute), f.Next(someone()))
	require.Equal(t, noon.Add(time.Minute), f.Next(someone(func(w *Waiting) { w.QueuedAt = noon.Add(-2 * time.Minute) })))
	require.Equal(t, noon.Add(20*time.Second), f.Next(someone(func(w *Waiting) {
		w.Passes = []threads.Pass{{Agent: "ag_a", At: noon.Add(-10 * time.Second)}}
	})))
	require.True(t, floorOf(noon, nil).Next(someone()).IsZero())
}

func TestSkillsAreReadWithTheirLevels(t *testing.T) {
	for text, want := range map[string]Skill{"French": {"french", 1}, " spanish:3": {"spanish", 3}, "go lang:5": {"go lang", 5}} {
		got, err := ParseSkill(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
		again, err := ParseSkill(got.String())
		require.NoError(t, err)
		require.Equal(t, want, again)
	}
	for _, text := range []string{"", " ", ":3", "french:0", "french:6", "french:x", "french:"} {
		_, err := ParseSkill(text)
		require.Error(t, err, text)
	}
}

func TestSettingsThatCannotBeAreRefusedByTheirName(t *testing.T) {
	require.NoError(t, Defaults().Validate())
	for field, edit := range map[string]func(*Settings){
		"mode": func(s *Settings) { s.Mode = "chaos" }, "method": func(s *Settings) { s.Method = "dice" },
		"return_to": func(s *Settings) { s.ReturnTo = "" }, "leave": func(s *Settings) { s.Leave = "x" },
		"offer_timeout": func(s *Settings) { s.OfferTimeout = 0 }, "offline_after": func(s *Settings) { s.OfflineAfter = time.Second },
		"leave_after": func(s *Settings) { s.LeaveAfter = -time.Second },
	} {
		s := Defaults()
		edit(&s)
		var wrong *threads.FieldError
		require.ErrorAs(t, s.Validate(), &wrong)
		require.Equal(t, field, wrong.Field)
	}
}
