package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// errNoChromium says that there is no browser to measure with.
var errNoChromium = errors.New("there is no Chromium; on Debian: apt-get install chromium")

// screen measures one webhook at a time on a hub that does nothing else: from
// the first byte sent to the frame after its message is in the list of a console
// that is open in a headless Chromium. What the browser says of it takes its
// way to here too.
func (s *session) screen(ctx context.Context) error {
	seen := make(chan arrival, 64)
	ctx, cancel, err := openBrowser(ctx, chromedp.WithListener(shown(seen)))
	if err != nil {
		return err
	}
	defer cancel()
	binding := chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, runtime.AddBinding, runtime.AddBindingParams{Name: "shown"})
		return err
	})
	if err := chromedp.Do(ctx, binding); err != nil {
		return fmt.Errorf("listen to the console: %w", err)
	}
	if err := s.openConsole(ctx, "all"); err != nil {
		return err
	}
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](onScreen)); err != nil {
		return fmt.Errorf("watch the list: %w", err)
	}
	samples, err := s.seeEach(ctx, seen)
	if err != nil {
		return err
	}
	slices.Sort(samples)
	s.report.set("screen_latency_p50_ms", quantile(samples, 0.50))
	s.report.set("screen_latency_p99_ms", quantile(samples, 0.99))
	return nil
}

// openBrowser starts a browser with one tab; cancel ends it.
func openBrowser(ctx context.Context, o ...chromedp.ContextOption) (tab context.Context, cancel func(), err error) {
	path, err := chromium()
	if err != nil {
		return nil, nil, err
	}
	ctx, end := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("lang", "en-GB"))...)
	tab, closeTab := chromedp.NewContext(ctx, o...)
	cancel = func() { closeTab(); end() }
	// The first run opens the tab.
	if err := chromedp.Do(tab, chromedp.EmulateViewport(1440, 900)); err != nil {
		cancel()
		return nil, nil, fmt.Errorf("open a browser: %w", err)
	}
	return tab, cancel, nil
}

func chromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "headless-shell"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNoChromium
}

// onScreen calls shown() with the number of each message that the list shows,
// in the frame after it is there.
const onScreen = `(() => {
	const known = new Set();
	const look = () => {
		for (const row of document.querySelectorAll(".row")) {
			const number = /n(\d{8})/.exec(row.textContent)?.[1];
			if (!number || known.has(number)) continue;
			known.add(number);
			requestAnimationFrame(() => shown(number));
		}
	};
	new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
	look();
	return true;
})()`

// shown reads what onScreen tells.
func shown(seen chan<- arrival) func(any) {
	return func(event any) {
		called, ok := event.(*runtime.EventBindingCalled)
		if !ok {
			return
		}
		n, err := strconv.Atoi(called.Payload)
		if err != nil {
			return
		}
		select {
		case seen <- arrival{n, time.Now()}:
		default: // nobody waits for it
		}
	}
}

// openConsole signs an agent in and shows a view of the inbox.
func (s *session) openConsole(ctx context.Context, view string) error {
	email, password := "screen@bench.example", random()
	var agent struct {
		ID string `json:"id"`
	}
	err := s.hub.call(ctx, http.MethodPost, "/v1/agents", map[string]any{"name": "Screen", "email": email, "role": "agent"}, &agent)
	if err != nil {
		return err
	}
	var invitation struct {
		Token string `json:"token"`
	}
	if err := s.hub.call(ctx, http.MethodPost, "/v1/agents/"+agent.ID+"/invite", nil, &invitation); err != nil {
		return err
	}
	if err := s.hub.call(ctx, http.MethodPost, "/v1/invitations/accept", map[string]any{"token": invitation.Token, "password": password}, nil); err != nil {
		return err
	}
	base := "http://" + s.hub.addr
	if err := chromedp.Do(ctx, chromedp.Navigate(base+"/console/")); err != nil {
		return fmt.Errorf("open the console: %w", err)
	}
	signIn := fmt.Sprintf(`fetch("/v1/session", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({email: %q, password: %q})}).then((r) => r.ok)`, email, password)
	in, err := chromedp.Run(ctx, chromedp.Evaluate[bool](signIn, chromedp.EvalAwaitPromise))
	if err != nil || !in {
		return fmt.Errorf("sign in: %w", errors.Join(err, errors.New("see the hub's log")))
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(base+"/console/inbox/"+view), chromedp.WaitVisible(".list-scroll")); err != nil {
		return fmt.Errorf("open the inbox: %w", err)
	}
	return nil
}
