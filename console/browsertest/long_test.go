package browsertest_test

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// tenThousand answers the list's requests with that many conversations, made
// from the one that there is.
const tenThousand = `(() => {
	const real = window.fetch;
	window.fetch = async (url, options) => {
		const address = new URL(url, location.href);
		if (address.pathname !== "/v1/conversations") return real(url, options);
		const from = Number(address.searchParams.get("cursor") ?? 0);
		address.searchParams.delete("cursor");
		const page = await (await real(address.href, options)).json();
		const one = page.data[0];
		const data = Array.from({ length: 100 }, (_, i) => ({ ...one, id: "cv_many" + (from + i), contact: { ...one.contact, id: "ct_many" + (from + i), name: "Person " + (from + i) + "." }, updated_at: new Date(Date.parse(one.updated_at) - (from + i) * 1000).toISOString() }));
		return new Response(JSON.stringify({ data, next_cursor: from + 100 < 10000 ? String(from + 100) : null }), { headers: { "Content-Type": "application/json" } });
	};
	return true;
})()`

// longList opens a list of ten thousand conversations.
func longList(t testing.TB) *tab {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	h.channel("telegram", nil)
	h.say("telegram", customer(0), "Hello?")
	p := newProfile(t)
	p.signIn(h, "mira@desk.example")
	js[bool](p, tenThousand)
	p.click(".nav-line", "All")
	p.has(".row", "Person 0.")
	return p
}

// stroll scrolls a list some pages further and answers what was not as it should
// be: a place that moved by itself, a row in sight that is missing or another
// one's, more rows than what is seen needs. "end" is the end of the list.
const stroll = `(async () => {
	const list = document.querySelector(".list-scroll");
	const height = 80, wrong = [];
	const frame = () => new Promise(requestAnimationFrame);
	const until = async (holds) => { while (!holds()) await frame(); };
	const person = (row) => Number(/Person (\d+)\./.exec(row.textContent)?.[1] ?? -1);
	const inSight = () => [...list.querySelectorAll(".virtual-row")].map((e) => ({ at: new DOMMatrix(getComputedStyle(e).transform).m42 / height, is: person(e) }))
		.filter((r) => (r.at + 1) * height > list.scrollTop && r.at * height < list.scrollTop + list.clientHeight).sort((a, b) => a.at - b.at);
	for (let page = 0; page < 10 && wrong.length === 0; page++) {
		list.scrollTop += 100 * height;
		const place = list.scrollTop, count = document.querySelector(".virtual").offsetHeight / height;
		const first = Math.floor(place / height), last = Math.min(count, Math.ceil((place + list.clientHeight) / height)) - 1;
		await until(() => { const rows = inSight(); return rows[0]?.at === first && rows.at(-1)?.at >= last; });
		await until(() => count === 10000 || document.querySelector(".virtual").offsetHeight / height > last + 1);
		await frame();
		const rows = inSight();
		if (list.scrollTop !== place) wrong.push("the list moved from " + place + " to " + list.scrollTop);
		if (rows.some((r, i) => r.at !== first + i || r.is !== r.at)) wrong.push("at " + place + " it shows " + JSON.stringify(rows));
		const drawn = document.querySelectorAll(".row").length;
		if (drawn > 60) wrong.push(drawn + " rows are drawn");
		if (last === 9999) return [...wrong, "end"];
	}
	return wrong;
})()`

// toTheEnd scrolls a list to its end.
func (p *tab) toTheEnd() {
	p.t.Helper()
	for {
		found := js[[]string](p, stroll)
		if len(found) == 1 && found[0] == "end" {
			return
		}
		require.Empty(p.t, found)
	}
}

func TestAListOfTenThousandDrawsWhatIsSeen(t *testing.T) {
	p := longList(t)
	p.toTheEnd()
	require.Equal(t, 10000*80, js[int](p, `document.querySelector(".virtual").offsetHeight`))
	p.has(".row", "Person 9999.")
	p.sound()
}

// frames notes when each frame is drawn until it is asked to stop.
const frames = `window.drawn = []; window.drawing = true;
	requestAnimationFrame(function note(at) { window.drawn.push(at); if (window.drawing) requestAnimationFrame(note); }); true`

// BenchmarkScrolling scrolls a list of ten thousand conversations as a hand on a
// touch pad does. It says how many frames were drawn in a second, how long the
// longest took, how many took more than a 60th of a second and a half, and how
// long the page itself worked on each, of the 16.7 ms that there are.
func BenchmarkScrolling(b *testing.B) {
	p := longList(b)
	p.toTheEnd()
	js[bool](p, `document.querySelector(".list-scroll").scrollTop = 0, true`)
	p.measureScrolling(b)
}

// BenchmarkScrollingBare is the limit: as long a page of lines without anything
// in them, scrolled in the same way by the same browser.
func BenchmarkScrollingBare(b *testing.B) {
	p := newProfile(b)
	p.open("about:blank")
	js[bool](p, `document.body.innerHTML = "<div class=list-scroll style='width: 340px; height: 800px; overflow-y: scroll'>" +
		"<div style='height: 800000px; background: repeating-linear-gradient(#fff 0 79px, #ccc 79px 80px)'></div></div>", true`)
	p.measureScrolling(b)
}

func (p *tab) measureScrolling(b *testing.B) {
	b.Helper()
	box := js[[]float64](p, `(({ x, y, width, height }) => [x + width / 2, y + height / 2])(document.querySelector(".list-scroll").getBoundingClientRect())`)
	js[bool](p, frames)
	before := p.worked()
	for b.Loop() {
		p.run(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, input.SynthesizeScrollGesture, input.SynthesizeScrollGestureParams{
				X: box[0], Y: box[1], YDistance: -40000, Speed: 4000, GestureSourceType: input.GestureSourceTypeMouse,
			})
			return err
		}))
	}
	work := p.worked() - before
	js[bool](p, `window.drawing = false, true`)
	took := js[[]float64](p, `window.drawn.slice(1).map((at, i) => at - window.drawn[i])`)
	require.NotEmpty(b, took)
	var sum, longest, late float64
	for _, ms := range took {
		sum += ms
		longest = max(longest, ms)
		if ms > 25 {
			late++
		}
	}
	b.ReportMetric(float64(len(took))/sum*1000, "frames/s")
	b.ReportMetric(longest, "longest-ms")
	b.ReportMetric(100*late/float64(len(took)), "late-%")
	b.ReportMetric(work*1000/float64(len(took)), "work-ms/frame")
	b.ReportMetric(0, "ns/op")
}

// worked is for how long the page's main thread has been at work, in seconds.
func (p *tab) worked() (seconds float64) {
	p.t.Helper()
	p.run(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, performance.Enable, performance.EnableParams{}); err != nil {
			return err
		}
		found, err := chromedp.Call(ctx, performance.GetMetrics, cdp.Empty{})
		for _, m := range found.Metrics {
			if m.Name == "TaskDuration" {
				seconds = m.Value
			}
		}
		return err
	}))
	return seconds
}
