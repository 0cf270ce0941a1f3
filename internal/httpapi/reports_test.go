package httpapi_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/httpapi"
)

const reportsPath = "/v1/reports/conversations"

// patch changes a conversation as the caller.
func (h *hub) patch(token, id, body string) {
	h.t.Helper()
	a := h.do(request{method: http.MethodPatch, path: "/v1/conversations/" + id, body: body, token: token})
	require.Equal(h.t, http.StatusOK, a.status, a.raw)
}

// say writes in a conversation as the caller.
func (h *hub) say(token, id, text string) {
	h.t.Helper()
	a := h.do(request{
		method: http.MethodPost, path: "/v1/conversations/" + id + "/messages", token: token, body: fmt.Sprintf(`{"text":%q}`, text),
	})
	require.Equal(h.t, http.StatusAccepted, a.status, a.raw)
}

// bureau is a hub after a morning: two channels of different styles, on each of
// which a customer came back.
func bureau(t *testing.T) (h *hub, quick, slow, bea, cyd string) {
	t.Helper()
	h = newHub(t)
	schedule := h.must(http.MethodPost, "/v1/schedules", `{"name":"mornings","zone":"UTC","intervals":[{"day":"sunday","from":"09:00","to":"09:10"}]}`).id()
	quick = h.channel(`,"style":{"name":"live_chat"}`)
	slow = h.channel(fmt.Sprintf(`,"style":{"name":"social_messaging","close_after":"2h","clock":"business","schedule_id":%q}`, schedule))
	bea, first := h.agent("bea")
	cyd, second := h.agent("cyd")
	h.must(http.MethodPut, "/v1/agents/"+cyd+"/availability", `{"status":"online"}`) // or it would not come back to them
	for range 2 {                                                                    // each solve closes
		id := h.receive(quick, "p1", "hello")
		h.wait(time.Minute)
		h.say(first, id, "good day")
		h.wait(time.Minute)
		h.patch(first, id, `{"status":"solved"}`)
	}
	id := h.receive(slow, "p2", "hello")
	h.wait(4 * time.Minute)
	h.say(second, id, "good day")
	h.wait(4 * time.Minute)
	h.patch(second, id, `{"status":"solved"}`)
	h.wait(16 * time.Hour)
	h.receive(slow, "p2", "one more thing") // the next day, in the same conversation
	h.receive(quick, "p3", "anybody?")
	return h, quick, slow, bea, cyd
}

// rows of a report with the values of some columns, as CSV.
func (h *hub) columns(query string, names ...string) []string {
	h.t.Helper()
	a := h.must(http.MethodGet, reportsPath+"?format=csv&"+query, "")
	all, err := csv.NewReader(strings.NewReader(a.raw)).ReadAll()
	require.NoError(h.t, err)
	at := map[string]int{}
	for i, name := range all[0] {
		require.NotContains(h.t, at, name)
		at[name] = i
	}
	out := []string{}
	for _, line := range all[1:] {
		var cells []string
		for _, name := range names {
			require.Contains(h.t, at, name)
			cells = append(cells, line[at[name]])
		}
		out = append(out, strings.Join(cells, " "))
	}
	return out
}

func indented(t *testing.T, raw string) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, json.Indent(&b, []byte(raw), "", "  "))
	return append(b.Bytes(), '\n')
}

func TestAReportComparesTheStyles(t *testing.T) {
	h, _, _, _, _ := bureau(t)
	a := h.must(http.MethodGet, reportsPath+"?group_by=style", "")
	httpapi.Golden(t, "report_styles.golden", indented(t, a.raw))
	csv := h.must(http.MethodGet, reportsPath+"?group_by=style&format=csv", "")
	require.Equal(t, "text/csv; charset=utf-8", csv.header.Get("Content-Type"))
	require.Equal(t, `attachment; filename="conversations-2026-01-31.csv"`, csv.header.Get("Content-Disposition"))
	httpapi.Golden(t, "report_styles.csv", []byte(csv.raw))
}

func TestAReportGroupsAndFilters(t *testing.T) {
	h, quick, slow, bea, cyd := bureau(t)
	counts := []string{"conversations", "customers", "solved", "reopens"}
	for query, want := range map[string][]string{
		"":                             {"4 3 2 1"},
		"channel_id=" + quick:          {"3 2 2 0"},
		"style=live_chat_returning":    {"0 0 0 0"},
		"agent_id=" + cyd + "," + bea:  {"3 2 2 1"},
		"agent_id=none":                {"1 1 0 0"},
		"date=solved":                  {"2 1 2 0"},
		"group_by=day&from=2026-03-01": {"3 2 2 1", "1 1 0 0"},
		"group_by=day&date=solved&from=2026-03-01": {"2 1 2 0", "0 0 0 0"},
		// In Los Angeles it is the day before until 08:00.
		"group_by=day&from=2026-02-28&zone=America/Los_Angeles":                   {"0 0 0 0", "4 3 2 1"},
		"from=2026-03-01&to=2026-03-01":                                           {"3 2 2 1"},
		"from=2026-03-02&to=2026-03-02":                                           {"1 1 0 0"},
		"from=2026-03-01T09:00:00.001Z&to=2026-03-01T09:00:00.002Z":               {"1 1 1 0"},
		"from=2026-03-01T10:00:00.001%2B01:00&to=2026-03-01T10:00:00.002%2B01:00": {"1 1 1 0"},
		"group_by=group,agent&channel_id=" + slow:                                 {"1 1 0 1"},
		"group_by=channel&date=created&style=live_chat":                           {"3 2 2 0"},
		"group_by=agent&channel_id=" + quick + "&style=live_chat":                 {"1 1 0 0", "2 1 2 0"},
	} {
		require.Equal(t, want, h.columns(query, counts...), query)
	}
	require.Equal(t, []string{quick + " Parrot " + bea + " bea"},
		h.columns("group_by=channel,agent&date=solved", "channel_id", "channel_name", "agent_id", "agent_name"))
	require.Equal(t, []string{"2 60.001 60.001 60.001 60.001", "1 240.001 240.001 240.001 240.001"},
		h.columns("group_by=channel", "elapsed_first_reply_seconds_count", "elapsed_first_reply_seconds_mean", "elapsed_first_reply_seconds_p50",
			"elapsed_first_reply_seconds_p90", "elapsed_first_reply_seconds_max"))
	require.Equal(t, []string{"2 1.5"}, h.columns("", "returning_customers", "conversations_per_returning_customer"))
}

func TestAReportCountsBusinessTimeApart(t *testing.T) {
	h, _, slow, _, _ := bureau(t)
	require.Equal(t, []string{"1 480.001 359.998"}, h.columns("channel_id="+slow,
		"business_first_resolution_seconds_count", "elapsed_first_resolution_seconds_mean", "business_first_resolution_seconds_mean"),
		"from 09:04 to 09:12, and business ends at 09:10")
	require.Equal(t, []string{"0 "}, h.columns("style=live_chat", "business_first_reply_seconds_count", "business_first_reply_seconds_mean"))
}

func TestAReportShowsItsCallerWhatTheyMaySee(t *testing.T) {
	h, quick, slow, _, _ := bureau(t)
	total := func(token, query string) any {
		a := h.do(request{method: http.MethodGet, path: reportsPath + query, token: token})
		require.Equal(t, http.StatusOK, a.status, a.raw)
		figures, _ := a.body["total"].(map[string]any)
		return figures["conversations"]
	}
	limited := h.token(fmt.Sprintf(`{"name":"l","role":"agent","scopes":["reports:read"],"channels":[%q]}`, quick))
	require.EqualValues(t, 3, total(limited, ""))
	require.EqualValues(t, 0, total(limited, "?channel_id="+slow))
	elsewhere := h.token(fmt.Sprintf(`{"name":"g","role":"agent","scopes":["reports:read"],"groups":[%q]}`, h.must(http.MethodPost, "/v1/groups", `{"name":"g"}`).id()))
	require.EqualValues(t, 0, total(elsewhere, ""))
	require.EqualValues(t, 4, total(h.token(`{"name":"r","role":"integration","scopes":["reports:read"]}`), ""))
	_, eve := h.agent("eve")
	require.EqualValues(t, 0, total(eve, "?agent_id=me"))
	for _, scopes := range []string{`[]`, `["conversations:read"]`} {
		a := h.do(request{method: http.MethodGet, path: reportsPath, token: h.token(`{"name":"n","role":"integration","scopes":` + scopes + `}`)})
		require.Equal(t, http.StatusForbidden, a.status)
	}
}

func TestAnAgentReadsItsOwnFigures(t *testing.T) {
	h, _, _, bea, cyd := bureau(t)
	own := h.token(fmt.Sprintf(`{"name":"b","role":"agent","agent_id":%q}`, bea))
	read := func(token, query string) (total any, rows int) {
		a := h.do(request{method: http.MethodGet, path: reportsPath + query, token: token})
		require.Equal(t, http.StatusOK, a.status, a.raw)
		figures, _ := a.body["total"].(map[string]any)
		list, _ := a.body["rows"].([]any)
		return figures["conversations"], len(list)
	}
	total, rows := read(own, "?group_by=agent")
	require.EqualValues(t, 2, total)
	require.Equal(t, 1, rows)
	total, _ = read(own, "?agent_id="+cyd)
	require.EqualValues(t, 0, total, "a colleague's")
	total, _ = read(own, "?agent_id="+cyd+","+bea)
	require.EqualValues(t, 2, total)
	csv := h.do(request{method: http.MethodGet, path: reportsPath + "?format=csv&group_by=agent", token: own})
	require.NotContains(t, csv.raw, cyd)
	lead := h.token(fmt.Sprintf(`{"name":"l","role":"agent","agent_id":%q,"scopes":["reports:read"]}`, bea))
	total, _ = read(lead, "")
	require.EqualValues(t, 4, total)
	nobody := h.do(request{method: http.MethodGet, path: reportsPath, token: h.token(`{"name":"n","role":"agent"}`)})
	require.Equal(t, http.StatusForbidden, nobody.status)
}

func TestAReportThatCannotBeMadeSaysWhy(t *testing.T) {
	h := newHub(t)
	for name, c := range map[string]struct{ query, field string }{
		"a beginning that is none":      {"from=yesterday", "from"},
		"a day that does not exist":     {"from=2026-02-30", "from"},
		"an end that is none":           {"to=12:00", "to"},
		"an end before the beginning":   {"from=2026-03-02&to=2026-03-01", "from"},
		"a period of nothing":           {"from=2026-03-01T00:00:00Z&to=2026-03-01T00:00:00Z", "from"},
		"an unknown zone":               {"zone=Europe/Atlantis", "zone"},
		"the machine's zone":            {"zone=Local", "zone"},
		"a zone outside of the list":    {"zone=../../etc/passwd", "zone"},
		"an unknown dimension":          {"group_by=channel,mood", "group_by[1]"},
		"a dimension given twice":       {"group_by=day,day", "group_by"},
		"an unknown style":              {"style=slow", "style[0]"},
		"an unknown time":               {"date=updated", "date"},
		"an unknown format":             {"format=xml", "format"},
		"more days than rows there may": {"from=1970-01-01&group_by=day", "group_by"},
		"me, who is nobody":             {"agent_id=me", "agent_id"},
		"a filter that is none":         {"assignee_id=ag_1", "assignee_id"},
	} {
		t.Run(name, func(t *testing.T) {
			a := h.do(request{method: http.MethodGet, path: reportsPath + "?" + c.query, token: adminToken})
			require.Equal(t, http.StatusUnprocessableEntity, a.status, a.raw)
			require.Equal(t, []string{c.field}, a.fields(), a.raw)
		})
	}
}

func TestTheFormatOfAReportIsNegotiated(t *testing.T) {
	h := newHub(t)
	for _, c := range []struct{ accept, query, want string }{
		{"", "", "application/json"},
		{"*/*", "", "application/json"},
		{"text/csv", "", "text/csv; charset=utf-8"},
		{"text/csv, application/json", "", "text/csv; charset=utf-8"},
		{"application/json, text/csv", "", "application/json"},
		{"text/html", "", "application/json"},
		{"text/csv", "?format=json", "application/json"},
		{"application/json", "?format=csv", "text/csv; charset=utf-8"},
	} {
		a := h.do(request{method: http.MethodGet, path: reportsPath + c.query, token: adminToken, header: map[string]string{"Accept": c.accept}})
		require.Equal(t, c.want, a.header.Get("Content-Type"), "%+v", c)
		require.Equal(t, "Accept", a.header.Get("Vary"))
	}
	a := h.must(http.MethodGet, reportsPath+"?format=csv&group_by=agent", "")
	require.Equal(t, 1, strings.Count(a.raw, "\n"), "a report of nothing still names its columns")
	require.True(t, strings.HasPrefix(a.raw, "agent_id,agent_name,conversations,"), a.raw)
}

func TestNoCellOfAReportIsAFormula(t *testing.T) {
	h := newHub(t)
	ch := h.must(http.MethodPost, "/v1/channels", fmt.Sprintf(`{"kind":"parrot","name":"=HYPERLINK(\"http://x\",\"y\")","credentials":{"bot_token":%q}}`, botSecret)).id()
	h.receive(ch, "p1", "hello")
	for _, name := range []string{`=1+1`, `+1`, `-1`, `@SUM(1)`, "\t=1", "a, \"b\"\nc"} {
		body := fmt.Sprintf(`{"name":%q}`, name)
		a := h.do(request{method: http.MethodPatch, path: "/v1/channels/" + ch, body: body, token: adminToken})
		if a.status == http.StatusUnprocessableEntity {
			continue // names are not that free
		}
		want := name
		if strings.ContainsAny(name[:1], "=+-@\t") {
			want = "'" + name
		}
		require.Equal(t, []string{want}, h.columns("group_by=channel", "channel_name"))
	}
}
