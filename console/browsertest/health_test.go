package browsertest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/simulate"
)

func TestHealthSaysWhatToDo(t *testing.T) {
	h := newDesk(t)
	channel := h.channel("telegram", nil)
	p := newProfile(t)
	p.hub = h.base
	p.signIn(h, "ines@desk.example")
	check := func(id string) string { return `[data-check="` + id + `"]` }

	// Nothing happened yet: it says how to begin.
	p.admin("channels/" + channel)
	p.has(check("received"), "Never")
	p.has(check("received"), "Give the platform the webhook's address")
	p.has(check("dead"), "Everything that was sent")
	p.audit("health of a channel")

	// A webhook that nothing proves, and a message that fails.
	resp, err := http.Post(h.hooks["telegram"], "application/json", strings.NewReader(`{"update_id":1}`))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	h.script = func(simulate.Call) *simulate.Fault {
		return &simulate.Fault{Status: http.StatusBadRequest, Body: []byte(`{"ok":false,"error_code":400,"description":"Bad Request: message is too long"}`)}
	}
	h.say("telegram", customer(0), "Hello?")
	p.click("a", "Inbox")
	p.click(".nav-line", "Queue")
	p.click(".row", "Hello?")
	p.fill(".composer-text", "Hi!")
	p.click(".send button", "Send")
	p.has(".trouble", "Not delivered")

	// Figures are added up every few seconds.
	require.Eventually(t, func() bool {
		report := h.must(http.StatusOK, http.MethodGet, "/v1/channels/"+channel+"/health", nil)
		return report["signature_failures"].(object)["count"] == 1.0 && len(report["failures"].([]any)) == 1
	}, patience, 100*time.Millisecond)
	p.admin("channels/" + channel)
	p.has(check("received"), "Event log")
	p.has(check("dead"), "does not take such content")
	p.has(check("dead"), "once")
	p.has(check("proof"), "One refused")
	p.has(check("proof"), "compare the secret")

	// The overview names the trouble, and leads to where it is mended.
	p.admin("health")
	p.has(check("journal"), "Webhooks yet to be worked")
	p.has(check("store"), "Can be reached")
	p.has("a.line", "Messages that were not delivered: 1")
	p.has("a.line .chip", "Have a look")
	p.audit("health")
	p.click("a.line", "Messages that were not delivered")
	p.click(check("dead")+" a", "send again")
	p.has(".line", "Hi!")
	h.script = nil
	p.click(".line button", "Send again")
	p.hasNot(".line", "Hi!")
	p.sound()
}
