package mongo_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"sync"
)

// turns makes connections whose commands go one at a time, over all of them:
// the next is sent when the answer to the one before has been read. That makes
// the commands of a server without atomic ones atomic, for one test program.
type turns struct {
	mu sync.Mutex
}

// DialContext connects to the server.
func (t *turns) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &turnConn{Conn: c, turns: t}, nil
}

// turnConn is one of the connections. The driver sends a command in one Write
// and reads all of its answer before the next.
type turnConn struct {
	net.Conn
	turns *turns

	mu     sync.Mutex
	holds  bool   // it is this connection's turn
	header []byte // of the answer, until its length is known
	left   int    // bytes of the answer still to come
}

// isHello tells the driver's looks at the server, which may wait for their
// answer and touch no data.
func isHello(p []byte) bool {
	for _, name := range []string{"hello\x00", "ismaster\x00", "isMaster\x00"} {
		if bytes.Contains(p, []byte(name)) {
			return true
		}
	}
	return false
}

func (c *turnConn) Write(p []byte) (int, error) {
	if !isHello(p) {
		c.turns.mu.Lock()
		c.mu.Lock()
		c.holds, c.header, c.left = true, nil, 0
		c.mu.Unlock()
	}
	n, err := c.Conn.Write(p)
	if err != nil {
		c.pass()
	}
	return n, err
}

func (c *turnConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil || c.complete(p[:n]) {
		c.pass()
	}
	return n, err
}

// complete tells whether the answer ends with these bytes. A message begins
// with its length, in four bytes.
func (c *turnConn) complete(p []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.holds {
		return false
	}
	if len(c.header) < 4 {
		n := min(4-len(c.header), len(p))
		c.header, p = append(c.header, p[:n]...), p[n:]
		if len(c.header) < 4 {
			return false
		}
		c.left = int(binary.LittleEndian.Uint32(c.header)) - 4
	}
	c.left -= len(p)
	return c.left <= 0
}

func (c *turnConn) Close() error {
	c.pass()
	return c.Conn.Close()
}

// pass lets the next command go.
func (c *turnConn) pass() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.holds {
		c.holds = false
		c.turns.mu.Unlock()
	}
}
