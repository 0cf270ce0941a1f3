package app

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"threadhub/internal/crashpoint"
)

// Run answers until ctx ends, then finishes what is in hand within the grace
// of the configuration and closes everything.
func (h *Hub) Run(ctx context.Context) error {
	h.Logger.InfoContext(ctx, "threadhub runs", "role", h.Role, "addr", h.Addr(), "version", h.Version)
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	var wg sync.WaitGroup
	if err := h.begin(work, &wg); err != nil {
		h.close(ctx)
		return err
	}
	stopDebug, err := h.serveDebug(ctx)
	if err != nil {
		h.Logger.ErrorContext(ctx, "profiles are not served", "error", err)
		stopDebug = func() {}
	}
	defer stopDebug()
	served := make(chan error, 1)
	go func() { served <- h.server.Serve(h.listener) }()
	select {
	case <-ctx.Done():
		err = nil
	case err = <-served:
	}
	h.Logger.InfoContext(ctx, "threadhub stops, work in hand is finished first")
	crashpoint.At(crashpoint.StopBegun)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.Config.ShutdownGrace)
	defer cancel()
	// All at once: a client that is slow to hang up must not use up the time
	// that calls to platforms need to come back.
	stopWork()
	wg.Go(func() {
		if e := h.queue.Shutdown(grace); e != nil {
			h.Logger.WarnContext(ctx, "tasks were cut off, they will be done again", "error", e)
		}
	})
	if e := h.server.Shutdown(grace); e != nil {
		err = errors.Join(err, h.server.Close())
	}
	crashpoint.At(crashpoint.StopAnswering)
	if h.desk != nil {
		h.desk.Close()
		h.desk = nil
	}
	if !finish(grace, &wg) {
		h.Logger.WarnContext(ctx, "calls to platforms were cut off, the outcome of their messages is unknown")
	}
	crashpoint.At(crashpoint.StopClosing)
	h.close(grace)
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// begin starts what works in the background, as the role wants it.
func (h *Hub) begin(work context.Context, wg *sync.WaitGroup) error {
	if h.Role != RoleAPI {
		if err := h.queue.Start(); err != nil {
			return err
		}
		wg.Go(func() { h.sweeper.Run(work) })
		wg.Go(func() { h.tokens.Run(work) })
		wg.Go(func() { h.channels.Run(work) })
		wg.Go(func() { h.templates.Run(work) })
		wg.Go(func() { h.eager.Run(work) })
		wg.Go(func() { h.inlets.Run(work) })
		wg.Go(func() { h.courier.Run(work) })
		wg.Go(func() { h.eraser.Run(work) })
		wg.Go(func() { h.expiry.Run(work) })
	}
	wg.Go(func() { h.errands.Run(work) })
	wg.Go(func() { h.profiles.Run(work) })
	if h.Role != RoleWorker {
		wg.Go(func() { h.webchat.Run(work) })
	}
	wg.Go(func() { h.board.Run(work) })
	return nil
}

// finish waits for the work in hand, at most until ctx ends.
func finish(ctx context.Context, wg *sync.WaitGroup) bool {
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// close closes what is open, in the order opposite to opening.
func (h *Hub) close(ctx context.Context) {
	fail := func(what string, err error) {
		if err != nil {
			h.Logger.ErrorContext(ctx, "not closed cleanly", "part", what, "error", err)
		}
	}
	if h.listener != nil {
		_ = h.listener.Close() // the server has closed it already
	}
	if h.desk != nil {
		h.desk.Close()
	}
	if h.queue != nil {
		fail("queue", h.queue.Shutdown(ctx))
	}
	if h.bus != nil {
		fail("bus", h.bus.Close())
	}
	if h.media != nil {
		h.media.Close()
	}
	if h.egress != nil {
		h.egress.Close()
	}
	if h.rates != nil {
		fail("shared rates", h.rates.Close())
	}
	if h.store != nil {
		fail("store", h.store.Close())
	}
	fail("tracing", h.trace.Close(ctx))
}
