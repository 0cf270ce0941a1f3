package browsertest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// pick chooses an option of the n-th choice in a row, by its text.
func (p *tab) pick(row, label, text string) {
	p.t.Helper()
	find := `document.querySelector(` + quote(`dialog [aria-label="`+row+`"] select[aria-label="`+label+`"]`) + `)`
	option := `[...` + find + `?.options ?? []].find((o) => o.text === ` + quote(text) + `)`
	p.until(row+" can be "+text, option)
	js[bool](p, `((s, o) => { s.value = o.value; s.dispatchEvent(new Event("change", { bubbles: true })); return true; })(`+find+`, `+option+`)`)
}

func TestARuleIsMadeByForm(t *testing.T) {
	h := newDesk(t)
	h.channel("telegram", nil)
	h.must(http.StatusCreated, http.MethodPost, "/v1/groups", object{"name": "Returns"})
	h.say("telegram", customer(0), "My refund, please")
	p := newProfile(t)
	p.hub = h.base
	p.signIn(h, "ines@desk.example")
	p.admin("rules")
	p.click("main button", "Add a rule")
	p.fill(`dialog input[name="name"]`, "Refunds go to returns")
	p.click(`dialog .pick input`, "")
	p.click(`dialog .pick`, "Trigger")
	p.click(`dialog .check`, "The contact writes")

	// The time it waits for makes room for words of the message.
	p.click("dialog button", "Remove condition 2")
	p.click("dialog button", "Remove condition 1")
	p.click(`dialog [data-list="conditions.all"] button`, "Add a condition")
	p.pick("Condition 1", "What it looks at", "Text of the message")
	p.pick("Condition 1", "How it compares", "contains")
	for _, word := range []string{"refund", "money back"} {
		p.fill(`dialog [data-list="conditions.all"] input[aria-label="Value"]`, word)
		p.strike("Enter")
		p.has("dialog .chip", word)
	}
	p.pick("Action 1", "What it does", "Set the group")
	p.pick("Action 1", "Value", "Returns")
	p.click("dialog button", "Add an action")
	p.pick("Action 2", "What it does", "Call a webhook")

	// What is missing is said where it is missing.
	p.click(`dialog button[type="submit"]`, "")
	p.has(`dialog [aria-label="Action 2"] .field-error`, "an address")
	p.fill(`dialog [aria-label="Action 2"] input`, "https://example.com/rules")

	// The form says the same as the JSON, both ways.
	p.click(`dialog [role="tab"]`, "As JSON")
	p.until("it is there as JSON", `document.querySelector("dialog textarea")?.value.includes('"money back"')`)
	p.fill("dialog textarea", "{}")
	p.has("dialog .field-error", "The form cannot show this")
	p.fill("dialog textarea", `{"name": "Refunds go first", "kind": "trigger", "events": ["message_received"], "conditions": {"all": [{"field": "message.text", "operator": "contains", "values": ["refund"]}]},
		"actions": [{"type": "set_priority", "value": "high"}, {"type": "call_webhook", "url": "https://example.com/rules"}]}`)
	p.click(`dialog [role="tab"]`, "Form")
	p.until("it is there as a form", `document.querySelector('dialog input[name="name"]')?.value === "Refunds go first"`)
	p.audit("rule form")

	// Tried before it is kept.
	p.click("dialog button", "Dry run")
	p.has("dialog dialog", "Text of the message contains refund")
	p.press("\x1b")
	p.until("the form is left", `document.querySelectorAll("dialog[open]").length === 1`)
	p.click(`dialog button[type="submit"]`, "")
	p.has("dialog .copy-value", "whsec_")
	p.press("\x1b")
	p.has(".line", "Text of the message contains refund → Set the priority: High priority")
	stored := h.must(http.StatusOK, http.MethodGet, "/v1/rules", nil)["data"].([]any)
	rule := stored[len(stored)-1].(object)
	require.Equal(t, []any{"message_received"}, rule["events"])
	require.Equal(t, []any{object{"field": "message.text", "operator": "contains", "values": []any{"refund"}}}, rule["conditions"].(object)["all"])

	// A stored rule is changed by the same form.
	p.click(".line button", "Edit Refunds go first")
	p.pick("Action 1", "Value", "Urgent")
	p.click(`dialog button[type="submit"]`, "")
	p.has(".line", "Set the priority: Urgent")
	p.sound()
}

func TestAnAutomationWaitsForATime(t *testing.T) {
	h := newDesk(t)
	p := newProfile(t)
	p.hub = h.base
	p.signIn(h, "ines@desk.example")
	p.admin("rules")
	p.click("main button", "Add a rule")
	p.click("dialog button", "Remove condition 2")
	p.click(`dialog button[type="submit"]`, "")
	p.has(`dialog .field-error`, "an automation needs a time it waits for")
	p.click(`dialog [data-list="conditions.all"] button`, "Add a condition")
	p.pick("Condition 2", "What it looks at", "Unanswered")
	p.fill(`dialog [aria-label="Condition 2"] input`, "2")
	p.pick("Condition 2", "Unit", "days")
	p.click(`dialog button[type="submit"]`, "")
	p.has(".line", "Unanswered for at least 2d")
	stored := h.must(http.StatusOK, http.MethodGet, "/v1/rules", nil)["data"].([]any)
	require.Contains(t, stored[len(stored)-1].(object)["conditions"].(object)["all"], object{"field": "time.unanswered", "operator": "at_least", "values": []any{"48h"}})
	p.sound()
}

func TestAStyleRuleIsMadeByForm(t *testing.T) {
	h := newDesk(t)
	h.channel("telegram", nil)
	p := newProfile(t)
	p.hub = h.base
	p.signIn(h, "ines@desk.example")
	p.admin("style-rules")
	p.click("main button", "Add a rule")
	p.fill(`dialog input[name="name"]`, "Disputes stay open")
	p.fill(`dialog input[name="text_contains"]`, "dispute")
	p.strike("Enter")
	p.has("dialog .chip", "dispute")
	js[bool](p, `((s) => { s.value = "unknown"; s.dispatchEvent(new Event("change", { bubbles: true })); return true; })([...document.querySelectorAll("dialog select")].find((s) => [...s.options].some((o) => o.value === "unknown")))`)
	p.click("dialog .pick", "Social messaging")
	p.click(`dialog button[type="submit"]`, "")
	p.has(".line", "First message contains dispute · writes for the first time")
	stored := h.must(http.StatusOK, http.MethodGet, "/v1/style-rules", nil)["data"].([]any)[0].(object)
	require.Equal(t, object{"text_contains": []any{"dispute"}, "contact": "unknown"}, stored["conditions"])
	p.sound()
}
