package browsertest_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// inside tells whether the focus is in the dialog that is open on top.
const inside = `[...document.querySelectorAll("dialog[open]")].at(-1)?.contains(document.activeElement)`

// dialog requires of the dialog that a button opens what every dialog has to
// do: it begins at the element, keeps the focus, closes on Escape and gives the
// focus back.
func (p *tab) dialog(button, text, first string) {
	p.t.Helper()
	find := `[...document.querySelectorAll(` + quote(button) + `)].find((e) => (e.textContent + " " + (e.getAttribute("aria-label") ?? "")).includes(` + quote(text) + `))`
	p.until(text+" is there", find)
	js[bool](p, `(window.opener_ = `+find+`).focus(), window.opener_.click(), true`)
	p.until(text+" begins at "+first, `document.activeElement?.matches(`+quote("dialog[open] "+first)+`)`)
	keeps := func(times int, modifiers ...chromedp.Modifier) {
		for range times {
			p.press("\t", modifiers...)
			require.True(p.t, js[bool](p, inside), "%s keeps the focus, which is at %s", text, js[string](p, `document.activeElement.outerHTML.slice(0, 200)`))
		}
	}
	// Once around, and backwards over the edge.
	keeps(js[int](p, `[...document.querySelectorAll("dialog[open] :is(a[href], button, input, select, textarea, summary)")].length`) + 1)
	js[bool](p, `document.querySelector("dialog[open] .dialog-head button").focus(), true`)
	keeps(2, chromedp.ModifierShift)
	p.press("\x1b")
	p.until(text+" is closed", `!document.querySelector("dialog[open]")`)
	p.until("the focus is back at "+text, `document.activeElement === window.opener_`)
}

func TestDialogsTakeTheFocusAndGiveItBack(t *testing.T) {
	h := newDesk(t)
	h.channel("telegram", nil)
	h.say("telegram", customer(0), "Hello?")
	h.must(201, "POST", "/v1/groups", object{"name": "Returns"})
	p := newProfile(t)
	p.hub = h.base
	p.signIn(h, "ines@desk.example")
	p.click(".nav-line", "All")
	p.click(".row", "Hello?")
	p.has(".bubble-in", "Hello?")
	p.dialog(".list-head button", "Filter", `input[type="checkbox"]`)
	p.dialog(".thread-facts button", "Social messaging", `input[type="radio"]:checked`)
	p.dialog(".who-section button", "Same person", `input[name="person"]`)
	for _, form := range []struct{ view, button, first string }{
		{"rules", "Add a rule", `input[name="name"]`},
		{"style-rules", "Add a rule", `input[name="name"]`},
		{"groups", "Delete Returns", `.dialog-foot button`},
		{"tokens", "Make a token", `input[name="name"]`},
	} {
		p.admin(form.view)
		p.dialog("main button", form.button, form.first)
	}
	p.sound()
}
