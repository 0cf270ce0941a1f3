package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const patience = `{"reminders":[{"after":"5m","text":"Are you still there?"},{"after":"10m","text":"We close this soon."}],"then":{"after":"15m","status":"solved"}}`

// silence carries out what is due because customers have not written.
func (h *hub) silence() {
	h.t.Helper()
	_, err := h.service.SilenceDue(context.Background(), time.Time{}, 100)
	require.NoError(h.t, err)
}

func (h *hub) conversation(id string) map[string]any {
	h.t.Helper()
	return h.must(http.MethodGet, "/v1/conversations/"+id, "").body
}

func TestSettingsOfSilenceAreRefusedByField(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	reminders := func(list string) string { return `"ladder":{"reminders":[` + list + `]}` }
	for name, c := range map[string]struct{ style, field string }{
		"inactive too soon":             {`"inactive_after":"59s"`, "inactive_after"},
		"inactive too late":             {`"inactive_after":"24h1s"`, "inactive_after"},
		"inactive at once":              {`"inactive_after":"0s"`, "inactive_after"},
		"no duration":                   {`"inactive_after":"soon"`, "inactive_after"},
		"a reminder at once":            {reminders(`{"after":"0s","text":"x"}`), "ladder.reminders[0].after"},
		"a reminder after a month":      {reminders(`{"after":"673h","text":"x"}`), "ladder.reminders[0].after"},
		"a reminder without words":      {reminders(`{"after":"5m","text":"  "}`), "ladder.reminders[0].text"},
		"a second before the first":     {reminders(`{"after":"5m","text":"x"},{"after":"5m","text":"y"}`), "ladder.reminders[1].after"},
		"the end before the reminder":   {`"ladder":{"reminders":[{"after":"5m","text":"x"}],"then":{"after":"1m","status":"solved"}}`, "ladder.then.after"},
		"the end at once":               {`"ladder":{"then":{"after":"0s","status":"solved"}}`, "ladder.then.after"},
		"a duration nobody can measure": {`"inactive_after":"99999999999h"`, "inactive_after"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, at := range []struct{ method, path, body, field string }{
				{"PATCH", "/v1/channels/" + ch, `{"style":%s}`, "style."},
				{"PATCH", "/v1/settings", `{"default_style":%s}`, "default_style."},
				{"PATCH", "/v1/settings", `{"styles":[%s]}`, "styles[0]."},
				{"POST", "/v1/style-rules", `{"name":"x","style":%s}`, "style."},
			} {
				body := fmt.Sprintf(at.body, `{"name":"social_messaging",`+c.style+`}`)
				a := h.do(request{method: at.method, path: at.path, body: body, token: adminToken})
				require.Equal(t, http.StatusUnprocessableEntity, a.status, a.raw)
				require.Len(t, a.fields(), 1)
				require.Equal(t, at.field+c.field, normal(a.fields()[0]))
			}
		})
	}
	for _, body := range []string{`{"ladder":{}}`, `{"ladder":{"then":{"after":"5m","status":"closed"}}}`, `{"ladder":{"reminders":[]}}`} {
		a := h.do(request{method: "PATCH", path: "/v1/settings", body: `{"default_style":` + strings.Replace(body, "{", `{"name":"live_chat",`, 1) + `}`, token: adminToken})
		require.Equal(t, http.StatusUnprocessableEntity, a.status, a.raw)
	}
	for _, body := range []string{`{"inactive_after":"30s"}`, `{"inactive_after":"25h"}`} {
		require.Equal(t, []string{"inactive_after"}, h.do(request{method: "PATCH", path: "/v1/settings", body: body, token: adminToken}).fields())
	}
	twice := h.do(request{method: "PATCH", path: "/v1/settings", body: `{"styles":[{"name":"live_chat"},{"name":"live_chat"}]}`, token: adminToken})
	require.Equal(t, http.StatusUnprocessableEntity, twice.status)
	settings := h.must(http.MethodGet, "/v1/settings", "").body
	require.EqualValues(t, 1, settings["version"], "nothing was stored")
}

// normal is a field as both the document's check and ours name it.
func normal(field string) string {
	field = strings.ReplaceAll(field, "reminders.0", "reminders[0]")
	field = strings.ReplaceAll(field, "reminders.1", "reminders[1]")
	return strings.ReplaceAll(field, "styles.0", "styles[0]")
}

func TestSettingsOfAStyleComeFromTheNearestThatHasThem(t *testing.T) {
	h := newHub(t)
	before := h.must(http.MethodGet, "/v1/settings", "").body
	require.Equal(t, "10m", before["inactive_after"])
	require.Equal(t, false, before["routing"].(map[string]any)["count_inactive"])
	require.Len(t, before["styles"], 3)

	set := h.must(http.MethodPatch, "/v1/settings", `{"inactive_after":"3m","routing":{"count_inactive":true},"styles":[
		{"name":"live_chat_returning","close_after":"30m","inactive_after":"7m","count_inactive":false,"ladder":`+patience+`}]}`).body
	require.Equal(t, "3m", set["inactive_after"])
	hubs := set["styles"].([]any)[1].(map[string]any)
	require.Equal(t, []any{"30m", "7m", false}, []any{hubs["close_after"], hubs["inactive_after"], hubs["count_inactive"]})

	style := func(a answer) map[string]any { return a.body["style"].(map[string]any) }
	named := style(h.must(http.MethodPost, "/v1/channels", `{"kind":"parrot","name":"a","credentials":{"bot_token":"`+botSecret+`"},"style":{"name":"live_chat_returning"}}`))
	require.Equal(t, hubs, named, "a channel that only names the style has the hub's settings of it")
	own := h.channel(`,"style":{"name":"live_chat_returning","close_after":"20m","ladder":null,"inactive_after":"2m","count_inactive":null}`)
	require.Equal(t, map[string]any{
		"name": "live_chat_returning", "close_after": "20m", "clock": "elapsed", "schedule_id": nil, "inactive_after": "2m",
	}, style(h.must(http.MethodGet, "/v1/channels/"+own, "")))

	plain := h.channel("")
	due := func(id string) time.Duration {
		c := h.conversation(id)
		at := func(field string) time.Time {
			v, err := time.Parse(time.RFC3339, c[field].(string))
			require.NoError(t, err)
			return v
		}
		return at("inactive_due_at").Sub(at("last_customer_message_at"))
	}
	id := h.receive(plain, "ana", "hello")
	require.Equal(t, 3*time.Minute, due(id), "the hub's")
	require.Equal(t, 2*time.Minute, due(h.receive(own, "ana", "hello")), "the channel's")
	h.rule("all", `,"style":{"name":"social_messaging","inactive_after":"4m"}`)
	ruled := h.receive(plain, "bo", "hello")
	require.Equal(t, 4*time.Minute, due(ruled), "the rule's")
	h.must(http.MethodPatch, "/v1/conversations/"+ruled, `{"style":{"name":"social_messaging","inactive_after":"5m"}}`)
	require.Equal(t, 5*time.Minute, due(ruled), "the conversation's")

	h.must(http.MethodPatch, "/v1/settings", `{"inactive_after":"9m"}`)
	require.Equal(t, 3*time.Minute, due(id), "what waits already stays")
	h.receive(plain, "ana", "again")
	require.Equal(t, 9*time.Minute, due(id), "changed settings count from the next message on")
}

func TestAnAgentsLoadFollowsSessions(t *testing.T) {
	h := newHub(t)
	agent, token := h.agent("bea")
	load := func() any { return h.must(http.MethodGet, "/v1/agents/"+agent, "").body["load"] }
	ch := h.channel("")
	one, two := h.receive(ch, "ana", "hello"), h.receive(ch, "bo", "hello")
	for _, id := range []string{one, two} {
		require.Equal(t, http.StatusOK, h.do(request{method: "POST", path: "/v1/conversations/" + id + "/accept", token: token}).status)
	}
	require.EqualValues(t, 2, load())
	h.wait(10 * time.Minute)
	h.receive(ch, "bo", "I am here")
	h.silence()
	require.Equal(t, "inactive", h.conversation(one)["session"])
	require.Nil(t, h.conversation(one)["inactive_due_at"])
	require.EqualValues(t, 1, load())
	h.must(http.MethodPatch, "/v1/settings", `{"routing":{"count_inactive":true}}`)
	require.EqualValues(t, 2, load())
	h.must(http.MethodPatch, "/v1/settings", `{"routing":{"count_inactive":false}}`)
	h.must(http.MethodPost, "/v1/conversations/"+two+"/end-session", "")
	require.EqualValues(t, 0, load())
	h.receive(ch, "ana", "me too")
	require.EqualValues(t, 1, load(), "who writes again counts again")

	log := h.must(http.MethodGet, "/v1/conversations/"+one+"/log", "").data(t)
	require.Equal(t, map[string]any{"from": "active", "to": "inactive"}, log[2]["session"])
	require.Equal(t, []any{"inactive", "open", "open"}, []any{log[2]["cause"], log[2]["from"], log[2]["to"]})
	require.NotContains(t, log[0], "session")
}

func TestEndingASessionFreesQueueAndAgentAndKeepsTheStatus(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	id := h.receive(ch, "ana", "hello")
	queue := func() any { return h.must(http.MethodGet, "/v1/conversations/counts", "").body["queue"] }
	require.EqualValues(t, 1, queue())
	ended := h.must(http.MethodPost, "/v1/conversations/"+id+"/end-session", "").body
	require.Equal(t, []any{"new", "ended", nil}, []any{ended["status"], ended["session"], ended["queued_at"]})
	require.NotNil(t, ended["session_ended_at"])
	require.EqualValues(t, 0, queue())
	again := h.must(http.MethodPost, "/v1/conversations/"+id+"/end-session", "").body
	require.Equal(t, ended["version"], again["version"])

	next := h.receive(ch, "ana", "another matter")
	require.NotEqual(t, id, next)
	require.Equal(t, id, h.conversation(next)["follow_up_of"])
	closed := h.conversation(id)
	require.Equal(t, []any{"closed", "ended", next}, []any{closed["status"], closed["session"], closed["successor_id"]})
	require.EqualValues(t, 1, queue())
	late := h.do(request{method: "POST", path: "/v1/conversations/" + id + "/end-session", token: adminToken})
	require.Equal(t, http.StatusOK, late.status, "of a closed one nothing is left to end")
	require.Equal(t, closed["version"], late.body["version"])
}

func TestALadderRemindsAndSolvesAndSaysSo(t *testing.T) {
	h := newHub(t)
	_, token := h.agent("bea")
	ch := h.channel(`,"style":{"name":"social_messaging","ladder":` + patience + `}`)
	id := h.receive(ch, "ana", "hello")
	require.Nil(t, h.conversation(id)["ladder_due_at"])
	sent := h.do(request{method: "POST", path: "/v1/conversations/" + id + "/messages", body: `{"text":"How can I help?"}`, token: token})
	require.Equal(t, http.StatusAccepted, sent.status, sent.raw)
	require.NotNil(t, h.conversation(id)["ladder_due_at"])
	for range 3 {
		h.wait(5 * time.Minute)
		h.silence()
	}
	conv := h.conversation(id)
	require.Equal(t, "solved", conv["status"])
	require.Nil(t, conv["ladder_due_at"])
	require.EqualValues(t, 1, conv["metrics"].(map[string]any)["replies"])
	messages := h.must(http.MethodGet, "/v1/conversations/"+id+"/messages", "").data(t)
	require.Len(t, messages, 4)
	require.Equal(t, []any{"Are you still there?", "outbound", "queued"}, []any{messages[2]["text"], messages[2]["direction"], messages[2]["status"]})
	require.Equal(t, "system", messages[2]["author"].(map[string]any)["type"])
}

func TestRunningCountdownsAreMovedOnRequest(t *testing.T) {
	h := newHub(t)
	ch := h.channel(`,"style":{"name":"social_messaging","close_after":"8h"}`)
	other := h.channel(`,"style":{"name":"social_messaging","close_after":"8h"}`)
	var ids []string
	for i := range 3 {
		ids = append(ids, h.receive(ch, fmt.Sprint("peer", i), "hello"))
	}
	ids = append(ids, h.receive(other, "ana", "hello"))
	for _, id := range ids {
		h.must(http.MethodPatch, "/v1/conversations/"+id, `{"status":"solved"}`)
		h.wait(time.Minute)
	}
	for _, c := range []string{ch, other} {
		h.must(http.MethodPatch, "/v1/channels/"+c, `{"style":{"name":"social_messaging","close_after":"2h"}}`)
	}
	was := h.conversation(ids[0])["close_due_at"]
	first := h.must(http.MethodPost, "/v1/conversations/recount", fmt.Sprintf(`{"channel_ids":[%q],"limit":2}`, ch)).body
	require.Equal(t, []any{2.0, 2.0, 0.0}, []any{first["examined"], first["moved"], first["closed"]})
	second := h.must(http.MethodPost, "/v1/conversations/recount", fmt.Sprintf(`{"channel_ids":[%q],"limit":2,"cursor":%q}`, ch, first["next_cursor"])).body
	require.EqualValues(t, 1, second["examined"])
	require.Nil(t, second["next_cursor"])
	conv := h.conversation(ids[0])
	require.Equal(t, "2h", conv["style"].(map[string]any)["close_after"])
	log := h.must(http.MethodGet, "/v1/conversations/"+ids[0]+"/log", "").data(t)
	last := log[len(log)-1]
	require.Equal(t, "settings_applied", last["cause"])
	require.Contains(t, last["detail"], was)
	require.NotEmpty(t, last["actor"].(map[string]any)["type"])

	require.Equal(t, "8h", h.conversation(ids[3])["style"].(map[string]any)["close_after"], "of another channel")
	h.wait(3 * time.Hour)
	rest := h.must(http.MethodPost, "/v1/conversations/recount", `{}`).body
	require.EqualValues(t, 1, rest["closed"], "it had run out under the settings of today")
	require.Equal(t, "closed", h.conversation(ids[3])["status"])
	bad := h.do(request{method: "POST", path: "/v1/conversations/recount", body: `{"cursor":"nonsense"}`, token: adminToken})
	require.Equal(t, http.StatusUnprocessableEntity, bad.status, bad.raw)
	_, token := h.agent("bea")
	require.Equal(t, http.StatusForbidden, h.do(request{method: "POST", path: "/v1/conversations/recount", body: `{}`, token: token}).status)
}
