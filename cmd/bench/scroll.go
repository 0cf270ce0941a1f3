package main

import (
	"context"
	"fmt"

	"github.com/chromedp/chromedp"
)

// scrolled is how many conversations the list has that is scrolled through.
const scrolled = 10_000

// readAll scrolls to the end of the list again and again until it has so many
// rows, and then to its beginning.
const readAll = `(async (want) => {
	const list = document.querySelector(".list-scroll");
	const rows = () => Number(list.querySelector("[aria-setsize]")?.getAttribute("aria-setsize") ?? 0);
	const frame = () => new Promise(requestAnimationFrame);
	for (let still = 0; rows() < want && still < 1200; still++) {
		const before = rows();
		list.scrollTop = list.scrollHeight;
		await frame();
		if (rows() > before) still = 0;
	}
	const read = rows();
	list.scrollTop = 0;
	for (let i = 0; i < 30; i++) await frame();
	return read;
})(%d)`

// scrollDown moves through the list at 3,000 pixels a second for six seconds and
// answers how long each frame took, in milliseconds.
const scrollDown = `(async () => {
	const list = document.querySelector(".list-scroll");
	const frame = () => new Promise(requestAnimationFrame);
	const took = [];
	const began = await frame();
	for (let last = began; last - began < 6000; ) {
		list.scrollTop = (last - began) * 3;
		const now = await frame();
		took.push(now - last);
		last = now;
	}
	return took;
})()`

// scroll measures the frames of a console's list of ten thousand conversations
// while it is scrolled through, in a headless Chromium, which draws by the
// processor.
func (s *session) scroll(ctx context.Context) error {
	if err := s.fill(ctx); err != nil {
		return err
	}
	filled, err := s.another(ctx, "filled")
	if err != nil {
		return err
	}
	defer filled.hub.end()
	ctx, cancel, err := openBrowser(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	if err := filled.openConsole(ctx, "closed"); err != nil {
		return err
	}
	read, err := chromedp.Run(ctx, chromedp.Evaluate[int](fmt.Sprintf(readAll, min(scrolled, s.ReportOver)), chromedp.EvalAwaitPromise))
	if err != nil {
		return fmt.Errorf("read the list: %w", err)
	}
	if read < min(scrolled, s.ReportOver) {
		return fmt.Errorf("the list ended after %d conversations", read)
	}
	var frames []float64
	for range s.Rounds {
		took, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](scrollDown, chromedp.EvalAwaitPromise))
		if err != nil {
			return fmt.Errorf("scroll: %w", err)
		}
		frames = append(frames, took...)
	}
	total, late := 0.0, 0
	for _, ms := range frames {
		total += ms
		if ms > 25 { // one and a half frames at 60 a second
			late++
		}
	}
	s.report.set("scroll_fps", 1000*float64(len(frames))/total)
	s.report.set("scroll_late", float64(late)/float64(len(frames)))
	s.note("scrolled a list of %d conversations: %d frames, %d of them late", read, len(frames), late)
	return nil
}
