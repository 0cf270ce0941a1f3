package streams

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"threadhub/connectors"
	"threadhub/internal/channels"
)

// stream is a channel's connection while this process has it.
type stream struct {
	keeper  *Keeper
	channel *channels.Opened
	lease   *lease
	cancel  context.CancelFunc
	done    chan struct{} // closed when everything is over
	fault   bool          // it failed in a way of its own; read after done
	news    chan struct{} // there is something to report
	state   []byte        // what the holder before left

	reported channels.HealthState // as the channel's record has it

	mu        sync.Mutex
	connected bool
	detail    string
	since     time.Time // of connected
}

var _ connectors.StreamHost = (*stream)(nil)

// run runs the client to its end and keeps up the lease meanwhile.
func (s *stream) run(ctx context.Context) {
	defer close(s.done)
	client := s.channel.Connector.(connectors.Streamed).Stream()
	var upkeep sync.WaitGroup
	upkeep.Go(func() { s.keep(ctx, client) })
	err := s.client(ctx, client)
	stopped := ctx.Err() != nil
	s.cancel()
	upkeep.Wait()
	s.Report(false, "")
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	if err := s.lease.release(after, client.State()); err != nil && !errors.Is(err, errLost) {
		s.keeper.Logger.WarnContext(after, "a stream's lease could not be given back, others wait until it ends", "channel", s.channel.ID, "error", err)
	}
	if !stopped {
		s.failed(after, err)
	}
}

// client runs the client. A panic ends the stream, not the process.
func (s *stream) client(ctx context.Context, client connectors.Stream) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the connector panicked: %v", p)
		}
	}()
	return client.Run(ctx, s)
}

// failed notes why a stream ended that nobody stopped.
func (s *stream) failed(ctx context.Context, err error) {
	log := s.keeper.Logger.With("channel", s.channel.ID, "kind", s.channel.Kind)
	var ended *connectors.StreamEnded
	if !errors.As(err, &ended) {
		s.fault = true
		log.ErrorContext(ctx, "a stream failed, it will be begun again", "error", err)
		return
	}
	log.ErrorContext(ctx, "channel suspended: its stream cannot go on", "reason", ended.Reason)
	if err := s.keeper.Channels.Suspend(ctx, s.channel.ID, ended.Reason); err != nil {
		s.fault = true
		log.ErrorContext(ctx, "suspending a channel failed", "error", err)
	}
}

// keep renews the lease and reports the channel's health until ctx ends or the
// lease is lost, which ends the stream.
func (s *stream) keep(ctx context.Context, client connectors.Stream) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.news:
		case <-tick.C:
			err := s.lease.renew(ctx, client.State())
			if errors.Is(err, errLost) {
				s.keeper.Logger.WarnContext(ctx, "stream given up", "channel", s.channel.ID, "error", err)
				s.cancel()
				return
			}
			if err != nil && ctx.Err() == nil {
				s.keeper.Logger.WarnContext(ctx, "a stream's lease could not be renewed", "channel", s.channel.ID, "error", err)
			}
		}
		s.health(ctx)
	}
}

// health writes down how the connection does, when that has changed for more
// than a moment.
func (s *stream) health(ctx context.Context) {
	s.mu.Lock()
	connected, detail, since := s.connected, s.detail, s.since
	s.mu.Unlock()
	state := channels.HealthOK
	if !connected {
		if time.Since(since) < downFor {
			return
		}
		state = channels.HealthFailing
	}
	if state == s.reported {
		return
	}
	if err := s.keeper.Channels.Report(ctx, s.channel.ID, state, detail); err != nil {
		if ctx.Err() == nil {
			s.keeper.Logger.WarnContext(ctx, "a channel's health could not be noted", "channel", s.channel.ID, "error", err)
		}
		return
	}
	s.reported = state
}

// State implements [connectors.StreamHost].
func (s *stream) State() []byte { return s.state }

// Dial implements [connectors.StreamHost].
func (s *stream) Dial(ctx context.Context, address string) (connectors.Socket, error) {
	return s.keeper.Carrier.Dial(ctx, s.channel.Target, address)
}

// Do implements [connectors.StreamHost].
func (s *stream) Do(ctx context.Context, call *connectors.Call) (*connectors.Response, error) {
	return s.keeper.Carrier.Do(ctx, s.channel.Target, call)
}

// Deliver implements [connectors.StreamHost].
func (s *stream) Deliver(ctx context.Context, req *connectors.Request) error {
	err := s.keeper.Desk.Deliver(ctx, s.channel.ID, req)
	s.keeper.metrics.delivered(s.channel.Kind, err)
	return err
}

// Report implements [connectors.StreamHost].
func (s *stream) Report(connected bool, detail string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if connected != s.connected {
		s.keeper.metrics.turned(s.channel.Kind, connected)
		s.connected, s.since = connected, time.Now()
		s.keeper.Logger.Info("stream", "channel", s.channel.ID, "kind", s.channel.Kind, "connected", connected, "detail", detail)
	}
	s.detail = detail
	select {
	case s.news <- struct{}{}:
	default:
	}
}
