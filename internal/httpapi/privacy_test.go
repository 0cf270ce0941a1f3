package httpapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// contactOf lets somebody write and answers their contact's id.
func (h *hub) contactOf(channel, from, text string) string {
	h.t.Helper()
	conv := h.must(http.MethodGet, "/v1/conversations/"+h.receive(channel, from, text), "").body
	contact, _ := conv["contact"].(map[string]any)
	id, _ := contact["id"].(string)
	return id
}

func TestAnExportHoldsEverything(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	id := h.contactOf(ch, "p1", "hello")
	for range 120 {
		h.receive(ch, "p1", "and more")
	}
	export := h.must(http.MethodGet, "/v1/contacts/"+id+"/export", "")
	list, _ := export.body["conversations"].([]any)
	require.Len(t, list, 1)
	one, _ := list[0].(map[string]any)
	require.Len(t, one["messages"], 121)
	require.Equal(t, "not_found", h.do(request{method: "GET", path: "/v1/contacts/ct_none/export", token: adminToken}).code())
}

func TestAnErasureThatTakesLongerIsSaidToGoOn(t *testing.T) {
	h := newHub(t)
	id := h.contactOf(h.channel(""), "p1", "hello")
	h.unerased = errors.New("not yet")
	going := h.do(request{method: "DELETE", path: "/v1/contacts/" + id, token: adminToken})
	require.Equal(t, http.StatusAccepted, going.status)
	require.Equal(t, []any{id, nil}, []any{going.body["contact_id"], going.body["done_at"]})
	h.unerased = nil
	require.Equal(t, http.StatusNoContent, h.do(request{method: "DELETE", path: "/v1/contacts/" + id, token: adminToken}).status)
	require.Equal(t, "not_found", h.do(request{method: "DELETE", path: "/v1/contacts/ct_none", token: adminToken}).code())
}

func TestOptOutsAreSetByCategoryAndListed(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	one, two := h.contactOf(ch, "p1", "hello"), h.contactOf(ch, "p2", "hello")
	h.must(http.MethodPatch, "/v1/contacts/"+one, `{"consents":{"news":"opted_out"}}`)
	h.must(http.MethodPatch, "/v1/contacts/"+two, `{"consents":{"":"opted_out","news":"opted_in"}}`)
	first := h.must(http.MethodGet, "/v1/opt-outs?limit=1", "")
	require.Len(t, first.data(t), 1)
	require.Equal(t, []any{map[string]any{"category": "", "status": "opted_out"}}, first.data(t)[0]["categories"])
	second := h.must(http.MethodGet, "/v1/opt-outs?limit=1&cursor="+first.body["next_cursor"].(string), "")
	require.Equal(t, []any{map[string]any{"category": "news", "status": "opted_out"}}, second.data(t)[0]["categories"])
	require.Nil(t, second.body["next_cursor"])
	wrong := h.do(request{method: "PATCH", path: "/v1/contacts/" + one, body: `{"consents":{"":"maybe"}}`, token: adminToken})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Equal(t, []string{"cursor"}, h.do(request{method: "GET", path: "/v1/opt-outs?cursor=x", token: adminToken}).fields())
}

func TestATokenOfSomeChannelsNeitherErasesNorExports(t *testing.T) {
	h := newHub(t)
	ch := h.channel("")
	id := h.contactOf(ch, "p1", "hello")
	limited := h.token(fmt.Sprintf(`{"name":"some","role":"admin","channels":[%q]}`, ch))
	for _, r := range []request{
		{method: "DELETE", path: "/v1/contacts/" + id}, {method: "GET", path: "/v1/contacts/" + id + "/export"}, {method: "GET", path: "/v1/opt-outs"},
	} {
		r.token = limited
		require.Equal(t, http.StatusForbidden, h.do(r).status, "%s %s", r.method, r.path)
	}
	h.must(http.MethodGet, "/v1/contacts/"+id, "")
}
