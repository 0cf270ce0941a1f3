package browsertest_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// record adds a record by the form of a view, under a name that would like to
// be more than text.
func (p *tab) record(view, button, name string, fill func()) {
	p.t.Helper()
	p.admin(view)
	p.click("main button", button)
	p.until("the form is there", `document.querySelector("dialog form")`)
	p.fill(`dialog input[name="name"]`, name)
	if fill != nil {
		fill()
	}
	p.click(`dialog button[type="submit"]`, "")
	p.has(".line strong", name)
}

func TestAnAdminKeepsTheRecords(t *testing.T) {
	h := newDesk(t)
	h.channel("telegram", nil)
	texts := hostile(t)
	p := newProfile(t)
	p.hub = h.base
	p.signIn(h, "ines@desk.example")
	close := func() { p.click("dialog button", "") }

	// A form without what it needs says so, and stays.
	p.admin("groups")
	p.click("main button", "Add a group")
	p.fill(`dialog input[name="name"]`, " ")
	p.click(`dialog button[type="submit"]`, "")
	p.has(".field-error", "")
	p.press("\x1b")
	p.until("the dialog is closed by a key", `!document.querySelector("dialog[open]")`)

	p.record("groups", "Add a group", texts[0], nil)
	p.record("agents", "Add an agent", texts[1], func() { p.fill(`dialog input[name="email"]`, "mira@desk.example") })
	p.has("dialog h2", "Link for")
	link := js[string](p, `document.querySelector("dialog .copy-value").textContent`)
	require.Contains(t, link, "/console/")
	close()
	p.record("tokens", "Make a token", texts[2], nil)
	p.has("dialog .copy-value", "")
	close()
	p.record("canned-replies", "Add a reply", texts[3], func() { p.fill(`dialog textarea[name="text"]`, texts[4]) })
	p.record("subscriptions", "Add a subscription", texts[5], func() { p.fill(`dialog input[name="url"]`, "https://example.com/"+"hook") })
	close()
	p.record("style-rules", "Add a rule", texts[6], nil)
	p.admin("rules")
	p.click("main button", "Add a rule")
	p.click(`dialog button[type="submit"]`, "")
	p.has(".line strong", "Nobody answered")
	p.click("main button", "Dry run")
	p.has("dialog", "There is no conversation to try it on yet")

	// Hours: what cannot be read is said while it is typed.
	p.record("schedules", "Add hours", texts[7], func() {
		p.fill(`dialog input[name="monday"]`, "nine to five")
		p.has(".field-error", "Write it like")
		p.fill(`dialog input[name="monday"]`, "9-12, 13:00-17:30")
		p.fill(`dialog input[name="zone"]`, "America/Sao_Paulo")
		p.click("dialog button", "Add a day")
		// Typing a date depends on the browser's language.
		js[bool](p, `((e) => (e.value = "2031-12-25", e.dispatchEvent(new Event("input", { bubbles: true }))))(document.querySelector('dialog input[type="date"]'))`)
	})
	p.has(".line", "Mon 09:00–12:00, 13:00–17:30")
	stored := h.must(http.StatusOK, http.MethodGet, "/v1/schedules", nil)["data"].([]any)[0].(object)
	require.Equal(t, "America/Sao_Paulo", stored["zone"])
	require.Len(t, stored["intervals"], 6)
	require.Equal(t, "2031-12-25", stored["holidays"].([]any)[0].(object)["date"])

	// A list says what is wrong with one of its parts.
	p.admin("queues")
	p.click("main button", "Add a queue")
	p.fill(`dialog input[name="name"]`, "Billing")
	p.fill(`dialog input[name="required_skills"]`, "billing 3")
	p.click(`dialog button[type="submit"]`, "")
	p.has(".field-error", "no agent has the skill")

	// Queues have an order; it is changed with the keyboard.
	for i := range 2 {
		p.record("queues", "Add a queue", fmt.Sprint(texts[8+i], i), func() { p.click("dialog .check", "Urgent") })
	}
	p.until("the first can be moved", `document.querySelector('[aria-label^="Move"][aria-label$="down"]:not(:disabled)')`)
	js[bool](p, `document.querySelector('[aria-label^="Move"][aria-label$="down"]:not(:disabled)').focus(), true`)
	p.press("\r")
	p.until("the order is another", `document.querySelector(".line strong").textContent === `+quote(fmt.Sprint(texts[9], 1)))
	queues := h.must(http.StatusOK, http.MethodGet, "/v1/queues", nil)["data"].([]any)
	require.Equal(t, []any{"urgent"}, queues[0].(object)["conditions"].(object)["priorities"])
	p.sound()
}

func TestWhoGetsAConversationIsSetAndExplained(t *testing.T) {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	h.channel("telegram", nil)
	p := newProfile(t)
	p.hub = h.base
	p.signIn(h, "ines@desk.example")

	p.admin("routing")
	p.fill(`input[name="offer_timeout"]`, "2h")
	p.click(`form[name="routing"] button[type="submit"]`, "Save")
	p.has(".field-error", "")
	p.fill(`input[name="offer_timeout"]`, "45s")
	p.click(".pick", "Agents pick")
	p.click(`form[name="routing"] button[type="submit"]`, "Save")
	p.has(".toast", "Saved")
	require.Equal(t, "manual", h.must(http.StatusOK, http.MethodGet, "/v1/settings", nil)["routing"].(object)["mode"])
	p.click(`form[name="simulate"] button`, "Who would get it?")
	p.has(".decision", "Mira Holm")

	// On the board it is said of each that waits.
	h.must(http.StatusOK, http.MethodPut, "/v1/agents/"+h.staff["mira@desk.example"]+"/availability", object{"status": "away"})
	h.say("telegram", customer(0), "Who is there?")
	p.admin("queue")
	p.has(".line", customer(0).First)
	p.click(".line button", "Why?")
	p.has("dialog .decision-out", "Mira Holm")
	p.press("\x1b")
	p.has(".figures", "Waiting for an agent")

	p.admin("settings")
	p.click(`form button[type="submit"]`, "Save")
	p.has(".toast", "Saved")
	p.sound()
}
