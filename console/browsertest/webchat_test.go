package browsertest_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// within is the chat's own tree in a page.
const within = `document.getElementById("threadhub-chat")?.shadowRoot`

// visitor is somebody on a page that shows a chat.
type visitor struct {
	*tab
	at      string // the hub, as the page reaches it
	channel string
}

// chat makes a web chat channel with the style.
func (h *hub) chat(style object, settings object) string {
	h.t.Helper()
	body := object{"kind": "webchat", "name": "Shop chat", "credentials": object{}, "enabled": true, "settings": object{"greeting": "Hello! How can we help?", "colour": "#2f6b4f"}}
	for name, value := range settings {
		body["settings"].(object)[name] = value
	}
	if style != nil {
		body["style"] = style
	}
	return h.must(http.StatusCreated, http.MethodPost, "/v1/channels", body)["id"].(string)
}

// visit opens a page with the chat and opens the chat.
func (p *tab) visit(at, channel, query string) *visitor {
	p.t.Helper()
	v := &visitor{tab: p, at: at, channel: channel}
	v.open(at + "/widget/try/" + channel + query)
	v.launch()
	return v
}

// launch opens the chat by its launcher.
func (v *visitor) launch() {
	v.t.Helper()
	v.until("the launcher is there", within+`?.querySelector(".launcher")`)
	js[bool](v.tab, `(() => { const b = `+within+`.querySelector(".launcher"); if (b.ariaExpanded !== "true") b.click(); return true })()`)
	v.until("the chat is open", within+`?.querySelector(".composer textarea")`)
}

// sees waits until an element of the chat holds the text.
func (v *visitor) sees(selector, text string) {
	v.t.Helper()
	v.until(selector+" of the chat says "+text, `[...(`+within+`?.querySelectorAll(`+quote(selector)+`) ?? [])].some((e) => (e.textContent + " " + (e.ariaLabel ?? "")).includes(`+quote(text)+`))`)
}

// gone waits until no element of the chat holds the text.
func (v *visitor) gone(selector, text string) {
	v.t.Helper()
	v.until(selector+" of the chat does not say "+text, `![...(`+within+`?.querySelectorAll(`+quote(selector)+`) ?? [])].some((e) => e.textContent.includes(`+quote(text)+`))`)
}

// hit clicks the first element of the chat that holds the text.
func (v *visitor) hit(selector, text string) {
	v.t.Helper()
	find := `[...(` + within + `?.querySelectorAll(` + quote(selector) + `) ?? [])].find((e) => (e.textContent + " " + (e.ariaLabel ?? "")).includes(` + quote(text) + `) && !e.disabled)`
	v.until(selector+" with "+text+" can be clicked in the chat", find)
	js[bool](v.tab, find+".click(), true")
}

// types writes into the field, as from a keyboard.
func (v *visitor) types(text string) {
	v.t.Helper()
	js[bool](v.tab, within+`.querySelector("textarea").focus(), true`)
	v.run(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// writes sends a message.
func (v *visitor) writes(text string) {
	v.t.Helper()
	v.types(text)
	v.hit(".send", "")
	v.sees(".line-own .bubble", text)
}

// said are the texts of the chat in their order, as shown.
func (v *visitor) said() []string {
	v.t.Helper()
	return js[[]string](v.tab, `[...`+within+`.querySelectorAll(".bubble .text")].map((e) => e.textContent)`)
}

// newest is the channel's latest conversation, once there are so many.
func (h *hub) newest(channel string, many int) object {
	h.t.Helper()
	var data []any
	require.Eventually(h.t, func() bool {
		data = h.must(http.StatusOK, http.MethodGet, "/v1/conversations?sort=-created_at&channel_id="+channel, nil)["data"].([]any)
		return len(data) == many
	}, patience, 50*time.Millisecond, "there are %d conversations", many)
	return data[0].(object)
}

// answer writes as an agent.
func (h *hub) answer(conversation any, body object) object {
	h.t.Helper()
	return h.must(http.StatusAccepted, http.MethodPost, fmt.Sprintf("/v1/conversations/%s/messages", conversation), body)
}

// holds waits until a conversation has so many messages.
func (h *hub) holds(conversation any, many int) []any {
	h.t.Helper()
	var list []any
	require.Eventually(h.t, func() bool {
		list = h.must(http.StatusOK, http.MethodGet, fmt.Sprintf("/v1/conversations/%s/messages", conversation), nil)["data"].([]any)
		return len(list) == many
	}, patience, 50*time.Millisecond, "there are %d messages", many)
	return list
}

func TestAVisitorTalksInTheChat(t *testing.T) {
	h := newDesk(t)
	ch := h.chat(object{"name": "social_messaging", "close_after": "1h"}, nil)
	v := newProfile(t).visit(h.base, ch, "")
	v.sees(".welcome-text", "How can we help?")
	v.writes("Do you mend pots?")
	v.sees(".line-own .tick", "Sent")
	conv := h.newest(ch, 1)
	require.Empty(t, conv["assignee"])
	h.must(http.StatusNoContent, http.MethodPost, fmt.Sprintf("/v1/conversations/%s/typing", conv["id"]), nil)
	v.sees(".typing", "is typing")
	h.answer(conv["id"], object{"text": "We do. How old is yours?", "buttons": []object{{"id": "new", "title": "Less than a year"}, {"id": "old", "title": "Older"}}})
	v.sees(".line-other .bubble", "We do.")
	v.gone(".typing", "is typing")
	v.sees(".line-own .tick", "Seen")
	v.look("webchat-choices")

	// A choice is an answer, and gone with it.
	v.hit(".choice", "Older")
	v.sees(".line-own .bubble", "Older")
	v.gone(".choice", "Older")
	require.Eventually(t, func() bool {
		list := h.must(http.StatusOK, http.MethodGet, fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), nil)["data"].([]any)
		last := list[len(list)-1].(object)
		return last["direction"] == "inbound" && last["reply"] != nil && last["reply"].(object)["id"] == "old" && list[1].(object)["status"] == "read"
	}, patience, 50*time.Millisecond, "the agent sees what was chosen, and that the answer was read")

	// A file goes with a message.
	js[bool](v.tab, `(() => {
		const data = new DataTransfer();
		data.items.add(new File(["a list of pots"], "pots.txt", {type: "text/plain"}));
		const input = `+within+`.querySelector("input[type=file]");
		input.files = data.files;
		input.dispatchEvent(new Event("change"));
		return true;
	})()`)
	v.sees(".pick", "pots.txt")
	v.writes("Here is the list")
	v.sees(".line-own .card", "pots.txt")
	v.until("the file can be loaded", within+`?.querySelector(".line-own a.card")`)

	// What was said is there after a reload, in its order and once.
	said := []string{"Do you mend pots?", "We do. How old is yours?", "Older", "Here is the list"}
	v.until("all is said", within+`.querySelectorAll(".bubble .text").length === 4`)
	require.Equal(t, said, v.said())
	v.open(h.base + "/widget/try/" + ch)
	v.sees(".line-own .bubble", "Here is the list") // it was open, and opens again
	require.Equal(t, said, v.said())
	v.sees(".line-own .tick", "Seen")

	// Solved, it goes on with the next message, as its style says.
	h.must(http.StatusOK, http.MethodPatch, fmt.Sprintf("/v1/conversations/%s", conv["id"]), object{"status": "solved"})
	v.writes("One more thing")
	require.Eventually(t, func() bool { return h.newest(ch, 1)["status"] == "open" }, patience, 50*time.Millisecond, "the same conversation is open again")
	v.sound()
}

func TestAChatThatEndedBeginsAnew(t *testing.T) {
	h := newDesk(t)
	ch := h.chat(object{"name": "live_chat"}, nil)
	v := newProfile(t).visit(h.base, ch, "?locale=pt-PT")
	v.sees(".head-title", "Fennel & Foil")
	v.writes("Boa tarde!")
	v.sees(".line-own .tick", "Enviada")
	conv := h.newest(ch, 1)
	h.answer(conv["id"], object{"text": "Boa tarde, em que posso ajudar?"})
	v.sees(".line-other .bubble", "em que posso ajudar?")
	h.must(http.StatusOK, http.MethodPatch, fmt.Sprintf("/v1/conversations/%s", conv["id"]), object{"status": "solved"})
	v.sees(".ended", "Esta conversa terminou.")
	v.writes("Ainda uma pergunta")
	v.gone(".ended", "Esta conversa terminou.")
	next := h.newest(ch, 2)
	require.Equal(t, conv["id"], next["follow_up_of"])
	v.sees(".divider", "Esta conversa terminou.")

	// The visitor ends it themselves.
	v.hit(".head-button", "Mais")
	v.hit(".sheet .solid", "Terminar")
	v.sees(".ended", "Esta conversa terminou.")
	v.sound()
}

func TestACutConnectionLosesNothingInTheChat(t *testing.T) {
	h := newDesk(t)
	ch := h.chat(object{"name": "social_messaging"}, nil)
	w := newWire(t, h.base)
	v := newProfile(t).visit(w.url(), ch, "")
	v.writes("Hello?")
	v.sees(".line-own .tick", "Sent")
	conv := h.newest(ch, 1)

	w.sever(true)
	v.sees(".banner", "No connection")
	v.writes("Written in a tunnel")
	v.sees(".line-own .tick", "Waiting for a connection")
	h.answer(conv["id"], object{"text": "Said meanwhile"})
	w.sever(false)
	v.gone(".banner", "No connection")
	v.sees(".line-other .bubble", "Said meanwhile")
	v.gone(".line-own .tick", "Waiting for a connection")
	v.sees(".line-own .tick", "Sent")
	require.ElementsMatch(t, []string{"Hello?", "Said meanwhile", "Written in a tunnel"}, v.said())
	h.holds(conv["id"], 3)

	// What was not sent outlives the page.
	w.sever(true)
	v.sees(".banner", "No connection")
	v.writes("Kept for later")
	v.sees(".line-own .tick", "Waiting for a connection")
	v.open("about:blank")
	w.sever(false)
	v.open(w.url() + "/widget/try/" + ch)
	v.sees(".line-own .bubble", "Kept for later")
	h.holds(conv["id"], 4)
	v.sound()
}

func TestAClosedChatTellsWhatIsUnread(t *testing.T) {
	h := newDesk(t)
	ch := h.chat(nil, nil)
	v := newProfile(t).visit(h.base, ch, "")
	v.writes("Is anybody there?")
	v.sees(".line-own .tick", "Sent")
	conv := h.newest(ch, 1)
	v.press("\x1b") // Escape, with the focus in the chat
	v.until("it is closed", "!"+within+`.querySelector(".panel")`)
	require.True(t, js[bool](v.tab, within+`.activeElement.matches(".launcher")`), "the focus is where it came from")
	h.answer(conv["id"], object{"text": "Somebody is."})
	v.sees(".badge", "1")
	v.sees(".teaser", "Somebody is.")
	v.sees(".launcher", "1 unread message")
	v.look("webchat-unread")
	list := fmt.Sprintf("/v1/conversations/%s/messages", conv["id"])
	status := func() any {
		data := h.must(http.StatusOK, http.MethodGet, list, nil)["data"].([]any)
		return data[len(data)-1].(object)["status"]
	}
	require.Eventually(t, func() bool { return status() == "delivered" }, patience, 50*time.Millisecond)
	v.hit(".teaser-text", "Somebody is.")
	v.gone(".badge", "1")
	require.Eventually(t, func() bool { return status() == "read" }, patience, 50*time.Millisecond)
	v.sound()
}
