package accept

import (
	"context"
	"errors"
	"sync"
	"time"

	"threadhub/internal/crashpoint"
	"threadhub/internal/journal"
)

// committer is the group commit of the journal: whatever arrives while a write
// is under way goes into the next one together. A webhook that comes alone is
// written at once and waits for nobody.
type committer struct {
	store   journal.Store
	ring    func()
	waiting chan *pending

	flow flow

	mu     sync.RWMutex // guards closed against sends on waiting
	closed bool
	done   chan struct{}
}

type pending struct {
	entries []journal.Entry
	result  chan error
}

const (
	// maxWaiting bounds the webhooks that wait for a write: beyond it the hub
	// is too far behind to accept more.
	maxWaiting = 8192
	// maxGroup and maxGroupBytes bound one write.
	maxGroup      = 512
	maxGroupBytes = 8 << 20
	// writeTimeout bounds one write; a store that takes longer is down.
	writeTimeout = 10 * time.Second
)

var (
	errBehind = errors.New("too many webhooks wait to be stored")
	errClosed = errors.New("the hub is shutting down")
)

func newCommitter(store journal.Store, ring func()) *committer {
	c := &committer{store: store, ring: ring, waiting: make(chan *pending, maxWaiting), done: make(chan struct{})}
	go c.run()
	return c
}

// append waits until the entries are durable or certainly not going to be. It
// does not end with ctx: an answer must say what became of them.
func (c *committer) append(_ context.Context, entries []journal.Entry) error {
	p := &pending{entries: entries, result: make(chan error, 1)}
	if err := c.enqueue(p); err != nil {
		return err
	}
	return <-p.result
}

func (c *committer) enqueue(p *pending) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return errClosed
	}
	select {
	case c.waiting <- p:
		return nil
	default:
		return errBehind
	}
}

func (c *committer) close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.waiting)
	}
	c.mu.Unlock()
	<-c.done
}

func (c *committer) run() {
	defer close(c.done)
	for first := range c.waiting {
		group, entries := c.gather(first)
		ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
		err := c.store.Append(ctx, entries)
		cancel()
		crashpoint.At(crashpoint.Journaled)
		c.flow.note(len(group), time.Now())
		for _, p := range group {
			p.result <- err
		}
		crashpoint.At(crashpoint.Answered)
		if err == nil {
			c.ring()
		}
	}
}

// gather takes what is waiting, without waiting for more.
func (c *committer) gather(first *pending) (group []*pending, entries []journal.Entry) {
	size := 0
	for p, ok := first, true; ok; {
		group, entries = append(group, p), append(entries, p.entries...)
		for _, e := range p.entries {
			size += len(e.Body)
		}
		if len(group) >= maxGroup || size >= maxGroupBytes {
			return group, entries
		}
		select {
		case p, ok = <-c.waiting:
		default:
			return group, entries
		}
	}
	return group, entries
}
