package simulate

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// scene is one dialogue that one customer will hold on one channel.
type scene struct {
	number  int
	channel int // index in TrafficConfig.Channels
	who     Customer
	talk    dialogue
	order   string // the order number the customer mentions
	// attended is how many of the agent's lines the demo agents write; the
	// rest is left to people.
	attended int
	// age is how long ago the customer began to write, in a filled day.
	age time.Duration
	// gap is how much longer than usual (1) it is until the next scene.
	gap  float64
	dice *rand.Rand // the scene's own, once it is dealt its actor's alone
}

// deck deals scenes for ever: in each round every customer comes up once on
// every channel. The same seed deals the same scenes.
type deck struct {
	seed     uint64
	channels int
	share    float64 // of dialogues that are attended
	cast     []Customer
	talks    map[string][]dialogue
	dice     *rand.Rand
	round    []scene
	number   int
}

func newDeck(seed uint64, channels int, share float64, cast []Customer, talks []dialogue) *deck {
	d := &deck{
		seed: seed, channels: channels, share: share, cast: cast,
		talks: map[string][]dialogue{}, dice: rand.New(rand.NewPCG(seed, 0)),
	}
	for _, t := range talks {
		d.talks[t.lang] = append(d.talks[t.lang], t)
	}
	return d
}

// next deals one scene.
func (d *deck) next() scene {
	if len(d.round) == 0 {
		d.shuffle()
	}
	s := d.round[0]
	d.round = d.round[1:]
	d.number++
	s.number = d.number
	s.dice = rand.New(rand.NewPCG(d.seed, uint64(d.number)))
	choices := d.talks[s.who.Lang]
	s.talk = choices[s.dice.IntN(len(choices))]
	s.order = fmt.Sprintf("#%d", 10_000+s.dice.IntN(80_000))
	s.age = time.Duration(5+s.dice.IntN(420)) * time.Minute
	if s.dice.Float64() < d.share {
		s.attended = len(s.talk.steps)
		if s.dice.Float64() < 0.4 {
			s.attended = 1
		}
	}
	s.gap = 0.5 + s.dice.Float64()
	return s
}

// shuffle begins a round. Nobody is dealt twice in a row on two channels: the
// channels alternate over one order of people.
func (d *deck) shuffle() {
	order := d.dice.Perm(len(d.cast))
	for ch := range d.channels {
		for i, who := range order {
			d.round = append(d.round, scene{channel: (i + ch) % d.channels, who: d.cast[who]})
		}
	}
}
