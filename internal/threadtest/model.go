package threadtest

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/threads"
)

// StepsVariable names the environment variable with how many steps the model
// is held against; docs/lifecycle.md has the command for the whole of it.
const StepsVariable = "THREADHUB_TEST_MODEL_STEPS"

const (
	stepsInTests = 1500
	// stepsEach is about how many steps a history has: rapid's default.
	stepsEach = 30
	// So many histories share a store; then comes a fresh one.
	shared = 40
)

// Model holds random histories on stores that open makes to the plain model of
// the lifecycle, after every step.
func Model(t *testing.T, open Open) {
	t.Helper()
	steps := stepsInTests
	if said := os.Getenv(StepsVariable); said != "" {
		n, err := strconv.Atoi(said)
		require.NoError(t, err, StepsVariable)
		steps = n
	}
	checks := flag.Lookup("rapid.checks")
	before := checks.Value.String()
	defer func() { require.NoError(t, checks.Value.Set(before)) }()
	done := 0
	for chunk := 0; done < steps && !t.Failed(); chunk++ {
		histories := min(shared, (steps-done)/stepsEach+1)
		require.NoError(t, checks.Value.Set(strconv.Itoa(histories)))
		t.Run(fmt.Sprint("from step ", done), func(t *testing.T) {
			store := open(t)
			rapid.Check(t, func(rt *rapid.T) { done += history(rt, t, store) })
		})
	}
	t.Logf("%d steps", done)
}

// model is a history: the service, and what it should be like.
type model struct {
	*desk
	world
	rt       *rapid.T
	have     map[string][]threads.Conversation // in the store, after the latest step
	ids      map[string][]string               // of messages, by contact
	calendar threads.Calendar                  // of the schedule
	steps    int
}

var (
	contacts = []string{"ana", "rui"}
	agents   = []threads.AgentID{"ag_bea", "ag_cyd"}
)

// history lets random things happen to a channel and answers how many did.
func history(rt *rapid.T, t *testing.T, store threads.Store) int {
	m := &model{desk: newDesk(t.Context(), store, begin), rt: rt, world: world{
		away: map[threads.AgentID]bool{}, office: true, lives: map[string][]*life{}, known: map[string]bool{},
	}, ids: map[string][]string{}}
	office, err := threads.NewCalendar(everyDay())
	require.NoError(rt, err)
	m.hours["office"], m.calendar = office, office
	m.world.style, m.world.now = m.desk.style, begin
	rt.Repeat(map[string]func(*rapid.T){
		"world": func(rt *rapid.T) { m.on(rt).turn() },
		"later": func(rt *rapid.T) { m.on(rt).later() },
		"race":  func(rt *rapid.T) { m.on(rt).race() },
		// Weighted: rapid picks among names.
		"deed":    func(rt *rapid.T) { m.on(rt).single() },
		"another": func(rt *rapid.T) { m.on(rt).single() },
		"third":   func(rt *rapid.T) { m.on(rt).single() },
	})
	require.NoError(rt, m.tidy())
	for _, list := range m.have {
		for _, c := range list {
			log, err := m.log(c.ID)
			require.NoError(rt, err)
			require.NoError(rt, soundLog(c, log))
		}
	}
	return m.steps
}

// everyDay are the hours that inOffice counts.
func everyDay() threads.Hours {
	h := threads.Hours{Zone: "UTC"}
	for _, day := range []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		h.Intervals = append(h.Intervals, threads.WeekInterval{Day: day, Interval: threads.Interval{From: "09:00", To: "17:00"}})
	}
	return h
}

// on makes the step's failures and draws those of rt.
func (m *model) on(rt *rapid.T) *model {
	m.rt = rt
	m.steps++
	return m
}

// single does one thing and compares.
func (m *model) single() {
	d := m.anyDeed("")
	err := d.do()
	want := d.then()
	m.refusal(d, err, want)
	m.compare(want != "")
}

// race does a thing while another one gets in between its decision and its
// commit: that is as if the other had come first.
func (m *model) race() {
	first, second := m.anyDeed("first "), m.anyDeed("second ")
	var secondErr error
	ran := false
	m.store.before = func() { ran, secondErr = true, second.do() }
	err := first.do()
	m.store.before = nil
	if ran {
		m.refusal(second, secondErr, second.then())
		m.refusal(first, err, first.then())
		if first.again != nil {
			require.NoError(m.rt, first.again())
		}
	} else { // it had nothing to commit
		m.refusal(first, err, first.then())
		m.refusal(second, second.do(), second.then())
	}
	m.compare(false)
}

func (m *model) refusal(d deed, err error, want threads.RefusalCode) {
	var refused *threads.RefusedError
	switch {
	case want == "":
		require.NoError(m.rt, err, d.name)
	case errors.As(err, &refused):
		require.Equal(m.rt, want, refused.Code, d.name)
		require.NotEmpty(m.rt, refused.Detail)
	default:
		require.Fail(m.rt, "should be refused", "%s as %s, not %v", d.name, want, err)
	}
}

// compare holds every conversation to its life, and to what it was before the
// step: the same, if that was refused.
func (m *model) compare(untouched bool) {
	all, err := m.everything()
	require.NoError(m.rt, err)
	require.Len(m.rt, all, len(m.lives), "contacts with conversations")
	for contact, list := range all {
		lives, before := m.lives[contact], m.have[contact]
		require.Len(m.rt, list, len(lives), "conversations of %s", contact)
		for i, c := range list {
			require.Equal(m.rt, lives[i].portrait(i), portraitOf(c), "%s's conversation %d", contact, i+1)
			require.NoError(m.rt, soundState(c, i == len(list)-1))
			if i < len(before) {
				require.NoError(m.rt, soundStep(before[i], c))
				require.True(m.rt, !untouched || before[i].Version == c.Version, "a refusal changes nothing")
			}
			if i > 0 {
				require.Equal(m.rt, list[i-1].ID, c.FollowUpOf)
				require.Equal(m.rt, list[i-1].State.Successor, c.ID)
			}
		}
	}
	m.have = all
}

// portrait is what a life and a conversation are compared by.
type portrait struct {
	Ordinal, Reopens, Messages                        int
	Status                                            threads.Status
	Style                                             threads.Style
	Assignee                                          threads.AgentID
	Group                                             threads.GroupID
	Attention, Followed, Occupies                     bool
	Session                                           threads.Session
	Began, Solved, Due, Closed, Queued, Ended, Silent time.Time
}

func (l *life) portrait(i int) portrait {
	p := portrait{
		Ordinal: i + 1, Reopens: l.reopens, Messages: l.messages, Status: l.status, Style: l.style, Assignee: l.assignee, Group: l.group,
		Session: l.session, Ended: l.endedAt, Silent: l.silent, Attention: l.attention, Followed: l.followed, Began: l.began, Solved: l.solved, Due: l.due, Closed: l.closed,
		Occupies: l.status == threads.StatusOpen && l.assignee != "" && l.session == threads.SessionActive,
	}
	if l.session != threads.SessionEnded && l.assignee == "" && (l.status == threads.StatusNew || l.status == threads.StatusOpen) {
		p.Queued = l.began
	}
	return p
}

func portraitOf(c threads.Conversation) portrait {
	s := c.State
	return portrait{
		Ordinal: c.Ordinal, Reopens: s.ReopenCount, Messages: c.MessageCount, Status: s.Status,
		Style: threads.Style{Name: s.Style, Close: s.Close}, Assignee: s.Assignee, Group: s.Group,
		Session: s.Session, Ended: s.SessionEndedAt, Silent: s.Silence.InactiveDueAt, Attention: s.NeedsAttention, Followed: s.Successor != "",
		Began: s.BeganAt, Solved: s.SolvedAt, Due: s.CloseDueAt, Closed: s.ClosedAt, Queued: s.QueuedAt,
		Occupies: s.UsesCapacity(false),
	}
}
