package chaos

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// slowest is what 99 of 100 webhooks must be answered within while the queue is
// away.
const slowest = time.Second

// outage is a traffic while something is away, which is away for a time.
type outage struct {
	*Stack
	traffic *Traffic
	res     Result
}

// begin starts the hub and light traffic.
func beginOutage(ctx context.Context, s *Stack, name string, seed uint64) (*outage, error) {
	o := &outage{Stack: s, res: Result{Name: name + ", " + string(s.Pair), Seed: seed}}
	if err := s.StartAll(ctx); err != nil {
		return nil, err
	}
	var err error
	o.traffic, err = NewTraffic(ctx, Plan{
		Hub: s.Hub, Platform: s.Platform, Subscriber: s.Subscriber, Kinds: Kinds(), Seed: seed, Contacts: 10,
		API: func(k Kind) string { return "http://" + s.Platforms[k].Addr() },
	})
	if err != nil {
		return nil, err
	}
	if err := s.subscribe(ctx); err != nil {
		return nil, err
	}
	o.traffic.Report()
	o.traffic.Begin(10, 2)
	err = Eventually(ctx, "conversations to reply to", func() bool { return o.traffic.Conversation(0) != "" })
	return o, err
}

// end reconciles.
func (o *outage) end(ctx context.Context, drained time.Duration) (Result, error) {
	o.traffic.End()
	books, wrong, took, err := o.traffic.Reconcile(ctx, drained)
	if err != nil {
		return o.res, err
	}
	o.res.Drained = took
	o.res.Summary = o.traffic.Summary(books) + o.res.Summary
	if o.res.Wrong += o.traffic.Faults() + wrong; o.res.Wrong != "" {
		o.Log("%s", o.Tails(20))
	}
	return o.res, o.Stop()
}

// QueueAway freezes, flushes and stops Redis. Webhooks have to be answered as if
// nothing were.
func QueueAway(ctx context.Context, s *Stack, seed uint64, frozen, drained time.Duration) (Result, error) {
	o, err := beginOutage(ctx, s, "queue away", seed)
	if err != nil {
		return Result{}, err
	}
	o.traffic.Took() // what was before does not count
	s.Redis.Freeze()
	s.Log("redis freezes for %s", frozen)
	<-time.After(frozen)
	s.Redis.Thaw()
	<-time.After(time.Second)
	if err := s.Redis.Flush(); err != nil {
		return o.res, err
	}
	<-time.After(time.Second)
	s.Redis.Stop()
	s.Log("redis is gone for %s", frozen/8)
	<-time.After(frozen / 8)
	took := o.traffic.Took()
	if err := s.Redis.Restart(); err != nil {
		return o.res, err
	}
	slices.Sort(took)
	if len(took) == 0 {
		o.res.Wrong = "\nno webhook was accepted while the queue was away"
		return o.end(ctx, drained)
	}
	p99 := took[len(took)*99/100]
	o.res.Summary = fmt.Sprintf("; %d webhooks answered while the queue was away, 99%% within %s", len(took), p99.Round(time.Millisecond))
	if p99 > slowest {
		o.res.Wrong = fmt.Sprintf("\nwebhooks were answered within %s while the queue was away, not %s", p99, slowest)
	}
	return o.end(ctx, drained)
}

// StoreAway takes MongoDB away, in both ways. Webhooks have to be refused with
// 503, so that the platform comes again, and all is well by itself afterwards.
func StoreAway(ctx context.Context, s *Stack, seed uint64, drained time.Duration) (Result, error) {
	o, err := beginOutage(ctx, s, "store away", seed)
	if err != nil {
		return Result{}, err
	}
	for _, line := range []Line{Cut, Silent} {
		s.Log("the store is %s", line)
		s.Store.Set(line)
		<-time.After(time.Second) // what was under way has ended
		w := o.traffic.From(Telegram)
		status, _, err := s.Hub.Do(ctx, http.MethodPost, w.Path, w.Header, w.Body)
		s.Store.Set(Open)
		o.res.Summary += fmt.Sprintf("; store %s: webhook answered %d", line, status)
		if err != nil || status != http.StatusServiceUnavailable {
			o.res.Wrong += fmt.Sprintf("\na webhook was answered %d (%v) while the store was %s, not 503", status, err, line)
		}
		o.traffic.Deliver(w) // as the platform does
	}
	return o.end(ctx, drained)
}
