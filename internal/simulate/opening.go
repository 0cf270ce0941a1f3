package simulate

import (
	"context"
	_ "embed" // the opening is a file
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed opening.txt
var openingFile string

// opening is a conversation as it stands when a demo is first looked at.
type opening struct {
	platform, customer, agent string
	age                       time.Duration
	talk                      dialogue
}

// openingHead is the first line of a block.
var openingHead = regexp.MustCompile(`^on (\w+), (\d+) min ago(?: by ([^:]+))?: (.+)$`)

// parseOpenings reads blocks with empty lines between them.
func parseOpenings(file string) ([]opening, error) {
	var all []opening
	for block := range strings.SplitSeq(file, "\n\n") {
		var lines []string
		for line := range strings.SplitSeq(block, "\n") {
			if line != "" && !strings.HasPrefix(line, "#") {
				lines = append(lines, line)
			}
		}
		if len(lines) == 0 {
			continue
		}
		head := openingHead.FindStringSubmatch(lines[0])
		if head == nil {
			return nil, fmt.Errorf("simulate: opening: want \"on <platform>, <minutes> min ago by <agent>: <customer>\", got %q", lines[0])
		}
		talks, err := parseDialogues("opening", strings.Join(lines[1:], "\n"))
		if err != nil || len(talks) != 1 {
			return nil, fmt.Errorf("simulate: opening with %s: one dialogue is wanted: %w", head[4], err)
		}
		minutes, _ := strconv.Atoi(head[2])
		all = append(all, opening{head[1], head[4], head[3], time.Duration(minutes) * time.Minute, talks[0]})
	}
	return all, nil
}

// Open plays the opening of a demo and returns when every conversation stands
// as it is to be found. It comes before Fill, which leaves these as they are. What is for platforms that are not there is left out.
func (t *Traffic) Open(ctx context.Context) error {
	all, err := parseOpenings(openingFile)
	if err != nil {
		return err
	}
	var scenes []scene
	var seats []chan Sent
	for i, o := range all {
		channel := slices.IndexFunc(t.cfg.Channels, func(c Channel) bool { return c.Platform.Account().name() == o.platform })
		who := slices.IndexFunc(t.deck.cast, func(c Customer) bool { return c.Name() == o.customer })
		if channel < 0 || who < 0 {
			continue
		}
		sc := scene{
			number: -1 - i, channel: channel, who: t.deck.cast[who], talk: o.talk, age: o.age,
			dice: rand.New(rand.NewPCG(t.cfg.Seed, uint64(1<<32+i))), gap: 1,
		}
		sc.order = fmt.Sprintf("#%d", 10_000+sc.dice.IntN(80_000))
		if o.agent != "" && t.cfg.Agent != nil {
			if err := t.cfg.Agent.Do(ctx, channel, sc.who, "agent", o.agent); err != nil {
				return err
			}
			for _, s := range o.talk.steps {
				if s.kind == "" {
					sc.attended++
				}
			}
		}
		if seat, ok := t.sit(sc); ok {
			t.opened[t.key(sc)] = true
			scenes, seats = append(scenes, sc), append(seats, seat)
		}
	}
	return t.perform(ctx, scenes, seats)
}
