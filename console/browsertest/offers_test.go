package browsertest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnOfferRingsAndIsAccepted(t *testing.T) {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	h.channel("telegram", nil)
	p := newProfile(t)
	p.signIn(h, "mira@desk.example")
	p.has(".availability", "0 of 5")
	// Whoever is asked first may be the admin, who is there too.
	h.must(http.StatusOK, http.MethodPut, "/v1/agents/"+h.staff["ines@desk.example"]+"/availability", object{"status": "offline"})
	h.say("telegram", customer(0), "Do you open on Sunday?")
	p.has(".offer", "Do you open on Sunday?")
	p.audit("an offer")
	p.look("offer")
	p.click(".offer button", "Accept")
	p.has(".status", "Open")
	p.has(".thread-facts", "You")
	p.until("the offer is gone", `!document.querySelector(".offer")`)
	require.Contains(t, js[string](p, `location.pathname`), "/inbox/mine/cv_")
	p.has(".availability", "1 of 5")
	p.click(".details summary", "Why this agent")
	p.has(".details .log", "Accepted by")

	// Declined, it goes on to others.
	h.say("telegram", customer(4), "And on Monday?")
	p.has(".offer", "And on Monday?")
	p.click(".offer button", "Decline")
	p.until("the offer is gone", `!document.querySelector(".offer")`)
	p.sound()
}

func TestColleaguesSeeEachOtherWriteAndShareReplies(t *testing.T) {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	h.agent("Tomas Reis", "tomas@desk.example", "agent")
	h.channel("telegram", nil)
	h.must(http.StatusCreated, http.MethodPost, "/v1/canned-replies", object{"name": "hours", "text": "We open at nine."})
	h.must(http.StatusCreated, http.MethodPost, "/v1/canned-replies", object{"name": "bye", "text": "Have a good day!"})
	h.say("telegram", customer(0), "Hello?")
	mira, tomas := newProfile(t), newProfile(t)
	for p, email := range map[*tab]string{mira: "mira@desk.example", tomas: "tomas@desk.example"} {
		p.signIn(h, email)
		p.click(".nav-line", "All")
		p.click(".row", "Hello?")
		p.has(".bubble-in", "Hello?")
	}
	tomas.fill(".composer-text", "Let me")
	mira.has(".others [aria-live]", "Tomas Reis is typing a reply")

	mira.fill(".composer-text", "/ho")
	mira.has(".canned", "We open at nine.")
	mira.audit("canned replies")
	mira.strike("Enter")
	mira.until("the reply is in the box", `document.querySelector(".composer-text").value === "We open at nine."`)
	mira.press("\r", ctrl)
	tomas.has(".bubble-out", "We open at nine.")
	tomas.has(".message-author", "Mira Holm")
	tomas.has(".notice", "Mira Holm has this conversation")
	mira.sound()
	tomas.sound()
}
