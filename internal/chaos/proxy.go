package chaos

import (
	"fmt"
	"net"
	"sync"
)

// Line is how a proxy treats what goes through it.
type Line string

// Lines.
const (
	Open   Line = "open"
	Cut    Line = "cut"    // connections break, and new ones at once
	Silent Line = "silent" // connections stay, and nothing goes through
)

// Proxy stands between a hub and something that it needs, to take it away. It
// is safe for concurrent use.
type Proxy struct {
	target   string
	listener net.Listener
	serving  sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond
	line    Line
	closed  bool
	clients map[net.Conn]bool
	servers map[net.Conn]bool
}

// NewProxy starts a proxy to an address.
func NewProxy(target string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p := &Proxy{target: target, listener: l, line: Open, clients: map[net.Conn]bool{}, servers: map[net.Conn]bool{}}
	p.changed = sync.NewCond(&p.mu)
	p.serving.Go(p.accept)
	return p, nil
}

// Addr is where it listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Set changes how it treats what goes through it.
func (p *Proxy) Set(l Line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line = l
	if l == Cut {
		p.hangUp()
	}
	p.changed.Broadcast()
}

// hangUp breaks connections.
func (p *Proxy) hangUp() {
	for c := range p.clients {
		_ = c.Close()
	}
	for s := range p.servers {
		_ = s.Close()
	}
}

// Close ends it and waits for its connections.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.hangUp()
	p.changed.Broadcast()
	p.mu.Unlock()
	p.serving.Wait()
}

// pass waits while the line is silent; false when it is cut.
func (p *Proxy) pass() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.line == Silent && !p.closed {
		p.changed.Wait()
	}
	return p.line != Cut && !p.closed
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.serving.Go(func() { p.connect(c) })
	}
}

// connect serves one connection until either side has enough.
func (p *Proxy) connect(c net.Conn) {
	defer func() { _ = c.Close() }()
	if !p.pass() {
		return
	}
	s, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer func() { _ = s.Close() }()
	if !p.note(c, s) {
		return
	}
	defer p.forget(c, s)
	var both sync.WaitGroup
	both.Go(func() { p.copy(s, c) })
	both.Go(func() { p.copy(c, s) })
	both.Wait()
}

func (p *Proxy) note(c, s net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clients[c], p.servers[s] = true, true
	return p.line != Cut && !p.closed
}

func (p *Proxy) forget(c, s net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.clients, c)
	delete(p.servers, s)
}

func (p *Proxy) copy(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && p.pass() {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
