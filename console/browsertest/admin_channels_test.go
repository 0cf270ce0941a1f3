package browsertest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/simulate"
)

// admin opens a place in the admin area.
func (p *tab) admin(place string) {
	p.t.Helper()
	p.open(p.hub + "/console/admin/" + place)
	p.until(place+" is there", ready)
}

// ready tells that a view has read what it shows.
const ready = `document.querySelector(".page-body > *") && !document.querySelector(".page-body .skeleton")`

// unfold opens what is folded away.
func (p *tab) unfold() {
	p.t.Helper()
	js[bool](p, `document.querySelectorAll("main details, dialog details").forEach((d) => (d.open = true)), true`)
}

func TestAChannelIsRegisteredByFormAndItsEventsAreRead(t *testing.T) {
	h := newDesk(t)
	account, settings := h.platform("telegram")
	p := newProfile(t)
	p.hub = h.base
	p.signIn(h, "ines@desk.example")
	p.admin("channels")
	p.click("main button", "Connect a channel")
	p.click(".card-link", "Telegram")
	p.until("the form is there", `document.querySelector('input[name="bot_token"]')`)
	p.unfold()

	// What is wrong is said at its field, and nothing that was typed is lost.
	token := account.Credentials["bot_token"]
	p.fill(`input[name="name"]`, "Front desk")
	for name, value := range account.Credentials {
		p.fill(`input[name="`+name+`"]`, value)
	}
	p.fill(`input[name="api_base_url"]`, "ftp://nowhere.example")
	p.click(`form button[type="submit"]`, "Save and go on")
	p.has(".field-error", "")
	require.Equal(t, token, js[string](p, `document.querySelector('input[name="bot_token"]').value`))
	require.Equal(t, "true", js[string](p, `document.querySelector('input[name="api_base_url"]').getAttribute("aria-invalid")`))
	p.unfold()
	p.fill(`input[name="api_base_url"]`, settings["api_base_url"].(string))
	p.click(`form button[type="submit"]`, "Save and go on")

	// Then the way to the first event.
	p.has(".waiting", "Waiting for the first event")
	id := js[string](p, `location.pathname.split("/").at(-2)`)
	h.connected("telegram", h.must(http.StatusOK, http.MethodGet, "/v1/channels/"+id, nil))
	p.click(".act button", "Check now")
	p.has(".verdict-ok", "")
	h.say("telegram", customer(0), "Is this the front desk?")
	p.has(".waiting", "The first event is here")
	require.NotContains(t, js[string](p, `document.body.innerText`), token)

	// The log shows a webhook as it came beside what the hub reads in it.
	p.click(".subnav a", "Event log")
	p.click(".lines button.line", "")
	p.has(".received .code", "Is this the front desk?")
	p.click(".received button", "Compare with what the hub reads")
	p.until("both are there", `document.querySelectorAll(".admin-pair .code").length === 2`)
	p.has(".admin-pair div:last-child > .code", `"Is this the front desk?"`)
	p.click(".received button", "Work it again")
	p.has(".toast", "worked again")

	p.click(".subnav a", "Settings")
	p.fill(`input[name="name"]`, "Back office")
	p.click(`form button[type="submit"]`, "Save")
	p.has("h2", "Back office")
	p.click(".subnav a", "Style")
	p.click(".pick", "Live chat, returning")
	p.has(".whatif", "the same conversation opens again")
	p.click(`form button[type="submit"]`, "Save")
	require.Eventually(t, func() bool {
		return h.must(http.StatusOK, http.MethodGet, "/v1/channels/"+id, nil)["style"].(object)["name"] == "live_chat_returning"
	}, patience, 50*time.Millisecond, "the style is kept")
	p.click(".subnav a", "Health")
	p.has("main", "The channel works")
	p.sound()
}

func TestADefinitionIsTriedWhileItIsWritten(t *testing.T) {
	h := newDesk(t)
	p := newProfile(t)
	p.hub = h.base
	p.signIn(h, "ines@desk.example")
	p.admin("channels/new/custom")
	p.click(".presets button", "")
	p.until("the definition is there", `document.querySelector(".code-input").value.length > 100`)
	// A webhook is pasted, and a reply addressed: both are shown as they would be.
	p.fill(".tryout-inputs textarea", `{"something": "else"}`)
	p.has(".tryout-result .verdict", "")
	p.fill(".tryout-inputs .field:last-child input", "4912345")
	p.has(".tryout-result .code", "POST http")
	before := js[string](p, `document.querySelector(".code-input").value`)
	p.fill(".code-input", "{")
	p.run(focusBody)
	p.has(".field-error", "This is not JSON")
	require.True(t, js[bool](p, `document.querySelector('form button[type="submit"].button-primary').disabled`))
	p.fill(".code-input", before)
	p.hasNot(".field-error", "This is not JSON")
	p.sound()
}

func TestWhatWentWrongIsSeenAndMended(t *testing.T) {
	h := refusing(t)
	p := newProfile(t)
	p.hub = h.base
	p.signIn(h, "ines@desk.example")
	conversations := h.must(http.StatusOK, http.MethodGet, "/v1/conversations", nil)["data"].([]any)
	id := conversations[0].(object)["id"].(string)
	h.must(http.StatusAccepted, http.MethodPost, "/v1/conversations/"+id+"/messages", object{"text": "We are here."})
	p.admin("dead-letters")
	p.until("it has failed", `document.querySelector(".lines") || (document.querySelector(".nav-line[aria-current]")?.click(), false)`)
	p.has(".line", "We are here.")
	p.has(".line", "does not take such content")
	h.script = func(simulate.Call) *simulate.Fault { return nil }
	p.click(".line button", "Send again")
	p.has(".toast", "on its way again")
	require.Equal(t, "We are here.", h.sent(1).Text)

	p.admin("audit")
	p.click(".lines button.line", "Register a channel")
	p.has(".line-open h3", "New: channel")
	p.has(".line-open .code", "Telegram desk")
	p.admin("quarantine")
	p.has("h2", "Nothing is in quarantine")
	p.admin("reports")
	p.has(".figures", "Conversations")
	p.has(".table", "Social messaging")
	require.Contains(t, js[string](p, `document.querySelector("a[download]").href`), "format=csv")
	p.sound()
}
