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

	"github.com/stretchr/testify/require"
)

// demoRuns is the first line of what a demo says when it is filled.
var demoRuns = regexp.MustCompile(`Demo traffic is running`)

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
	{"queue empty", func(p *tab) {
		p.open(p.hub + "/console/inbox/hold")
		p.has(".list-scroll h2", "Nothing here")
	}},
}

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
	for _, s := range scenes {
		for _, size := range []struct{ width, height int64 }{{1440, 900}, {1100, 800}, {390, 844}} {
			p.size(size.width, size.height)
			s.show(p)
			p.audit(fmt.Sprintf("%s at %d", s.name, size.width))
			require.LessOrEqual(t, js[int](p, `document.documentElement.scrollWidth - innerWidth`), 0, "%s at %d scrolls sideways", s.name, size.width)
			for _, theme := range []string{"light", "dark"} {
				p.theme(theme)
				p.look(fmt.Sprintf("%s-%d-%s", s.name, size.width, theme))
			}
			p.theme("light")
		}
	}
	p.sound()
}

// pickThread finds the conversation with the most in it.
const pickThread = `fetch("/v1/conversations?limit=200&status=new,open,pending,solved").then((r) => r.json()).then((page) =>
	page.data.sort((a, b) => b.message_count - a.message_count)[0].id)`
