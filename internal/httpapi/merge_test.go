package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// regroup merges or unmerges as the admin.
func (h *hub) regroup(verb, id, other string) answer {
	h.t.Helper()
	return h.do(request{method: http.MethodPost, path: "/v1/contacts/" + id + "/" + verb, body: `{"contact_id":"` + other + `"}`, token: adminToken})
}

func TestTwoContactsAreOnePersonUntilTheyAreTakenApart(t *testing.T) {
	h := newHub(t)
	ch, second := h.channel(""), h.channel("")
	ana, other := h.contactOf(ch, "p1", "hello"), h.contactOf(second, "p2", "hello from elsewhere")
	at, there := "/v1/contacts/"+ana, "/v1/contacts/"+other
	h.must(http.MethodPatch, at, `{"tags":["vip"],"consents":{"news":"opted_in"}}`)
	h.must(http.MethodPatch, there, `{"tags":["old"],"phone":"+15550002","consents":{"news":"opted_out"}}`)
	before := h.must(http.MethodGet, there, "").body

	one := h.regroup("merge", ana, other)
	require.Equal(t, http.StatusOK, one.status, one.raw)
	require.Equal(t, []any{ana, "+15550002", []any{"vip", "old"}, map[string]any{"news": "opted_out"}},
		[]any{one.body["id"], one.body["phone"], one.body["tags"], one.body["consents"]}, "what is stricter holds")
	require.Len(t, one.body["identities"], 2)
	merged := one.body["merged"].([]any)[0].(map[string]any)
	require.Equal(t, []any{other, ana}, []any{merged["id"], merged["merged_into"]})
	require.Equal(t, one.body, h.must(http.MethodGet, there, "").body, "under either id")
	require.Equal(t, one.body, h.regroup("merge", ana, other).body, "again")
	require.Equal(t, one.body, h.regroup("merge", other, ana).body, "nor the other way round")

	require.Len(t, h.must(http.MethodGet, at+"/conversations", "").data(t), 2)
	require.Len(t, h.must(http.MethodGet, "/v1/conversations?contact_id="+other, "").data(t), 2)
	for query, want := range map[string]int{"": 1, "?q=p2": 1, "?q=p1": 1, "?q=Ana": 1, "?q=nobody": 0} {
		list := h.must(http.MethodGet, "/v1/contacts"+query, "").data(t)
		require.Len(t, list, want, query)
		if want > 0 {
			require.Equal(t, ana, list[0]["id"], query)
		}
	}
	export := h.must(http.MethodGet, there+"/export", "").body
	require.Len(t, export["conversations"], 2)
	optOuts := h.must(http.MethodGet, "/v1/opt-outs", "").data(t)
	require.Len(t, optOuts, 1)
	require.Equal(t, ana, optOuts[0]["contact"].(map[string]any)["id"])

	h.receive(second, "p2", "once more")
	mine := h.must(http.MethodGet, "/v1/conversations?contact_id="+other, "").data(t)
	require.Len(t, mine, 2, "whoever writes goes on where they were")
	h.must(http.MethodPatch, at, `{"tags":["vip"],"consents":{"news":"opted_in"}}`)
	now := h.must(http.MethodGet, at, "").body
	require.Equal(t, []any{[]any{"vip"}, map[string]any{"news": "opted_in"}}, []any{now["tags"], now["consents"]}, "a change is one of the person")

	for _, again := range []string{"", "again"} {
		left := h.regroup("unmerge", ana, other)
		require.Equal(t, http.StatusOK, left.status, left.raw)
		require.Nil(t, left.body["merged"], again)
		require.Len(t, left.body["identities"], 1)
	}
	after := h.must(http.MethodGet, there, "").body
	require.Equal(t, []any{before["identities"], before["phone"], before["name"]}, []any{after["identities"], after["phone"], after["name"]})
	require.Len(t, h.must(http.MethodGet, there+"/conversations", "").data(t), 1)
	require.Len(t, h.must(http.MethodGet, "/v1/contacts", "").data(t), 2)

	var seen []any
	for _, line := range h.audit("") {
		for _, c := range line["changes"].([]any) {
			if change := c.(map[string]any); change["record"] == "contact_merge" {
				seen = append(seen, change["verb"])
			}
		}
	}
	require.Equal(t, []any{"deleted", "created"}, seen)
}

func TestWhatIsNoPersonIsNotMerged(t *testing.T) {
	h := newHub(t)
	ch, hidden := h.channel(""), h.channel("")
	a, b, c := h.contactOf(ch, "p1", "hello"), h.contactOf(hidden, "p2", "hello"), h.contactOf(ch, "p3", "hello")
	for name, wrong := range map[string]answer{
		"itself":              h.regroup("merge", a, a),
		"the first of many":   h.regroup("unmerge", a, a),
		"somebody else's own": func() answer { h.regroup("merge", b, c); return h.regroup("unmerge", a, c) }(),
	} {
		require.Equal(t, []any{http.StatusConflict, "merge_refused"}, []any{wrong.status, wrong.code()}, name)
	}
	require.Equal(t, http.StatusNotFound, h.regroup("merge", "ct_none", a).status)
	require.Equal(t, []string{"contact_id"}, h.regroup("merge", a, "ct_none").fields())
	h.regroup("unmerge", b, c)
	limited := h.token(`{"name":"t","role":"integration","scopes":["contacts:write"],"channels":["` + ch + `"]}`)
	try := func(id, other string) int {
		return h.do(request{method: http.MethodPost, path: "/v1/contacts/" + id + "/merge", body: `{"contact_id":"` + other + `"}`, token: limited}).status
	}
	require.Equal(t, []int{http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusOK}, []int{try(b, a), try(a, b), try(a, c)}, "only whom they see")
}

func TestWhoOptedOutUnderOneNameIsLeftInPeaceUnderAll(t *testing.T) {
	h := newHub(t)
	ch, second := h.channel(""), h.channel("")
	a, b := h.contactOf(ch, "p1", "hello"), h.contactOf(second, "p2", "hello")
	h.must(http.MethodPatch, "/v1/contacts/"+b, `{"consents":{"":"opted_out"}}`)
	conv := h.must(http.MethodGet, "/v1/contacts/"+a+"/conversations", "").data(t)[0]["id"].(string)
	_, agent := h.agent("bea")
	h.patch(agent, conv, `{"status":"solved"}`)
	h.must(http.MethodPatch, "/v1/conversations/"+conv, `{"status":"closed"}`)
	start := func() string {
		return h.do(request{method: http.MethodPost, path: "/v1/conversations", body: `{"channel_id":"` + ch + `","to":"p1","message":{"text":"buy"}}`, token: agent}).code()
	}
	h.regroup("merge", a, b)
	require.Equal(t, "contact_opted_out", start())
	h.regroup("unmerge", a, b)
	require.Empty(t, start())
}

func TestAMergedPersonIsErasedAsAWhole(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	a, b, c := h.contactOf(ch, "p1", "hello"), h.contactOf(ch, "p2", "hello"), h.contactOf(ch, "p3", "hello")
	h.regroup("merge", b, c)
	h.regroup("merge", a, b)
	require.Len(t, h.must(http.MethodGet, "/v1/contacts/"+c, "").body["merged"], 2, "with all that were merged before")
	require.Equal(t, http.StatusNoContent, h.do(request{method: http.MethodDelete, path: "/v1/contacts/" + c, token: adminToken}).status)
	for _, id := range []string{a, b, c} {
		require.Equal(t, http.StatusNotFound, h.do(request{method: http.MethodGet, path: "/v1/contacts/" + id, token: adminToken}).status)
		require.Equal(t, http.StatusNoContent, h.do(request{method: http.MethodDelete, path: "/v1/contacts/" + id, token: adminToken}).status, "again")
	}
	for _, conv := range h.must(http.MethodGet, "/v1/conversations", "").data(t) {
		require.NotNil(t, conv["erased_at"])
	}
}
