package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// outbound measures replies: from the first call of the hub's API until the
// last has arrived at the stub platform, against a bare handler that only decodes
// a reply and calls the same stub with the same bodies, by turns.
func (s *session) outbound(ctx context.Context) error {
	load, err := s.register(ctx, "out", s.SendTo)
	if err != nil {
		return err
	}
	all, err := s.everybodyWrites(ctx, &load)
	if err != nil {
		return err
	}
	bare, err := s.launchBare()
	if err != nil {
		return err
	}
	defer bare.stop()
	if _, err := s.bareSends(ctx, bare, load, max(s.Sends/10, 1)); err != nil {
		return err
	}
	var bares, sends []float64
	for round := range s.Rounds {
		limit, err := s.bareSends(ctx, bare, load, s.Sends)
		if err != nil {
			return err
		}
		rate, err := s.replies(ctx, all, round*s.Sends)
		if err != nil {
			return err
		}
		bares, sends = append(bares, limit), append(sends, rate)
		select {
		case <-time.After(s.Refill):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.report.set("bare_send_rps", median(bares))
	s.report.set("send_rps", median(sends))
	s.report.ratio("send_ratio", "send_rps", "bare_send_rps")
	return nil
}

// everybodyWrites has every contact write once, so that there are
// conversations to answer.
func (s *session) everybodyWrites(ctx context.Context, load *payloads) ([]conversation, error) {
	before, err := s.hub.stored(ctx)
	if err != nil {
		return nil, err
	}
	p, err := s.pump(ctx, load, s.Contacts)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	if _, err := s.hub.drain(limited, before+len(p.latencies), 0); err != nil {
		return nil, err
	}
	all, err := s.hub.conversations(ctx)
	if err != nil {
		return nil, err
	}
	ours := map[string]bool{}
	for _, ch := range load.channels {
		ours[ch.ID] = true
	}
	return slices.DeleteFunc(all, func(c conversation) bool { return !ours[c.ChannelID] }), nil
}

// bareSends is the limit: n replies through the bare handler.
func (s *session) bareSends(ctx context.Context, bare *child, from payloads, n int) (float64, error) {
	if _, err := s.tally(ctx, "/bench/reset"); err != nil {
		return 0, err
	}
	p, err := load(ctx, bare.addr, n, s.Concurrency, func(buf []byte, i int) []byte {
		return from.bareReply(buf, bare.addr, i)
	})
	if err != nil {
		return 0, fmt.Errorf("bare sends: %w", err)
	}
	if len(p.refused) > 0 {
		return 0, fmt.Errorf("bare sends: refused, by status: %v", p.refused)
	}
	return p.rps(), nil
}

// replies posts as many replies as asked for, numbered from first, and waits
// for them at the stub. What does not arrive is lost, what arrives twice is a
// duplicate.
func (s *session) replies(ctx context.Context, all []conversation, first int) (float64, error) {
	if _, err := s.tally(ctx, "/bench/reset"); err != nil {
		return 0, err
	}
	headers := "Authorization: Bearer " + s.hub.token + "\r\n"
	cpuBefore, err := s.hub.cpu()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	p, err := load(ctx, s.hub.addr, s.Sends, s.Concurrency, func(buf []byte, i int) []byte {
		path := "/v1/conversations/" + all[i%len(all)].ID + "/messages"
		return request(buf, s.hub.addr, path, headers, reply(first+i))
	})
	if err != nil {
		return 0, fmt.Errorf("replies: %w", err)
	}
	got := len(p.latencies)
	if len(p.refused) > 0 {
		s.note("replies refused, by status: %v", p.refused)
	}
	if got == 0 {
		return 0, fmt.Errorf("no reply was accepted, by status: %v", p.refused)
	}
	limited, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	arrived, err := s.tally(limited, fmt.Sprintf("/bench/wait?n=%d", got))
	took := time.Since(began)
	if err != nil {
		arrived, terr := s.tally(ctx, "/bench/wait?n=0")
		if terr == nil {
			err = fmt.Errorf("%d of %d replies arrived at the platform: %w", arrived.Distinct, got, err)
		}
		return 0, err
	}
	cpuAfter, err := s.hub.cpu()
	if err != nil {
		return 0, err
	}
	s.note("replies: %.0f posted a second; each took %.3f ms of the hub's CPU", p.rps(), float64(cpuAfter-cpuBefore)/float64(time.Millisecond)/float64(got))
	s.report.add("lost", float64(max(got-arrived.Distinct, 0)))
	s.report.add("duplicates", float64(arrived.Total-arrived.Distinct))
	return float64(got) / took.Seconds(), nil
}

// tally asks the stub what arrived.
func (s *session) tally(ctx context.Context, path string) (tally, error) {
	w := newWire(s.stubs.addr)
	w.timeout = s.Patience
	defer w.close()
	if deadline, ok := ctx.Deadline(); ok {
		w.timeout = min(w.timeout, time.Until(deadline))
	}
	var body bytes.Buffer
	status, err := w.do(ctx, []byte("GET "+path+" HTTP/1.1\r\nHost: stub\r\n\r\n"), &body)
	if err != nil {
		return tally{}, fmt.Errorf("stub: %w", err)
	}
	var t tally
	if status != http.StatusOK {
		return t, fmt.Errorf("stub: %d", status)
	}
	if err := json.Unmarshal(body.Bytes(), &t); err != nil {
		return t, fmt.Errorf("stub: %w", err)
	}
	return t, nil
}
