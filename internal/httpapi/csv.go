package httpapi

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/oapi-codegen/nullable"

	"threadhub/api"
)

// table is a CSV in the making: the names of the columns are those of the
// cells of its first line.
type table struct {
	names []string
	lines [][]string
}

// line begins a line.
func (t *table) line() { t.lines = append(t.lines, nil) }

func (t *table) text(name, v string) {
	if len(t.lines) == 1 {
		t.names = append(t.names, name)
	}
	last := len(t.lines) - 1
	t.lines[last] = append(t.lines[last], harmless(v))
}

func (t *table) count(name string, v int) { t.text(name, strconv.Itoa(v)) }

// share is a number that may be null.
func (t *table) share(name string, v nullable.Nullable[float64]) {
	f, err := v.Get()
	t.number(name, api.OptionalNumber{Value: f, Valid: err == nil})
}

func (t *table) number(name string, v api.OptionalNumber) {
	text := ""
	if v.Valid {
		text = strconv.FormatFloat(v.Value, 'f', -1, 64)
	}
	t.text(name, text)
}

// harmless is a cell that no spreadsheet takes for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}

// answerCSV writes the table as a file to be saved.
func (s *server) answerCSV(c *gin.Context, file string, t *table) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(t.names) // a buffer takes everything
	_ = w.WriteAll(t.lines)
	c.Header("Content-Disposition", `attachment; filename="`+file+`"`)
	c.Data(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}

// reportTable has a line for each row, or one for the total of a report that
// is not grouped.
func reportTable(r api.ConversationReport) *table {
	t := &table{}
	if len(r.GroupBy) == 0 {
		t.line()
		t.figures(r.Total)
		return t
	}
	rows := r.Rows
	if len(rows) == 0 { // for the names of the columns
		rows = []api.ReportRow{{}}
	}
	for _, row := range rows {
		t.line()
		t.key(r.GroupBy, row)
		t.figures(row.Figures)
	}
	t.lines = t.lines[:len(r.Rows)]
	return t
}

// key writes what a row is about, in the order of group_by.
func (t *table) key(by []api.ReportDimension, r api.ReportRow) {
	for _, d := range by {
		switch d {
		case api.ReportDimensionDay:
			t.text("day", value(r.Day))
		case api.ReportDimensionChannel:
			t.text("channel_id", value(r.ChannelID))
			t.text("channel_name", textOf(r.ChannelName))
		case api.ReportDimensionStyle:
			t.text("style", string(value(r.Style)))
		case api.ReportDimensionAgent:
			t.text("agent_id", textOf(r.AgentID))
			t.text("agent_name", textOf(r.AgentName))
		case api.ReportDimensionGroup:
			t.text("group_id", textOf(r.GroupID))
			t.text("group_name", textOf(r.GroupName))
		}
	}
}

// textOf is empty for null.
func textOf(v nullable.Nullable[string]) string {
	text, err := v.Get()
	if err != nil {
		return ""
	}
	return text
}

func (t *table) figures(f api.ReportFigures) {
	t.count("conversations", f.Conversations)
	t.count("customers", f.Customers)
	t.count("solved", f.Solved)
	t.count("closed", f.Closed)
	t.count("reopened", f.Reopened)
	t.count("reopens", f.Reopens)
	t.share("reopen_rate", f.ReopenRate)
	t.count("one_touch", f.OneTouch)
	t.share("one_touch_rate", f.OneTouchRate)
	t.count("replies", f.Replies)
	t.count("over_capacity_returns", f.OverCapacityReturns)
	t.count("returning_customers", f.ReturningCustomers)
	t.share("conversations_per_returning_customer", f.ConversationsPerReturningCustomer)
	t.times("elapsed_", f.Elapsed)
	t.times("business_", f.Business)
}

func (t *table) times(clock string, times api.ReportTimes) {
	for _, n := range timesOf(&times) {
		name := clock + n.name
		t.count(name+"_count", n.time.Count)
		t.number(name+"_mean", n.time.Mean)
		t.number(name+"_p50", n.time.P50)
		t.number(name+"_p90", n.time.P90)
		t.number(name+"_max", n.time.Max)
	}
	t.share(clock+"handle_seconds_per_customer", times.HandleSecondsPerCustomer)
}
