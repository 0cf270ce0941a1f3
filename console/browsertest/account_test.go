package browsertest_test

import "testing"

func TestSessionsAreSeenAndEnded(t *testing.T) {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	p, other, third := newProfile(t), newProfile(t), newProfile(t)
	for _, at := range []*tab{p, other, third} {
		at.hub = h.base
		at.signIn(h, "mira@desk.example")
	}
	p.click(".who", "Mira Holm")
	p.click(".menu-line", "Your account")
	p.has("h1", "Your account")
	// With the one in which the invitation was accepted there are four.
	p.until("all are listed, this one first", `document.querySelectorAll(".lines > li").length === 4 && document.querySelector(".lines > li").textContent.includes("This browser")`)
	p.has(".line", "Chrome on Linux")
	p.audit("account")

	// One of them: the last is the oldest, which no browser has.
	js[bool](p, `document.querySelector(".lines > li:last-child button").click(), true`)
	p.until("it is gone", `document.querySelectorAll(".lines > li").length === 3`)

	p.click("main button", "Sign out everywhere else")
	p.has("dialog", "2 other browsers")
	p.click("dialog .button-danger", "Sign out")
	p.until("this one is left", `document.querySelectorAll(".lines > li").length === 1`)
	p.hasNot("main button", "everywhere else")
	for _, at := range []*tab{other, third} {
		at.open(h.base + "/console/inbox")
		at.has("h1", "Sign in")
	}

	// Another password ends the others, and is said to be wrong where it is typed.
	p.fill(`input[name="current_password"]`, "not the password")
	p.fill(`input[name="new_password"]`, "nine other otters")
	p.click(`form[name="password"] button`, "Change the password")
	p.has(".field-error", "")
	p.fill(`input[name="current_password"]`, password)
	p.click(`form[name="password"] button`, "Change the password")
	p.has(".toast", "The new password holds")
	p.sound()
}
