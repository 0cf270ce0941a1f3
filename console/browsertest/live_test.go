package browsertest_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// wire stands between the browser and the hub, and can be cut.
type wire struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	cut   bool
	lines map[net.Conn]bool
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{listener: listener, to: strings.TrimPrefix(to, "http://"), lines: map[net.Conn]bool{}}
	t.Cleanup(func() {
		_ = listener.Close()
		w.sever(true)
	})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go w.carry(conn)
		}
	}()
	return w
}

func (w *wire) carry(in net.Conn) {
	out, err := net.Dial("tcp", w.to)
	if err != nil || !w.hold(in, out) {
		_ = in.Close()
		return
	}
	go func() {
		_, _ = io.Copy(out, in)
		_ = out.Close()
	}()
	_, _ = io.Copy(in, out)
	_ = in.Close()
}

// hold remembers connections; false when the wire is cut.
func (w *wire) hold(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		if w.cut {
			_ = c.Close()
		} else {
			w.lines[c] = true
		}
	}
	return !w.cut
}

// sever cuts every connection and takes no new one, or mends the wire.
func (w *wire) sever(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = on
	if on {
		for c := range w.lines {
			_ = c.Close()
		}
		clear(w.lines)
	}
}

func (w *wire) url() string { return "http://" + w.listener.Addr().String() }

func TestACutConnectionLosesNothing(t *testing.T) {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	h.channel("telegram", nil)
	h.say("telegram", customer(0), "Hello?")
	w := newWire(t, h.base)
	p := newProfile(t)
	p.signIn(&hub{t: t, base: w.url()}, "mira@desk.example")
	p.click(".nav-line", "All")
	p.click(".row", "Hello?")
	p.has(".bubble-in", "Hello?")

	w.sever(true)
	p.has(".banner", "The connection is lost")
	p.has(".notice", "You are offline")
	// What is written now is kept, what happens now is caught up with.
	p.fill(".composer-text", "Written in a tunnel")
	p.click(".send button", "Send")
	p.has(".bubble-out", "Waiting for the connection")
	h.say("telegram", customer(0), "Still there?")
	h.say("telegram", customer(4), "Another one")

	w.sever(false)
	p.has(".banner", "Connected again")
	p.has(".bubble-in", "Still there?")
	p.has(".row", "Another one")
	p.hasNot(".bubble-out", "Waiting for the connection")
	require.Equal(t, "Written in a tunnel", h.sent(1).Text)
	require.Equal(t, 1, js[int](p, `[...document.querySelectorAll(".bubble-out")].filter((e) => e.textContent.includes("tunnel")).length`))
	p.sound()
}

func TestNewsDoNotMoveTheRowUnderThePointer(t *testing.T) {
	h := newDesk(t)
	h.agent("Mira Holm", "mira@desk.example", "agent")
	h.channel("telegram", nil)
	for i := range 5 {
		h.say("telegram", customer(i), fmt.Sprint("Question ", i))
	}
	p := newProfile(t)
	p.signIn(h, "mira@desk.example")
	p.click(".nav-line", "All")
	p.until("all are there", `document.querySelectorAll(".row").length === 5`)
	under := `document.elementFromPoint(400, 250).closest(".row").dataset.id`
	before := js[string](p, under)
	p.hover(400, 250)
	h.say("telegram", customer(7), "Me first")
	p.has(".fresh", "1 new")
	require.Equal(t, before, js[string](p, under))
	require.Equal(t, 5, js[int](p, `document.querySelectorAll(".row").length`))
	p.click(".fresh", "1 new")
	p.has(".row", "Me first")

	// With the pointer elsewhere they come in by themselves.
	p.hover(900, 500)
	h.say("telegram", customer(8), "Me second")
	p.has(".row", "Me second")
	p.sound()
}
