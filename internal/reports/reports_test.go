package reports

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the same zones on every machine

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/threads"
)

// history is a list of conversations as a source: their figures are encoded and
// read back, as stores do.
type history []threads.Conversation

func (h history) Figures(_ context.Context, p threads.Period, each func(threads.Figures) error) error {
	for _, c := range h {
		f, err := threads.DecodeFigures(threads.FiguresOf(c).Encode())
		if err != nil {
			return err
		}
		at := f.CreatedAt
		if p.By == threads.BySolved {
			at = f.SolvedAt
		}
		if at.IsZero() || at.Before(p.From) || !at.Before(p.To) {
			continue
		}
		if err := each(f); err != nil {
			return err
		}
	}
	return nil
}

var t0 = time.Date(2026, 3, 28, 20, 0, 0, 0, time.UTC)

// business is a schedule that is open in every second minute.
func business(from, to time.Time) time.Duration {
	open := func(at time.Time) time.Duration {
		since := at.Sub(t0)
		return since/(2*time.Minute)*time.Minute + max(0, since%(2*time.Minute)-time.Minute)
	}
	return open(to) - open(from)
}

// live plays a random life of one contact on one channel, over several
// conversations.
func live(t *rapid.T, contact int) history {
	var out history
	channel := threads.ChannelID(rapid.SampledFrom([]string{"ch_a", "ch_b"}).Draw(t, "channel"))
	name := rapid.SampledFrom(threads.StyleNames).Draw(t, "style")
	style, _ := threads.DefaultStyle(name)
	if rapid.Bool().Draw(t, "by a schedule") {
		style.Close.ScheduleID = "sc_1"
	}
	begin := func(at time.Time) threads.Conversation {
		return threads.Conversation{ChannelID: channel, Contact: threads.ContactBrief{ID: threads.ContactID(fmt.Sprint("ct_", contact))}, CreatedAt: at}
	}
	now := t0.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "first")) * time.Minute)
	c := begin(now)
	decide := func(in threads.Input) []threads.Effect {
		st, effects := threads.Decide(c.State, in, threads.Policy{Style: style, Group: "gr_1", AssigneeAvailable: true}, now)
		c.Metrics = c.Metrics.Advance(c.State, st, in, business)
		c.State = st
		return effects
	}
	for range rapid.IntRange(1, 25).Draw(t, "steps") {
		now = now.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "pause")) * 7 * time.Second)
		in := step(t, c.State, now)
		if !c.State.Exists() {
			in.Kind, c.CreatedAt = threads.InCustomerMessage, now
		}
		for _, e := range decide(in) {
			if _, over := e.(threads.Begin); over {
				out = append(out, c)
				c = begin(now)
				decide(threads.Input{Kind: threads.InCustomerMessage, ReceivedAt: now})
				break
			}
		}
	}
	return append(out, c)
}

func step(t *rapid.T, s threads.State, now time.Time) threads.Input {
	kinds := []threads.InputKind{
		threads.InCustomerMessage, threads.InCustomerMessage, threads.InAgentMessage, threads.InAssign, threads.InSetStatus,
		threads.InSetStatus, threads.InCloseDue, threads.InExternalMessage,
	}
	return threads.Input{
		Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), ReceivedAt: now, Generation: s.Generation, Admin: true,
		Actor:    threads.Author{Type: threads.AuthorAgent, ID: "ag_bea"},
		Assignee: threads.AgentID(rapid.SampledFrom([]string{"ag_bea", "ag_cyd"}).Draw(t, "agent")),
		Group:    threads.GroupID(rapid.SampledFrom([]string{"gr_1", "gr_2"}).Draw(t, "group")),
		Status: rapid.SampledFrom([]threads.Status{
			threads.StatusPending, threads.StatusOpen, threads.StatusSolved, threads.StatusSolved, threads.StatusClosed,
		}).Draw(t, "status"),
	}
}

// plain works a row out from the conversations, each figure by its definition.
func plain(list history) (out map[string]string) {
	out = map[string]string{}
	put := func(name string, v any) { out[name] = fmt.Sprint(v) }
	per := map[threads.ContactID]history{}
	n := map[string]int{}
	one := func(name string, yes bool) {
		if yes {
			n[name]++
		}
	}
	for _, c := range list {
		per[c.Contact.ID] = append(per[c.Contact.ID], c)
		v := c.ReadMetrics(t0.Add(1000*time.Hour), business)
		solved := c.State.Status == threads.StatusSolved || c.State.Status == threads.StatusClosed
		one("solved", solved)
		one("closed", c.State.Status == threads.StatusClosed)
		one("ever", v.Elapsed.FirstResolution != nil)
		one("touch", v.OneTouch != nil && *v.OneTouch)
		one("reopened", v.Reopens > 0)
		n["reopens"] += v.Reopens
		if solved {
			n["replies"] += v.Replies
		}
	}
	for _, mine := range per {
		back := len(mine) > 1 || mine[0].State.ReopenCount > 0
		one("returning", back)
		if back {
			n["of returning"] += len(mine)
		}
	}
	put("conversations", len(list))
	put("customers", len(per))
	for _, name := range []string{"solved", "closed", "ever", "touch", "reopened", "reopens", "replies", "returning", "of returning"} {
		put(name, n[name])
	}
	for i := range threads.Timings {
		put(fmt.Sprint("elapsed ", i), plainTimes(list, i, func(v threads.MetricValues) *threads.Times { return &v.Elapsed }))
		put(fmt.Sprint("business ", i), plainTimes(list, i, func(v threads.MetricValues) *threads.Times { return v.Business }))
	}
	return out
}

func plainTimes(list history, i threads.Timing, of func(threads.MetricValues) *threads.Times) string {
	var values []int64
	sum := int64(0)
	for _, c := range list {
		status := c.State.Status
		solved := status == threads.StatusSolved || status == threads.StatusClosed
		t := of(c.ReadMetrics(t0.Add(1000*time.Hour), business))
		if t == nil {
			continue
		}
		var d *time.Duration
		whole := true
		switch i {
		case threads.TimingFirstReply:
			d = t.FirstReply
		case threads.TimingFirstAssignment:
			d = t.FirstAssignment
		case threads.TimingAssignmentToReply:
			d = t.AssignmentToReply
		case threads.TimingFirstResolution:
			d = t.FirstResolution
		case threads.TimingFullResolution:
			d, whole = t.FullResolution, status == threads.StatusClosed
		case threads.TimingRequesterWaitByStatus:
			d, whole = t.RequesterWaitByStatus, solved
		case threads.TimingRequesterWaitByMessage:
			d, whole = t.RequesterWaitByMessage, solved
		case threads.TimingAgentWait:
			d, whole = t.AgentWait, solved
		case threads.TimingOnHold:
			d, whole = t.OnHold, solved
		case threads.TimingHandle:
			d, whole = t.Handle, solved
		}
		if d != nil && whole {
			values = append(values, d.Milliseconds())
			sum += d.Milliseconds()
		}
	}
	if len(values) == 0 {
		return "none"
	}
	slices.Sort(values)
	return fmt.Sprint(len(values), sum, values[(len(values)+1)/2-1], values[len(values)-1])
}

// told is a row in the words of plain.
func told(s Sums) map[string]string {
	out := map[string]string{}
	put := func(name string, v any) { out[name] = fmt.Sprint(v) }
	for name, v := range map[string]int{
		"conversations": s.Conversations, "customers": s.Customers, "solved": s.Solved, "closed": s.Closed, "ever": s.EverSolved,
		"touch": s.OneTouch, "reopened": s.Reopened, "reopens": s.Reopens, "replies": s.Replies, "returning": s.Returning,
		"of returning": s.ReturningConversations,
	} {
		put(name, v)
	}
	for clock, c := range map[string]Clock{"elapsed": s.Elapsed, "business": s.Business} {
		for i := range c.Times {
			d := &c.Times[i]
			text := "none"
			if p50, ok := d.Quantile(0.5); ok {
				text = fmt.Sprint(d.Count, d.Sum, p50, d.Max)
			}
			put(fmt.Sprintf("%s %d", clock, i), text)
		}
	}
	return out
}

func TestAReportIsThePlainSumOfItsConversations(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		var all history
		for i := range rapid.IntRange(1, 6).Draw(t, "contacts") {
			all = append(all, live(t, i)...)
		}
		q := Query{
			Zone:    zone,
			Period:  threads.Period{By: rapid.SampledFrom([]threads.PeriodTime{threads.ByCreated, threads.BySolved}).Draw(t, "by")},
			GroupBy: rapid.SliceOfDistinct(rapid.SampledFrom(places[:]), rapid.ID[Dimension]).Draw(t, "group by"),
		}
		q.Period.From = t0.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "from")) * time.Hour)
		q.Period.To = q.Period.From.Add(time.Duration(rapid.IntRange(0, 80).Draw(t, "hours")) * time.Hour)
		if rapid.Bool().Draw(t, "some agents") {
			q.Agents = []threads.AgentID{"ag_bea", ""}
		}
		got, err := Make(context.Background(), all, q)
		require.NoError(t, err)

		var within history
		rows := map[Key]history{}
		for _, c := range all {
			at := c.CreatedAt
			if q.Period.By == threads.BySolved {
				at = c.State.SolvedAt
			}
			if at.IsZero() || at.Before(q.Period.From) || !at.Before(q.Period.To) || len(q.Agents) > 0 && !slices.Contains(q.Agents, c.State.Assignee) {
				continue
			}
			within = append(within, c)
			k := Key{Day: at.In(zone).Format("2006-01-02"), Channel: c.ChannelID, Style: c.State.Style, Agent: c.State.Assignee, Group: c.State.Group}
			k = Key{
				Day: keep(q, Day, k.Day), Channel: keep(q, Channel, k.Channel), Style: keep(q, Style, k.Style),
				Agent: keep(q, Agent, k.Agent), Group: keep(q, Group, k.Group),
			}
			rows[k] = append(rows[k], c)
		}
		require.Equal(t, plain(within), told(got.Total))
		if len(q.GroupBy) == 0 {
			require.Empty(t, got.Rows)
			return
		}
		require.True(t, slices.IsSortedFunc(got.Rows, func(a, b Row) int { return cmp.Compare(fmt.Sprint(a.Key), fmt.Sprint(b.Key)) }))
		for _, r := range got.Rows {
			require.Equal(t, plain(rows[r.Key]), told(r.Sums), "%+v", r.Key)
			delete(rows, r.Key)
		}
		require.Empty(t, rows)
	})
}

func keep[T ~string](q Query, d Dimension, v T) T {
	if slices.Contains(q.GroupBy, d) {
		return v
	}
	return ""
}

func TestStylesAndDaysHaveARowEachEvenWithNothingInThem(t *testing.T) {
	zone, err := time.LoadLocation("America/Sao_Paulo")
	require.NoError(t, err)
	keys := func(q Query) (out []Key) {
		r, err := Make(t.Context(), history{}, q)
		require.NoError(t, err)
		for _, row := range r.Rows {
			out = append(out, row.Key)
		}
		return out
	}
	p := threads.Period{By: threads.ByCreated, From: t0, To: t0.Add(8 * time.Hour)}
	require.Equal(t, []Key{{Style: "live_chat"}, {Style: "live_chat_returning"}, {Style: "social_messaging"}}, keys(Query{Period: p, GroupBy: []Dimension{Style}}))
	require.Equal(t, []Key{{Style: "live_chat"}}, keys(Query{Period: p, GroupBy: []Dimension{Style}, Styles: []threads.StyleName{"live_chat"}}))
	require.Equal(t, []Key{{Day: "2026-03-28"}, {Day: "2026-03-29"}}, keys(Query{Period: p, GroupBy: []Dimension{Day}, Zone: zone}))
	require.Empty(t, keys(Query{Period: p, GroupBy: []Dimension{Day, Style}}))
	p.To = t0.Add(7 * time.Hour)
	require.Equal(t, []Key{{Day: "2026-03-28"}}, keys(Query{Period: p, GroupBy: []Dimension{Day}, Zone: zone}), "midnight there is 03:00 here")
}

func TestAReportWithTooManyRowsIsRefused(t *testing.T) {
	var all history
	for i := range MaxRows + 1 {
		all = append(all, threads.Conversation{ChannelID: threads.ChannelID(fmt.Sprint(i)), CreatedAt: t0})
	}
	q := Query{Period: threads.Period{By: threads.ByCreated, From: t0, To: t0.Add(1)}, GroupBy: []Dimension{Channel}}
	_, err := Make(t.Context(), all, q)
	require.ErrorIs(t, err, ErrTooManyRows)
	got, err := Make(t.Context(), all[1:], q)
	require.NoError(t, err)
	require.Len(t, got.Rows, MaxRows)
	q.Period.From, q.GroupBy = t0.AddDate(-40, 0, 0), []Dimension{Day}
	_, err = Make(t.Context(), all, q)
	require.ErrorIs(t, err, ErrTooManyRows, "before anything is read")
}

func TestAReportEndsWithItsContextAndItsSource(t *testing.T) {
	all := make(history, 5000)
	for i := range all {
		all[i].CreatedAt = t0
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q := Query{Period: threads.Period{By: threads.ByCreated, From: t0, To: t0.Add(1)}}
	_, err := Make(ctx, all, q)
	require.ErrorIs(t, err, context.Canceled)
	_, err = Make(t.Context(), brokenSource{}, q)
	require.ErrorIs(t, err, errBroken)
}

var errBroken = errors.New("broken")

type brokenSource struct{}

func (brokenSource) Figures(context.Context, threads.Period, func(threads.Figures) error) error {
	return errBroken
}

func TestTheStylesSideBySide(t *testing.T) {
	// Each of two customers comes back once: by live chat as a conversation
	// more, by social messaging in the one they have.
	at := func(style threads.StyleName, contact string, reopens int) threads.Conversation {
		return threads.Conversation{
			Contact: threads.ContactBrief{ID: threads.ContactID(contact)}, CreatedAt: t0,
			State: threads.State{Style: style, Status: threads.StatusSolved, ReopenCount: reopens, SolvedAt: t0},
		}
	}
	all := history{
		at(threads.LiveChat, "a", 0), at(threads.LiveChat, "a", 0), at(threads.LiveChat, "b", 0), at(threads.LiveChat, "b", 0),
		at(threads.SocialMessaging, "c", 1), at(threads.SocialMessaging, "d", 2), at(threads.SocialMessaging, "e", 0),
	}
	r, err := Make(t.Context(), all, Query{Period: threads.Period{By: threads.ByCreated, From: t0, To: t0.Add(1)}, GroupBy: []Dimension{Style}})
	require.NoError(t, err)
	per := func(i int) any {
		v, ok := r.Rows[i].ConversationsPerReturning()
		if !ok {
			return nil
		}
		return v
	}
	require.Equal(t, []any{2.0, nil, 1.0}, []any{per(0), per(1), per(2)})
}
