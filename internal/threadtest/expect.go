package threadtest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"threadhub/threads"
)

// expectation is something a script can want. Add a line here to teach
// scripts more.
type expectation struct {
	form    string
	refusal bool // it says that the step was refused
	check   func(p *player, a args) error
}

var expectations = []expectation{
	// Where it is now.
	{form: "unchanged", check: (*player).unchanged},
	{form: "state unchanged", check: func(p *player, _ args) error {
		return p.compare(func(before, after threads.Conversation) error { return same("state", after.State, before.State) })
	}},
	{form: "same", check: func(p *player, _ args) error {
		return p.compare(func(before, after threads.Conversation) error { return same("conversation", after.ID, before.ID) })
	}},
	{form: "first", check: of(func(c threads.Conversation, _ args) error { return same("ordinal", c.Ordinal, 1) })},
	{form: "follow-up", check: (*player).followUp},
	{form: "conversations N", check: func(p *player, a args) error {
		return same("conversations", strconv.Itoa(len(p.after[p.line.contact])), a.get("N"))
	}},

	// How it came about.
	{form: "reopened", check: func(p *player, _ args) error {
		return p.compare(func(before, after threads.Conversation) error {
			return errors.Join(same("conversation", after.ID, before.ID), same("reopen count", after.State.ReopenCount, before.State.ReopenCount+1))
		})
	}},
	{form: "reopened N", check: of(func(c threads.Conversation, a args) error {
		return same("reopen count", strconv.Itoa(c.State.ReopenCount), a.get("N"))
	})},
	{form: "log ...", check: (*player).causes},
	{form: "one commit", check: (*player).oneCommit},
	{form: "by WHOM", check: (*player).actor},
	{form: "told NOTICE", check: (*player).told},
	{form: "refused CODE", refusal: true, check: func(p *player, a args) error {
		var refused *threads.RefusedError
		if !errors.As(p.refused, &refused) {
			return fmt.Errorf("it was not (%v)", p.refused)
		}
		return errors.Join(same("code", string(refused.Code), a.get("CODE")), same("a remedy", refused.Detail != "", true), p.untouched())
	}},
	{form: "conflict", refusal: true, check: func(p *player, _ args) error {
		if !errors.Is(p.refused, threads.ErrConflict) {
			return fmt.Errorf("it was none (%v)", p.refused)
		}
		return p.untouched()
	}},

	// Who has it.
	{form: "assignee nobody", check: of(func(c threads.Conversation, _ args) error { return same("assignee", c.State.Assignee, "") })},
	{form: "assignee AGENT", check: of(func(c threads.Conversation, a args) error {
		return same("assignee", c.State.Assignee, agent(a, "AGENT"))
	})},
	{form: "group GROUP", check: of(func(c threads.Conversation, a args) error {
		return same("group", string(c.State.Group), a.get("GROUP"))
	})},
	{form: "load AGENT N", check: func(p *player, a args) error {
		load := 0
		for _, list := range p.after {
			for _, c := range list {
				if c.State.Assignee == agent(a, "AGENT") && c.State.UsesCapacity(false) {
					load++
				}
			}
		}
		return same("load", strconv.Itoa(load), a.get("N"))
	}},
	{form: "not queued", check: of(func(c threads.Conversation, _ args) error { return same("queued", c.State.QueuedAt, time.Time{}) })},
	{form: "queued AGO", check: moment("queued since", func(c threads.Conversation) time.Time { return c.State.QueuedAt })},
	{form: "session SESSION", check: of(func(c threads.Conversation, a args) error {
		return same("session", string(c.State.Session), a.get("SESSION"))
	})},
	{form: "attention", check: of(func(c threads.Conversation, _ args) error { return same("attention", c.State.NeedsAttention, true) })},
	{form: "no attention", check: of(func(c threads.Conversation, _ args) error { return same("attention", c.State.NeedsAttention, false) })},

	// The countdown.
	{form: "not due", check: of(func(c threads.Conversation, _ args) error { return same("due", c.State.CloseDueAt, time.Time{}) })},
	{form: "due WHEN", check: moment("due", func(c threads.Conversation) time.Time { return c.State.CloseDueAt })},
	{form: "closed WHEN", check: moment("closed", func(c threads.Conversation) time.Time { return c.State.ClosedAt })},
	{form: "style STYLE", check: of(func(c threads.Conversation, a args) error {
		return same("style", string(c.State.Style), a.get("STYLE"))
	})},
	{form: "policy AFTER CLOCK", check: of(func(c threads.Conversation, a args) error {
		after, err := duration(a.get("AFTER"))
		return errors.Join(err, same("delay", c.State.Close.After, after), same("clock", string(c.State.Close.Clock), a.get("CLOCK")))
	})},

	// What is in it.
	{form: "texts ...", check: (*player).texts},
	{form: "messages N", check: of(func(c threads.Conversation, a args) error {
		return same("messages", strconv.Itoa(c.MessageCount), a.get("N"))
	})},
	{form: "metric NAME VALUE", check: (*player).metric},

	// Its state, in one word.
	{form: "STATUS", check: of(func(c threads.Conversation, a args) error {
		if !slices.Contains(threads.Statuses, threads.Status(a.get("STATUS"))) {
			return errors.New("nobody knows what that is")
		}
		return same("status", string(c.State.Status), a.get("STATUS"))
	})},
}

func same[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s is %v, not %v", what, got, want)
	}
	return nil
}

// of checks the conversation that the line is about, as it is now.
func of(check func(threads.Conversation, args) error) func(*player, args) error {
	return func(p *player, a args) error {
		_, c, err := p.subject()
		if err != nil {
			return err
		}
		return check(c, a)
	}
}

// moment checks a time, said from now ("+3s") or as one of the calendar.
func moment(what string, read func(threads.Conversation) time.Time) func(*player, args) error {
	return func(p *player, a args) error {
		said := a.get("WHEN") + a.get("AGO")
		want, err := time.Parse(time.RFC3339, said)
		if err != nil {
			if want, err = p.moment(said); err != nil {
				return err
			}
		}
		_, c, err := p.subject()
		if err != nil {
			return err
		}
		if got := read(c); !got.Equal(want) {
			return fmt.Errorf("%s is %s, not %s", what, got.Format(time.RFC3339Nano), want.Format(time.RFC3339Nano))
		}
		return nil
	}
}

func (p *player) compare(check func(before, after threads.Conversation) error) error {
	before, after, err := p.subject()
	if err != nil {
		return err
	}
	return check(before, after)
}

func (p *player) unchanged(args) error {
	return p.compare(func(before, after threads.Conversation) error {
		return errors.Join(same("conversation", after.ID, before.ID), same("version", after.Version, before.Version))
	})
}

// untouched tells that the step changed nothing at all.
func (p *player) untouched() error {
	for contact, list := range p.after {
		if len(p.before[contact]) != len(list) {
			return fmt.Errorf("%s has %d conversations, not %d", contact, len(list), len(p.before[contact]))
		}
		for i, c := range list {
			if err := same(contact+"'s version", c.Version, p.before[contact][i].Version); err != nil {
				return err
			}
		}
	}
	return nil
}

// followUp tells that the step began a conversation that follows the one before.
func (p *player) followUp(args) error {
	list := p.after[p.line.contact]
	if len(list) < 2 || len(list) != len(p.before[p.line.contact])+1 {
		return fmt.Errorf("%d conversations, %d before", len(list), len(p.before[p.line.contact]))
	}
	last, previous := list[len(list)-1], list[len(list)-2]
	return errors.Join(
		same("previous status", previous.State.Status, threads.StatusClosed),
		same("follow_up_of", last.FollowUpOf, previous.ID), same("successor", previous.State.Successor, last.ID),
	)
}

func (p *player) history() ([]threads.Transition, error) {
	_, c, err := p.subject()
	if err != nil {
		return nil, err
	}
	return p.log(c.ID)
}

func (p *player) causes(a args) error {
	log, err := p.history()
	if err != nil {
		return err
	}
	var got []string
	for _, tr := range log {
		got = append(got, string(tr.Cause))
	}
	return same("log", strings.Join(got, " "), show(a.rest))
}

// oneCommit tells that the last two lines of the log were written together:
// their ids begin with the same version.
func (p *player) oneCommit(args) error {
	log, err := p.history()
	if err != nil {
		return err
	}
	if len(log) < 2 {
		return errors.New("the log is shorter than two lines")
	}
	version := func(tr threads.Transition) string { return tr.ID[:strings.LastIndexByte(tr.ID, '/')] }
	return same("the commit", version(log[len(log)-1]), version(log[len(log)-2]))
}

// actor tells who the latest change of the status was made by.
func (p *player) actor(a args) error {
	log, err := p.history()
	if err != nil || len(log) == 0 {
		return errors.Join(err, errors.New("the log is empty"))
	}
	by := log[len(log)-1].Actor
	return same("actor", map[threads.AuthorType]string{
		threads.AuthorAgent: by.Name, threads.AuthorContact: "customer", threads.AuthorSystem: "system", threads.AuthorExternal: "business",
	}[by.Type], a.get("WHOM"))
}

func (p *player) told(a args) error {
	for _, n := range p.notices[p.heard:] {
		if string(n.Type) == a.get("NOTICE") {
			return nil
		}
	}
	return errors.New("nobody was")
}

func (p *player) texts(a args) error {
	_, c, err := p.subject()
	if err != nil {
		return err
	}
	list, err := p.messages(c.ID)
	if err != nil {
		return err
	}
	got := make([]word, len(list))
	for i, m := range list {
		got[i] = word{text: m.Content.Text, quoted: true}
	}
	return same("texts", show(got), show(a.rest))
}

// metric checks a time of the conversation, or a number; "none" is one that
// has no value yet.
func (p *player) metric(a args) error {
	_, c, err := p.subject()
	if err != nil {
		return err
	}
	v := c.ReadMetrics(p.clock(), nil)
	if a.get("NAME") == "replies" {
		return same("replies", strconv.Itoa(v.Replies), a.get("VALUE"))
	}
	d, known := map[string]*time.Duration{
		"first-reply": v.Elapsed.FirstReply, "handle": v.Elapsed.Handle, "first-resolution": v.Elapsed.FirstResolution,
		"full-resolution": v.Elapsed.FullResolution, "agent-wait": v.Elapsed.AgentWait, "on-hold": v.Elapsed.OnHold,
	}[a.get("NAME")]
	if !known {
		return errors.New("nobody knows this figure")
	}
	if d == nil || a.get("VALUE") == "none" {
		return same("value", map[bool]string{true: "none"}[d == nil], a.get("VALUE"))
	}
	want, err := duration(a.get("VALUE"))
	return errors.Join(err, same("value", *d, want))
}
