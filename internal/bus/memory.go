package bus

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// MemoryOptions bound what a memory bus keeps for those who resume. Zero
// fields take the defaults.
type MemoryOptions struct {
	Keep     time.Duration // default 1 h
	MaxBytes int           // default 12 MiB, about
	MaxCount int           // default 50,000 events
	Now      func() time.Time
}

// Memory is a bus within one process. Ids name the process's start, so that
// those of an earlier process are recognised as unknown.
type Memory struct {
	now     func() time.Time
	epoch   string
	history *history

	mu   sync.Mutex // orders Publish
	next uint64
}

var _ Bus = (*Memory)(nil)

// NewMemory returns a bus.
func NewMemory(o MemoryOptions) *Memory {
	limits := bounds{keep: o.Keep, count: o.MaxCount, bytes: o.MaxBytes}
	if limits.keep == 0 {
		limits.keep = time.Hour
	}
	if limits.bytes == 0 {
		limits.bytes = 12 << 20
	}
	if limits.count == 0 {
		limits.count = 50_000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	m := &Memory{now: o.Now, epoch: fmt.Sprintf("%013d-", o.Now().UnixMilli()), next: 1}
	m.history = newHistory(limits, m.id(0))
	return m
}

// id writes a number so that ids sort as text.
func (m *Memory) id(n uint64) string { return fmt.Sprintf("%s%012d", m.epoch, n) }

// Publish implements [Bus].
func (m *Memory) Publish(_ context.Context, events []Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	named := make([]Event, len(events))
	for i, e := range events {
		e.ID = m.id(m.next)
		m.next++
		named[i] = e
	}
	m.history.append(m.now(), named)
	return nil
}

// Subscribe implements [Bus].
func (m *Memory) Subscribe(_ context.Context, after string) (*Subscription, bool, error) {
	if m.history.isClosed() {
		return nil, false, ErrClosed
	}
	if strings.HasPrefix(after, m.epoch) {
		if at, ok := m.history.after(after); ok {
			return subscribe(m.history, at, after, nil), false, nil
		}
	}
	at, position := m.history.end()
	return subscribe(m.history, at, position, nil), after != "", nil
}

// Close implements [Bus].
func (m *Memory) Close() error {
	m.history.close()
	return nil
}
