package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

const (
	// soakRate is how many webhooks a second come in a soak, and replyOne how
	// many of them there are for each reply.
	soakRate, replyOne = 200, 20
	// sampleEvery is how often the hub is looked at meanwhile.
	sampleEvery = time.Second
)

// soak has webhooks come and replies go at a steady rate for long, and compares
// the hub's memory and goroutines near the end with those soon after the
// beginning: what grows with time and not with load is a leak.
func (s *session) soak(ctx context.Context) error {
	h, err := s.another(ctx, "soak")
	if err != nil {
		return err
	}
	defer h.hub.end()
	out, err := h.register(ctx, "out", s.SendTo)
	if err != nil {
		return err
	}
	all, err := h.everybodyWrites(ctx, &out)
	if err != nil {
		return err
	}
	looking, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	var memory, goroutines []float64
	var looked, sent error
	beside.Go(func() { memory, goroutines, looked = h.hub.samples(looking) })
	replies := make(chan struct{})
	go func() {
		defer close(replies)
		sent = h.talk(ctx, all, int(s.Soak.Seconds())*soakRate/replyOne)
	}()
	p, err := h.pumpAt(ctx, &h.load, int(s.Soak.Seconds())*soakRate, pace(soakRate))
	<-replies
	stop()
	beside.Wait()
	if err := errors.Join(err, sent, looked); err != nil {
		return err
	}
	s.report.add("lost", float64(len(p.taken)-len(p.latencies)))
	for key, list := range map[string][]float64{"soak_rss": memory, "soak_goroutines": goroutines} {
		tenth := max(len(list)/10, 1)
		if len(list) < 3*tenth {
			return fmt.Errorf("looked only %d times", len(list))
		}
		s.report.set(key+"_early", median(slices.Clone(list[tenth:2*tenth])))
		s.report.set(key+"_late", median(slices.Clone(list[len(list)-tenth:])))
	}
	s.report.set("soak_p99_ms", quantile(p.latencies, 0.99))
	limited, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	if _, err := h.hub.drain(limited, h.taken(), 0); err != nil {
		return err
	}
	return h.readBack(ctx)
}

// talk posts so many replies at the soak's rate.
func (s *session) talk(ctx context.Context, all []conversation, n int) error {
	if _, err := s.tally(ctx, "/bench/reset"); err != nil {
		return err
	}
	headers, wait := "Authorization: Bearer "+s.hub.token+"\r\n", pace(soakRate/replyOne)
	p, err := load(ctx, s.hub.addr, n, 4, func(buf []byte, i int) []byte {
		wait(i)
		return request(buf, s.hub.addr, "/v1/conversations/"+all[i%len(all)].ID+"/messages", headers, reply(i))
	})
	if err != nil {
		return fmt.Errorf("replies: %w", err)
	}
	got := len(p.latencies)
	arrived, err := s.tally(ctx, fmt.Sprintf("/bench/wait?n=%d", got))
	if err != nil {
		return err
	}
	s.report.add("lost", float64(max(got-arrived.Distinct, 0)))
	s.report.add("duplicates", float64(arrived.Total-arrived.Distinct))
	return nil
}

// samples looks at the hub's memory, in MiB, and its goroutines until ctx ends.
func (h *hub) samples(ctx context.Context) (memory, goroutines []float64, err error) {
	ticker := time.NewTicker(sampleEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return memory, goroutines, nil
		case <-ticker.C:
		}
		mb, err := h.memory()
		if err != nil {
			return nil, nil, err
		}
		n, err := h.metric(context.WithoutCancel(ctx), "go_goroutines")
		if err != nil {
			return nil, nil, err
		}
		memory, goroutines = append(memory, mb), append(goroutines, n)
	}
}

// memory is the resident memory of the process now, in MiB.
func (c *child) memory() (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("memory: %w", err)
	}
	return parseMemory(raw, "VmRSS:")
}
