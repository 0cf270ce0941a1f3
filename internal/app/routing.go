package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"threadhub/internal/auth"
	"threadhub/internal/queuebook"
	"threadhub/internal/settings"
	"threadhub/threads"
	"threadhub/threads/routing"
	"threadhub/workers"
)

// staff is the agents as routing sees them. It implements [routing.Roster] and
// [threads.Returns].
type staff struct {
	auth     *auth.Service
	settings *settings.Service
	now      func() time.Time
}

var (
	_ routing.Roster  = staff{}
	_ threads.Returns = staff{}
)

// Agents implements [routing.Roster].
func (s staff) Agents(ctx context.Context) ([]routing.Agent, error) {
	set, err := s.settings.Routing(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.auth.Roster(ctx)
	if err != nil {
		return nil, err
	}
	now := s.now()
	out := make([]routing.Agent, len(list))
	for i, a := range list {
		out[i] = agentOf(a, now, set.OfflineAfter)
	}
	return out, nil
}

func agentOf(a auth.Agent, now time.Time, grace time.Duration) routing.Agent {
	is, since := a.Presence(now, grace)
	out := routing.Agent{
		ID: a.ID, Presence: routing.Presence(is), Since: since, Max: a.Capacity.Messaging, Groups: a.Groups, Left: a.Left,
		Channels: a.Limits.Channels, Only: a.Limits.Groups,
	}
	for _, text := range a.Skills {
		// A skill that cannot be read is of before they were checked.
		if s, err := routing.ParseSkill(text); err == nil {
			out.Skills = append(out.Skills, s)
		}
	}
	return out
}

// HandedBack implements [routing.Roster].
func (s staff) HandedBack(ctx context.Context, agent threads.AgentID, groups []threads.GroupID) error {
	return s.auth.HandedBack(ctx, agent, groups)
}

// Counted implements [threads.Returns].
func (s staff) Counted(context.Context) (bool, error) { return true, nil }

// Returning implements [threads.Returns].
func (s staff) Returning(ctx context.Context, agent threads.AgentID, group threads.GroupID) (threads.Returning, error) {
	set, err := s.settings.Routing(ctx)
	if err != nil {
		return threads.Returning{}, err
	}
	list, err := s.auth.Roster(ctx)
	if err != nil {
		return threads.Returning{}, err
	}
	i := slices.IndexFunc(list, func(a auth.Agent) bool { return a.ID == agent })
	if i < 0 || set.ReturnTo == routing.ToQueue {
		return threads.Returning{}, nil
	}
	is, _ := list[i].Presence(s.now(), set.OfflineAfter)
	there := is == auth.Online || (is == auth.Away && set.ReturnAway)
	in := (group == "" || slices.Contains(list[i].Groups, group)) && (len(list[i].Limits.Groups) == 0 || slices.Contains(list[i].Limits.Groups, group))
	return threads.Returning{
		Available: there && in,
		Max:       list[i].Capacity.Messaging, IfRoom: set.ReturnTo == routing.ToAssigneeIfRoom,
	}, nil
}

// hasSkill tells whether any agent has the skill.
func (s staff) hasSkill(ctx context.Context, name string) (bool, error) {
	list, err := s.Agents(ctx)
	return slices.ContainsFunc(list, func(a routing.Agent) bool {
		return slices.ContainsFunc(a.Skills, func(have routing.Skill) bool { return have.Name == routing.Canonical(name) })
	}), err
}

// openQueues opens what routing goes by.
func (h *Hub) openQueues(fresh time.Duration) {
	h.staff = staff{h.auth, h.settings, time.Now}
	h.queues = queuebook.NewRegistry(queuebook.Options{
		Store: h.store, Now: time.Now, Fresh: fresh, Changed: h.rosterChanged, SkillExists: h.staff.hasSkill,
		ChannelExists: h.channelExists, ScheduleExists: h.scheduleExists, GroupExists: h.groupExists,
	})
}

// openRouter opens what gives conversations to agents.
func (h *Hub) openRouter() {
	h.dispatcher = &routing.Dispatcher{
		Threads: h.threads, Store: h.store, Settings: h.settings.Routing, Roster: h.staff, Queues: h.queues.Queues,
		Schedules: h.schedules, Now: time.Now, Logger: h.Logger,
	}
	h.router.Dispatcher = h.dispatcher
	h.sweeper.Router = h.router
	h.queue.Handle(workers.RingRoute, h.router.Drain)
	h.queue.Handle(workers.RingRoster, h.router.Regroup)
}

// rosterChanged tells routing, in whichever process it runs, that agents,
// queues or settings have changed.
func (h *Hub) rosterChanged() {
	if h.queue != nil {
		h.queue.Ring(workers.RingRoster)
	}
}

// line is how things stand, for the metrics.
func (h *Hub) line(ctx context.Context) (workers.Line, error) {
	var l workers.Line
	set, err := h.settings.Routing(ctx)
	if err != nil {
		return l, err
	}
	agents, err := h.staff.Agents(ctx)
	if err != nil {
		return l, err
	}
	held, err := h.store.Tallies(ctx, nil)
	if err != nil {
		return l, err
	}
	for _, a := range agents {
		t := held[a.ID]
		if t.Load(set.CountInactive) > a.Max {
			l.OverCapacity++
		}
		if a.Presence == routing.Online {
			l.Online++
			l.Capacity += a.Max
			l.Used += t.Used(set.CountInactive)
		}
	}
	waiting := threads.Filter{Sort: threads.SortWaiting}
	counts, err := h.store.CountConversations(ctx, []threads.Filter{waiting})
	if err != nil {
		return l, fmt.Errorf("line: %w", err)
	}
	l.Waiting = counts[0]
	first, _, err := h.store.Conversations(ctx, waiting, threads.Page{Limit: 1})
	if err != nil {
		return l, fmt.Errorf("line: %w", err)
	}
	if len(first) > 0 {
		l.Oldest = max(0, time.Since(first[0].State.QueuedAt))
	}
	return l, nil
}
