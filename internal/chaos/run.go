package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"threadhub/internal/crashpoint"
)

// RunOptions are a random run.
type RunOptions struct {
	// Seed makes the random choices: the same seed makes the same ones, though
	// the machine decides what they meet.
	Seed uint64
	// Kills is how often a process of the hub is killed, at random moments and
	// at named points.
	Kills int
	// Webhooks and Replies are how many a second, Contacts how many there are on
	// each channel.
	Webhooks, Replies, Contacts int
	// Drained is how soon after the last start everything must be through.
	Drained time.Duration
	// Calm leaves out all troubles but kills, and platforms that hang.
	Calm bool
}

// Result is what came of a run.
type Result struct {
	Name    string
	Seed    uint64
	Kills   int
	Drained time.Duration
	Summary string
	// Wrong is what a promise was broken by; empty if all were kept.
	Wrong string
}

// run is a random run under way.
type run struct {
	RunOptions
	*Stack
	traffic *Traffic
	rnd     *rand.Rand
	points  []crashpoint.Point // in the order they are to be died at
	killed  int
	counted map[string]int // by trouble
}

// faulty are those that a random run meets. Calls that hang take the hub 20 s
// each, so they are rare.
func faulty(seed uint64, hang bool) Script {
	quick := Sometimes(seed, 16, ServerError, Throttled, Reset, Garbage, Early, Refused)
	slow := Sometimes(seed+1, 200, Hang, Drip)
	return func(k Kind, text string) Fault {
		if f := slow(k, text); hang && f != NoFault {
			return f
		}
		return quick(k, text)
	}
}

// Run has a hub go through random faults under traffic and reconciles the
// ledgers. An error means that the run itself could not be carried out.
func Run(ctx context.Context, s *Stack, o RunOptions) (Result, error) {
	r := &run{RunOptions: o, Stack: s, rnd: rand.New(rand.NewPCG(o.Seed, 2)), counted: map[string]int{}}
	r.points = r.shuffled()
	if err := r.prepare(ctx); err != nil {
		return Result{}, err
	}
	r.traffic.Begin(o.Webhooks, o.Replies)
	err := Eventually(ctx, "conversations to reply to", func() bool { return r.traffic.Conversation(0) != "" })
	for err == nil && r.killed < o.Kills {
		r.wait(100, 1400)
		err = r.trouble(ctx)
	}
	r.traffic.End()
	if err != nil {
		return Result{}, err
	}
	return r.finish(ctx)
}

// prepare makes the store, dying at every step, and starts the hub.
func (r *run) prepare(ctx context.Context) error {
	for n := 1; ; n++ {
		died, err := r.CrashAt(ctx, 0, crashpoint.StepApplied, n, Patience, func(p *Process) { p.Terminate() })
		if err != nil {
			return err
		}
		if !died {
			break // there were fewer steps than that
		}
		r.counted["killed while migrating"]++
	}
	if err := r.StartAll(ctx); err != nil {
		return err
	}
	var err error
	r.traffic, err = NewTraffic(ctx, Plan{
		Hub: r.Hub, Platform: r.Platform, Subscriber: r.Subscriber, Kinds: Kinds(), Seed: r.Seed, Contacts: r.Contacts, Wild: true,
		API: func(k Kind) string { return "http://" + r.Platforms[k].Addr() },
	})
	if err != nil {
		return err
	}
	if err := r.subscribe(ctx); err != nil {
		return err
	}
	r.traffic.Report()
	r.Platform.Script(faulty(r.Seed, !r.Calm), 20*time.Millisecond)
	r.Subscriber.Refuse(r.Seed, 50)
	return nil
}

// finish kills everything once more, so that nothing is left but what is in the
// store, and reconciles what comes of that.
func (r *run) finish(ctx context.Context) (Result, error) {
	r.KillAll()
	r.killed++
	if err := r.StartAll(ctx); err != nil {
		return Result{}, err
	}
	books, differences, took, err := r.traffic.Reconcile(ctx, r.Drained)
	if err != nil {
		return Result{}, err
	}
	res := Result{
		Name: "random, " + string(r.Pair), Seed: r.Seed, Kills: r.killed, Drained: took,
		Summary: r.traffic.Summary(books), Wrong: r.traffic.Faults() + differences,
	}
	for _, what := range sorted(r.counted) {
		res.Summary += fmt.Sprintf("; %s %d times", what, r.counted[what])
	}
	if res.Wrong != "" {
		r.Log("%s", r.Tails(20))
	}
	return res, r.Stop()
}

// wait lets a random time pass, in milliseconds.
func (r *run) wait(least, most int) {
	<-time.After(time.Duration(least+r.rnd.IntN(most-least)) * time.Millisecond)
}
