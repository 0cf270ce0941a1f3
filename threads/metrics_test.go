package threads

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// life is a conversation as a script moves it: "09:00 customer, 09:05 reply".
type life struct {
	t        *testing.T
	conv     Conversation
	business Measure
	now      time.Time
}

const scheduleID = "sc_1"

func newLife(t *testing.T, business Measure) *life {
	t.Helper()
	return &life{t: t, business: business}
}

// decided takes a decision over into the record.
func (c *Conversation) decided(in Input, st State, business Measure) {
	c.Metrics, c.State = c.Metrics.Advance(c.State, st, in, business), st
}

// clockTime is a time of the scripts' day, a Sunday.
func (l *life) clockTime(text string) time.Time {
	l.t.Helper()
	at, err := time.Parse("15:04:05", text+":00"[3*strings.Count(text, ":")-3:])
	require.NoError(l.t, err, text)
	return time.Date(t0.Year(), t0.Month(), t0.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
}

func (l *life) play(script string) {
	l.t.Helper()
	for step := range strings.SplitSeq(script, ",") {
		words := strings.Fields(step)
		l.now = l.clockTime(words[0])
		l.step(words[1], strings.Join(words[2:], " "))
	}
}

func (l *life) step(verb, arg string) {
	l.t.Helper()
	in := Input{ReceivedAt: l.now, Actor: Author{Type: AuthorAgent, ID: "ag_" + arg}}
	if arg == "" {
		in.Actor = bea
	}
	switch verb {
	case "customer":
		in.Kind = InCustomerMessage
		if arg != "" {
			in.ReceivedAt = l.clockTime(arg) // the hub had it since
		}
	case "echo":
		in.Kind = InExternalMessage
	case "reply":
		in.Kind = InAgentMessage
	case "start":
		in.Kind = InStart
	case "reminder":
		in.Kind, in.Actor = InAgentMessage, Author{Type: AuthorSystem}
	case "note":
		in.Kind = InNote
	case "failed":
		in.Kind = InDeliveryFailed
	case "assign":
		in.Kind, in.Assignee = InAssign, AgentID("ag_"+arg)
		if arg == "nobody" {
			in.Assignee = ""
		}
	case "end-session":
		in.Kind = InEndSession
	case "due":
		in.Kind, in.Generation = InCloseDue, l.conv.State.Generation
	default:
		in.Kind, in.Status = InSetStatus, Status(verb)
	}
	p := Policy{Style: style(l.t, SocialMessaging, "1h"), AssigneeAvailable: true}
	if l.business != nil {
		p.Style.Close.ScheduleID = scheduleID
	}
	st, effects := Decide(l.conv.State, in, p, l.now)
	require.NoError(l.t, refusal("", effects), verb)
	l.conv.decided(in, st, l.business)
}

// told lists the values there are, as "reply=5m assigned=0s".
func (l *life) told(at string) string {
	v := l.conv.ReadMetrics(l.clockTime(at), l.business)
	out := append(v.Elapsed.told(), v.told()...)
	return strings.Join(out, " ")
}

func (t Times) told() (out []string) {
	for _, f := range []struct {
		name string
		d    *time.Duration
	}{
		{"assigned", t.FirstAssignment},
		{"reply", t.FirstReply},
		{"assigned-reply", t.AssignmentToReply},
		{"wait-status", t.RequesterWaitByStatus},
		{"wait-message", t.RequesterWaitByMessage},
		{"agent-wait", t.AgentWait},
		{"hold", t.OnHold},
		{"first-solve", t.FirstResolution},
		{"full-solve", t.FullResolution},
		{"handle", t.Handle},
	} {
		if f.d != nil {
			out = append(out, f.name+"="+f.d.String())
		}
	}
	return out
}

func (v MetricValues) told() (out []string) {
	if v.Replies > 0 {
		out = append(out, fmt.Sprintf("replies=%d", v.Replies))
	}
	if v.Reopens > 0 {
		out = append(out, fmt.Sprintf("reopens=%d", v.Reopens))
	}
	if v.OneTouch != nil {
		out = append(out, fmt.Sprintf("one-touch=%t", *v.OneTouch))
	}
	return out
}

func TestMetricsOfAConversation(t *testing.T) {
	for _, c := range []struct{ name, script, at, want string }{
		{
			"nothing but a first message: only the wait goes on", "09:00 customer", "09:02",
			"wait-status=2m0s",
		},
		{
			"assigned 09:00, reply 09:05, solved 09:06: handled for six minutes",
			"08:58 customer, 09:00 assign bea, 09:05 reply, 09:06 solved", "10:00",
			"assigned=2m0s reply=7m0s assigned-reply=5m0s wait-status=8m0s wait-message=7m0s first-solve=8m0s full-solve=8m0s handle=6m0s replies=1 one-touch=true",
		},
		{
			"the same without a reply: not handled, nothing replied",
			"08:58 customer, 09:00 assign bea, 09:06 solved", "10:00",
			"assigned=2m0s wait-status=8m0s first-solve=8m0s full-solve=8m0s one-touch=false",
		},
		{
			"neither a note nor a reminder nor a failed delivery is a reply",
			"09:00 customer, 09:01 assign bea, 09:02 note, 09:03 reminder, 09:04 failed", "09:10",
			"assigned=1m0s wait-status=10m0s",
		},
		{
			"who replies to what nobody has takes it, there and then",
			"09:00 customer, 09:04 reply, 09:05 reply, 09:06 solved", "10:00",
			"assigned=4m0s reply=4m0s assigned-reply=0s wait-status=6m0s wait-message=4m0s first-solve=6m0s full-solve=6m0s handle=2m0s replies=2 one-touch=true",
		},
		{
			"a stretch that goes on counts once an agent wrote in it", "09:00 customer, 09:01 assign bea, 09:03 reply", "09:05",
			"assigned=1m0s reply=3m0s assigned-reply=2m0s wait-status=5m0s wait-message=3m0s handle=4m0s replies=1",
		},
		{
			"a reply from the platform's app is a reply, but nobody's handling",
			"09:00 customer, 09:02 echo, 09:03 assign bea, 09:05 echo, 09:06 solved", "10:00",
			"assigned=3m0s reply=2m0s assigned-reply=2m0s wait-status=6m0s wait-message=2m0s first-solve=6m0s full-solve=6m0s replies=2 one-touch=false",
		},
		{
			"a reply before the assignment is not the reply to it", "09:00 customer, 09:02 echo, 09:03 assign bea", "09:04",
			"assigned=3m0s reply=2m0s wait-status=4m0s wait-message=2m0s replies=1",
		},
		{
			"each agent has a stretch; those without a message of an agent do not count",
			"09:00 customer, 09:00 assign bea, 09:02 reply, 09:03 assign cyd, 09:07 assign bea, 09:08 reply, 09:10 solved", "10:00",
			"assigned=0s reply=2m0s assigned-reply=2m0s wait-status=10m0s wait-message=2m0s first-solve=10m0s full-solve=10m0s handle=6m0s replies=2 one-touch=true",
		},
		{
			"taken from everybody, nobody handles it",
			"09:00 customer, 09:00 assign bea, 09:01 reply, 09:02 assign nobody, 09:09 assign bea, 09:10 reply, 09:12 solved", "10:00",
			"assigned=0s reply=1m0s assigned-reply=1m0s wait-status=12m0s wait-message=1m0s first-solve=12m0s full-solve=12m0s handle=5m0s replies=2 one-touch=true",
		},
		{
			"waiting for the customer is the agent's wait; the customer's answer goes on with the handling",
			"09:00 customer, 09:00 assign bea, 09:02 reply, 09:03 pending, 09:13 customer, 09:15 reply, 09:16 solved", "10:00",
			"assigned=0s reply=2m0s assigned-reply=2m0s wait-status=6m0s wait-message=4m0s agent-wait=10m0s first-solve=16m0s full-solve=16m0s handle=6m0s replies=2 one-touch=false",
		},
		{
			"on hold the customer waits; an agent who opens it again begins no stretch",
			"09:00 customer, 09:00 assign bea, 09:01 reply, 09:02 on_hold, 09:12 open, 09:13 reply, 09:14 solved", "10:00",
			"assigned=0s reply=1m0s assigned-reply=1m0s wait-status=14m0s wait-message=1m0s hold=10m0s first-solve=14m0s full-solve=14m0s handle=2m0s replies=2 one-touch=false",
		},
		{
			"pending and on hold go on while they last", "09:00 customer, 09:01 on_hold, 09:03 pending", "09:10",
			"wait-status=3m0s agent-wait=7m0s hold=2m0s",
		},
		{
			"reopened by the customer and solved again: first and latest solve",
			"09:00 customer, 09:01 reply, 09:02 solved, 09:10 customer, 09:13 reply, 09:15 solved, 10:15 due", "11:00",
			"assigned=1m0s reply=1m0s assigned-reply=0s wait-status=7m0s wait-message=4m0s first-solve=2m0s full-solve=15m0s handle=6m0s replies=2 reopens=1 one-touch=false",
		},
		{
			"two reopenings", "09:00 customer, 09:01 solved, 09:02 customer, 09:03 solved, 09:04 customer, 09:05 solved", "09:30",
			"assigned=1m0s wait-status=3m0s first-solve=1m0s full-solve=5m0s reopens=2 one-touch=false",
		},
		{
			"an agent who takes a solve back: not reopened by the customer, nor one-touch",
			"09:00 customer, 09:01 reply, 09:02 solved, 09:03 open, 09:05 solved", "09:30",
			"assigned=1m0s reply=1m0s assigned-reply=0s wait-status=4m0s wait-message=1m0s first-solve=2m0s full-solve=5m0s handle=1m0s replies=1 one-touch=false",
		},
		{
			"several messages in a row are one wait, from the first", "09:00 customer, 09:02 customer, 09:05 reply, 09:06 customer", "09:30",
			"assigned=5m0s reply=5m0s assigned-reply=0s wait-status=30m0s wait-message=5m0s handle=25m0s replies=1",
		},
		{
			"thanks that got no reply are not waited on for days: the reopening message is",
			"09:00 customer, 09:01 reply, 09:02 customer, 09:03 solved, 09:50 customer, 09:51 reply", "09:52",
			"assigned=1m0s reply=1m0s assigned-reply=0s wait-status=5m0s wait-message=2m0s first-solve=3m0s full-solve=3m0s handle=4m0s replies=2 reopens=1 one-touch=false",
		},
		{
			"a reply after the solve answers what was asked", "09:00 customer, 09:01 assign bea, 09:02 solved, 09:03 reply", "09:30",
			"assigned=1m0s reply=3m0s assigned-reply=2m0s wait-status=2m0s wait-message=3m0s first-solve=2m0s full-solve=2m0s replies=1 one-touch=true",
		},
		{
			"the business writes first", "09:00 start, 09:04 customer, 09:06 reply, 09:07 solved", "09:30",
			"assigned=0s reply=0s assigned-reply=0s wait-status=7m0s wait-message=2m0s first-solve=7m0s full-solve=7m0s handle=7m0s replies=2 one-touch=true",
		},
		{
			"the business writes first, from the platform's app", "09:00 echo", "09:05",
			"reply=0s agent-wait=5m0s replies=1",
		},
		{
			"a message worked late changes nothing that was counted",
			"09:00 customer, 09:01 assign bea, 09:05 reply, 09:06 solved, 09:08 customer 09:04:30, 09:09 reply", "09:10",
			"assigned=1m0s reply=5m0s assigned-reply=4m0s wait-status=10m0s wait-message=8m0s first-solve=6m0s full-solve=6m0s handle=9m0s replies=2 reopens=1 one-touch=false",
		},
		{
			"closed is final: what was counted stays", "09:00 customer, 09:01 reply, 09:02 solved, 10:30 due, 11:00 echo", "23:00",
			"assigned=1m0s reply=1m0s assigned-reply=0s wait-status=2m0s wait-message=1m0s first-solve=2m0s full-solve=2m0s handle=1m0s replies=1 one-touch=true",
		},
		{
			"accepted before the close: it goes on from where it closed",
			"09:00 customer, 09:01 reply, 09:02 solved, 10:05 due, 10:20 customer 10:01, 10:22 reply, 10:23 solved", "10:30",
			"assigned=1m0s reply=1m0s assigned-reply=0s wait-status=23m0s wait-message=21m0s first-solve=2m0s full-solve=1h23m0s handle=22m0s replies=2 reopens=1 one-touch=false",
		},
		{
			"ended and never solved: it closes when the customer writes again", "09:00 customer, 09:01 reply, 09:02 end-session, 09:20 customer", "10:00",
			"assigned=1m0s reply=1m0s assigned-reply=0s wait-status=20m0s wait-message=1m0s handle=19m0s replies=1",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLife(t, nil)
			l.play(c.script)
			require.Equal(t, c.want, l.told(c.at))
			require.Nil(t, l.conv.ReadMetrics(l.now, nil).Business)
		})
	}
}

// openHours counts what lies between 09:00 and 09:30 of the scripts' day.
func openHours(l *life) Measure {
	from, to := l.clockTime("09:00"), l.clockTime("09:30")
	return func(a, b time.Time) time.Duration {
		return max(0, earlier(b, to).Sub(later(a, from)))
	}
}

func TestBusinessTimesAreMeasuredByTheSchedule(t *testing.T) {
	l := newLife(t, nil)
	l.business = openHours(l)
	l.play("08:50 customer, 09:10 assign bea, 09:20 reply, 09:25 on_hold, 09:40 customer, 09:50 reply, 10:00 solved")
	business := func(at string, m Measure) string {
		v := l.conv.ReadMetrics(l.clockTime(at), m)
		require.NotNil(t, v.Business)
		return strings.Join(v.Business.told(), " ")
	}
	require.Equal(t, "assigned=10m0s reply=20m0s assigned-reply=10m0s wait-status=30m0s wait-message=20m0s hold=5m0s first-solve=30m0s full-solve=30m0s handle=15m0s",
		business("11:00", l.business))
	require.Contains(t, l.told("11:00"), "wait-status=1h10m0s", "elapsed time goes on beside it")

	open := newLife(t, nil)
	open.business = openHours(open)
	open.play("09:00 customer, 09:01 pending")
	l = open
	require.Equal(t, "wait-status=1m0s agent-wait=9m0s", business("09:10", l.business), "a state that lasts")
	require.Equal(t, "wait-status=1m0s agent-wait=0s", business("09:10", nil), "without the schedule, as of the latest change")
}

func TestBusinessTimesAreGivenUpRatherThanWrong(t *testing.T) {
	gone := newLife(t, nil)
	gone.business = openHours(gone)
	gone.play("09:00 customer, 09:01 reply")
	require.Equal(t, scheduleID, gone.conv.Metrics.ScheduleID)
	schedule := gone.business
	gone.business = nil
	gone.play("09:02 pending")
	require.Zero(t, gone.conv.Metrics.Business)
	gone.business = schedule
	gone.play("09:03 customer")
	require.Nil(t, gone.conv.ReadMetrics(gone.now, schedule).Business, "and it does not come back")

	late := newLife(t, nil)
	late.play("09:00 customer")
	late.business = schedule
	late.play("09:01 reply")
	require.Nil(t, late.conv.ReadMetrics(late.now, schedule).Business, "not measured from the beginning")
}

func TestAReminderIsNoReplyInTheStateEither(t *testing.T) {
	l := newLife(t, nil)
	l.play("09:00 customer, 09:01 assign bea, 09:02 reminder")
	require.Zero(t, l.conv.State.FirstReplyAt)
	require.Zero(t, l.conv.State.LastAgentMessageAt)
	l.play("09:03 reply, 09:04 reminder")
	require.Equal(t, l.clockTime("09:03"), l.conv.State.FirstReplyAt)
	require.Equal(t, l.clockTime("09:03"), l.conv.State.LastAgentMessageAt)
}

func TestReadingMetricsChangesNothing(t *testing.T) {
	l := newLife(t, nil)
	l.play("09:00 customer, 09:01 reply, 09:02 on_hold")
	before := l.conv.Metrics
	l.told("12:00")
	require.Equal(t, before, l.conv.Metrics)
	require.Contains(t, l.told("08:00"), "hold=0s", "an earlier moment is the latest change")
}

func TestAConversationWithoutMetricsBeginsToCountNow(t *testing.T) {
	l := newLife(t, nil)
	l.play("09:00 customer")
	l.conv.Metrics = Metrics{} // as one stored before there were any
	require.Empty(t, l.told("09:10"))
	l.play("09:30 pending")
	require.Equal(t, "agent-wait=5m0s", l.told("09:35"))
}

func TestMetricsAddLittleToAMessage(t *testing.T) {
	l := newLife(t, nil)
	l.play("09:00 customer, 09:01 reply")
	in := Input{Kind: InCustomerMessage, ReceivedAt: l.now.Add(time.Minute)}
	allocs := testing.AllocsPerRun(100, func() { l.conv.decided(in, l.conv.State, nil) })
	require.Zero(t, allocs)
	raw, err := json.Marshal(l.conv.Metrics)
	require.NoError(t, err)
	require.Less(t, len(raw), 300, string(raw))
}

func BenchmarkMetricsOfAMessage(b *testing.B) {
	st, _ := DefaultStyle(SocialMessaging)
	at := t0
	var c Conversation
	in := Input{Kind: InCustomerMessage, ReceivedAt: at}
	began, _ := Decide(State{}, in, Policy{Style: st}, at)
	c.decided(in, began, nil)
	b.ReportAllocs()
	for b.Loop() {
		in.ReceivedAt = in.ReceivedAt.Add(time.Second)
		c.decided(in, c.State, nil)
	}
}
