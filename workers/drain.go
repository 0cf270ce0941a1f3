package workers

import (
	"context"
	"sync"
	"sync/atomic"
)

// drain runs one function at a time, and once more whenever it was asked for
// while it ran: whoever asks can be sure that a run begins after the asking.
type drain struct {
	busy  sync.Mutex
	asked atomic.Bool
}

// run asks for a run of fn and does it, unless another goroutine is at it; that
// one then runs again.
func (d *drain) run(ctx context.Context, fn func(context.Context) error) error {
	d.asked.Store(true)
	for d.asked.Load() && d.busy.TryLock() {
		err := d.turn(ctx, fn)
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *drain) turn(ctx context.Context, fn func(context.Context) error) error {
	defer d.busy.Unlock()
	for d.asked.Swap(false) {
		if err := fn(ctx); err != nil {
			d.asked.Store(true)
			return err
		}
	}
	return nil
}

// wake tells a run that waits that somebody rang. The zero value is ready.
type wake struct {
	once sync.Once
	c    chan struct{}
}

func (w *wake) ring() {
	select {
	case w.rung() <- struct{}{}:
	default: // it is told already
	}
}

// rung gives a value for one or more rings.
func (w *wake) rung() chan struct{} {
	w.once.Do(func() { w.c = make(chan struct{}, 1) })
	return w.c
}
