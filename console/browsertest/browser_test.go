package browsertest_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is for what takes a moment on an idle machine and must come in the
// end on a busy one.
const patience = 60 * time.Second

// browser starts Chromium once for all tests of a run.
var browser = sync.OnceValues(func() (context.Context, error) {
	path, err := findChromium()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("lang", "en-GB"),
	)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancelBrowser := chromedp.NewContext(ctx)
	closing = func() {
		cancelBrowser()
		cancel()
	}
	if err := chromedp.Do(ctx); err != nil {
		return nil, err
	}
	return ctx, nil
})

// closing ends the browser, if there is one.
var closing = func() {}

func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "headless-shell"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium; on Debian: apt-get install chromium")
}

// tab is a page of the console in a browser.
type tab struct {
	t   testing.TB
	ctx context.Context

	hub    string // where its console is served
	picked string // a conversation worth looking at

	mu       sync.Mutex
	troubles []string // what no page should bring about
}

// profile is a browser profile of its own: cookies and storage are not shared
// with others.
func newProfile(t testing.TB) *tab {
	t.Helper()
	root, err := browser()
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	require.NoError(t, err)
	return newTab(t, root, chromedp.WithNewBrowserContext())
}

// another opens a second tab in the same profile.
func (p *tab) another() *tab {
	p.t.Helper()
	return newTab(p.t, p.ctx)
}

func newTab(t testing.TB, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	p := &tab{t: t}
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(p.listen))...)
	p.ctx = ctx
	t.Cleanup(func() {
		if t.Failed() {
			p.look("failed")
		}
		cancel()
	})
	// The first run opens the tab, which would end with a shorter context.
	require.NoError(t, chromedp.Do(ctx))
	p.run(chromedp.EmulateViewport(1440, 900))
	return p
}

// listen notes dialogs, exceptions and reports of the content security policy.
func (p *tab) listen(event any) {
	var trouble string
	switch e := event.(type) {
	case *page.EventJavascriptDialogOpening:
		trouble = "dialog: " + e.Message
	case *runtime.EventExceptionThrown:
		trouble = "exception: " + e.ExceptionDetails.Text
	}
	if trouble == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.troubles = append(p.troubles, trouble)
}

func (p *tab) run(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, steps...))
}

// js answers the value of an expression in the page.
func js[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err, expression)
	return value
}

// until waits for an expression to be true.
func (p *tab) until(what, expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	var err error
	for again := true; again; again = navigated(err) && ctx.Err() == nil {
		_, err = chromedp.Run(ctx, chromedp.Poll[bool]("!!("+expression+")", chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(patience)))
	}
	if err != nil {
		p.look("timeout")
		require.NoError(p.t, err, "waiting until %s; the page says: %s", what, p.text("body"))
	}
}

// navigated tells whether a look at the page failed because another page took its
// place meanwhile: what is waited for may be on that.
func navigated(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "Cannot find context") || strings.Contains(err.Error(), "context was destroyed"))
}

// has waits until an element with the text is there.
func (p *tab) has(selector, text string) {
	p.t.Helper()
	p.until(selector+" says "+text, `[...document.querySelectorAll(`+quote(selector)+`)].some((e) => e.textContent.includes(`+quote(text)+`))`)
}

// hasNot waits until no element with the text is there.
func (p *tab) hasNot(selector, text string) {
	p.t.Helper()
	p.until(selector+" does not say "+text, `![...document.querySelectorAll(`+quote(selector)+`)].some((e) => e.textContent.includes(`+quote(text)+`))`)
}

func (p *tab) text(selector string) string {
	p.t.Helper()
	return js[string](p, `(document.querySelector(`+quote(selector)+`)?.innerText ?? "").slice(0, 3000)`)
}

// click clicks the first element with the text, once there is one.
func (p *tab) click(selector, text string) {
	p.t.Helper()
	find := `[...document.querySelectorAll(` + quote(selector) + `)].find((e) => (e.textContent + " " + (e.getAttribute("aria-label") ?? "")).includes(` + quote(text) + `) && !e.disabled)`
	p.until(selector+" with "+text+" can be clicked", find)
	js[bool](p, find+".click(), true")
}

// fill writes into a field as a user does.
func (p *tab) fill(selector, text string) {
	p.t.Helper()
	p.run(chromedp.WaitVisible(selector), chromedp.Focus(selector))
	js[bool](p, `document.activeElement.select(), true`)
	p.run(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// press sends keys to whatever has the focus.
func (p *tab) press(keys string, modifiers ...chromedp.Modifier) {
	p.t.Helper()
	p.run(chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...)))
}

// strike sends a key that is a shortcut. A browser types no character when the
// page has taken the key; the protocol would.
func (p *tab) strike(key string) {
	p.t.Helper()
	p.run(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		for _, event := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
			if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: event, Key: key}); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (p *tab) open(address string) {
	p.t.Helper()
	p.run(chromedp.Navigate(address))
}

// hover puts the mouse somewhere.
func (p *tab) hover(x, y float64) {
	p.t.Helper()
	p.run(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y))
}

// size sets the size of the window.
func (p *tab) size(width, height int64) {
	p.t.Helper()
	p.run(chromedp.EmulateViewport(width, height))
}

// theme makes the system ask for a theme.
func (p *tab) theme(name string) {
	p.t.Helper()
	p.run(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	}))
}

// sound requires that nothing happened that no page should bring about.
func (p *tab) sound() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	require.Empty(p.t, p.troubles)
}

func quote(s string) string {
	r := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	return `"` + r.Replace(s) + `"`
}

// update renews the pictures in docs/screenshots.
var update = flag.Bool("update", false, "renew the pictures in docs/screenshots")

// kept are the pictures that the documentation shows.
var kept = []string{
	"thread-1440-light", "thread-1440-dark", "solved-1100-light", "thread-390-dark", "sign-in",
	"admin-queue-1440-light", "admin-routing-1440-dark", "admin-channels-one-events-1100-light", "admin-reports-390-light", "admin-form-schedules",
}

// look keeps a picture of the page among the test's artifacts.
func (p *tab) look(name string) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	picture, err := p.capture(ctx, page.CaptureScreenshotParams{Format: "png"})
	if err == nil {
		err = os.WriteFile(filepath.Join(p.t.ArtifactDir(), name+".png"), picture, 0o600)
	}
	if err == nil && *update && slices.Contains(kept, name) {
		if picture, err = p.capture(ctx, page.CaptureScreenshotParams{Format: "webp", Quality: new(int64(82))}); err == nil {
			err = os.WriteFile(filepath.Join("..", "..", "docs", "screenshots", name+".webp"), picture, 0o600)
		}
	}
	if err != nil {
		p.t.Logf("no picture of the page: %v", err)
	}
}

func (p *tab) capture(ctx context.Context, params page.CaptureScreenshotParams) (picture []byte, err error) {
	err = chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		result, err := chromedp.Call(ctx, page.CaptureScreenshot, params)
		picture = result.Data
		return err
	}))
	return picture, err
}
