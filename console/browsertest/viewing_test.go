package browsertest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAgentsSeeWhoElseIsAtAConversation(t *testing.T) {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	h.agent("Bo Lin", "bo@desk.example", "agent")
	h.channel("telegram", nil)
	h.say("telegram", customer(0), "Hello?")
	h.say("telegram", customer(1), "Anybody there?")
	open := func(email, text string) *tab {
		p := newProfile(t)
		p.signIn(h, email)
		p.click(".nav-line", "All")
		p.click(".row", text)
		p.has(".bubble-in", text)
		return p
	}
	mira := open("mira@desk.example", "Hello?")
	mira.until("nobody else is there", `document.querySelector(".others [aria-hidden]").textContent === ""`)
	top := `document.querySelector(".composer").getBoundingClientRect().top`
	before := js[float64](mira, top)

	bo := open("bo@desk.example", "Hello?")
	mira.has(".others [aria-hidden]", "Bo Lin is viewing")
	mira.has(".others [aria-live]", "Bo Lin is viewing")
	bo.has(".others", "Mira Holm is viewing") // who came later hears of who was there
	require.InDelta(t, before, js[float64](mira, top), 0.5, "nothing moves")

	bo.fill(".composer-text", "I am on it")
	mira.has(".others [aria-live]", "Bo Lin is typing a reply")
	bo.click(".send button", "Send")
	mira.has(".bubble-out", "I am on it")
	mira.has(".others [aria-hidden]", "Bo Lin is viewing")

	bo.click(".row", "Anybody there?")
	bo.has(".bubble-in", "Anybody there?")
	mira.until("Bo has left", `document.querySelector(".others").textContent === ""`)
	bo.until("Bo is alone", `document.querySelector(".others").textContent === ""`)
	bo.click(".row", "I am on it")
	mira.has(".others", "Bo Lin is viewing")
	bo.open("about:blank")
	mira.until("Bo closed the page", `document.querySelector(".others").textContent === ""`)
	mira.sound()
}
