package main

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// redeliveries is how many accepted webhooks are delivered once more before
// everything is read back.
const redeliveries = 500

// readBack compares what the API shows with what was accepted: each accepted
// webhook is one message, also one that came twice.
func (s *session) readBack(ctx context.Context) error {
	if len(s.sent) == 0 {
		return nil
	}
	if err := s.redeliver(ctx); err != nil {
		return err
	}
	all, err := s.hub.conversations(ctx)
	if err != nil {
		return err
	}
	counts := make([]atomic.Int32, len(s.sent))
	if err := s.count(ctx, all, counts); err != nil {
		return err
	}
	lost, doubled := 0, 0
	for n := range counts {
		c := int(counts[n].Load())
		if c == 0 && s.sent[n].accepted {
			lost++
		}
		doubled += max(c-1, 0)
	}
	s.report.add("lost", float64(lost))
	s.report.add("duplicates", float64(doubled))
	return nil
}

// redeliver sends some accepted webhooks again, then new ones, and waits for
// those: what was sent before them is through by then.
func (s *session) redeliver(ctx context.Context) error {
	var again []int
	for n, m := range s.sent {
		if m.accepted && len(again) < redeliveries {
			again = append(again, n)
		}
	}
	_, err := load(ctx, s.hub.addr, len(again), s.Concurrency, func(buf []byte, i int) []byte {
		return s.sent[again[i]].from.webhook(buf, s.hub.addr, again[i])
	})
	if err != nil {
		return fmt.Errorf("redelivery: %w", err)
	}
	before, err := s.hub.stored(ctx)
	if err != nil {
		return err
	}
	p, err := s.pump(ctx, &s.load, s.Contacts)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	_, err = s.hub.drain(limited, before+len(p.latencies), 0)
	return err
}

// count reads every message, a few conversations at a time.
func (s *session) count(ctx context.Context, all []conversation, counts []atomic.Int32) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	var next atomic.Int64
	began := time.Now()
	for range 4 {
		group.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(all) {
					return
				}
				err := pages(ctx, s.hub, "/v1/conversations/"+all[i].ID+"/messages", url.Values{}, func(m message) {
					if m.Direction != "inbound" || m.Text == nil {
						return
					}
					if n, ok := parseMarker(*m.Text); ok && n < len(counts) {
						counts[n].Add(1)
					}
				})
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.note("%d messages of %d conversations read back in %s", len(s.sent), len(all), time.Since(began).Round(time.Millisecond))
	return nil
}
