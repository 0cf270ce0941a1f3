package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"
	_ "time/tzdata" // the same zones on every machine

	"github.com/stretchr/testify/require"
)

// weekdays are the office hours of the tests. Their clock begins on a Sunday,
// 2026-03-01 09:00 UTC.
const weekdays = `[{"day":"monday","from":"09:00","to":"18:00"},{"day":"tuesday","from":"09:00","to":"18:00"}]`

// schedule adds one in São Paulo, three hours behind UTC.
func (h *hub) schedule(name string) string {
	h.t.Helper()
	return h.must(http.MethodPost, "/v1/schedules", fmt.Sprintf(`{"name":%q,"zone":"America/Sao_Paulo","intervals":%s}`, name, weekdays)).id()
}

func TestAScheduleIsAddedChangedAndRemoved(t *testing.T) {
	h := newHub(t)
	made := h.must(http.MethodPost, "/v1/schedules", `{"name":"Suporte","zone":"America/Sao_Paulo","intervals":`+weekdays+`,
		"holidays":[{"date":"2026-03-02","name":"Carnaval"},{"date":"2026-03-03","intervals":[{"from":"10:00:30","to":"24:00"}]}]}`)
	require.Equal(t, http.StatusCreated, made.status)
	require.Equal(t, `"1"`, made.header.Get("ETag"))
	require.Equal(t, []any{"Suporte", "America/Sao_Paulo", false, "2026-03-03T13:00:30.000Z"},
		[]any{made.body["name"], made.body["zone"], made.body["open"], made.body["next_open_at"]})
	require.Equal(t, []any{
		map[string]any{"date": "2026-03-02", "name": "Carnaval", "intervals": []any{}},
		map[string]any{"date": "2026-03-03", "intervals": []any{map[string]any{"from": "10:00:30", "to": "24:00"}}},
	}, made.body["holidays"])
	at := "/v1/schedules/" + made.id()
	again := h.do(request{method: "POST", path: "/v1/schedules", body: `{"name":"SUPORTE","zone":"UTC","intervals":` + weekdays + `}`, token: adminToken})
	require.Equal(t, []any{http.StatusConflict, "already_exists"}, []any{again.status, again.code()})

	changed := h.must(http.MethodPatch, at, `{"name":"Support","zone":"UTC","intervals":[{"day":"sunday","from":"00:00","to":"24:00"}],"holidays":[],"version":1}`)
	require.Equal(t, []any{"Support", true, nil, []any{}}, []any{changed.body["name"], changed.body["open"], changed.body["next_open_at"], changed.body["holidays"]})
	stale := h.do(request{method: "PATCH", path: at, body: `{"name":"x","version":1}`, token: adminToken})
	require.Equal(t, "version_conflict", stale.code())
	stale = h.do(request{method: "PATCH", path: at, body: `{"name":"x"}`, token: adminToken, header: map[string]string{"If-Match": `"1"`}})
	require.Equal(t, "version_conflict", stale.code())

	_, agent := h.agent("bea")
	require.Equal(t, changed.body, h.do(request{method: "GET", path: at, token: agent}).body, "agents may read")
	other := h.schedule("Nights")
	page := h.must(http.MethodGet, "/v1/schedules?limit=1", "")
	require.Equal(t, made.id(), page.data(t)[0]["id"])
	page = h.must(http.MethodGet, "/v1/schedules?limit=1&cursor="+page.body["next_cursor"].(string), "")
	require.Equal(t, []any{other, nil}, []any{page.data(t)[0]["id"], page.body["next_cursor"]})

	require.Equal(t, http.StatusNoContent, h.must(http.MethodDelete, at, "").status)
	for _, method := range []string{"GET", "DELETE"} {
		require.Equal(t, http.StatusNotFound, h.do(request{method: method, path: at, token: adminToken}).status)
	}
}

func TestWhatIsNoScheduleIsRefusedByField(t *testing.T) {
	h := newHub(t)
	at := "/v1/schedules/" + h.schedule("Support")
	for name, c := range map[string]struct{ zone, intervals, more, field string }{
		"an unknown zone":          {"Europe/Atlantis", weekdays, "", "zone"},
		"an empty zone":            {"", weekdays, "", "zone"},
		"overlapping intervals":    {"UTC", `[{"day":"monday","from":"09:00","to":"12:00"},{"day":"monday","from":"11:00","to":"13:00"}]`, "", "intervals[1]"},
		"an empty week":            {"UTC", `[]`, "", "intervals"},
		"a time that is none":      {"UTC", `[{"day":"monday","from":"09:60","to":"12:00"}]`, "", "intervals[0].from"},
		"an end before the start":  {"UTC", `[{"day":"monday","from":"22:00","to":"06:00"}]`, "", "intervals[0].to"},
		"a day that is none":       {"UTC", `[{"day":"Monday","from":"09:00","to":"12:00"}]`, "", "intervals[0].day"},
		"a holiday on no day":      {"UTC", weekdays, `,"holidays":[{"date":"25.12.2026"}]`, "holidays[0].date"},
		"a field that nobody asks": {"UTC", weekdays, `,"offset":3`, "offset"},
	} {
		body := fmt.Sprintf(`"zone":%q,"intervals":%s%s}`, c.zone, c.intervals, c.more)
		for _, r := range []request{{method: "POST", path: "/v1/schedules", body: `{"name":"x",` + body}, {method: "PATCH", path: at, body: `{` + body}} {
			r.token = adminToken
			a := h.do(r)
			require.Equal(t, []any{http.StatusUnprocessableEntity, "validation"}, []any{a.status, a.code()}, "%s: %s", name, a.raw)
			require.Equal(t, []string{c.field}, a.fields(), name)
		}
	}
	blank := h.do(request{method: "PATCH", path: at, body: `{"name":" "}`, token: adminToken})
	require.Equal(t, []string{"name"}, blank.fields())
	list := h.must(http.MethodGet, "/v1/schedules", "").data(t)
	require.Len(t, list, 1, "nothing was stored")
	require.EqualValues(t, 1, list[0]["version"])
}

func TestAScheduleInUseIsNotDeleted(t *testing.T) {
	h := newHub(t)
	at := "/v1/schedules/" + h.schedule("Support")
	h.users = []string{`channel "Parrot"`}
	refused := h.do(request{method: "DELETE", path: at, token: adminToken})
	require.Equal(t, []any{http.StatusConflict, "schedule_in_use"}, []any{refused.status, refused.code()})
	require.Contains(t, refused.body["detail"], "Parrot")
	h.must(http.MethodGet, at, "")
}

func TestAStyleInBusinessTimeNeedsAScheduleThatExists(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	id := h.receive(ch, "p1", "hello")
	for _, place := range []struct{ method, path, form, field string }{
		{"POST", "/v1/channels", `{"kind":"parrot","name":"x","credentials":{"bot_token":"secret"},"style":%s}`, "style.schedule_id"},
		{"PATCH", "/v1/channels/" + ch, `{"style":%s}`, "style.schedule_id"},
		{"PATCH", "/v1/conversations/" + id, `{"style":%s}`, "style.schedule_id"},
		{"POST", "/v1/conversations/bulk", `{"ids":["` + id + `"],"style":%s}`, "style.schedule_id"},
		{"PATCH", "/v1/settings", `{"default_style":%s}`, "default_style.schedule_id"},
	} {
		for name, style := range map[string]string{
			"an unknown one": `{"name":"social_messaging","clock":"business","schedule_id":"sc_0"}`,
			"none":           `{"name":"social_messaging","clock":"business"}`,
			"null":           `{"name":"social_messaging","clock":"business","schedule_id":null}`,
			"no use for it":  `{"name":"social_messaging","clock":"elapsed","schedule_id":"sc_0"}`,
		} {
			a := h.do(request{method: place.method, path: place.path, body: fmt.Sprintf(place.form, style), token: adminToken})
			require.Equal(t, http.StatusUnprocessableEntity, a.status, "%s %s: %s", place.path, name, a.raw)
			require.Equal(t, []string{place.field}, a.fields(), "%s %s", place.path, name)
		}
		good := fmt.Sprintf(`{"name":"social_messaging","close_after":"2h","clock":"business","schedule_id":%q}`, h.schedule("for "+place.path+place.method))
		h.must(place.method, place.path, fmt.Sprintf(place.form, good))
	}
	set := h.must(http.MethodGet, "/v1/settings", "").body["default_style"].(map[string]any)
	require.Equal(t, []any{"business", "2h"}, []any{set["clock"], set["close_after"]})
	require.NotNil(t, set["schedule_id"])
}

func TestABusinessCountdownThroughTheAPI(t *testing.T) {
	h := newHub(t)
	schedule := h.schedule("Support")
	ch := h.channel(fmt.Sprintf(`,"style":{"name":"social_messaging","close_after":"10h","clock":"business","schedule_id":%q}`, schedule))
	_, token := h.agent("bea")
	id := h.receive(ch, "p1", "hello")
	at := "/v1/conversations/" + id
	solve := func() answer {
		a := h.do(request{method: "PATCH", path: at, body: `{"status":"solved"}`, token: token})
		require.Equal(t, http.StatusOK, a.status, a.raw)
		return a
	}
	first := solve()
	require.Equal(t, "2026-03-03T13:00:00.000Z", first.body["close_due_at"], "Monday 09:00 to 18:00 there, and until 10:00 on Tuesday")
	log := h.must(http.MethodGet, at+"/log", "").data(t)
	policy := log[len(log)-1]["style"].(map[string]any)
	require.Equal(t, []any{"10h", "business", schedule}, []any{policy["close_after"], policy["clock"], policy["schedule_id"]})

	h.must(http.MethodPatch, "/v1/schedules/"+schedule, `{"zone":"UTC"}`)
	require.Equal(t, first.body["close_due_at"], h.must(http.MethodGet, at, "").body["close_due_at"], "what runs is not moved")
	h.wait(time.Hour)
	h.receive(ch, "p1", "and another thing")
	require.Equal(t, "2026-03-03T10:00:00.000Z", solve().body["close_due_at"], "the next solve counts by the new clock")

	h.receive(ch, "p1", "and yet another")
	require.Equal(t, http.StatusNoContent, h.must(http.MethodDelete, "/v1/schedules/"+schedule, "").status)
	last := solve()
	due, err := time.Parse(time.RFC3339, last.body["close_due_at"].(string))
	require.NoError(t, err)
	require.Equal(t, h.clock().Add(10*time.Hour), due, "without its schedule, elapsed time")
	require.Equal(t, "elapsed", last.body["style"].(map[string]any)["clock"], "and it says so")
}
