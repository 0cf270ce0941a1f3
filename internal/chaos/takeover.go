package chaos

import (
	"context"
	"fmt"
	"time"
)

// Takeover is how soon another process goes on with a dead one's work.
const Takeover = 15 * time.Second

// TakeOver kills one of two processes on one store while it has calls out and
// webhooks in hand, so many times, and holds the other to the time in which it
// goes on with them. Nobody takes the dead one's place meanwhile.
func TakeOver(ctx context.Context, s *Stack, seed uint64, times int) (Result, error) {
	res := Result{Name: "takeover, " + string(s.Pair), Seed: seed}
	if err := s.StartAll(ctx); err != nil {
		return res, err
	}
	f, err := NewTraffic(ctx, Plan{
		Hub: s.Hub, Platform: s.Platform, Subscriber: s.Subscriber, Kinds: Kinds(), Seed: seed, Contacts: 4,
		API: func(k Kind) string { return "http://" + s.Platforms[k].Addr() },
	})
	if err != nil {
		return res, err
	}
	f.Report()
	if err := s.subscribe(ctx); err != nil {
		return res, err
	}
	f.Begin(10, 1)
	err = Eventually(ctx, "conversations to reply to", func() bool { return len(f.Conversations()) >= 8 })
	f.End()
	if err != nil {
		return res, err
	}
	var books Books
	for i := range times {
		victim := i % s.Hubs
		if err := s.burden(ctx, f, i); err != nil {
			return res, err
		}
		s.Kill(victim)
		res.Kills++
		s.Platform.Hurry()
		f.Wait()
		var wrong string
		var took time.Duration
		if books, wrong, took, err = f.Reconcile(ctx, Takeover); err != nil {
			return res, err
		}
		s.Log("hub %d was killed, the other was through after %s", victim, took.Round(100*time.Millisecond))
		res.Drained = max(res.Drained, took)
		if res.Wrong = f.Faults() + wrong; res.Wrong != "" {
			s.Log("%s", s.Tails(20))
			break
		}
		if err := s.Start(ctx, victim); err != nil {
			return res, err
		}
	}
	res.Summary = f.Summary(books)
	return res, s.Stop()
}

// burden has calls out to platforms that take their time, and more waiting.
func (s *Stack) burden(ctx context.Context, f *Traffic, round int) error {
	s.Platform.Script(Faultless, 5*time.Second)
	before := len(s.Platform.Words())
	for i := range 12 {
		f.Go(func() { f.Reply(f.Conversation(i), fmt.Sprintf("handed-over-%d-%02d", round, i)) })
	}
	if err := Eventually(ctx, "calls are out", func() bool { return len(s.Platform.Words()) > before }); err != nil {
		return err
	}
	for range 6 {
		f.Deliver(f.Next())
	}
	return nil
}
