package threadtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"threadhub/threads"
	"threadhub/threads/routing"
)

// reception is who may get what waits at a desk. The zero value is a desk at
// which agents pick for themselves and nobody counts.
type reception struct {
	settings routing.Settings // no mode: routing is off
	agents   []routing.Agent
	queues   []routing.Queue
}

func (r *reception) on() bool { return r.settings.Mode != "" }

// agent finds an agent, or takes them in.
func (r *reception) agent(id threads.AgentID) *routing.Agent {
	i := slices.IndexFunc(r.agents, func(a routing.Agent) bool { return a.ID == id })
	if i < 0 {
		i = len(r.agents)
		r.agents = append(r.agents, routing.Agent{ID: id, Presence: routing.Online})
	}
	return &r.agents[i]
}

// dispatcher gives away what waits at the desk. Its store is the desk's alone.
func (d *desk) dispatcher() *routing.Dispatcher {
	return &routing.Dispatcher{
		Threads: d, Store: d.store, Roster: d, Schedules: d, Now: d.clock, Logger: slog.New(slog.DiscardHandler),
		Settings: func(context.Context) (routing.Settings, error) { return d.reception.settings, nil },
		Queues:   func(context.Context) ([]routing.Queue, error) { return d.reception.queues, nil },
	}
}

// route looks until there is nothing left to do.
func (d *desk) route() error {
	for range 20 {
		r, err := d.dispatcher().Look(d.ctx)
		if err != nil || !r.Again {
			return err
		}
	}
	return errors.New("routing does not come to an end")
}

// Agents implements routing.Roster.
func (d *desk) Agents(context.Context) ([]routing.Agent, error) {
	list := slices.Clone(d.reception.agents)
	for i := range list {
		if d.away[list[i].ID] {
			list[i].Presence = routing.Offline
		}
	}
	return list, nil
}

// HandedBack implements routing.Roster.
func (d *desk) HandedBack(_ context.Context, id threads.AgentID, _ []threads.GroupID) error {
	d.reception.agent(id).Left = nil
	return nil
}

// Counted implements threads.Returns.
func (d *desk) Counted(context.Context) (bool, error) {
	return d.reception.on() && d.reception.settings.Mode != routing.Manual, nil
}

// Returning implements threads.Returns.
func (d *desk) Returning(_ context.Context, id threads.AgentID, group threads.GroupID) (threads.Returning, error) {
	back := threads.Returning{Available: !d.away[id]}
	i := slices.IndexFunc(d.reception.agents, func(a routing.Agent) bool { return a.ID == id })
	if !d.reception.on() || i < 0 {
		return back, nil
	}
	a := d.reception.agents[i]
	back.Max, back.IfRoom = a.Max, d.reception.settings.ReturnTo == routing.ToAssigneeIfRoom
	back.Available = back.Available && a.Presence == routing.Online && d.reception.settings.ReturnTo != routing.ToQueue &&
		(group == "" || slices.Contains(a.Groups, group))
	return back, nil
}

// routingSteps are what scripts do with agents and queues.
func routingSteps() []step {
	return []step{
		{"routing MODE", func(p *player, a args) error {
			p.reception.settings = routing.Defaults()
			p.reception.settings.Mode = routing.Mode(a.get("MODE"))
			return p.reception.settings.Validate()
		}},
		{"routing by METHOD", func(p *player, a args) error {
			p.reception.settings.Method = routing.Method(a.get("METHOD"))
			return p.reception.settings.Validate()
		}},
		{"routing returns to WHERE", func(p *player, a args) error {
			p.reception.settings.ReturnTo = routing.ReturnTo(a.get("WHERE"))
			return p.reception.settings.Validate()
		}},
		{"routing requeues after AFTER", func(p *player, a args) (err error) {
			p.reception.settings.Leave = routing.Requeue
			p.reception.settings.LeaveAfter, err = duration(a.get("AFTER"))
			return err
		}},
		{"AGENT may hold N ...", func(p *player, a args) error {
			n, err := strconv.Atoi(a.get("N"))
			who := p.reception.agent(agent(a, "AGENT"))
			who.Max, who.Presence = n, routing.Online
			return errors.Join(err, learn(who, a))
		}},
		{"AGENT goes away", func(p *player, a args) error {
			p.reception.agent(agent(a, "AGENT")).Presence = routing.Away
			return nil
		}},
		{"AGENT comes back", func(p *player, a args) error {
			p.reception.agent(agent(a, "AGENT")).Presence = routing.Online
			return nil
		}},
		{"AGENT is deleted", func(p *player, a args) error {
			p.reception.agents = slices.DeleteFunc(p.reception.agents, func(o routing.Agent) bool { return o.ID == agent(a, "AGENT") })
			p.away[agent(a, "AGENT")] = true
			return nil
		}},
		{"AGENT leaves GROUP", func(p *player, a args) error {
			who, group := p.reception.agent(agent(a, "AGENT")), threads.GroupID(a.get("GROUP"))
			who.Groups = slices.DeleteFunc(slices.Clone(who.Groups), func(g threads.GroupID) bool { return g == group })
			who.Left = append(who.Left, group)
			return nil
		}},
		{"AGENT declines", func(p *player, a args) error {
			return p.act(func(id threads.ConversationID) error {
				_, err := p.Decline(p.ctx, id, person(a.get("AGENT")))
				return err
			})
		}},
		{"AGENT sets priority PRIORITY", func(p *player, a args) error {
			priority := a.get("PRIORITY")
			return p.update(a, threads.UpdateCommand{Priority: &priority})
		}},
		{"queue NAME ...", (*player).queue},
	}
}

// learn reads what an agent is: "groups sales+vip" and "skills french:2".
func learn(who *routing.Agent, a args) error {
	opts, err := a.options("groups", "skills")
	if err != nil {
		return err
	}
	if opts["groups"] != "" {
		who.Groups = groupsOf(strings.Split(opts["groups"], "+"))
	}
	if opts["skills"] != "" {
		who.Skills, err = skillsOf(strings.Split(opts["skills"], "+"))
	}
	return err
}

// queue reads "groups sales+vip", "requires french:2", "prefers billing 1m",
// "overflow others 2m" and "tag vip", as pairs or threes.
func (p *player) queue(a args) error {
	q := routing.Queue{ID: threads.QueueID("qu_" + a.get("NAME")), Name: a.get("NAME"), Enabled: true}
	var err error
	for words := a.rest; len(words) > 1 && err == nil; {
		what, value := words[0].text, strings.Split(words[1].text, "+")
		words = words[2:]
		after := func() (d string) {
			if len(words) > 0 {
				d, words = words[0].text, words[1:]
			}
			return d
		}
		switch what {
		case "groups":
			q.Groups = groupsOf(value)
		case "requires":
			q.Required, err = skillsOf(value)
		case "prefers":
			if q.Preferred, err = skillsOf(value); err == nil {
				q.RelaxAfter, err = duration(after())
			}
		case "overflow":
			q.Overflow = groupsOf(value)
			q.OverflowAfter, err = duration(after())
		case "tag":
			q.When.Tags = value
		default:
			err = fmt.Errorf("a queue has no %s", what)
		}
	}
	p.reception.queues = append(p.reception.queues, q)
	return err
}

func groupsOf(names []string) []threads.GroupID {
	out := make([]threads.GroupID, len(names))
	for i, n := range names {
		out[i] = threads.GroupID(n)
	}
	return out
}

func skillsOf(texts []string) ([]routing.Skill, error) {
	var out []routing.Skill
	for _, t := range texts {
		s, err := routing.ParseSkill(t)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// routingExpectations are what scripts want of routing.
var routingExpectations = []expectation{
	{form: "offered AGENT", check: of(func(c threads.Conversation, a args) error {
		return same("offered to", c.State.Offer.Agent, agent(a, "AGENT"))
	})},
	{form: "not offered", check: of(func(c threads.Conversation, _ args) error { return same("offered to", c.State.Offer.Agent, "") })},
	{form: "offer ends WHEN", check: moment("the offer ends", func(c threads.Conversation) time.Time { return c.State.Offer.Until })},
	{form: "over capacity N", check: of(func(c threads.Conversation, a args) error {
		return same("returns over capacity", strconv.Itoa(c.Metrics.OverCapacityReturns), a.get("N"))
	})},
	{form: "because WHY", check: decided(func(d threads.RoutingDecision, a args) error { return same("reason", string(d.Why), a.get("WHY")) })},
	{form: "decided OUTCOME", check: decided(func(d threads.RoutingDecision, a args) error {
		return same("outcome", string(d.Outcome), a.get("OUTCOME"))
	})},
	{form: "waits because WHY", check: inLine(func(pos routing.Position, a args) error {
		return same("reason", string(pos.Decision.Why), a.get("WHY"))
	})},
	{form: "place N", check: inLine(func(pos routing.Position, a args) error {
		return same("place", strconv.Itoa(pos.Place), a.get("N"))
	})},
}

// decided checks what routing decided last about the conversation.
func decided(check func(threads.RoutingDecision, args) error) func(*player, args) error {
	return func(p *player, a args) error {
		_, c, err := p.subject()
		if err != nil {
			return err
		}
		list, _, err := p.store.RoutingDecisions(p.ctx, c.ID, threads.Page{Limit: 1})
		if err != nil || len(list) == 0 {
			return errors.Join(err, errors.New("nothing was decided"))
		}
		return check(list[0], a)
	}
}

// inLine checks the place of the conversation among those that wait.
func inLine(check func(routing.Position, args) error) func(*player, args) error {
	return func(p *player, a args) error {
		_, c, err := p.subject()
		if err != nil {
			return err
		}
		line, _, err := p.dispatcher().Line(p.ctx, threads.Page{Limit: 200})
		for _, pos := range line {
			if pos.ID == c.ID {
				return check(pos, a)
			}
		}
		return errors.Join(err, errors.New("it is not in the line"))
	}
}
