package memory

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"sync"
)

// Server listens on a loopback port. It is safe for concurrent use.
type Server struct {
	listener net.Listener
	catalog  catalog
	cursors  cursors
	serving  sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
}

// Start begins to serve. The server has to be closed.
func Start() (*Server, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("memory: %w", err)
	}
	s := &Server{listener: ln, catalog: catalog{collections: map[string]*collection{}}, cursors: cursors{open: map[int64]*results{}}, conns: map[net.Conn]bool{}}
	s.serving.Go(s.accept)
	return s, nil
}

// URI is the server's address.
func (s *Server) URI() string { return "mongodb://" + s.listener.Addr().String() + "/" }

// Close ends all connections and waits for commands under way.
func (s *Server) Close() {
	_ = s.listener.Close()
	s.mu.Lock()
	s.closed = true
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
}

func (s *Server) accept() {
	for {
		c, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // that of one client
		}
		s.mu.Lock()
		if s.closed {
			_ = c.Close()
		} else {
			s.conns[c] = true
			s.serving.Go(func() { s.serve(c) })
		}
		s.mu.Unlock()
	}
}

// serve answers a connection's commands until it ends or sends nonsense.
func (s *Server) serve(c net.Conn) {
	defer func() {
		_ = c.Close()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	}()
	r := bufio.NewReaderSize(c, 64<<10)
	for {
		m, err := readMessage(r)
		if err != nil {
			return
		}
		reply := s.carryOut(m.command)
		if m.silent {
			continue
		}
		b, err := m.answer(reply)
		if err != nil {
			return
		}
		if _, err := c.Write(b); err != nil {
			return
		}
	}
}

// cursors are the finds that are not at their end.
type cursors struct {
	mu   sync.Mutex
	last int64
	open map[int64]*results
}

// keep keeps a find under its number, and gives it one if it has none.
func (c *cursors) keep(r *results) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.id == 0 {
		c.last++
		r.id = c.last
	}
	c.open[r.id] = r
}

// take answers a find, for one caller; nil when there is none of the number.
func (c *cursors) take(id int64) *results {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.open[id]
	delete(c.open, id)
	return r
}
