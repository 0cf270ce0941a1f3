package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// options of a measurement. The defaults are those of the published figures.
type options struct {
	Binary      string        `default:"bin/threadhub" help:"The hub to measure." type:"path"`
	Requests    int           `default:"20000" help:"Webhooks in each round of the accept and threaded figures."`
	Sends       int           `default:"3000" help:"Replies in each round of the send figure; three for each contact stay within what Telegram allows at once."`
	Samples     int           `default:"200" help:"Webhooks of the idle and the screen latency."`
	Rounds      int           `default:"3" help:"Rounds, bare and hub by turns; medians count."`
	Concurrency int           `default:"32" help:"Connections that send at once."`
	Contacts    int           `default:"1000" help:"Customers who write."`
	Channels    int           `default:"1" help:"Channels the webhooks are spread over."`
	SendTo      int           `default:"200" help:"Channels the replies are spread over, since the hub keeps each to its platform's rate."`
	Kind        string        `default:"telegram" enum:"telegram,whatsapp" help:"Whose webhooks to send."`
	Neighbours  int           `default:"400" help:"Replies one by one in each part of the neighbour phase, and calls that hang beside them."`
	Closes      int           `default:"100000" help:"Solved conversations that come due in the close phase."`
	Within      time.Duration `default:"1m" help:"The time in which they come due."`
	ReportOver  int           `default:"100000" help:"Conversations of ten messages that a report is made over."`
	Seed        uint64        `default:"1" help:"Of the simulated day."`
	Agents      int           `default:"500" help:"Agents of the simulated day."`
	Customers   int           `default:"50000" help:"Customers of the simulated day, each with a conversation at least."`
	Many        int           `default:"1000" help:"Channels in the channels phase."`
	Steady      int           `default:"1000" help:"Webhooks a second before and after the burst, in which there are five times as many."`
	Stretch     time.Duration `default:"5s" help:"How long the burst lasts, and each of the calm times around it."`
	Soak        time.Duration `default:"10m" help:"How long the soak lasts; mind --timeout."`
	Only        []string      `default:"accept,threaded,send,idle,report,route,day" enum:"accept,threaded,send,idle,report,route,day,neighbour,close,growth,channels,burst,scale,screen,scroll,soak" help:"Phases to run. Those that are run when asked for only: neighbour takes half a minute, close and growth minutes, channels and burst one, soak as long as --soak says; scale needs --mongodb-uri and --redis-url, screen and scroll need Chromium."`
	JSON        string        `name:"json" default:"bench.json" help:"Where the figures go; empty for nowhere."`
	DataDir     string        `help:"Directory for the hub's data, on the disk to be measured; default: a temporary one."`
	MongodbURI  string        `name:"mongodb-uri" help:"Store of the hub, an empty database; default: embedded."`
	RedisURL    string        `name:"redis-url" help:"Queue of the hub; default: embedded."`
	Timeout     time.Duration `default:"10m" help:"Give up after this long."`
	Patience    time.Duration `default:"4m" help:"Longest wait for a backlog to drain."`
	Refill      time.Duration `default:"4s" help:"Pause after a round of replies, in which the platform's rates allow as much again."`

	out io.Writer // nil: standard output
}

// Validate refuses what cannot be measured.
func (o *options) Validate() error {
	for name, v := range map[string]int{"requests": o.Requests, "sends": o.Sends, "samples": o.Samples, "rounds": o.Rounds, "concurrency": o.Concurrency, "contacts": o.Contacts, "channels": o.Channels, "send-to": o.SendTo, "report-over": o.ReportOver, "closes": o.Closes, "neighbours": o.Neighbours, "agents": o.Agents, "many": o.Many, "steady": o.Steady, "customers": o.Customers} {
		if v < 1 {
			return fmt.Errorf("--%s must be at least 1", name)
		}
	}
	return nil
}

func (o *options) wants(phase string) bool { return slices.Contains(o.Only, phase) }

// Run measures, prints and writes. A figure that breaks a promise (something
// lost or doubled) is an error.
func (o *options) Run(ctx context.Context) error {
	if o.out == nil {
		o.out = os.Stdout
	}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	dir, err := os.MkdirTemp(o.DataDir, "threadhub-bench-")
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s := &session{options: o, dir: dir, report: newReport()}
	err = s.run(ctx)
	if err != nil {
		err = errors.Join(err, logTail(filepath.Join(dir, "hub.log")))
	}
	s.stop()
	if err != nil {
		return err
	}
	s.report.print(o.out)
	if o.JSON != "" {
		if err := s.report.save(o.JSON); err != nil {
			return err
		}
	}
	return s.report.broken()
}
