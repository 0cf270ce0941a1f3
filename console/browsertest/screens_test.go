package browsertest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// demoRuns is the first line of what a demo says when it is filled.
var demoRuns = regexp.MustCompile(`A day at a shop is running`)

// demo is the program as a newcomer runs it, with a day of traffic in it.
func demo(t *testing.T) *hub {
	t.Helper()
	path, err := program()
	require.NoError(t, err)
	h := &hub{t: t, log: &transcript{}}
	dir := t.TempDir()
	h.cmd = exec.Command(path, "demo", "--addr=127.0.0.1:0", "--data-dir="+filepath.Join(dir, "data"), "--log-format=json",
		"--admin-token="+adminToken, "--password="+password, "--seed=20", "--fill=40", "--rate=0")
	h.cmd.Dir, h.cmd.Stderr, h.cmd.Stdout = dir, h.log, h.log
	for _, entry := range os.Environ() {
		if len(entry) < 10 || entry[:10] != "THREADHUB_" {
			h.cmd.Env = append(h.cmd.Env, entry)
		}
	}
	require.NoError(t, h.cmd.Start())
	done := make(chan struct{})
	go func() {
		_ = h.cmd.Wait() // its answer is in ProcessState
		close(done)
	}()
	t.Cleanup(func() {
		_ = h.cmd.Process.Signal(syscall.SIGTERM)
		<-done
	})
	require.Eventually(t, func() bool {
		found := runs.FindStringSubmatch(h.log.String())
		if found != nil {
			h.base = "http://" + found[1]
		}
		return found != nil && demoRuns.MatchString(h.log.String())
	}, 4*patience, 50*time.Millisecond, "the demo is filled")
	return h
}

// scene brings the page to a view and says when it is there.
type scene struct {
	name string
	show func(p *tab)
}

var scenes = []scene{
	{"list", func(p *tab) {
		p.open(p.hub + "/console/inbox/all")
		p.has(".row", "")
	}},
	{"thread", func(p *tab) {
		p.open(p.hub + "/console/inbox/all/" + p.picked)
		p.has(".bubble", "")
		p.has(".composer-text", "")
	}},
	{"solved", func(p *tab) {
		p.open(p.hub + "/console/inbox/solved")
		p.has(".row", "")
		p.click(".row", "")
		p.has(".thread-facts", "closes in")
	}},
	{"empty", func(p *tab) {
		p.open(p.hub + "/console/inbox/hold?q=nobodywritesthis")
		p.has(".list-scroll h2", "No hits")
	}},
}

// dialogs stand over a view.
var dialogs = []scene{
	{"filters", func(p *tab) {
		p.click(".list-head button", "Filter")
		p.has("dialog h2", "Filter")
	}},
	{"style", func(p *tab) {
		p.click(".thread-facts button", "Social messaging")
		p.has("dialog h2", "What happens when it is solved")
	}},
	{"assignee", func(p *tab) {
		p.click(".thread-facts button", "You")
		p.has(".menu-line", "Tomás Vidal")
	}},
	{"commands", func(p *tab) {
		p.run(focusBody)
		p.press("k", chromedp.ModifierCtrl)
		p.has("dialog .menu-line", "Go to Queue")
	}},
	{"shortcuts", func(p *tab) {
		p.run(focusBody)
		p.strike("?")
		p.has("dialog dt", "Send and solve")
	}},
	{"lightbox", func(p *tab) {
		p.click(".picture button", "")
		p.has(".lightbox-bar", "")
	}},
	{"person", func(p *tab) {
		p.click(".who-section button", "Same person")
		p.until("who else is called so is there", `!document.querySelector("dialog .skeleton")`)
	}},
	{"account", func(p *tab) {
		p.open(p.hub + "/console/account")
		p.has(".line", "This browser")
	}},
	{"channels", func(p *tab) {
		p.open(p.hub + "/console/admin/channels")
		p.has(".page-body", "Telegram (demo)")
	}},
}

// sideways is what stands out of a page that is too wide for its window.
const sideways = `document.documentElement.scrollWidth <= innerWidth ? [] :
	[...document.querySelectorAll("#app *")].filter((e) => e.getBoundingClientRect().right > innerWidth).map((e) => e.outerHTML.slice(0, 150))`

func TestEveryViewIsSoundAndFit(t *testing.T) {
	h := demo(t)
	p := newProfile(t)
	p.hub = h.base
	p.open(h.base + "/console/")
	p.has("h1", "Sign in")
	p.audit("sign-in")
	p.look("sign-in")
	p.signIn(h, "robin@demo.example")
	p.open(h.base + "/console/inbox/all")
	p.has(".row", "")
	p.picked = js[string](p, pickThread)
	p.answerForThePicture()
	for _, s := range scenes {
		for _, size := range []struct{ width, height int64 }{{1440, 900}, {1100, 800}, {390, 844}} {
			p.size(size.width, size.height)
			s.show(p)
			p.audit(fmt.Sprintf("%s at %d", s.name, size.width))
			require.Empty(t, js[[]string](p, sideways), "%s at %d scrolls sideways", s.name, size.width)
			for _, theme := range []string{"light", "dark"} {
				p.theme(theme)
				p.look(fmt.Sprintf("%s-%d-%s", s.name, size.width, theme))
			}
			p.theme("light")
		}
	}
	p.size(1440, 900)
	for _, d := range dialogs {
		p.open(p.hub + "/console/inbox/all/" + p.picked)
		p.has(".bubble", "")
		d.show(p)
		p.audit(d.name)
		p.look(d.name)
	}
	p.everyAdminView(h)
	p.sound()
}

// pickThread finds a conversation in the queue that has a picture in it and stays
// open for days.
const pickThread = `(async () => {
	const { data } = await (await fetch("/v1/conversations?limit=200&sort=queued_at")).json();
	for (const c of data) {
		if (c.style.name !== "social_messaging" || c.status === "closed" || c.status === "solved") continue;
		const messages = (await (await fetch("/v1/conversations/" + c.id + "/messages")).json()).data;
		if (messages.some((m) => m.attachments.length > 0) && /^[\x20-\x7e]*$/.test(messages[0].text ?? "")) return c.id;
	}
	return data[0].id;
})()`

// answerForThePicture does what an agent does, so that the pictures of the
// console show a note, a reply, tags and somebody's own work.
func (p *tab) answerForThePicture() {
	p.t.Helper()
	p.open(p.hub + "/console/inbox/all/" + p.picked)
	p.fill(".composer-text", "Thanks for the picture! I will look into it right away.")
	p.click(".send button", "Send")
	p.has(".bubble-out", "Thanks for the picture!")
	p.has(".status", "Open")
	p.click(".composer-tabs button", "Note")
	p.fill(".composer-text", "Regular customer. Checking with the warehouse before I promise a date.")
	p.click(".send button", "Add note")
	p.has(".bubble-note", "Regular customer")
	p.click(".composer-tabs button", "Reply")
	p.fill(`.inline-form input`, "delivery")
	p.press("\r")
	p.has(".details .chip", "delivery")
}
