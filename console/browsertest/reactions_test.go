package browsertest_test

import "testing"

func TestAnAgentReacts(t *testing.T) {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	h.channel("telegram", nil)
	h.say("telegram", customer(0), "It came today, thank you!")
	p := newProfile(t)
	p.signIn(h, "mira@desk.example")
	p.click(".nav-line", "All")
	p.click(".row", "It came today")
	p.has(".bubble-in", "It came today")

	p.click(".message-in .message-menu", "")
	p.click(".menu-line", "React with ❤️")
	p.has(".reactions", "❤️")
	p.click(".message-in .message-menu", "")
	p.has(`.menu-line[aria-checked="true"]`, "❤️")
	p.look("reactions")
	p.click(".menu-line", "React with 🎉")
	p.has(".reactions", "🎉")
	p.hasNot(".reactions", "❤️")
	p.click(".message-in .message-menu", "")
	p.click(".menu-line", "React with 🎉")
	p.until("it was taken back", `!document.querySelector(".reactions")`)
	p.sound()
}
