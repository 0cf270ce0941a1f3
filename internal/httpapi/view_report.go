package httpapi

import (
	"math"
	"slices"

	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/internal/reports"
	"threadhub/threads"
)

func reportView(q reports.Query, r reports.Report, n names) api.ConversationReport {
	out := api.ConversationReport{
		From: timeView(q.Period.From), To: timeView(q.Period.To), Zone: q.Zone.String(),
		Date:    api.ReportDate(q.Period.By),
		GroupBy: convert(q.GroupBy, func(d reports.Dimension) api.ReportDimension { return api.ReportDimension(d) }),
		Rows:    make([]api.ReportRow, len(r.Rows)), Total: figuresView(&r.Total),
	}
	for i := range r.Rows {
		out.Rows[i] = reportRowView(q.GroupBy, &r.Rows[i], n)
	}
	return out
}

func reportRowView(by []reports.Dimension, r *reports.Row, n names) api.ReportRow {
	out := api.ReportRow{Figures: figuresView(&r.Sums)}
	k := r.Key
	if slices.Contains(by, reports.Day) {
		out.Day = &k.Day
	}
	if slices.Contains(by, reports.Channel) {
		id := string(k.Channel)
		out.ChannelID, out.ChannelName = &id, orNull(n.channels[k.Channel])
	}
	if slices.Contains(by, reports.Style) {
		style := api.StyleName(k.Style)
		out.Style = &style
	}
	if slices.Contains(by, reports.Agent) {
		out.AgentID, out.AgentName = orNull(string(k.Agent)), orNull(n.agents[k.Agent])
	}
	if slices.Contains(by, reports.Group) {
		out.GroupID, out.GroupName = orNull(string(k.Group)), orNull(n.groups[k.Group])
	}
	return out
}

func figuresView(s *reports.Sums) api.ReportFigures {
	return api.ReportFigures{
		Conversations: s.Conversations, Customers: s.Customers, Solved: s.Solved, Closed: s.Closed,
		Reopened: s.Reopened, Reopens: s.Reopens, ReopenRate: share(s.ReopenRate()),
		OneTouch: s.OneTouch, OneTouchRate: share(s.OneTouchRate()),
		Replies: s.Replies, OverCapacityReturns: s.OverCapacityReturns,
		ReturningCustomers: s.Returning, ConversationsPerReturningCustomer: share(s.ConversationsPerReturning()),
		Elapsed: clockView(&s.Elapsed), Business: clockView(&s.Business),
	}
}

// share is a quotient with four digits after the point, null for none.
func share(v float64, ok bool) nullable.Nullable[float64] {
	return numberOrNull(api.OptionalNumber{Value: math.Round(v*10_000) / 10_000, Valid: ok})
}

func numberOrNull(n api.OptionalNumber) nullable.Nullable[float64] {
	if !n.Valid {
		return null[float64]()
	}
	return nullable.NewNullableWithValue(n.Value)
}

func clockView(c *reports.Clock) api.ReportTimes {
	var out api.ReportTimes
	for i, t := range timesOf(&out) {
		*t.time = distributionView(&c.Times[i])
	}
	out.HandleSecondsPerCustomer = numberOrNull(millisView(c.HandlePerCustomer()))
	return out
}

func distributionView(d *reports.Distribution) api.ReportTime {
	out := api.ReportTime{Count: d.Count, Mean: millisView(d.Mean()), Max: millisView(float64(d.Max), d.Count > 0)}
	quantile := func(q float64) api.OptionalNumber {
		ms, ok := d.Quantile(q)
		return millisView(float64(ms), ok)
	}
	out.P50, out.P90 = quantile(0.5), quantile(0.9)
	return out
}

// millisView is a time in seconds with milliseconds, null for none.
func millisView(ms float64, ok bool) api.OptionalNumber {
	return api.OptionalNumber{Value: math.Round(ms) / 1000, Valid: ok}
}

// namedTime is a time of a report with its name in the API.
type namedTime struct {
	name string
	time *api.ReportTime
}

// timesOf lists the times in the order of threads.Timing.
func timesOf(t *api.ReportTimes) [threads.Timings]namedTime {
	return [...]namedTime{
		threads.TimingFirstReply:             {"first_reply_seconds", &t.FirstReplySeconds},
		threads.TimingFirstAssignment:        {"first_assignment_seconds", &t.FirstAssignmentSeconds},
		threads.TimingAssignmentToReply:      {"assignment_to_first_reply_seconds", &t.AssignmentToFirstReplySeconds},
		threads.TimingRequesterWaitByStatus:  {"requester_wait_by_status_seconds", &t.RequesterWaitByStatusSeconds},
		threads.TimingRequesterWaitByMessage: {"requester_wait_by_message_seconds", &t.RequesterWaitByMessageSeconds},
		threads.TimingAgentWait:              {"agent_wait_seconds", &t.AgentWaitSeconds},
		threads.TimingOnHold:                 {"on_hold_seconds", &t.OnHoldSeconds},
		threads.TimingFirstResolution:        {"first_resolution_seconds", &t.FirstResolutionSeconds},
		threads.TimingFullResolution:         {"full_resolution_seconds", &t.FullResolutionSeconds},
		threads.TimingHandle:                 {"handle_seconds", &t.HandleSeconds},
	}
}
