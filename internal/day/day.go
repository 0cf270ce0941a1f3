// Package day plays a day of a large hub: agents with shifts, customers who
// write, wait, come back and write again. What happens to conversations is
// decided by threads.Decide, who gets them by threads/routing; time passes as
// fast as it can be worked out. The same seed is the same day.
package day

import (
	"slices"
	"time"

	"threadhub/threads"
	"threadhub/threads/routing"
)

// Options of a day.
type Options struct {
	Seed          uint64
	Agents        int
	Conversations int // customers who write for the first time
}

// Report is how a day went.
type Report struct {
	Conversations int // with those that followed
	Placements    int // by routing
	// Breaches are placements beyond what an agent may hold. Returns beyond it
	// are none, and are counted apart.
	Breaches, OverCapacityReturns int
	// Offers are those of the day on which agents are asked first.
	Offers, Accepted, Missed int
	// P50 and P95 are percentiles of the times in the line. IdealP95 is that of
	// one line in front of all agents, of whom each can serve everybody, without
	// priorities and with no time lost on offers.
	// OfferP95 is P95 where agents are asked first: it has their answers in it.
	P50, P95, IdealP95, OfferP95 time.Duration
	Mean, IdealMean              time.Duration
	// Returns are conversations whose agent of before was there, with a free
	// place where one is needed; Same is how many of them got that agent.
	Returns, Same int
	// Left is how many waited in the end.
	Left int
	// Miscounted is how often what agents hold was not what the states of
	// conversations say.
	Miscounted int
}

// Run plays the day three times: with conversations assigned at once, with
// agents who are asked first, and with an ideal single queue. Breaches and
// miscounts are those of all three.
func Run(o Options) Report {
	play := func(mode routing.Mode, ideal bool) *world {
		w := newWorld(o, mode, ideal)
		w.run()
		return w
	}
	auto, offer, ideal := play(routing.Auto, false), play(routing.Offer, false), play(routing.Auto, true)
	r := auto.report
	r.P50, r.P95 = percentile(auto.waits, 50), percentile(auto.waits, 95)
	r.IdealP95, r.OfferP95 = percentile(ideal.waits, 95), percentile(offer.waits, 95)
	r.Mean, r.IdealMean = mean(auto.waits), mean(ideal.waits)
	r.Offers, r.Accepted, r.Missed = offer.report.Offers, offer.report.Accepted, offer.report.Missed
	for _, w := range []*world{offer, ideal} {
		r.Breaches += w.report.Breaches
		r.Miscounted += w.report.Miscounted
		r.Left += w.report.Left
	}
	return r
}

// percentile of durations, which it sorts.
func percentile(list []time.Duration, p int) time.Duration {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[min(len(list)-1, len(list)*p/100)]
}

func mean(list []time.Duration) time.Duration {
	var sum time.Duration
	for _, d := range list {
		sum += d
	}
	return sum / time.Duration(max(1, len(list)))
}

// Ratio is the day's 95th percentile over the ideal one's.
func (r Report) Ratio() float64 {
	if r.IdealP95 <= 0 {
		return 0
	}
	return float64(r.P95) / float64(r.IdealP95)
}

// SameShare is the share of returns that got the agent of before.
func (r Report) SameShare() float64 {
	if r.Returns == 0 {
		return 0
	}
	return float64(r.Same) / float64(r.Returns)
}

// midnight is when the day begins.
var midnight = time.Date(2030, time.March, 5, 0, 0, 0, 0, time.UTC)

// styles of the customers' channels.
func styles() []threads.Style {
	var list []threads.Style
	for _, name := range threads.StyleNames {
		style, _ := threads.DefaultStyle(name)
		list = append(list, style)
	}
	return list
}
