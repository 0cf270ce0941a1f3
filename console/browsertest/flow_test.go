package browsertest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/simulate"
)

func returning(after string) object {
	return object{"name": "live_chat_returning", "close_after": after}
}

func TestTheFirstAdminSetsUpTheConsole(t *testing.T) {
	h := startHub(t)
	p := newProfile(t)
	p.open(h.base + "/")
	p.has("h1", "Set up Threadhub")
	p.fill(`input[name="token"]`, adminToken)
	p.fill(`input[name="name"]`, "Ines Falk")
	p.fill(`input[name="email"]`, "ines@desk.example")
	p.fill(`input[name="password"]`, "short")
	p.click("button", "Create the account")
	p.has(".field-error", "use at least 12")
	p.fill(`input[name="password"]`, password)
	p.click("button", "Create the account")
	p.has(".list-scroll h2", "Connect the first channel")
	p.click(".who", "Ines Falk")
	p.click(".menu-line", "Sign out")
	p.has("h1", "Sign in")
	p.fill(`input[name="email"]`, "ines@desk.example")
	p.fill(`input[name="password"]`, "not the password")
	p.click("button", "Sign in")
	p.has(".alert", "The e-mail address or the password is wrong.")
	p.fill(`input[name="password"]`, password)
	p.click("button", "Sign in")
	p.has(".who", "Ines Falk")
	p.sound()
}

func TestADayOfAConversation(t *testing.T) {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	h.channel("whatsapp", returning("1h"))
	ana := customer(8)
	p := newProfile(t)
	p.signIn(h, "mira@desk.example")

	// A customer writes: it is in the queue without anybody asking.
	p.click(".nav-line", "Queue")
	p.has(".list-scroll h2", "The queue is empty")
	question := h.say("whatsapp", ana, "Where is my parcel?")
	p.has(".row", "Where is my parcel?")
	p.has(".row .state", "New")
	p.until("the title counts", `document.title.startsWith("(1)")`)

	// Opening it marks it read; a reply takes it.
	p.click(".row", "Where is my parcel?")
	p.has(".bubble-in", "Where is my parcel?")
	p.until("the title counts no more", `!document.title.startsWith("(")`)
	require.Contains(t, js[string](p, `location.pathname`), "/console/inbox/queue/cv_")
	p.fill(".composer-text", "On its way.")
	p.press("\r", ctrl)
	p.has(".bubble-out", "On its way.")
	p.has(".status", "Open")
	p.has(".thread-facts", "You")

	// The ticks move.
	out := h.sent(1)
	require.Equal(t, "On its way.", out.Text)
	p.has(".bubble-out .delivery", "Sent")
	for _, step := range []struct{ status, shown string }{{"delivered", "Delivered"}, {"read", "Read"}} {
		h.act("whatsapp", simulate.Act{Kind: simulate.Receipt, By: ana, Target: out.ID, Ref: out.Ref, Status: step.status})
		p.has(".bubble-out .delivery", step.shown)
	}

	// A reaction and an answer.
	h.act("whatsapp", simulate.Act{Kind: simulate.React, By: ana, Target: out.ID, Text: "👍"})
	p.has(".reactions", "👍")

	// Solved, it counts down; a message brings it back.
	p.click(".solve", "Solve")
	p.has(".status", "Solved")
	p.has(".thread-facts", "closes in")
	p.has(".toast", "closes in")
	h.say("whatsapp", ana, "It is broken!")
	p.has(".bubble-in", "It is broken!")
	p.has(".status", "Open")
	p.hasNot(".thread-facts", "closes in")
	p.has(".log-line", "wrote again")
	p.has(".details", "Reopened once")

	// A note stays inside.
	p.click(".composer-tabs button", "Note")
	p.fill(".composer-text", "Asked the depot.")
	p.click(".send button", "Add note")
	p.has(".bubble-note", "Asked the depot.")
	require.NotEmpty(t, question)
	p.sound()
}

func TestAStyleIsChangedWhereTheAgentDecides(t *testing.T) {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	h.channel("telegram", nil)
	p := newProfile(t)
	p.signIn(h, "mira@desk.example")
	h.say("telegram", customer(0), "Hello?")
	p.click(".nav-line", "All")
	p.click(".row", "Hello?")
	p.click(".thread-facts button", "Social messaging")
	p.click(".style-choice", "Live chat")
	p.has(".dialog-body", "it would be closed at once")
	p.click(".dialog button", "Save")
	p.has(".thread-facts button", "Live chat")
	p.click(".solve", "Solve")
	p.has(".status", "Closed")
	p.has(".composer-closed", "This conversation is closed")

	// The follow-up is another conversation, and it is shown.
	p.click(".composer button", "Start follow-up")
	p.fill(".composer-text", "One more thing.")
	p.click(".send button", "Send")
	p.has(".bubble-out", "One more thing.")
	p.has(".beginning", "Follows an earlier conversation")
	require.Equal(t, "One more thing.", h.sent(1).Text)
	p.sound()
}

func TestTwoTabsAreInStep(t *testing.T) {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	h.channel("telegram", returning("1h"))
	h.say("telegram", customer(0), "Anybody there?")
	one := newProfile(t)
	one.signIn(h, "mira@desk.example")
	one.click(".nav-line", "All")
	one.click(".row", "Anybody there?")
	two := one.another()
	two.open(js[string](one, "location.href"))
	two.has(".bubble-in", "Anybody there?")

	one.fill(".composer-text", "Half a thought")
	two.until("the draft is there too", `document.querySelector(".composer-text")?.value === "Half a thought"`)
	one.fill(".composer-text", "Yes!")
	one.click(".send button", "Send")
	two.has(".bubble-out", "Yes!")
	two.click(".solve", "Solve")
	one.has(".status", "Solved")
	h.say("telegram", customer(0), "Thanks")
	one.has(".bubble-in", "Thanks")
	two.has(".bubble-in", "Thanks")

	// Signing out is for all tabs.
	two.click(".who", "Mira Holm")
	two.click(".menu-line", "Sign out")
	one.has("h1", "Sign in")
	one.sound()
	two.sound()
}

func TestARefusedChangeIsTakenBack(t *testing.T) {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	tomas := h.agent("Tomas Reis", "tomas@desk.example", "agent")
	h.channel("telegram", nil)
	h.say("telegram", customer(0), "Hello?")
	p := newProfile(t)
	p.signIn(h, "mira@desk.example")
	p.click(".nav-line", "All")
	p.click(".row", "Hello?")
	p.has(".bubble-in", "Hello?")
	id := js[string](p, `location.pathname.split("/").at(-1)`)

	// The page does not hear that another agent has it by now.
	js[bool](p, `(window.fetch = ((real) => (url, options) => String(url).includes("/accept")
		? Promise.resolve(new Response(JSON.stringify({type: "about:blank", title: "Conflict", status: 409, code: "already_taken"}), {status: 409}))
		: real(url, options))(window.fetch), true)`)
	p.run(focusBody)
	p.strike("m")
	p.has(".toast-failed", "Somebody else was faster")
	p.has(".thread-facts", "Nobody")
	h.must(http.StatusOK, http.MethodPatch, "/v1/conversations/"+id, object{"assignee_id": tomas})
	p.has(".thread-facts", "Tomas Reis")
	p.has(".notice", "Tomas Reis has this conversation")
	p.sound()
}

func TestAMessageThatFailsSaysWhyAndIsSentAgain(t *testing.T) {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	h.channel("telegram", nil)
	refuse := true
	h.script = func(simulate.Call) *simulate.Fault {
		if !refuse {
			return nil
		}
		return &simulate.Fault{Status: http.StatusBadRequest, Body: []byte(`{"ok":false,"error_code":400,"description":"Bad Request: message is too long"}`)}
	}
	h.say("telegram", customer(0), "Hello?")
	p := newProfile(t)
	p.signIn(h, "mira@desk.example")
	p.click(".nav-line", "All")
	p.click(".row", "Hello?")
	p.fill(".composer-text", "Hi!")
	p.click(".send button", "Send")
	p.has(".trouble", "Not delivered")
	p.has(".trouble", "does not take such content")
	p.has(".row .danger", "")
	refuse = false
	p.click(".trouble button", "Try again")
	p.has(".trouble", "sent again below")
	require.Equal(t, "Hi!", h.sent(1).Text)
	p.sound()
}
