package browsertest_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/simulate"
)

// hostile are texts that become more than text where somebody is careless.
func hostile(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile("testdata/hostile.txt")
	require.NoError(t, err)
	var list []string
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "# ") {
			list = append(list, line)
		}
	}
	require.NotEmpty(t, list)
	return list
}

func TestTextOfOthersIsText(t *testing.T) {
	h := newDesk(t)
	texts := hostile(t)
	// Names of agents, groups, channels and contacts, tags, subjects, messages,
	// notes, quotes: whatever others write comes to the page.
	h.agent(texts[0], "mira@desk.example", "agent")
	h.must(http.StatusCreated, http.MethodPost, "/v1/groups", object{"name": texts[1]})
	h.channel("telegram", nil)
	h.must(http.StatusOK, http.MethodPatch, "/v1/channels/"+h.channels["telegram"], object{"name": texts[2]})
	by := customer(0)
	by.First, by.Last, by.Username = texts[0], texts[1], "plain"
	p := newProfile(t)
	watch := `window.reports = []; document.addEventListener("securitypolicyviolation", (e) => window.reports.push(e.violatedDirective + " " + e.sample)); true`
	for _, text := range texts {
		h.say("telegram", by, text)
	}
	last := texts[len(texts)-1]
	p.signIn(h, "mira@desk.example")
	js[bool](p, watch)
	p.click(".nav-line", "All")
	p.click(".row", "")
	p.has(".bubble-in", last)
	id := js[string](p, `location.pathname.split("/").at(-1)`)
	contact := h.must(http.StatusOK, http.MethodGet, "/v1/conversations/"+id, nil)["contact"].(object)["id"].(string)
	h.must(http.StatusOK, http.MethodPatch, "/v1/conversations/"+id, object{"subject": texts[3], "tags": []string{texts[4], texts[5]}})
	h.must(http.StatusOK, http.MethodPatch, "/v1/contacts/"+contact, object{"name": texts[6], "tags": []string{texts[7]}})
	h.act("telegram", simulate.Act{Kind: simulate.Place, By: by, Text: texts[8], Latitude: 1, Longitude: 2})
	p.has(".details .chip", texts[4])
	for _, text := range texts {
		p.has(".bubble-in", text)
	}
	// Also as a note, a draft, a search, a saved view.
	p.click(".composer-tabs button", "Note")
	p.fill(".composer-text", texts[0])
	p.click(".send button", "Add note")
	p.has(".bubble-note", texts[0])
	p.fill(".composer-text", texts[1])
	p.fill(`.search input`, texts[0])
	p.until("the search is in the address", `location.search.includes("q=")`)

	require.Zero(t, js[int](p, `document.querySelectorAll("#app script, #app iframe, #app object, #app embed, #app img[src^='x'], #app svg script, #app style").length`))
	require.Empty(t, js[[]string](p, `[...document.querySelectorAll("#app a")].map((a) => a.protocol).filter((p) => !["http:", "https:", "mailto:"].includes(p))`))
	require.Empty(t, js[[]string](p, `[...document.querySelectorAll("#app a[target]")].filter((a) => !a.relList.contains("noopener")).map((a) => a.outerHTML)`))
	require.Empty(t, js[[]string](p, `[...document.querySelectorAll("#app *")].flatMap((e) => e.getAttributeNames().filter((n) => n.startsWith("on")))`))
	require.Empty(t, js[[]string](p, `window.reports`))
	require.False(t, js[bool](p, `"pwned" in window`))
	p.sound()
}
