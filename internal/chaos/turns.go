package chaos

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
)

// turns lets the commands of all connections through one at a time: the next
// goes to the server when the answer to the one before has come. A command whose
// sender was killed is carried out to its end, as a real server would.
type turns struct {
	mu sync.Mutex // whose turn it is
}

// exchange passes one command and its answer on, if they may pass.
func (t *turns) exchange(c, s net.Conn, pass func() bool) error {
	command, err := readMessage(c)
	if err != nil {
		return err
	}
	if !pass() {
		return net.ErrClosed
	}
	answer, err := t.turn(s, command)
	if err != nil {
		return err
	}
	if !pass() {
		return net.ErrClosed
	}
	_, err = c.Write(answer)
	return err
}

func (t *turns) turn(s net.Conn, command []byte) ([]byte, error) {
	if !isHello(command) {
		t.mu.Lock()
		defer t.mu.Unlock()
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
