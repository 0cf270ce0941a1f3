package browsertest_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// adminViews are the names of the admin area's views, as its navigation has
// them.
func adminViews(t testing.TB) (names []string) {
	t.Helper()
	source, err := os.ReadFile("../src/admin/views.ts")
	require.NoError(t, err)
	for _, found := range regexp.MustCompile(`\{ name: '([a-z-]+)'`).FindAllStringSubmatch(string(source), -1) {
		names = append(names, found[1])
	}
	require.NotEmpty(t, names)
	return names
}

// furnish gives every view of the admin area something to show.
func (h *hub) furnish() (channel, subscription string) {
	h.t.Helper()
	create := func(path string, body object) string {
		return h.must(http.StatusCreated, http.MethodPost, path, body)["id"].(string)
	}
	group := create("/v1/groups", object{"name": "Returns and refunds"})
	hours := create("/v1/schedules", object{"name": "Shop hours", "zone": "America/Sao_Paulo", "intervals": []object{
		{"day": "monday", "from": "09:00", "to": "18:00"}, {"day": "saturday", "from": "10:00", "to": "14:00"},
	}, "holidays": []object{{"date": "2031-12-25", "name": "Christmas"}}})
	create("/v1/queues", object{"name": "Refunds first", "groups": []string{group}, "conditions": object{"tags": []string{"refund"}}})
	create("/v1/queues", object{"name": "Portuguese", "conditions": object{"languages": []string{"pt"}, "business_hours": object{"schedule_id": hours, "state": "open"}}})
	create("/v1/style-rules", object{"name": "Refunds stay open", "conditions": object{"text_contains": []string{"refund"}}, "style": object{"name": "social_messaging"}})
	create("/v1/rules", object{"name": "Nobody answered", "kind": "automation", "enabled": true, "conditions": object{"all": []object{
		{"field": "time.unanswered", "operator": "at_least", "values": []string{"30m"}},
	}}, "actions": []object{{"type": "set_priority", "value": "urgent"}}})
	create("/v1/canned-replies", object{"name": "hours", "text": "We are there from nine to six."})
	create("/v1/tokens", object{"name": "Shop backend", "role": "integration", "scopes": []string{"messages:write"}})
	subscription = create("/v1/subscriptions", object{"name": "Shop", "url": "https://example.com/hook", "events": []string{"*"}})
	channels := h.must(http.StatusOK, http.MethodGet, "/v1/channels", nil)["data"].([]any)
	return channels[0].(object)["id"].(string), subscription
}

// forms are dialogs of the admin area: where, and the button that opens them.
var forms = []struct{ view, button string }{
	{"agents", "Add an agent"},
	{"queues", "Add a queue"},
	{"schedules", "Add hours"},
	{"style-rules", "Add a rule"},
	{"rules", "Dry run"},
	{"rules", "Add a rule"},
	{"tokens", "Make a token"},
	{"subscriptions", "Add a subscription"},
	{"queue", "Why?"},
}

// shifts adds up how much of a page moved without the user's doing.
const shifts = `window.moved = 0;
	window.movers = [];
	new PerformanceObserver((list) => {
		for (const entry of list.getEntries()) {
			if (entry.hadRecentInput) continue;
			window.moved += entry.value;
			for (const { node } of entry.sources) window.movers.push(node?.outerHTML?.slice(0, 120) ?? "");
		}
	}).observe({ type: "layout-shift", buffered: true })`

// everyAdminView opens each view of the admin area, its pages and its forms.
func (p *tab) everyAdminView(h *hub) {
	p.t.Helper()
	channel, subscription := h.furnish()
	places := adminViews(p.t)
	for _, part := range []string{"", "/connect", "/events", "/settings", "/style"} {
		places = append(places, "channels/"+channel+part)
	}
	places = append(places, "channels/new", "channels/new/whatsapp", "channels/new/custom", "subscriptions/"+subscription)
	p.before(shifts)
	for _, place := range places {
		p.size(1440, 900)
		p.admin(place)
		name := regexp.MustCompile(`/(ch|sub)_[a-z0-9]+`).ReplaceAllString(place, "/one")
		if moved := js[float64](p, `window.moved`); moved >= 0.1 {
			p.t.Errorf("%s moves by %.3f while it is read: %q", name, moved, js[[]string](p, `window.movers`))
		}
		p.audit("admin " + name)
		picture := "admin-" + regexp.MustCompile(`/`).ReplaceAllString(name, "-")
		for _, width := range []int64{1440, 1100, 390} {
			p.size(width, 900)
			if wide := js[[]string](p, sideways); len(wide) > 0 {
				p.t.Errorf("%s at %d scrolls sideways: %q", name, width, wide)
			}
			p.theme("light")
			p.look(fmt.Sprintf("%s-%d-light", picture, width))
		}
		p.theme("dark")
		p.size(1440, 900)
		p.look(picture + "-1440-dark")
		p.theme("light")
	}
	for _, form := range forms {
		p.admin(form.view)
		p.click("main button", form.button)
		p.until("the dialog is there", `document.querySelector("dialog[open]") && !document.querySelector("dialog .skeleton")`)
		p.audit("admin form " + form.view)
		p.look("admin-form-" + form.view)
		p.press("\x1b")
		p.until("the dialog is closed by a key", `!document.querySelector("dialog[open]")`)
	}
}
