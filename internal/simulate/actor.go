package simulate

import (
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"
)

const (
	// patience is how long a customer waits for an answer.
	patience = 30 * time.Minute
	// secondThought is how long they wait for another message after one.
	secondThought = 20 * time.Second
	// arrival is how long a demo agent's reply may take to arrive.
	arrival = 30 * time.Second
	// tick is the resolution of the platforms' clocks: an answer must be
	// dated later than what it answers.
	tick = time.Second
)

// actor plays one scene.
type actor struct {
	*Traffic
	scene
	seat    chan Sent
	settled func() // called once the scene is over or waits for a person
	fast    bool   // no pauses but those that keep the order
	ago     time.Duration
	mine    string // platform's id of the customer's latest message
	at      time.Time
	theirs  *Sent // the business's latest message
}

func newActor(t *Traffic, sc scene, seat chan Sent, settled func()) *actor {
	return &actor{Traffic: t, scene: sc, seat: seat, settled: settled}
}

// play goes through the dialogue. fast leaves out the pauses until a person's
// answer is needed, and dates what comes before the first answer back.
func (a *actor) play(fast bool) {
	defer a.leave(a.scene)
	defer a.settled()
	a.fast = fast
	if fast {
		a.ago = a.age
	}
	for i, st := range a.talk.steps {
		var ok bool
		switch st.kind {
		case "":
			ok = a.await(st, i > 0 && a.talk.steps[i-1].kind == "")
		case deed:
			ok = a.arrange(st)
		default:
			ok = a.act(st)
		}
		if !ok {
			return
		}
	}
	// The customer's last words must be threaded before the agent is done, or
	// they would bring the conversation back.
	if a.attended > 0 && a.theirs != nil && sleep(a.ctx, 2*tick) {
		if err := a.cfg.Agent.Finish(a.ctx, a.channel, a.who); err != nil && a.ctx.Err() == nil {
			a.cfg.Log.Warn("conversation not finished", "error", err)
		}
	}
}

// act lets the customer do something and tells whether the scene goes on.
func (a *actor) act(st step) bool {
	if !a.pause(2*time.Second, 6*time.Second) {
		return false
	}
	act := Act{
		Kind: st.kind, By: a.who, At: time.Now().Add(-a.ago),
		Text: strings.ReplaceAll(st.text, "{order}", a.order), Latitude: st.lat, Longitude: st.lon,
	}
	a.ago = max(a.ago-3*tick, 0)
	switch st.kind {
	case Edit:
		act.Target, act.Written = a.mine, a.at
	case React:
		if a.theirs == nil {
			return true
		}
		act.Target = a.theirs.ID
	case Press:
		act = a.press(act)
	}
	id, alive := a.tell(a.channel, act)
	if id != "" {
		a.mine, a.at = id, act.At
	}
	return alive
}

// press chooses the button of that title, or says it where none was offered.
func (a *actor) press(act Act) Act {
	if a.theirs == nil || len(a.theirs.Buttons) == 0 {
		act.Kind = Say
		return act
	}
	act.Target, act.Button = a.theirs.ID, a.theirs.Buttons[0]
	for _, b := range a.theirs.Buttons {
		if b.Title == act.Text {
			act.Button = b
		}
	}
	return act
}

// await waits for the business's next message; more is set when it has just
// written one. It tells whether the scene goes on.
func (a *actor) await(st step, more bool) bool {
	if a.attended > 0 {
		return a.attend(st)
	}
	a.settled()
	a.fast = false
	limit := patience
	if more {
		limit = secondThought
	}
	return a.read(limit) || more && a.ctx.Err() == nil
}

// attend has a demo agent write the line, unless a person was quicker.
func (a *actor) attend(st step) bool {
	a.attended--
	if !a.pause(3*time.Second, 9*time.Second) {
		return false
	}
	if len(a.seat) == 0 {
		text := strings.ReplaceAll(st.text, "{order}", a.order)
		err := a.cfg.Agent.Reply(a.ctx, a.channel, a.who, text, st.buttons)
		if errors.Is(err, errTaken) {
			a.attended = 0
			return a.await(st, false)
		}
		if err != nil {
			if a.ctx.Err() == nil {
				a.cfg.Log.Warn("demo agent could not reply", "error", err)
			}
			return false
		}
	}
	return a.read(arrival)
}

// arrange has a demo agent do something beside writing. What the customer wrote
// just before must be threaded by then: it would undo a status.
func (a *actor) arrange(st step) bool {
	if a.cfg.Agent == nil {
		return true
	}
	if !sleep(a.ctx, 2*tick) {
		return false
	}
	err := a.cfg.Agent.Do(a.ctx, a.channel, a.who, st.word, st.text)
	if err != nil && a.ctx.Err() == nil {
		a.cfg.Log.Warn("demo agent could not", "word", st.word, "error", err)
	}
	return err == nil
}

// read takes what has come in, waiting at most limit for the first message.
func (a *actor) read(limit time.Duration) bool {
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case s := <-a.seat:
		a.theirs = &s
	case <-t.C:
		return false
	case <-a.ctx.Done():
		return false
	}
	a.ago = 0
	// Whatever is written next must be dated after what was just read.
	if !sleep(a.ctx, tick+tick/10) || !a.pause(tick, 6*tick) {
		return false
	}
	for len(a.seat) > 0 {
		s := <-a.seat
		a.theirs = &s
	}
	return true
}

// pause is a person's: somewhere between the two, stretched by the pace.
func (a *actor) pause(from, to time.Duration) bool {
	d := from + time.Duration(a.dice.Int64N(int64(to-from)))
	if a.fast {
		return a.ctx.Err() == nil
	}
	return sleep(a.ctx, time.Duration(float64(d)*a.cfg.Pace))
}

// receipts tells the hub what becomes of a message it sent. Now and then they
// come in another order, or one is left out, as real ones do.
func (t *Traffic) receipts(channel int, s Sent) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.ID))
	dice := rand.New(rand.NewPCG(h.Sum64(), t.cfg.Seed))
	order := []string{"sent", "delivered", "read"}
	switch {
	case dice.Float64() < 0.1:
		order = []string{"sent", "read", "delivered"}
	case dice.Float64() < 0.1:
		order = []string{"sent", "read"}
	}
	for _, status := range order {
		d := 200*time.Millisecond + time.Duration(dice.Int64N(int64(1500*time.Millisecond)))
		if !sleep(t.ctx, time.Duration(float64(d)*t.cfg.Pace)) {
			return
		}
		_, alive := t.tell(channel, Act{
			Kind: Receipt, By: t.deck.cast[s.Customer], At: time.Now(), Target: s.ID, Status: status, Ref: s.Ref,
		})
		if !alive {
			return
		}
	}
}
