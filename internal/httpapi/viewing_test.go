package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOthersHearWhoLooksAtAConversation(t *testing.T) {
	h := newHub(t)
	seen, hidden := h.channel(""), h.channel("")
	id, other := h.receive(seen, "p1", "hello"), h.receive(hidden, "p2", "hello")
	bea, token := h.agent("bea")
	everybody := h.follow(adminToken, "", nil)
	everybody.next()
	limited := h.follow(h.token(fmt.Sprintf(`{"name":"c","role":"agent","channels":[%q]}`, seen)), "", nil)
	limited.next()
	before := h.conversation(id)

	at := func(conversation string) string { return "/v1/conversations/" + conversation + "/viewing" }
	for _, call := range []request{
		{method: http.MethodPost, path: at(other), token: token},
		{method: http.MethodPost, path: at(id), token: token},
		{method: http.MethodDelete, path: at(id), token: token},
	} {
		require.Equal(t, http.StatusNoContent, h.do(call).status)
	}
	type news struct {
		Type         string
		Author       map[string]any
		Viewing      map[string]any
		Conversation map[string]any
	}
	heard := func(f *follower) (n news) {
		t.Helper()
		l := f.next()
		require.Equal(t, "conversation.viewing", l.event)
		require.NoError(t, json.Unmarshal([]byte(l.data), &n))
		return n
	}
	by := map[string]any{"type": "agent", "id": bea, "name": "bea"}
	told := func(conversation string, here bool) news {
		return news{Type: "conversation.viewing", Author: by, Viewing: map[string]any{"conversation_id": conversation, "here": here}}
	}
	require.Equal(t, []news{told(other, true), told(id, true), told(id, false)}, []news{heard(everybody), heard(everybody), heard(everybody)})
	require.Equal(t, []news{told(id, true), told(id, false)}, []news{heard(limited), heard(limited)}, "of what they may see alone")
	require.Equal(t, before, h.conversation(id), "nothing is kept of it")
	for name, c := range map[string]struct {
		call request
		code string
	}{
		"a token that acts as nobody": {request{path: at(id), token: adminToken}, "agent_required"},
		"no such conversation":        {request{path: at("cv_none"), token: token}, "not_found"},
	} {
		for _, method := range []string{http.MethodPost, http.MethodDelete} {
			c.call.method = method
			require.Equal(t, c.code, h.do(c.call).code(), "%s: %s", name, method)
		}
	}
	for _, line := range h.audit("") {
		require.NotContains(t, fmt.Sprint(line), "viewing")
	}
	refused := h.do(request{method: http.MethodPost, path: "/v1/subscriptions", token: adminToken, body: `{"name":"s","url":"https://sub.example/x","events":["conversation.viewing"]}`})
	require.Equal(t, http.StatusUnprocessableEntity, refused.status, "subscribers are never told")
}
