package main_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// turns stands between the processes of a hub and a MongoDB server whose
// commands are not atomic, and lets them through one at a time: the next goes
// to the server when the answer to the one before has come. A command whose
// sender was killed is carried out to its end, as a real server would.
type turns struct {
	server string
	mu     sync.Mutex // whose turn it is
	open   sync.WaitGroup
}

// inTurns answers the address under which a server's commands take turns.
func inTurns(t *testing.T, uri string) string {
	t.Helper()
	scheme, rest, _ := strings.Cut(uri, "://")
	server, tail, _ := strings.Cut(rest, "/")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &turns{server: server}
	p.open.Go(func() { p.accept(l) })
	t.Cleanup(func() {
		_ = l.Close()
		p.open.Wait() // for the processes, which have ended by now
	})
	return fmt.Sprintf("%s://%s/%s", scheme, l.Addr(), tail)
}

func (p *turns) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		p.open.Go(func() {
			defer func() { _ = c.Close() }()
			s, err := net.Dial("tcp", p.server)
			if err != nil {
				return
			}
			defer func() { _ = s.Close() }()
			for p.exchange(c, s) == nil {
			}
		})
	}
}

// exchange passes one command and its answer on.
func (p *turns) exchange(c, s net.Conn) error {
	command, err := readMessage(c)
	if err != nil {
		return err
	}
	reply, err := p.turn(s, command)
	if err != nil {
		return err
	}
	_, err = c.Write(reply)
	return err
}

func (p *turns) turn(s net.Conn, command []byte) ([]byte, error) {
	if !isHello(command) {
		p.mu.Lock()
		defer p.mu.Unlock()
	}
	if _, err := s.Write(command); err != nil {
		return nil, err
	}
	return readMessage(s)
}

// isHello tells the driver's looks at the server, which touch no data and may
// wait for their answer.
func isHello(command []byte) bool {
	for _, name := range []string{"hello\x00", "ismaster\x00", "isMaster\x00"} {
		if bytes.Contains(command[:min(len(command), 64)], []byte(name)) {
			return true
		}
	}
	return false
}

// readMessage reads a message of the MongoDB wire protocol, which begins with
// its length in four bytes.
func readMessage(r io.Reader) ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	n := int(binary.LittleEndian.Uint32(head))
	if n < 16 || n > 64<<20 {
		return nil, fmt.Errorf("a message of %d bytes", n)
	}
	message := append(head, make([]byte, n-4)...)
	_, err := io.ReadFull(r, message[4:])
	return message, err
}
