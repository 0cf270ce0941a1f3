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
	Only     []string      `default:"random" help:"Parts to run."`
	Kills    int           `default:"60" help:"Kills in each random run."`
	Drained  time.Duration `default:"60s" help:"How soon after the last start everything must be through."`
	Program  string        `help:"A hub that was built with the tag chaos; built if there is none." type:"path"`
	Race     bool          `default:"true" negatable:"" help:"Build the hub with the race detector, where there is a C compiler."`
	Webhooks int           `default:"200" help:"Webhooks a second; fewer on the test double of MongoDB."`
	Replies  int           `default:"50" help:"Replies a second; fewer on the test double of MongoDB."`

	out io.Writer // nil: standard output
}

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
	program := o.Program
	if program == "" {
		if program, err = chaos.Build(ctx, dir, chaos.BuildOptions{Race: o.Race && chaos.CanRace(ctx), Tags: "chaos"}); err != nil {
			return err
		}
	}
	var results []chaos.Result
	for i, pair := range o.Pairs {
		r, err := o.random(ctx, program, filepath.Join(dir, fmt.Sprint(i)), pair)
		if err != nil {
			return fmt.Errorf("%s: %w", pair, err)
		}
		results = append(results, r)
	}
	for _, r := range results {
		o.say("%s: %d kills, drained %s, %s%s", r.Name, r.Kills, r.Drained, r.Summary, r.Wrong)
	}
	if slices.ContainsFunc(results, func(r chaos.Result) bool { return r.Wrong != "" }) {
		return errors.New("a promise was broken")
	}
	return nil
}

func (o *options) say(format string, args ...any) { _, _ = fmt.Fprintf(o.out, format+"\n", args...) }

func (o *options) random(ctx context.Context, program, dir string, pair chaos.Pair) (res chaos.Result, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return res, err
	}
	hubs := 1
	if pair == chaos.Shared {
		hubs = 2
	}
	s, err := chaos.NewStack(chaos.StackOptions{Program: program, Pair: pair, Dir: dir, Hubs: hubs, Log: o.say})
	defer func() { err = errors.Join(err, s.Close()) }()
	if err != nil {
		return res, err
	}
	run := chaos.RunOptions{Seed: o.Seed, Kills: o.Kills, Webhooks: o.Webhooks, Replies: o.Replies, Contacts: 60, Drained: o.Drained}
	if pair == chaos.Shared && !s.RealMongoDB {
		run.Webhooks, run.Replies, run.Contacts = 10, 3, 6
	}
	return chaos.Run(ctx, s, run)
}
