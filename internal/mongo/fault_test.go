package mongo_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"sync/atomic"
)

// errDied is what a command meets once its writer has died.
var errDied = errors.New("the writer died here")

// death is a writer that dies before it sends a certain command, as if its
// process had been killed between the command before and this one: armed, it
// breaks that command and all that follow it.
type death struct {
	mark atomic.Pointer[[]byte]
	dead atomic.Bool
	// last, when set, is called as it dies: it cuts the driver's own retries
	// short.
	last func()
}

// before arms the death with a command on a collection.
func (d *death) before(command, collection string) {
	// In BSON: a string element of that name.
	mark := append([]byte{0x02}, command...)
	mark = append(mark, 0)
	mark = binary.LittleEndian.AppendUint32(mark, uint32(len(collection)+1))
	mark = append(append(mark, collection...), 0)
	d.dead.Store(false)
	d.mark.Store(&mark)
}

// DialContext makes connections that the writer's death breaks.
func (d *death) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return mortalConn{c, d}, nil
}

type mortalConn struct {
	net.Conn
	death *death
}

func (c mortalConn) Write(p []byte) (int, error) {
	if mark := c.death.mark.Load(); mark != nil && bytes.Contains(p, *mark) {
		c.death.dead.Store(true)
		if c.death.last != nil {
			c.death.last()
		}
	}
	if c.death.dead.Load() {
		return 0, errDied
	}
	return c.Conn.Write(p)
}
