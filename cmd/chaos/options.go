package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"threadhub/internal/chaos"
)

// options of a run.
type options struct {
	Seed     uint64        `help:"Of the random choices; 0 takes a new one. It is printed."`
	Pairs    []chaos.Pair  `default:"sqlite+miniredis,mongodb+redis" help:"What hubs keep their data and their queue in."`
	Only     []string      `default:"random,matrix,takeover,queue,store,disk" enum:"random,matrix,takeover,queue,store,disk" help:"Parts to run: ${enum}."`
	Kills    int           `default:"60" help:"Kills in each random run."`
	Cases    int           `default:"1000" help:"Cases of the matrix, at most; fewer are chosen at random."`
	Frozen   time.Duration `default:"40s" help:"How long Redis is frozen."`
	Drained  time.Duration `default:"60s" help:"How soon after the last start everything must be through."`
	Webhooks int           `default:"200" help:"Webhooks a second in the random run."`
	Replies  int           `default:"50" help:"Replies a second in the random run."`
	Contacts int           `default:"60" help:"Contacts on each channel in the random run."`
	Calm     bool          `help:"Leave out all troubles but kills in the random run, and platforms that hang."`
	Race     bool          `default:"true" negatable:"" help:"Build the hub with the race detector, where there is a C compiler."`
	Program  string        `help:"A hub that was built with the tag chaos; built if there is none." type:"path"`
	Sabotage string        `help:"Build the hub without one of its safeguards: the run must fail."`
	Verbose  bool          `short:"v" help:"Say what is done."`

	out io.Writer // nil: standard output
}

// part is one of the parts of a run.
type part struct {
	name  string
	pairs []chaos.Pair // it makes sense on
	run   func(ctx context.Context, s *chaos.Stack, o *options) (chaos.Result, error)
}

func parts() []part {
	both := []chaos.Pair{chaos.Embedded, chaos.Shared}
	return []part{
		{"random", both, func(ctx context.Context, s *chaos.Stack, o *options) (chaos.Result, error) {
			return chaos.Run(ctx, s, chaos.RunOptions{
				Seed: o.Seed, Kills: o.Kills, Webhooks: o.Webhooks, Replies: o.Replies, Contacts: o.Contacts, Drained: o.Drained, Calm: o.Calm,
			})
		}},
		{"matrix", both, func(ctx context.Context, s *chaos.Stack, o *options) (chaos.Result, error) {
			cases := chaos.Cases(s.Pair)
			if o.Cases < len(cases) {
				cases = chaos.Some(o.Seed, s.Pair, o.Cases)
			}
			return chaos.Matrix(ctx, s, o.Seed, cases, o.Drained)
		}},
		{"takeover", []chaos.Pair{chaos.Shared}, func(ctx context.Context, s *chaos.Stack, o *options) (chaos.Result, error) {
			return chaos.TakeOver(ctx, s, o.Seed, 4)
		}},
		{"queue", []chaos.Pair{chaos.Queued}, func(ctx context.Context, s *chaos.Stack, o *options) (chaos.Result, error) {
			return chaos.QueueAway(ctx, s, o.Seed, o.Frozen, o.Drained)
		}},
		{"store", []chaos.Pair{chaos.Shared}, func(ctx context.Context, s *chaos.Stack, o *options) (chaos.Result, error) {
			return chaos.StoreAway(ctx, s, o.Seed, o.Drained)
		}},
		{"disk", []chaos.Pair{chaos.Embedded}, func(ctx context.Context, s *chaos.Stack, o *options) (chaos.Result, error) {
			if !chaos.CanFill(ctx) {
				return chaos.Result{Name: "disk full", Summary: "not run: this machine gives no process a disk of its own (unshare)"}, nil
			}
			return chaos.DiskFull(ctx, s, o.Seed, o.Drained)
		}},
	}
}

// errBroken is a promise that was not kept.
var errBroken = errors.New("a promise was broken")

// Run goes through the parts and prints a table of them.
func (o *options) Run(ctx context.Context) error {
	if o.out == nil {
		o.out = os.Stdout
	}
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	o.say("seed %d", o.Seed)
	dir, err := os.MkdirTemp("", "threadhub-chaos-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if o.Program == "" {
		if o.Program, err = o.build(ctx, dir); err != nil {
			return err
		}
	}
	var results []chaos.Result
	for _, p := range parts() {
		for _, pair := range p.pairs {
			if !slices.Contains(o.Only, p.name) || !o.wants(pair) {
				continue
			}
			o.say("== %s on %s", p.name, pair)
			r, err := o.carryOut(ctx, p, pair, filepath.Join(dir, p.name+"-"+string(pair)))
			if err != nil {
				return fmt.Errorf("%s on %s: %w", p.name, pair, err)
			}
			results = append(results, r)
			o.say("%s%s", r.Summary, r.Wrong)
		}
	}
	return table(o.out, results)
}

// wants tells whether a pair is to be tried: the embedded store with a Redis is
// when the embedded pair is.
func (o *options) wants(pair chaos.Pair) bool {
	if pair == chaos.Queued {
		pair = chaos.Embedded
	}
	return slices.Contains(o.Pairs, pair)
}

// build builds the hub, without a safeguard if that is asked for.
func (o *options) build(ctx context.Context, dir string) (string, error) {
	b := chaos.BuildOptions{Race: o.Race && chaos.CanRace(ctx), Tags: "chaos"}
	if o.Sabotage != "" {
		root, err := os.Getwd()
		if err != nil {
			return "", err
		}
		if b.Overlay, err = chaos.Sabotage(o.Sabotage, root, dir); err != nil {
			return "", err
		}
	}
	return chaos.Build(ctx, dir, b)
}

// carryOut runs a part on a pair.
func (o *options) carryOut(ctx context.Context, p part, pair chaos.Pair, dir string) (res chaos.Result, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return res, err
	}
	hubs := 1
	if pair == chaos.Shared && p.name != "matrix" {
		hubs = 2
	}
	log := func(string, ...any) {}
	if o.Verbose {
		log = o.say
	}
	s, err := chaos.NewStack(chaos.StackOptions{Program: o.Program, Pair: pair, Dir: dir, Hubs: hubs, Log: log})
	defer func() { err = errors.Join(err, s.Close()) }()
	if err != nil {
		return res, err
	}
	return p.run(ctx, s, o)
}

func (o *options) say(format string, args ...any) { _, _ = fmt.Fprintf(o.out, format+"\n", args...) }
