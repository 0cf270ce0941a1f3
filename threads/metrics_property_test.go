package threads

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// lived is one decision in the history that the model looks back on.
type lived struct {
	at            time.Time
	before, after State
	in            Input
}

// model works the metrics out from the whole history, each by its definition.
type model struct {
	steps   []lived
	now     time.Time
	measure Measure
}

// add keeps what was decided while the conversation lived, at its moment.
func (h *model) add(before, after State, in Input) {
	if before.Status == StatusClosed && after.Status == StatusClosed {
		return
	}
	at := in.ReceivedAt
	if after.Status == StatusClosed {
		at = after.ClosedAt
	}
	if n := len(h.steps); n > 0 {
		at = later(at, h.steps[n-1].at)
	}
	h.steps = append(h.steps, lived{at, before, after, in})
}

// find answers the first step from i on that fits, -1 when none does.
func (h *model) find(i int, fits func(lived) bool) int {
	for ; i >= 0 && i < len(h.steps); i++ {
		if fits(h.steps[i]) {
			return i
		}
	}
	return -1
}

// between measures from one step to another, nil without either.
func (h *model) between(i, j int) *time.Duration {
	if i < 0 || j < 0 {
		return nil
	}
	d := h.measure(h.steps[i].at, h.steps[j].at)
	return &d
}

func (s lived) replied() bool {
	agent := (s.in.Kind == InAgentMessage || s.in.Kind == InStart) && s.in.Actor.Type == AuthorAgent
	return s.after.Status != StatusClosed && (agent || s.in.Kind == InExternalMessage)
}

func (s lived) assigned() bool {
	return s.after.Assignee != "" && s.after.Assignee != s.before.Assignee
}
func (s lived) solved() bool { return !s.after.SolvedAt.IsZero() && s.before.SolvedAt.IsZero() }

func (s lived) asked() bool {
	return s.in.Kind == InCustomerMessage && s.after.Status != StatusClosed
}

func (s lived) back() bool { return s.before.Exists() && s.before.Status != StatusOpen && s.asked() }

// spent sums the time in some statuses, up to now for one that lasts.
func (h *model) spent(in ...Status) *time.Duration {
	var sum time.Duration
	ever := false
	for i, s := range h.steps {
		until := h.now
		if i+1 < len(h.steps) {
			until = h.steps[i+1].at
		}
		for _, status := range in {
			if s.after.Status == status {
				ever = true
				sum += h.measure(s.at, later(until, s.at))
			}
		}
	}
	if !ever {
		return nil
	}
	return &sum
}

// waited sums from each first unanswered message to its reply; a message that
// reopens takes the place of those before it.
func (h *model) waited() *time.Duration {
	var sum *time.Duration
	asked := -1
	for i, s := range h.steps {
		reopens := s.before.Status == StatusSolved || s.before.Status == StatusClosed
		switch {
		case s.asked() && (asked < 0 || reopens):
			asked = i
		case s.replied() && asked >= 0:
			d := *h.between(asked, i)
			if sum != nil {
				d += *sum
			}
			sum, asked = &d, -1
		}
	}
	return sum
}

// handled sums the stretches in which an agent wrote.
func (h *model) handled() *time.Duration {
	var sum *time.Duration
	for i, s := range h.steps {
		if s.after.Status != StatusOpen || s.after.Assignee == "" || !s.assigned() && !s.back() {
			continue
		}
		end := h.find(i+1, func(e lived) bool {
			return e.after.Status != StatusOpen || e.after.Assignee != s.after.Assignee
		})
		wrote := h.find(i, func(m lived) bool { return m.replied() && m.in.Kind != InExternalMessage })
		if wrote < 0 || end >= 0 && wrote >= end {
			continue
		}
		until := h.now
		if end >= 0 {
			until = h.steps[end].at
		}
		d := h.measure(s.at, later(until, h.steps[len(h.steps)-1].at))
		if end >= 0 {
			d = h.measure(s.at, until)
		}
		if sum != nil {
			d += *sum
		}
		sum = &d
	}
	return sum
}

func (h *model) times() Times {
	assigned, replied := h.find(0, lived.assigned), h.find(0, lived.replied)
	solved := h.find(0, lived.solved)
	last := solved
	for i := solved; i >= 0; i = h.find(i+1, lived.solved) {
		last = i
	}
	return Times{
		FirstReply: h.between(0, replied), FirstAssignment: h.between(0, assigned),
		AssignmentToReply:     h.between(assigned, h.find(assigned, lived.replied)),
		RequesterWaitByStatus: h.spent(StatusNew, StatusOpen, StatusOnHold), RequesterWaitByMessage: h.waited(),
		AgentWait: h.spent(StatusPending), OnHold: h.spent(StatusOnHold),
		FirstResolution: h.between(0, solved), FullResolution: h.between(0, last), Handle: h.handled(),
	}
}

func (h *model) values() MetricValues {
	v := MetricValues{Elapsed: h.times()}
	touched, returned := false, false
	for _, s := range h.steps {
		if s.replied() {
			v.Replies++
			touched = touched || s.in.Kind != InExternalMessage
		}
		was := s.before.Status == StatusSolved || s.before.Status == StatusClosed
		returned = returned || was && s.after.Status != StatusSolved && s.after.Status != StatusClosed
	}
	v.Reopens = h.steps[len(h.steps)-1].after.ReopenCount
	if v.Elapsed.FirstResolution != nil {
		oneTouch := touched && !returned && v.Elapsed.AgentWait == nil && v.Elapsed.OnHold == nil
		v.OneTouch = &oneTouch
	}
	return v
}

// oddMinutes is a schedule that is open in every second minute.
func oddMinutes(from, to time.Time) time.Duration {
	open := func(at time.Time) time.Duration {
		since := at.Sub(t0) + 1000*time.Hour
		return since/(2*time.Minute)*time.Minute + max(0, since%(2*time.Minute)-time.Minute)
	}
	return open(to) - open(from)
}

func elapsed(from, to time.Time) time.Duration { return to.Sub(from) }

func TestMetricsCarriedForwardAreThoseOfTheWholeHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		st, _ := DefaultStyle(rapid.SampledFrom([]StyleName{LiveChat, LiveChatReturning, SocialMessaging}).Draw(t, "style"))
		st.Close.ScheduleID = scheduleID
		var c Conversation
		history := &model{}
		now := t0
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 100_000).Draw(t, "pause")) * 7 * time.Millisecond)
			in := anyInput(t, c.State, now)
			if rapid.IntRange(0, 5).Draw(t, "by the system") == 0 {
				in.Actor = Author{Type: AuthorSystem}
			}
			next, effects := Decide(c.State, in, Policy{Style: st, AssigneeAvailable: rapid.Bool().Draw(t, "available")}, now)
			history.add(c.State, next, in)
			c.decided(in, next, oddMinutes)
			if !c.State.Exists() {
				history, c = &model{}, Conversation{}
				continue
			}
			requireModel(t, history, &c, now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "later"))*time.Second))
			if begins(effects) {
				history, c = &model{}, Conversation{}
			}
		}
	})
}

func requireModel(t *rapid.T, history *model, c *Conversation, now time.Time) {
	read := c.ReadMetrics(now, oddMinutes)
	history.now, history.measure = now, elapsed
	want := history.values()
	history.measure = oddMinutes
	business := history.times()
	want.Business = &business
	require.Equal(t, want, read)

	raw, err := json.Marshal(c.Metrics)
	require.NoError(t, err)
	var back Metrics
	require.NoError(t, json.Unmarshal(raw, &back))
	require.Equal(t, c.Metrics, back)
}
