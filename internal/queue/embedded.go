package queue

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// embedded is a Redis inside the process. It listens on the loopback interface
// only and asks for a password that nobody else knows: other users of the
// machine cannot ring bells or read what the bus holds.
type embedded struct {
	server   *miniredis.Miniredis
	password string
	quiet    *quiet
	stop     chan struct{}
	ticking  sync.WaitGroup
}

func startEmbedded() (*embedded, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the process instead
	e := &embedded{server: miniredis.NewMiniRedis(), password: hex.EncodeToString(secret), quiet: newQuiet(), stop: make(chan struct{})}
	e.server.RequireAuth(e.password)
	if err := e.server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start the queue inside the process: %w", err)
	}
	e.ticking.Go(e.tick)
	return e, nil
}

func (e *embedded) address() string { return "redis://:" + e.password + "@" + e.server.Addr() }

// tick moves expiry times on by the time that has passed: miniredis does not
// do it by itself.
func (e *embedded) tick() {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for last := time.Now(); ; {
		select {
		case <-e.stop:
			return
		case <-ticker.C:
		}
		now := time.Now()
		e.server.FastForward(now.Sub(last))
		last = now
	}
}

func (e *embedded) close() {
	close(e.stop)
	e.ticking.Wait()
	e.server.Close()
}
