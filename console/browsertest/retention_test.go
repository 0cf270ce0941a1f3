package browsertest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// keeps chooses how a line of the form is kept.
func (p *tab) keeps(what, mode string) {
	p.t.Helper()
	find := `[...document.querySelectorAll('form[name="retention"] .field')].find((e) => e.querySelector("label").textContent === ` + quote(what) + `)?.querySelector("select")`
	p.until("the line of "+what+" is there", find)
	js[bool](p, `(() => {
		const select = `+find+`;
		select.value = `+quote(mode)+`;
		return select.dispatchEvent(new Event("change", { bubbles: true }));
	})()`)
}

func TestHowLongThingsAreKeptIsSetByForm(t *testing.T) {
	h := newDesk(t)
	ch := h.channel("telegram", nil)
	p := newProfile(t)
	p.hub = h.base
	p.signIn(h, "ines@desk.example")
	kept := func(path string) object {
		return h.must(http.StatusOK, http.MethodGet, path, nil)["retention"].(object)
	}
	save := func() { p.click(`form[name="retention"] button[type="submit"]`, "Save") }

	p.admin("settings")
	p.keeps("Closed conversations", "days")
	p.fill(`input[name="conversations"]`, "0.5")
	save()
	p.until("the reason stands at the field", `document.querySelector('input[name="conversations"]').closest(".field").querySelector(".field-error")?.textContent.includes("24h")`)
	require.Equal(t, "forever", kept("/v1/settings")["conversations"], "nothing was stored")
	p.fill(`input[name="conversations"]`, "30")
	p.keeps("Closed conversations, Live chat", "forever")
	p.fill(`input[name="event_log"]`, "1.5")
	save()
	p.has(".toast", "Saved")
	set := kept("/v1/settings")
	require.Equal(t, []any{"720h", "forever", nil, "36h", "168h"}, []any{
		set["conversations"], set["styles"].(object)["live_chat"], set["styles"].(object)["social_messaging"], set["event_log"], set["payloads"],
	})

	// What is due is told before it goes. Nothing in this hub is a day old.
	js[bool](p, `(() => {
		const real = window.fetch;
		window.fetch = (to, ...rest) => (to === "/v1/retention/preview" ? Promise.resolve(Response.json({ data: [], conversations: 2 })) : real(to, ...rest));
		return true;
	})()`)
	p.fill(`input[name="conversations"]`, "20")
	save()
	p.has("dialog", "2 closed conversations are older than that")
	require.Equal(t, "720h", kept("/v1/settings")["conversations"], "it was only asked")
	p.click("dialog button", "Save and erase")
	require.Eventually(t, func() bool { return kept("/v1/settings")["conversations"] == "480h" }, patience, 20*time.Millisecond)

	p.admin("channels/" + ch + "/settings")
	p.keeps("Dead letters", "days")
	p.fill(`input[name="dead_letters"]`, "7")
	save()
	require.Eventually(t, func() bool { return kept("/v1/channels/" + ch)["dead_letters"] == "168h" }, patience, 20*time.Millisecond)
	require.Nil(t, kept("/v1/channels/" + ch)["conversations"], "the rest is as the hub says")
	p.has(".toast", "Saved")
	p.keeps("Dead letters", "otherwise")
	save()
	require.Eventually(t, func() bool { return kept("/v1/channels/" + ch)["dead_letters"] == nil }, patience, 20*time.Millisecond)
	p.sound()
}
