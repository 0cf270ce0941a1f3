package browsertest_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"threadhub/internal/simulate"
)

func TestAFirstDayByKeyboard(t *testing.T) {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	h.channel("telegram", returning("1h"))
	for i := range 3 {
		h.say("telegram", customer(i), fmt.Sprint("Question ", i))
	}
	p := newProfile(t)
	p.open(h.base + "/console/inbox/queue")
	p.until("the first field has the focus", `document.activeElement?.name === "email"`)
	p.fill(`input[name="email"]`, "mira@desk.example")
	p.press("\t")
	p.until("the next field has it", `document.activeElement?.name === "password"`)
	p.fill(`input[name="password"]`, password)
	p.press("\r")
	p.until("all are there", `document.querySelectorAll(".row").length === 3`)

	p.strike("j")
	p.strike("j")
	p.strike("k")
	p.has(".row-cursor", "Question 0")
	p.press("\r")
	p.has(".bubble-in", "Question 0")
	p.strike("m")
	p.has(".thread-facts", "You")
	p.strike("n")
	p.until("a note is written", `document.activeElement?.matches(".composer-note .composer-text")`)
	p.press("\x1b")
	p.strike("r")
	p.until("a reply is written", `document.activeElement?.matches(".composer:not(.composer-note) .composer-text")`)
	p.press("Here you are. jkmenu?")
	p.press("\r", chromedp.ModifierCtrl, chromedp.ModifierShift)
	p.has(".bubble-out", "Here you are. jkmenu?")
	p.has(".status", "Solved")
	require.Equal(t, "Here you are. jkmenu?", h.sent(1).Text)
	p.press("\x1b")
	p.strike("u")
	p.has(".thread-place", "No conversation is open")

	// Single keys can be switched off; the choice is kept.
	p.strike("?")
	p.has("dialog h2", "Keyboard shortcuts")
	p.click("dialog .check input", "")
	p.press("\x1b")
	p.until("the sheet is closed", `!document.querySelector("dialog[open]")`)
	before := js[string](p, `document.querySelector(".row-cursor")?.dataset.id ?? ""`)
	p.strike("j")
	require.Equal(t, before, js[string](p, `document.querySelector(".row-cursor")?.dataset.id ?? ""`))
	p.sound()
}

func TestTheConsoleSpeaksPortuguese(t *testing.T) {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	h.channel("telegram", nil)
	h.say("telegram", customer(0), "Olá!")
	p := newProfile(t)
	p.open(h.base + "/console/")
	p.click(".gate-foot button", "Português")
	p.has(".button-primary", "Entrar")
	p.fill(`input[name="email"]`, "mira@desk.example")
	p.fill(`input[name="password"]`, password)
	p.click(".button-primary", "Entrar")
	p.click(".nav-line", "Fila")
	p.has(".row .state", "Nova")
	require.Equal(t, "pt", js[string](p, `document.documentElement.lang`))
	p.click(".who", "Mira Holm")
	p.click(".menu-line", "English")
	p.has(".nav-line", "Queue")
	p.sound()
}

func TestFilesGoBothWays(t *testing.T) {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	h.channel("telegram", nil)
	p := newProfile(t)
	h.act("telegram", simulate.Act{Kind: simulate.Photo, By: customer(0), Text: "Look"})
	p.signIn(h, "mira@desk.example")
	p.click(".nav-line", "Queue")
	p.click(".row", "Look")
	p.until("the picture is there", `document.querySelector(".picture img")?.naturalWidth > 0`)
	p.click(".picture button", "")
	p.until("it is shown large", `document.querySelector("dialog .lightbox img")?.naturalWidth > 0`)
	p.press("\x1b")
	p.until("and no more", `!document.querySelector("dialog")`)

	// A file is dropped onto the composer and sent.
	drop := `((files) => {
		const data = new DataTransfer();
		for (const f of files) data.items.add(f);
		const box = document.querySelector(".composer-box");
		for (const type of ["dragover", "drop"]) box.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
		return true;
	})`
	js[bool](p, drop+`([new File(["Name;Amount\\nAna;3\\n"], "list.csv", { type: "text/csv" })])`)
	p.has(".tray-item", "list.csv")
	p.until("it is handed over", `!document.querySelector(".tray progress")`)
	p.fill(".composer-text", "Your list")
	p.click(".send button", "Send")
	p.has(".bubble-out .file-card", "list.csv")
	require.Contains(t, h.sent(1).Text, "Your list")
	p.hasNot(".composer", "list.csv")
	p.sound()
}
