package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/directory"
	"threadhub/internal/reports"
	"threadhub/threads"
)

const (
	// reportsAtOnce bounds how many reports are made at a time: each may hold
	// the customers of a long period in memory. Others wait their turn.
	reportsAtOnce = 2
	// reportDays is the period of a report that was not told one.
	reportDays = 30
)

// dimensions by their names in the API. It is never changed.
var dimensions = map[api.ReportDimension]reports.Dimension{
	api.ReportDimensionChannel: reports.Channel, api.ReportDimensionStyle: reports.Style, api.ReportDimensionAgent: reports.Agent,
	api.ReportDimensionGroup: reports.Group, api.ReportDimensionDay: reports.Day,
}

// ReportConversations implements GET /v1/reports/conversations. Agents read
// their own figures; a token with the scope reads all that it may see.
func (s *server) ReportConversations(c *gin.Context, params api.ReportConversationsParams) {
	if p := caller(c); p.OwnFigures() && p.AgentID == "" {
		s.refuse(c, problem(http.StatusForbidden, codeForbidden,
			"an agent reads its own figures, and this token acts as none: use one with agent_id, or with the scope reports:read"))
		return
	}
	q, err := s.reportQuery(c, params)
	if err != nil {
		s.fail(c, err)
		return
	}
	report, err := s.report(c, q)
	if errors.Is(err, reports.ErrTooManyRows) {
		err = invalid(fieldError{"group_by", fmt.Sprintf(
			"makes more than %d rows: group by less, narrow the report by a filter or shorten the period", reports.MaxRows)})
	}
	var names names
	if err == nil {
		names, err = s.namesIn(c.Request.Context(), q.GroupBy, report.Rows)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	view := reportView(q, report, names)
	c.Header("Vary", "Accept")
	if wantsCSV(c, params.Format) {
		s.answerCSV(c, "conversations-"+q.Period.From.In(q.Zone).Format(time.DateOnly)+".csv", reportTable(view))
		return
	}
	s.answer(c, http.StatusOK, view)
}

// report makes a report of what the caller may see.
func (s *server) report(c *gin.Context, q reports.Query) (reports.Report, error) {
	ctx, p := c.Request.Context(), caller(c)
	var source reports.Source = s.Records
	var some bool
	if p.OwnFigures() {
		if q.Agents, some = narrow(q.Agents, []threads.AgentID{p.AgentID}); !some {
			source = nothing{}
		}
	}
	if q.Channels, some = narrow(q.Channels, p.Channels); !some {
		source = nothing{}
	}
	if q.Groups, some = narrow(q.Groups, p.Groups); !some {
		source = nothing{}
	}
	select {
	case s.reporting <- struct{}{}:
		defer func() { <-s.reporting }()
	case <-ctx.Done():
		return reports.Report{}, ctx.Err()
	}
	return reports.Make(ctx, source, q)
}

// nothing is the source of a caller who may see none of what they ask for.
type nothing struct{}

// Figures implements [reports.Source].
func (nothing) Figures(context.Context, threads.Period, func(threads.Figures) error) error {
	return nil
}

func (s *server) reportQuery(c *gin.Context, params api.ReportConversationsParams) (reports.Query, error) {
	q := reports.Query{
		Channels: typed[threads.ChannelID](params.ChannelID), Styles: typed[threads.StyleName](params.Style),
		Groups: typed[threads.GroupID](params.GroupID), Period: threads.Period{By: threads.ByCreated},
		GroupBy: convert(value(params.GroupBy), func(d api.ReportDimension) reports.Dimension { return dimensions[d] }),
	}
	if value(params.Date) == api.ReportDateSolved {
		q.Period.By = threads.BySolved
	}
	for _, id := range value(params.AgentID) {
		switch {
		case id == "none":
			id = ""
		case id == "me" && caller(c).AgentID == "":
			return q, invalid(fieldError{"agent_id", "\"me\" is nobody: the token acts as no agent"})
		case id == "me":
			id = string(caller(c).AgentID)
		}
		q.Agents = append(q.Agents, threads.AgentID(id))
	}
	return q, s.reportPeriod(&q, params)
}

// reportPeriod sets the zone and the period.
func (s *server) reportPeriod(q *reports.Query, params api.ReportConversationsParams) (err error) {
	zone := value(params.Zone)
	if zone == "Local" { // the package time takes it for the machine's
		zone = "?"
	}
	if q.Zone, err = time.LoadLocation(zone); err != nil {
		return invalid(fieldError{"zone", "is not a time zone: use a name of the IANA list, such as Europe/Berlin or America/Sao_Paulo"})
	}
	// What began in this very millisecond is in it.
	q.Period.To = s.now().Add(time.Millisecond)
	if params.To != nil {
		if q.Period.To, err = bound("to", *params.To, q.Zone, 1); err != nil {
			return err
		}
	}
	q.Period.From = q.Period.To.In(q.Zone).AddDate(0, 0, -reportDays)
	if params.From != nil {
		if q.Period.From, err = bound("from", *params.From, q.Zone, 0); err != nil {
			return err
		}
	}
	if !q.Period.From.Before(q.Period.To) {
		return invalid(fieldError{"from", "is not before the end of the period"})
	}
	q.Period.From, q.Period.To = q.Period.From.UTC(), q.Period.To.UTC()
	return nil
}

// bound reads an end of a period: a time, or a date, of which it is the
// beginning or, with a day more, the end.
func bound(field, text string, zone *time.Location, days int) (time.Time, error) {
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return time.Date(day.Year(), day.Month(), day.Day()+days, 0, 0, 0, 0, zone), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, invalid(fieldError{field, "is neither a date (2026-03-01) nor an RFC 3339 time (2026-03-01T09:30:00Z; in an address, a plus sign is %2B)"})
	}
	return at.Truncate(time.Millisecond), nil
}

// wantsCSV tells whether the answer is to be a table.
func wantsCSV(c *gin.Context, format *api.ReportFormat) bool {
	if format != nil {
		return *format == api.ReportFormatCsv
	}
	return strings.HasPrefix(c.NegotiateFormat("application/json", "text/csv"), "text/csv")
}

// names of what rows are about, by id; those that are gone are absent.
type names struct {
	channels map[threads.ChannelID]string
	agents   map[threads.AgentID]string
	groups   map[threads.GroupID]string
}

func (s *server) namesIn(ctx context.Context, by []reports.Dimension, rows []reports.Row) (names, error) {
	n := names{channels: map[threads.ChannelID]string{}, agents: map[threads.AgentID]string{}, groups: map[threads.GroupID]string{}}
	for _, d := range by {
		var err error
		switch d {
		case reports.Channel:
			err = nameEach(n.channels, rows, func(k reports.Key) threads.ChannelID { return k.Channel }, func(id threads.ChannelID) (string, error) {
				ch, err := s.Channels.Get(ctx, id)
				return ch.Name, err
			})
		case reports.Agent:
			err = nameEach(n.agents, rows, func(k reports.Key) threads.AgentID { return k.Agent }, func(id threads.AgentID) (string, error) {
				a, err := s.Auth.Agent(ctx, id)
				return a.Name, err
			})
		case reports.Group:
			err = nameEach(n.groups, rows, func(k reports.Key) threads.GroupID { return k.Group }, func(id threads.GroupID) (string, error) {
				g, err := s.Auth.Group(ctx, id)
				return g.Name, err
			})
		}
		if err != nil {
			return n, fmt.Errorf("names: %w", err)
		}
	}
	return n, nil
}

// nameEach looks up each id of the rows once.
func nameEach[ID ~string](into map[ID]string, rows []reports.Row, of func(reports.Key) ID, name func(ID) (string, error)) error {
	seen := map[ID]bool{"": true}
	for _, r := range rows {
		id := of(r.Key)
		if seen[id] {
			continue
		}
		seen[id] = true
		text, err := name(id)
		switch {
		case err == nil:
			into[id] = text
		case !errors.Is(err, directory.ErrNotFound):
			return err
		}
	}
	return nil
}
