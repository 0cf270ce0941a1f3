// Package retention says for how long what the hub holds is kept. Package expiry
// removes what was kept for long enough.
package retention

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"time"

	"threadhub/threads"
)

// Keep is for how long something is kept; 0 where nothing is said of it.
type Keep time.Duration

// Forever is for what is never removed.
const Forever Keep = math.MaxInt64

// forever is how it is written.
const forever = "forever"

// Bounds of what can be set. What was said is kept for a day at least: until
// then a platform may deliver a webhook again, whose message would not be
// recognised any more.
const (
	ShortestTalk = 24 * time.Hour
	Shortest     = time.Hour
	Longest      = 10 * 365 * 24 * time.Hour
)

// String is the duration as Go writes it, or "forever"; "" where nothing is
// said.
func (k Keep) String() string {
	switch k {
	case 0:
		return ""
	case Forever:
		return forever
	}
	return time.Duration(k).String()
}

// Parse reads a duration or "forever".
func Parse(text string) (Keep, error) {
	if text == forever {
		return Forever, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("is neither a duration such as 720h nor %q", forever)
	}
	if d <= 0 {
		return 0, fmt.Errorf("must be longer than nothing: to keep something for ever say %q, to leave it to what applies otherwise null", forever)
	}
	return Keep(d), nil
}

// Policy is what is set of a hub, or of a channel. What it says nothing about
// is as it is otherwise.
type Policy struct {
	// Conversations that are closed, with their messages and files, counted
	// from their close; Styles of each style.
	Conversations Keep                       `json:"conversations,omitempty"`
	Styles        map[threads.StyleName]Keep `json:"styles,omitempty"`
	// Payloads are what webhooks held: body, headers and address.
	Payloads Keep `json:"payloads,omitempty"`
	// EventLog is that there were webhooks, and what became of them.
	EventLog   Keep `json:"event_log,omitempty"`
	Quarantine Keep `json:"quarantine,omitempty"`
	// DeadLetters is for how long a message is on their list; it stays in its
	// conversation.
	DeadLetters Keep `json:"dead_letters,omitempty"`
}

// SetStyle says for how long conversations of a style are kept; 0 takes back what
// was said. Copies of the policy keep what they have.
func (p *Policy) SetStyle(name threads.StyleName, k Keep) {
	styles := maps.Clone(p.Styles)
	if styles == nil {
		styles = map[threads.StyleName]Keep{}
	}
	styles[name] = k
	if k == 0 {
		delete(styles, name)
	}
	p.Styles = styles
}

// FieldError names one field of a policy that is wrong and what it should be.
type FieldError struct{ Field, Message string }

// Error says both.
func (e *FieldError) Error() string { return e.Field + " " + e.Message }

// Validate answers a *FieldError for the first thing that cannot be set.
func (p Policy) Validate() error {
	if err := between("conversations", p.Conversations, ShortestTalk, true); err != nil {
		return err
	}
	for _, name := range threads.StyleNames {
		if err := between("styles."+string(name), p.Styles[name], ShortestTalk, true); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		field string
		keep  Keep
		ever  bool
	}{
		{"payloads", p.Payloads, false}, {"event_log", p.EventLog, false}, {"quarantine", p.Quarantine, true}, {"dead_letters", p.DeadLetters, true},
	} {
		if err := between(f.field, f.keep, Shortest, f.ever); err != nil {
			return err
		}
	}
	return nil
}

func between(field string, k Keep, shortest time.Duration, ever bool) error {
	d := time.Duration(k)
	bounds := fmt.Sprintf("must be from %s to %s", brief(shortest), brief(Longest))
	switch {
	case k == 0, k == Forever && ever, d >= shortest && d <= Longest:
		return nil
	case k == Forever:
		return &FieldError{field, bounds + ": what comes from platforms is not kept for ever, or the disk would fill up"}
	case ever:
		return &FieldError{field, bounds + fmt.Sprintf(", or %q", forever)}
	}
	return &FieldError{field, bounds}
}

// brief writes whole hours.
func brief(d time.Duration) string { return fmt.Sprintf("%dh", int(d.Hours())) }

// Over is the policy with what it leaves out as in another one.
func (p Policy) Over(under Policy) Policy {
	styles := map[threads.StyleName]Keep{}
	for _, name := range threads.StyleNames {
		k := p.Styles[name]
		if k == 0 && under.Styles[name] != 0 {
			// What is said of everything on a channel is closer to it than what
			// the hub says of a style.
			k = cmp.Or(p.Conversations, under.Styles[name])
		}
		if k != 0 {
			styles[name] = k
		}
	}
	return Policy{
		Conversations: cmp.Or(p.Conversations, under.Conversations), Styles: styles,
		Payloads: cmp.Or(p.Payloads, under.Payloads), EventLog: cmp.Or(p.EventLog, under.EventLog),
		Quarantine: cmp.Or(p.Quarantine, under.Quarantine), DeadLetters: cmp.Or(p.DeadLetters, under.DeadLetters),
	}
}

// Talk is for how long conversations of a style are kept.
func (p Policy) Talk(style threads.StyleName) Keep {
	return cmp.Or(p.Styles[style], p.Conversations, Forever)
}

// Webhooks is for how long what webhooks held is kept: no longer than their
// lines in the event log, and than what was said in any conversation, so that
// nothing brings it back.
func (p Policy) Webhooks() Keep {
	k := min(cmp.Or(p.Payloads, Forever), cmp.Or(p.EventLog, Forever))
	for _, name := range threads.StyleNames {
		k = min(k, p.Talk(name))
	}
	return k
}
