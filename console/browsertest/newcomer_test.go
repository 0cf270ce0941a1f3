package browsertest_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tryPage is where the demo says that one can write as a visitor.
var tryPage = regexp.MustCompile(`http://\S+/widget/try/(ch_\w+)`)

// watch keeps pictures of a moment of the newcomer's way, at the widest and the
// narrowest.
func (p *tab) watch(moment string) {
	p.t.Helper()
	for _, size := range []struct{ width, height int64 }{{390, 844}, {1440, 900}} {
		p.size(size.width, size.height)
		require.Empty(p.t, js[[]string](p, sideways), "%s at %d scrolls sideways", moment, size.width)
		for _, theme := range []string{"dark", "light"} {
			p.theme(theme)
			p.look(moment + map[bool]string{true: "-390-", false: "-1440-"}[size.width < 720] + theme)
		}
	}
}

// TestANewcomerFindsTheWay goes from what the demo prints, through a
// conversation from both of its ends, to a channel of one's own.
func TestANewcomerFindsTheWay(t *testing.T) {
	h := demo(t)
	var try []string
	require.Eventually(t, func() bool {
		try = tryPage.FindStringSubmatch(h.log.String())
		return try != nil
	}, patience, 50*time.Millisecond, "the demo says where to write as a visitor")
	p, v := newProfile(t), newProfile(t)
	p.hub = h.base
	p.signIn(h, "robin@demo.example")
	p.click(".nav-line", "All")
	p.has(".row", "")
	p.watch("newcomer-inbox")

	// The customer writes: it appears by itself.
	ana := v.visit(h.base, try[1], "")
	ana.writes("Do you have it in green?")
	p.has(".row", "Do you have it in green?")
	p.has(".row-name", "Visitor ")
	p.click(".row", "Do you have it in green?")
	p.has(".bubble-in", "Do you have it in green?")
	p.watch("newcomer-question")
	id := js[string](p, `location.pathname.split("/").at(-1)`)

	// The answer, and its ticks.
	p.fill(".composer-text", "Yes, we do.")
	p.click(".send button", "Send")
	p.has(".bubble-out", "Yes, we do.")
	ana.sees(".bubble", "Yes, we do.")
	p.has(".bubble-out .delivery", "Read")
	ana.look("newcomer-chat")

	// Solved, with a countdown; and opened again by the customer.
	p.click(".solve", "Solve")
	p.has(".status", "Solved")
	p.has(".thread-facts", "closes in")
	p.watch("newcomer-solved")
	ana.writes("And in blue?")
	p.has(".bubble-in", "And in blue?")
	p.has(".status", "Open")
	p.hasNot(".thread-facts", "closes in")
	require.Equal(t, id, js[string](p, `location.pathname.split("/").at(-1)`), "it is the same conversation")
	p.watch("newcomer-reopened")

	// A channel of one's own, by form.
	p.click(".nav-line", "Admin")
	p.click("main button", "Connect a channel")
	p.has(".card-link", "Web chat")
	p.watch("newcomer-catalogue")
	p.click(".card-link", "Web chat")
	p.fill(`input[name="name"]`, "Our shop")
	p.watch("newcomer-register")
	p.click(`form button[type="submit"]`, "Save and go on")
	p.has(".steps, .step", "")
	p.watch("newcomer-connect")
	require.True(t, strings.HasSuffix(js[string](p, `location.pathname`), "/connect"))
	p.sound()
	v.sound()
}
