package threadtest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"threadhub/normalize"
	"threadhub/threads"
)

// step is something a script can do. Add a line here to teach scripts more.
type step struct {
	form string
	do   func(p *player, a args) error
}

// steps are tried in their order. They are a function because some of them are
// made of others.
func steps() []step {
	return []step{
		// The world around.
		{"begin TIME", (*player).beginAt},
		{"channel style STYLE ...", func(p *player, a args) (err error) {
			p.style, err = readStyle(a)
			return err
		}},
		{"channel inactive after AFTER", func(p *player, a args) (err error) {
			p.style.Presence.InactiveAfter, err = duration(a.get("AFTER"))
			return err
		}},
		{"channel reminds after AFTER TEXT", func(p *player, a args) (err error) {
			l := &p.style.Presence.Ladder
			if l.RemindAfter == 0 {
				l.RemindAfter, err = duration(a.get("AFTER"))
				l.RemindText = a.get("TEXT")
				return err
			}
			l.AgainAfter, err = duration(a.get("AFTER"))
			l.AgainText = a.get("TEXT")
			return err
		}},
		{"channel sets STATUS after AFTER", func(p *player, a args) (err error) {
			l := &p.style.Presence.Ladder
			l.Then = threads.Status(a.get("STATUS"))
			l.ThenAfter, err = duration(a.get("AFTER"))
			return err
		}},
		{"channel group GROUP", func(p *player, a args) error { p.group = threads.GroupID(a.get("GROUP")); return nil }},
		{"schedule NAME deleted", func(p *player, a args) error { delete(p.hours, a.get("NAME")); return nil }},
		{"schedule NAME ZONE ...", (*player).schedule},
		{"reply window OPEN", func(p *player, a args) error {
			open, err := duration(a.get("OPEN"))
			p.reply = &normalize.Window{Open: open, After: []normalize.MessageType{normalize.TypeTemplate}}
			return err
		}},
		{"one in each state", (*player).oneInEachState},
		{"restart", func(p *player, _ args) error { p.restart(); return nil }},
		{"wait", func(*player, args) error { return nil }},
		{"AGENT goes offline", func(p *player, a args) error { p.away[agent(a, "AGENT")] = true; return nil }},
		{"AGENT comes online", func(p *player, a args) error { delete(p.away, agent(a, "AGENT")); return nil }},

		// What the platform tells.
		{"customer TEXT ...", func(p *player, a args) error { return p.writes(a, false) }},
		{"customers N TEXT", (*player).crowd},
		{"business TEXT ...", func(p *player, a args) error { return p.writes(a, true) }},
		{"batch ...", (*player).batch},
		{"echo of TEXT", (*player).echo},
		{"typing", func(p *player, _ args) error {
			return p.take(p.event(p.line.contact, func(e *normalize.Event) { e.Type = normalize.EventTyping }))
		}},
		{"receipt STATUS of TEXT", (*player).receipt},
		{"reaction EMOJI on TEXT", (*player).reaction},
		{"edit TEXT1 to TEXT2", func(p *player, a args) error {
			id, err := p.platformID(a.get("TEXT1"))
			return errors.Join(err, p.edit(id, a.get("TEXT2")))
		}},
		{"edit ID to TEXT", func(p *player, a args) error { return p.edit(normalize.PlatformID(a.get("ID")), a.get("TEXT")) }},
		{"delete TEXT", (*player).remove},

		// What the hub does by itself.
		{"sweep", func(p *player, _ args) error { return p.sweep(time.Time{}) }},
		{"sweep with a webhook waiting since AGO", func(p *player, a args) error {
			ago, err := duration(a.get("AGO"))
			return errors.Join(err, p.sweep(p.clock().Add(ago)))
		}},
		{"parked events", func(p *player, _ args) error {
			_, err := p.RetryParked(p.ctx, p.clock(), p.clock().Add(-time.Hour), many)
			return err
		}},

		// What people do.
		{"AGENT writes TEXT", func(p *player, a args) error { return p.sends(a, false) }},
		{"AGENT notes TEXT", func(p *player, a args) error { return p.sends(a, true) }},
		{"AGENT starts TEXT", func(p *player, a args) error {
			return p.starts(threads.StartCommand{Channel: p.channel, To: normalize.PeerID(p.line.contact)}, a)
		}},
		{"AGENT follows up with TEXT", func(p *player, a args) error {
			id, err := p.target()
			return errors.Join(err, p.starts(threads.StartCommand{FollowUpOf: id}, a))
		}},
		{"AGENT accepts", func(p *player, a args) error {
			return p.act(func(id threads.ConversationID) error {
				_, err := p.Accept(p.ctx, id, person(a.get("AGENT")))
				return err
			})
		}},
		{"AGENT assigns nobody", func(p *player, a args) error {
			none := threads.AgentID("")
			return p.update(a, threads.UpdateCommand{Assignee: &none})
		}},
		{"AGENT assigns OTHER", func(p *player, a args) error {
			other := agent(a, "OTHER")
			return p.update(a, threads.UpdateCommand{Assignee: &other})
		}},
		{"AGENT moves it to GROUP", func(p *player, a args) error {
			group := threads.GroupID(a.get("GROUP"))
			return p.update(a, threads.UpdateCommand{Group: &group})
		}},
		{"AGENT solves all", (*player).solveAll},
		{"AGENT solves", func(p *player, a args) error { return p.sets(a, threads.StatusSolved, false) }},
		{"AGENT sets STATUS", func(p *player, a args) error { return p.sets(a, threads.Status(a.get("STATUS")), false) }},
		{"AGENT looks", func(p *player, _ args) error {
			_, c, err := p.subject()
			p.seen = c.Version
			return err
		}},
		{"AGENT sets STATUS as seen", func(p *player, a args) error { return p.sets(a, threads.Status(a.get("STATUS")), true) }},
		{"AGENT chooses STYLE ...", func(p *player, a args) error {
			style, err := readStyle(a)
			if err != nil {
				return err
			}
			return p.update(a, threads.UpdateCommand{Style: &style})
		}},
		{"AGENT tags it TAG", func(p *player, a args) error {
			return p.update(a, threads.UpdateCommand{Tags: &[]string{a.get("TAG")}})
		}},
		{"AGENT ends the session", func(p *player, a args) error {
			return p.act(func(id threads.ConversationID) error {
				_, err := p.EndSession(p.ctx, id, person(a.get("AGENT")))
				return err
			})
		}},
		{"AGENT reads it", func(p *player, a args) error {
			return p.act(func(id threads.ConversationID) error {
				_, err := p.MarkRead(p.ctx, id, person(a.get("AGENT")))
				return err
			})
		}},
	}
}

// sweep is what the sweeper does: everything due closes, and silence has its
// consequences, save where a webhook that nobody has worked yet may undo it.
func (p *player) sweep(accepted time.Time) error {
	_, closes := p.CloseDue(p.ctx, accepted, many)
	_, silences := p.SilenceDue(p.ctx, accepted, many)
	return errors.Join(closes, silences)
}

// writes brings a message of the contact's, or several at once.
func (p *player) writes(a args, external bool) error {
	opts, err := a.options("written", "accepted", "as", "times", "workers")
	if err != nil {
		return err
	}
	l := letter{from: p.line.contact, id: opts["as"], text: a.get("TEXT"), external: external}
	if l.written, err = p.moment(opts["written"]); err != nil {
		return err
	}
	if l.accepted, err = p.moment(opts["accepted"]); err != nil {
		return err
	}
	if opts["times"] == "" {
		return p.take(p.arrival(l))
	}
	times, err := strconv.Atoi(opts["times"])
	if err != nil {
		return err
	}
	workers, err := strconv.Atoi(opts["workers"])
	if err != nil {
		return err
	}
	return p.together(workers, times, func() error { return p.take(p.arrival(l)) })
}

// together does something so many times, a few at once.
func (p *player) together(workers, times int, do func() error) error {
	var all sync.WaitGroup
	errs := make([]error, times)
	next := make(chan int)
	for range workers {
		all.Go(func() {
			for i := range next {
				errs[i] = do()
			}
		})
	}
	for i := range times {
		next <- i
	}
	close(next)
	all.Wait()
	return errors.Join(errs...)
}

// crowd has so many contacts write, each for the first time.
func (p *player) crowd(a args) error {
	n, err := strconv.Atoi(a.get("N"))
	if err != nil {
		return err
	}
	list := make([]threads.Arrival, n)
	for i := range list {
		list[i] = p.arrival(letter{from: fmt.Sprint("c", i), text: a.get("TEXT")})
	}
	return errors.Join(p.Ingest(p.ctx, list)...)
}

// batch brings messages that a worker takes together, in this order. A text
// after "business" was typed in the platform's app; "accepted AGO" says when
// the hub accepted those after it.
func (p *player) batch(a args) error {
	var list []threads.Arrival
	l := letter{from: p.line.contact}
	for i := 0; i < len(a.rest); i++ {
		var err error
		switch w := a.rest[i]; {
		case w.quoted:
			l.text = w.text
			list = append(list, p.arrival(l))
			l.external = false
		case w.text == "business":
			l.external = true
		case w.text == "accepted" && i+1 < len(a.rest):
			i++
			l.accepted, err = p.moment(a.rest[i].text)
		default:
			err = fmt.Errorf("%s has no place in a batch", w)
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(p.Ingest(p.ctx, list)...)
}

// moment reads a time that is said from now: "-2m". Nothing is no time.
func (p *player) moment(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	d, err := duration(s)
	return p.clock().Add(d), err
}

func (p *player) beginAt(a args) error {
	at, err := time.Parse(time.RFC3339, a.get("TIME"))
	if len(p.after) > 0 {
		return errors.New("something has happened already")
	}
	p.wait(at.UTC().Sub(p.clock()))
	return err
}

// schedule reads hours: names of days and of dates, each with the intervals
// after it.
func (p *player) schedule(a args) error {
	h := threads.Hours{Zone: a.get("ZONE")}
	var days []string
	for _, w := range a.rest {
		from, to, interval := strings.Cut(w.text, "-")
		switch {
		case strings.HasPrefix(w.text, "20"): // a date
			h.Holidays = append(h.Holidays, threads.Holiday{Date: w.text})
			days = nil
		case !interval:
			days = weekdays(w.text)
		case len(days) > 0:
			for _, day := range days {
				h.Intervals = append(h.Intervals, threads.WeekInterval{Day: day, Interval: threads.Interval{From: from, To: to}})
			}
		case len(h.Holidays) > 0:
			last := &h.Holidays[len(h.Holidays)-1]
			last.Intervals = append(last.Intervals, threads.Interval{From: from, To: to})
		}
	}
	c, err := threads.NewCalendar(h)
	p.hours[a.get("NAME")] = c
	return err
}

func weekdays(name string) []string {
	if name == "weekdays" {
		return []string{"monday", "tuesday", "wednesday", "thursday", "friday"}
	}
	return []string{name}
}

// readStyle reads "social_messaging", "social_messaging 1h" or
// "social_messaging 8h business office".
func readStyle(a args) (threads.Style, error) {
	var after *time.Duration
	var clock, schedule string
	if len(a.rest) > 0 {
		d, err := duration(a.rest[0].text)
		if err != nil {
			return threads.Style{}, err
		}
		after = &d
	}
	if len(a.rest) == 3 {
		clock, schedule = a.rest[1].text, a.rest[2].text
	}
	return threads.NewStyle(threads.StyleName(a.get("STYLE")), after, threads.Clock(clock), schedule)
}
