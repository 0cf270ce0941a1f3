package app

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// pipes is a listener whose connections stay inside the test, so that its clock
// is the test's.
type pipes struct{ conns chan net.Conn }

func (p *pipes) Accept() (net.Conn, error) {
	c, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (*pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) Close() error { return nil }

func TestAClientThatIsSlowOnPurposeIsHungUpOn(t *testing.T) {
	for name, c := range map[string]struct {
		drip  func(w io.Writer) error // writes as slowly as it can
		gone  time.Duration
		reads bool
	}{
		"headers that never end": {func(w io.Writer) error {
			_, err := io.WriteString(w, "POST /x HTTP/1.1\r\nHost: h\r\n")
			for err == nil {
				time.Sleep(time.Second)
				_, err = io.WriteString(w, "X-A: b\r\n")
			}
			return err
		}, headerTimeout, false},
		"a body that never ends": {func(w io.Writer) error {
			_, err := io.WriteString(w, "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")
			for err == nil {
				time.Sleep(time.Second)
				_, err = io.WriteString(w, "x")
			}
			return err
		}, readTimeout, true},
		"no word at all": {func(w io.Writer) error {
			time.Sleep(2 * idleTimeout)
			_, err := io.WriteString(w, "x")
			return err
		}, headerTimeout, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var took time.Duration
				began := time.Now()
				server := newServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					_, err := io.Copy(io.Discard, r.Body)
					require.Error(t, err)
					took = time.Since(began)
				}))
				list := &pipes{make(chan net.Conn, 1)}
				go func() { _ = server.Serve(list) }()
				theirs, ours := net.Pipe()
				list.conns <- ours
				go func() { _, _ = io.Copy(io.Discard, theirs) }()
				require.Error(t, c.drip(theirs))
				if c.reads {
					require.InDelta(t, c.gone.Seconds(), took.Seconds(), 1.5)
				} else {
					require.LessOrEqual(t, time.Since(began), 2*idleTimeout)
				}
				_ = theirs.Close()
				close(list.conns)
				_ = server.Close()
				time.Sleep(time.Second) // it lingers for a moment
			})
		})
	}
}

func TestHeadersThatAreTooLargeAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(http.NotFoundHandler())
		list := &pipes{make(chan net.Conn, 1)}
		go func() { _ = server.Serve(list) }()
		theirs, ours := net.Pipe()
		list.conns <- ours
		go func() {
			_, _ = io.WriteString(theirs, "GET / HTTP/1.1\r\nHost: h\r\nX-A: "+strings.Repeat("a", 2*maxHeader)+"\r\n\r\n")
		}()
		status, err := bufio.NewReader(theirs).ReadString('\n')
		require.NoError(t, err)
		require.Contains(t, status, "431")
		_ = theirs.Close()
		close(list.conns)
		_ = server.Close()
		time.Sleep(time.Second) // it lingers for a moment
	})
}
