package day

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"threadhub/threads"
	"threadhub/threads/routing"
)

// shift is when an agent works, with a break.
type shift struct{ from, until, rest, back time.Duration }

const (
	work  = 8 * time.Hour
	pause = 30 * time.Minute
)

// staff makes agents: their capacities, skills and shifts, which begin where
// customers will want them, a few also at night.
func staff(o Options) ([]routing.Agent, []shift) {
	dice := rand.New(rand.NewPCG(o.Seed, 1))
	agents, shifts := make([]routing.Agent, o.Agents), make([]shift, o.Agents)
	begins := []time.Duration{0, 6 * time.Hour, 7 * time.Hour, 8 * time.Hour, 9 * time.Hour, 10 * time.Hour, 12 * time.Hour, 14 * time.Hour, 16 * time.Hour, 22 * time.Hour}
	for i := range agents {
		a := routing.Agent{ID: threads.AgentID(fmt.Sprintf("ag_%04d", i)), Presence: routing.Offline, Max: 3 + dice.IntN(4)}
		if dice.IntN(10) < 4 {
			a.Skills = append(a.Skills, routing.Skill{Name: "french", Level: 1 + dice.IntN(3)})
		}
		if dice.IntN(10) < 5 {
			a.Skills = append(a.Skills, routing.Skill{Name: "billing"})
		}
		from := begins[i%len(begins)] + time.Duration(dice.IntN(30))*time.Minute
		rest := from + 3*time.Hour + time.Duration(dice.IntN(120))*time.Minute
		agents[i], shifts[i] = a, shift{from: from, until: from + work, rest: rest, back: rest + pause}
	}
	return agents, shifts
}

// queues of the hub.
func queues() []routing.Queue {
	return []routing.Queue{
		{ID: "qu_french", Name: "French", Enabled: true, When: routing.Conditions{Languages: []string{"fr"}}, Required: []routing.Skill{{Name: "french"}}},
		{
			ID: "qu_billing", Name: "Billing", Enabled: true, When: routing.Conditions{Tags: []string{"billing"}},
			Preferred: []routing.Skill{{Name: "billing"}}, RelaxAfter: 20 * time.Second,
		},
	}
}

// step is something a customer asks: how long an agent is busy with it, and
// how long after the end of it the customer writes again (0: never).
type step struct {
	busy  time.Duration
	then  stepEnd
	again time.Duration
}

// stepEnd is what the agent does when they have answered.
type stepEnd int

const (
	solves stepEnd = iota
	asks           // sets pending, and the customer answers
)

// customer is somebody who writes, and how it will go with them.
type customer struct {
	at       time.Duration
	style    threads.Style
	language string
	tags     []string
	priority string
	steps    []step
}

// customers makes all who write, in the order of their first message.
func customers(o Options) []customer {
	list := make([]customer, o.Conversations)
	all := styles()
	for i := range list {
		dice := rand.New(rand.NewPCG(o.Seed, uint64(i)+1000))
		c := customer{at: moment(dice.Float64()), style: all[i%len(all)]}
		switch n := dice.IntN(100); {
		case n < 10:
			c.language = "fr"
		case n < 25:
			c.tags = []string{"billing"}
		case n < 30:
			c.priority = "high"
		case n < 32:
			c.priority = "low"
		}
		c.steps = talk(dice)
		list[i] = c
	}
	return list
}

// talk draws what a customer asks, how long it takes and how often they return.
func talk(dice *rand.Rand) []step {
	long := func(mean time.Duration) time.Duration {
		return min(time.Duration(dice.ExpFloat64()*float64(mean)), 6*mean) + 20*time.Second
	}
	var steps []step
	for {
		s := step{busy: long(630 * time.Second)}
		switch n := dice.IntN(100); {
		case n < 20:
			s.then, s.again = asks, long(40*time.Minute)
		case n < 40:
			s.again = long(90 * time.Minute)
		}
		steps = append(steps, s)
		if s.again == 0 || len(steps) == 6 {
			steps[len(steps)-1].then, steps[len(steps)-1].again = solves, 0
			return steps
		}
	}
}

// moment spreads the day's first messages: few at night, most around eleven and
// three.
func moment(u float64) time.Duration {
	at := u * 24
	for range 30 { // the inverse of the share that has come by then
		at -= (share(at) - u) / density(at)
		at = min(max(at, 0), 24)
	}
	return time.Duration(at * float64(time.Hour))
}

const (
	floorLevel  = 0.012
	firstPeak   = 11.0
	secondPeak  = 15.5
	peakWidth   = 2.6
	firstShare  = 0.40
	secondShare = 1 - 24*floorLevel - firstShare
)

func density(at float64) float64 {
	bell := func(mean float64) float64 {
		z := (at - mean) / peakWidth
		return math.Exp(-z*z/2) / (peakWidth * math.Sqrt(2*math.Pi))
	}
	return floorLevel + firstShare*bell(firstPeak) + secondShare*bell(secondPeak)
}

func share(at float64) float64 {
	below := func(mean float64) float64 { return 0.5 * math.Erfc((mean-at)/(peakWidth*math.Sqrt2)) }
	return floorLevel*at + firstShare*below(firstPeak) + secondShare*below(secondPeak)
}
