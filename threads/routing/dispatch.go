package routing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"threadhub/internal/ident"
	"threadhub/threads"
)

// Carrier has decisions carried out (threads.Service).
type Carrier interface {
	Route(ctx context.Context, cmds []threads.RouteCommand) []error
	EndOffers(ctx context.Context, kind threads.InputKind, list []threads.Conversation) (int, error)
	Requeue(ctx context.Context, agent threads.AgentID, f threads.Filter, limit int) (int, error)
}

// Store is what a dispatcher reads (threads.Store).
type Store interface {
	threads.RoutingStore
	Contact(ctx context.Context, id threads.ContactID) (threads.Contact, error)
}

// Roster knows the agents.
type Roster interface {
	// Agents answers all agents, without what they hold.
	Agents(ctx context.Context) ([]Agent, error)
	// HandedBack notes that the agent holds nothing any more of groups they
	// have left.
	HandedBack(ctx context.Context, agent threads.AgentID, groups []threads.GroupID) error
}

// Dispatcher gives conversations that wait to agents. Any number may do so on
// one store at a time. It is safe for concurrent use.
type Dispatcher struct {
	Threads  Carrier
	Store    Store
	Settings func(ctx context.Context) (Settings, error)
	Roster   Roster
	Queues   func(ctx context.Context) ([]Queue, error)
	// Schedules are the business hours that queues ask for.
	Schedules threads.Schedules
	Now       func() time.Time
	Logger    *slog.Logger
}

// Result is what one look came to.
type Result struct {
	Offered, Assigned        int
	Lapsed, Withdrawn, Freed int // offers that ended; conversations whose agent left
	// Waits are how long those waited that were offered or assigned.
	Waits []time.Duration
	// Again: others were faster with some of it, or there is more to do.
	Again bool
	// Idle: nobody who could get anything is there, or agents pick for
	// themselves. Room: somebody may get more than there was.
	Idle, Room bool
	// Next is when to look again at the latest, though nothing happens until
	// then; zero: there is nothing to wait for.
	Next time.Time
}

func (r *Result) next(at time.Time) {
	if !at.IsZero() && (r.Next.IsZero() || at.Before(r.Next)) {
		r.Next = at
	}
}

const (
	// lineBatch is how many conversations are read, and given away in one
	// commit, at a time.
	lineBatch = 200
	// fullTries is how often those are decided anew whose agent was full after
	// all.
	fullTries = 4
)

func (d *Dispatcher) now() time.Time { return d.Now().UTC().Truncate(time.Millisecond) }

// Look does all there is to do at this moment: it ends offers, takes
// conversations from agents who left and gives those that wait to agents who
// have room, as long as anybody has. It reads nothing of the line while nobody
// has.
func (d *Dispatcher) Look(ctx context.Context) (Result, error) {
	var r Result
	s, err := d.Settings(ctx)
	if err != nil {
		return r, fmt.Errorf("settings of routing: %w", err)
	}
	agents, err := d.Roster.Agents(ctx)
	if err != nil {
		return r, fmt.Errorf("agents: %w", err)
	}
	held, err := d.Store.Tallies(ctx, nil)
	if err != nil {
		return r, err
	}
	ended, err := d.endOffers(ctx, s, agents, held, &r)
	if err == nil {
		err = d.leavers(ctx, s, agents, held, &r)
	}
	if err == nil && ended+r.Freed > 0 {
		held, err = d.Store.Tallies(ctx, nil)
	}
	r.Idle = s.Mode == Manual || !slices.ContainsFunc(agents, func(a Agent) bool { return a.Presence == Online && a.Max > 0 })
	if err != nil || r.Idle {
		return r, err
	}
	f, err := d.floor(ctx, s, agents, held)
	if err != nil {
		return r, err
	}
	err = d.handOut(ctx, f, &r)
	r.Room = f.HasRoom()
	return r, err
}

// floor is everybody, with what they hold.
func (d *Dispatcher) floor(ctx context.Context, s Settings, agents []Agent, held map[threads.AgentID]threads.Tally) (*Floor, error) {
	queues, err := d.Queues(ctx)
	if err != nil {
		return nil, fmt.Errorf("queues: %w", err)
	}
	now := d.now()
	open := map[string]bool{}
	for _, id := range Schedules(queues) {
		calendar, err := d.Schedules.Calendar(ctx, id)
		var unusable *threads.HoursError
		switch {
		case err == nil:
			open[id] = calendar.Open(now)
		case !errors.Is(err, threads.ErrNotFound) && !errors.As(err, &unusable):
			return nil, fmt.Errorf("schedule %s: %w", id, err)
		}
	}
	agents = slices.Clone(agents)
	for i := range agents {
		t := held[agents[i].ID]
		agents[i].Load, agents[i].Offers, agents[i].LastAt = t.Load(s.CountInactive), t.Offered, t.LastAt
	}
	return NewFloor(agents, queues, s, open, now), nil
}

// endOffers takes back offers whose time is over, and those of agents who are
// not there any more.
func (d *Dispatcher) endOffers(ctx context.Context, s Settings, agents []Agent, held map[threads.AgentID]threads.Tally, r *Result) (int, error) {
	there := map[threads.AgentID]bool{}
	for _, a := range agents {
		there[a.ID] = a.Presence == Online && s.Mode != Manual
	}
	var gone []threads.AgentID
	some := false
	for id, t := range held {
		some = some || t.Offered > 0
		if t.Offered > 0 && !there[id] {
			gone = append(gone, id)
		}
	}
	if !some {
		return 0, nil
	}
	due, err := d.Store.Offered(ctx, d.now(), lineBatch)
	if err != nil {
		return 0, err
	}
	if r.Lapsed, err = d.Threads.EndOffers(ctx, threads.InOfferDue, due); err != nil {
		return r.Lapsed, fmt.Errorf("end offers: %w", err)
	}
	r.Again = r.Again || len(due) == lineBatch
	if len(gone) == 0 {
		return r.Lapsed, nil
	}
	list, err := d.Store.OfferedTo(ctx, gone, lineBatch)
	if err == nil {
		r.Withdrawn, err = d.Threads.EndOffers(ctx, threads.InWithdraw, list)
	}
	if err != nil {
		return r.Lapsed, fmt.Errorf("withdraw offers: %w", err)
	}
	r.Again = r.Again || len(list) == lineBatch
	return r.Lapsed + r.Withdrawn, nil
}

// leavers gives back to the queue what is open with agents who are gone: always
// what was a deleted agent's, or of a group that its agent has left; what is an
// offline agent's if the settings say so.
func (d *Dispatcher) leavers(ctx context.Context, s Settings, agents []Agent, held map[threads.AgentID]threads.Tally, r *Result) error {
	known := make(map[threads.AgentID]bool, len(agents))
	var errs []error
	back := func(id threads.AgentID, f threads.Filter) int {
		n, err := d.Threads.Requeue(ctx, id, f, lineBatch)
		if err != nil {
			errs = append(errs, fmt.Errorf("take back from %s: %w", id, err))
		}
		r.Freed += n
		r.Again = r.Again || n == lineBatch
		return n
	}
	open := threads.Filter{Loads: threads.CapacityLoads(true)}
	for _, a := range agents {
		known[a.ID] = true
		holds := held[a.ID].Load(true) > 0
		if len(a.Left) > 0 && back(a.ID, threads.Filter{Groups: a.Left}) < lineBatch {
			errs = append(errs, d.Roster.HandedBack(ctx, a.ID, a.Left))
		}
		if a.Presence != Offline || s.Leave != Requeue || !holds {
			continue
		}
		if at := a.Since.Add(s.LeaveAfter); at.After(d.now()) {
			r.next(at)
			continue
		}
		back(a.ID, open)
	}
	for id, t := range held {
		if !known[id] && t.Load(true) > 0 {
			back(id, open)
		}
	}
	return errors.Join(errs...)
}

// handOut goes through the line for as long as somebody has room.
func (d *Dispatcher) handOut(ctx context.Context, f *Floor, r *Result) error {
	for _, rank := range threads.Ranks {
		page := threads.Page{Limit: lineBatch}
		for f.HasRoom() {
			list, next, err := d.Store.InLine(ctx, rank, page)
			if err != nil {
				return err
			}
			if err := d.hand(ctx, f, list, r); err != nil {
				return err
			}
			if next == "" {
				break
			}
			page.After = next
		}
	}
	return nil
}

// hand gives away what it can of a part of the line. What somebody else was
// faster with is for another look; an agent who is full after all makes those
// decided anew that they were to have.
func (d *Dispatcher) hand(ctx context.Context, f *Floor, list []threads.Conversation, r *Result) error {
	for try := 0; len(list) > 0 && try < fullTries; try++ {
		cmds, err := d.decide(ctx, f, list, r)
		if err != nil {
			return err
		}
		list = nil
		for i, err := range d.Threads.Route(ctx, cmds) {
			var refused *threads.RefusedError
			switch {
			case err == nil:
				r.count(cmds[i])
			case errors.Is(err, threads.ErrFull):
				f.Fill(cmds[i].Seat.Agent, Waiting{Weight: cmds[i].Known.State.Weight})
				list = append(list, cmds[i].Known)
			case errors.Is(err, threads.ErrConflict), errors.As(err, &refused):
				r.Again = true
			default:
				return fmt.Errorf("route conversation %s: %w", cmds[i].Known.ID, err)
			}
		}
	}
	r.Again = r.Again || len(list) > 0
	return nil
}

func (r *Result) count(cmd threads.RouteCommand) {
	if cmd.Offer > 0 {
		r.Offered++
		r.next(cmd.Decision.At.Add(cmd.Offer))
	} else {
		r.Assigned++
	}
	r.Waits = append(r.Waits, max(0, cmd.Decision.At.Sub(cmd.Known.State.QueuedAt)))
}

// decide answers what is to be done with those that wait and are not offered.
func (d *Dispatcher) decide(ctx context.Context, f *Floor, list []threads.Conversation, r *Result) ([]threads.RouteCommand, error) {
	var cmds []threads.RouteCommand
	for _, c := range list {
		if c.State.Offer.Agent != "" {
			continue
		}
		if !f.HasRoom() {
			break
		}
		w, err := d.waiting(ctx, f, c)
		if err != nil {
			return nil, err
		}
		decision := f.Decide(w)
		if decision.Agent == "" {
			if decision.Why == threads.WhyAllFull {
				f.Keep(w)
			}
			r.next(f.Next(w))
			continue
		}
		offered := decision.Outcome == threads.RoutedOffered
		decision.ID = threads.DecisionID(ident.New("rd"))
		a, _ := f.Agent(decision.Agent)
		cmd := threads.RouteCommand{
			Known: c, Decision: decision,
			Seat: threads.Seat{Agent: a.ID, Max: a.Max, CountInactive: f.settings.CountInactive},
		}
		if offered {
			cmd.Offer = f.settings.OfferTimeout
		}
		f.Take(a.ID, w, offered)
		cmds = append(cmds, cmd)
	}
	return cmds, nil
}

// waiting is the conversation as routing sees it. The contact's language is
// looked up only where a queue asks for it.
func (d *Dispatcher) waiting(ctx context.Context, f *Floor, c threads.Conversation) (Waiting, error) {
	language := ""
	if AsksLanguage(f.queues) {
		contact, err := d.Store.Contact(ctx, c.Contact.ID)
		if err != nil && !errors.Is(err, threads.ErrNotFound) {
			return Waiting{}, fmt.Errorf("contact %s: %w", c.Contact.ID, err)
		}
		language = contact.Locale
	}
	return WaitingOf(c, language), nil
}
