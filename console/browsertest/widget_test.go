package browsertest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// site is a page of somebody's site that shows a chat, with styles that would
// ruin one that is not apart.
func site(t *testing.T, hub, channel, attributes string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><title>A site</title>
			<style>* { all: unset !important; font-size: 70px !important; color: red !important } div { display: none !important }</style>
			<main><h1>A site</h1><button>Ours</button></main>
			<script src="%s/widget.js" data-channel="%s" %s async></script></html>`, hub, channel, attributes)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestASiteThatIsAllowedShowsTheChatAndOthersDoNot(t *testing.T) {
	h := newDesk(t)
	ch := h.chat(nil, nil)
	page := site(t, h.base, ch, `data-title="Ask us" data-side="left" data-theme="dark" data-locale="pt"`)
	p := newProfile(t)
	p.open(page.URL)
	p.until("the script ran", `"Threadhub" in window`)
	require.Equal(t, http.StatusForbidden, js[int](p, fmt.Sprintf(`fetch(%q).then((r) => r.status, () => 403)`, h.base+"/webchat/"+ch+"/config")))
	require.False(t, js[bool](p, `!!document.getElementById("threadhub-chat")`), "a site that is not listed shows nothing")

	h.must(http.StatusOK, http.MethodPatch, "/v1/channels/"+ch, object{"settings": object{"allowed_origins": []string{page.URL}, "colour": "#ffd400"}})
	v := &visitor{tab: p, at: h.base, channel: ch}
	v.open(page.URL)
	v.launch()
	v.sees(".head-title", "Ask us")
	style := `getComputedStyle(` + within + `.querySelector(".head-title"))`
	require.Equal(t, "16.5px", js[string](p, style+`.fontSize`))
	require.NotEqual(t, "rgb(255, 0, 0)", js[string](p, style+`.color`))
	require.Less(t, js[float64](p, within+`.querySelector(".panel").getBoundingClientRect().left`), 100.0)
	v.writes("Olá!")
	v.sees(".line-own .tick", "Enviada")
	conv := h.newest(ch, 1)
	h.answer(conv["id"], object{"text": "Bom dia"})
	v.sees(".line-other .bubble", "Bom dia")
	v.look("webchat-site")

	// The page works with the chat.
	js[bool](p, `Threadhub.close(), true`)
	v.until("it is closed", "!"+within+`.querySelector(".panel")`)
	js[bool](p, `window.counts = [], Threadhub.onUnread((n) => window.counts.push(n)), true`)
	h.answer(conv["id"], object{"text": "Ainda aí?"})
	v.until("the page knows", `window.counts.includes(1)`)
	js[bool](p, `Threadhub.open(), true`)
	v.until("the page knows", `window.counts.at(-1) === 0`)
	// Signed out, nothing is left of the talk.
	js[bool](p, `Threadhub.signOut().then(() => true)`)
	v.launch()
	v.sees(".welcome-text", "Como podemos ajudar?")
	v.gone(".bubble", "Olá!")
	require.Empty(t, js[[]string](p, `Object.keys(localStorage).filter((k) => k.endsWith(".outbox"))`))
	v.sound()
}

func TestTextOfAgentsIsTextInTheChat(t *testing.T) {
	h := newDesk(t)
	texts := hostile(t)
	h.agent(texts[0], "mira@desk.example", "agent")
	ch := h.chat(nil, object{"greeting": texts[1]})
	watch := `window.reports = []; document.addEventListener("securitypolicyviolation", (e) => window.reports.push(e.violatedDirective + " " + e.sample)); true`
	v := newProfile(t).visit(h.base, ch, "")
	js[bool](v.tab, watch)
	v.sees(".welcome-text", texts[1])
	for _, text := range texts[:6] {
		v.writes(text)
	}
	v.sees(".line-own .tick", "Sent")
	h.holds(h.newest(ch, 1)["id"], 6)
	conv := h.newest(ch, 1)["id"]
	for _, text := range texts {
		h.answer(conv, object{"text": text})
	}
	title := func(s string) string { return s[:min(len(s), 20)] }
	h.answer(conv, object{"text": "Choose", "buttons": []object{{"id": texts[2][:min(len(texts[2]), 60)], "title": title(texts[2])}, {"id": "b", "title": title(texts[3])}}})
	for _, text := range texts {
		v.sees(".line-other .bubble", text)
	}
	v.hit(".choice", title(texts[3]))
	v.sees(".line-own .bubble", title(texts[3]))
	in := func(what string) string { return within + `.querySelectorAll(` + quote(what) + `)` }
	require.Zero(t, js[int](v.tab, in("script, iframe, object, embed, style, link, base, img[src^='x']")+`.length`))
	require.Empty(t, js[[]string](v.tab, `[...`+in("a")+`].map((a) => a.protocol).filter((p) => !["http:", "https:", "mailto:"].includes(p))`))
	require.Empty(t, js[[]string](v.tab, `[...`+in("a[target]")+`].filter((a) => !a.relList.contains("noopener")).map((a) => a.outerHTML)`))
	require.Empty(t, js[[]string](v.tab, `[...`+in("*")+`].flatMap((e) => e.getAttributeNames().filter((n) => n.startsWith("on")))`))
	require.Empty(t, js[[]string](v.tab, `window.reports`))
	require.False(t, js[bool](v.tab, `"pwned" in window`))
	v.sound()
}

func TestTheChatIsForEverybody(t *testing.T) {
	h := newDesk(t)
	ch := h.chat(object{"name": "live_chat"}, nil)
	v := newProfile(t).visit(h.base, ch, "")
	v.audit("web chat, nothing said")
	v.writes("Hello! Is the sage pot back in stock? I have been waiting for it since spring. https://shop.example/pots/sage")
	v.sees(".line-own .tick", "Sent")
	conv := h.newest(ch, 1)
	h.answer(conv["id"], object{"text": "It is, since this morning 🎉\nShall I keep one for you?", "buttons": []object{{"id": "y", "title": "Yes, please"}, {"id": "n", "title": "No, thank you"}}})
	v.sees(".choice", "Yes, please")
	for _, size := range []struct{ width, height int64 }{{1440, 900}, {390, 844}} {
		v.size(size.width, size.height)
		v.audit(fmt.Sprintf("web chat at %d", size.width))
		require.Zero(t, js[int](v.tab, `[...`+within+`.querySelectorAll(".panel *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).length`), "nothing stands out at %d", size.width)
		for _, theme := range []string{"light", "dark"} {
			v.theme(theme)
			v.look(fmt.Sprintf("webchat-%d-%s", size.width, theme))
		}
		v.theme("light")
	}
	// On a small screen the focus stays in the chat, which covers the page.
	v.until("it says so", within+`.querySelector(".panel").ariaModal === "true"`)
	for range 12 {
		v.press("\t")
		require.Equal(t, "threadhub-chat", js[string](v.tab, `document.activeElement.id`))
	}
	v.size(1440, 900)
	v.hit(".tool", "Insert an emoji")
	v.until("the first emoji has the focus", within+`.activeElement.matches(".emoji button")`)
	v.audit("emoji")
	v.look("webchat-emoji")
	v.press("\x1b")
	v.until("the emoji are gone", "!"+within+`.querySelector(".emoji")`)
	require.True(t, js[bool](v.tab, `!!`+within+`.querySelector(".panel")`), "one Escape closes one thing")
	h.must(http.StatusOK, http.MethodPatch, fmt.Sprintf("/v1/conversations/%s", conv["id"]), object{"status": "solved"})
	v.sees(".ended", "This conversation has ended.")
	v.audit("an ended chat")
	v.sound()
}
