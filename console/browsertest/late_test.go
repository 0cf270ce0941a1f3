package browsertest_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"threadhub/internal/simulate"
)

// holding lets a test hold back one kind of request: hold("POST", "/messages")
// the answers to it, hold("GET", "/events", true) the requests themselves.
// release() lets them go and tells how many there were.
const holding = `(() => {
	const real = window.fetch;
	let held = null;
	window.hold = (method, path, unasked) => {
		held = { method, path, unasked, count: 0 };
		held.open = new Promise((resolve) => (held.release = resolve));
		return true;
	};
	window.release = () => {
		held.release();
		return held.count;
	};
	window.fetch = async (url, options) => {
		const mine = held?.method === (options?.method ?? "GET") && new URL(url, location.href).pathname.endsWith(held.path) ? held : null;
		if (mine) mine.count++;
		if (mine?.unasked) await mine.open;
		const answer = await real(url, options);
		if (mine) await mine.open;
		return answer;
	};
	return true;
})()`

// before runs a script in the page before any of its own.
func (p *tab) before(script string) {
	p.t.Helper()
	p.run(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}

// refusing is a desk at which the platform takes no message, with one
// conversation.
func refusing(t *testing.T) *hub {
	t.Helper()
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	h.channel("telegram", nil)
	h.script = func(simulate.Call) *simulate.Fault {
		return &simulate.Fault{Status: http.StatusBadRequest, Body: []byte(`{"ok":false,"error_code":400,"description":"Bad Request: message is too long"}`)}
	}
	h.say("telegram", customer(0), "Hello?")
	return h
}

func TestAnAnswerThatComesLateDoesNotUndoWhatWasHeardSince(t *testing.T) {
	h := refusing(t)
	p := newProfile(t)
	p.signIn(h, "mira@desk.example")
	p.click(".nav-line", "All")
	p.click(".row", "Hello?")
	p.has(".bubble-in", "Hello?")
	js[bool](p, holding)
	js[bool](p, `hold("POST", "/messages")`)
	p.fill(".composer-text", "Hi!")
	p.click(".send button", "Send")
	p.has(".trouble", "Not delivered")
	require.Equal(t, 1, js[int](p, `release()`))
	p.until("the answer has come", `!document.querySelector(".bubble-leaving")`)
	require.Contains(t, p.text(".trouble"), "Not delivered")
	p.sound()
}

func TestWhatHappensBeforeTheLineStandsIsSeenWhenItDoes(t *testing.T) {
	h := refusing(t)
	p := newProfile(t)
	p.before(holding + `; hold("GET", "/events", true)`)
	p.signIn(h, "mira@desk.example")
	p.click(".nav-line", "All")
	p.click(".row", "Hello?")
	p.has(".bubble-in", "Hello?")
	p.fill(".composer-text", "Hi!")
	p.click(".send button", "Send")
	p.has(`.message[data-status="queued"]`, "Hi!")
	require.Eventually(t, func() bool {
		return len(h.must(http.StatusOK, http.MethodGet, "/v1/dead-letters", nil)["data"].([]any)) == 1
	}, patience, 20*time.Millisecond, "the message has failed")
	require.NotZero(t, js[int](p, `release()`))
	p.has(".trouble", "Not delivered")
	p.sound()
}
