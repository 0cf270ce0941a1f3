package browsertest_test

import "testing"

func TestContactsArePutTogetherAndTakenApart(t *testing.T) {
	h := newDesk(t)
	h.channel("telegram", nil)
	one, two := customer(0), customer(3)
	h.say("telegram", one, "Hello?")
	h.say("telegram", two, "It is me, from my other phone")
	p := newProfile(t)
	p.signIn(h, "ines@desk.example")
	p.click(".nav-line", "All")
	p.click(".row", "Hello?")
	p.has(".bubble-in", "Hello?")
	p.until("one account is known", `document.querySelectorAll(".identities li").length === 1`)
	p.click(".who-section button", "Same person")
	p.fill(`dialog input[name="person"]`, "nobody is called this")
	p.has("dialog", "Nobody else is called that")
	p.fill(`dialog input[name="person"]`, two.First)
	p.click("dialog .person-list button", two.First)
	p.has(".toast", "They are one person now")
	p.has(".identities", "also "+two.First)
	p.click(".identities button", "Take apart")
	p.hasNot(".identities", "also "+two.First)
	p.until("one account is left", `document.querySelectorAll(".identities li").length === 1`)
	p.sound()
}
