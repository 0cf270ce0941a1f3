package threads

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"threadhub/internal/ident"
	"threadhub/normalize"
	"threadhub/threads/rules"
)

// ChannelInfo is what threading has to know of a channel.
type ChannelInfo struct {
	ID    ChannelID
	Kind  string
	Style Style
	Group GroupID
	// Weight is how many places of an agent's capacity a conversation that
	// begins now takes; 0: one.
	Weight  int
	Enabled bool
	Caps    normalize.Capabilities
	// Trouble is why the channel sends nothing now, in words for an agent; empty
	// while it works.
	Trouble string
	// Gone is set for a channel that was deleted. Its conversations stay, close
	// and have rules; nothing is sent into them.
	Gone bool
}

// Channels answers what is known of a channel; ErrNotFound for an unknown one.
type Channels interface {
	ChannelInfo(ctx context.Context, id ChannelID) (ChannelInfo, error)
}

// Roster knows which agents are there to get a conversation back.
type Roster interface {
	Available(ctx context.Context, id AgentID) (bool, error)
}

// NoticeType names a change that others may want to know of.
type NoticeType string

// Notices.
const (
	NoticeMessageCreated       NoticeType = "message.created"
	NoticeMessageUpdated       NoticeType = "message.updated"
	NoticeMessageFailed        NoticeType = "message.failed"
	NoticeConversationCreated  NoticeType = "conversation.created"
	NoticeConversationUpdated  NoticeType = "conversation.updated"
	NoticeConversationReopened NoticeType = "conversation.reopened"
	NoticeConversationSolved   NoticeType = "conversation.solved"
	NoticeConversationClosed   NoticeType = "conversation.closed"
	NoticeConversationAssigned NoticeType = "conversation.assigned"
	NoticeConversationOffered  NoticeType = "conversation.offered"
	NoticeOfferEnded           NoticeType = "conversation.offer_ended" // and nobody took it
	NoticeContactUpdated       NoticeType = "contact.updated"
	NoticeTyping               NoticeType = "conversation.typing"
)

// Notice is a change, with the records as they were just after it. Those it
// does not concern are nil.
type Notice struct {
	Type         NoticeType
	At           time.Time
	Conversation *Conversation
	Message      *Message
	Contact      *Contact
	// Author is who types (NoticeTyping).
	Author *Author
	// Agent is who an offer is or was for.
	Agent AgentID
}

// Announcer spreads notices. An error means that they may not have been heard:
// they are announced again later.
type Announcer interface {
	Announce(ctx context.Context, notices []Notice) error
}

// Defaults are what an admin set for the whole hub.
type Defaults struct {
	// InactiveAfter is for styles that have none of their own; 0 stands for
	// DefaultInactiveAfter.
	InactiveAfter time.Duration
	// CountInactive tells whether inactive conversations use capacity.
	CountInactive bool
}

// Hub answers the settings of the hub. It is asked with every decision.
type Hub interface {
	Defaults(ctx context.Context) (Defaults, error)
}

// noSettings is a hub on which nothing was set.
type noSettings struct{}

func (noSettings) Defaults(context.Context) (Defaults, error) { return Defaults{}, nil }

// Options are what a Service works with. All but Hub, Returns, Schedules,
// StyleRules, Templates, Deliver, Count, Wake, Rules, RuleCalls, Routed and
// Briefs are required.
type Options struct {
	Store    Store
	Channels Channels
	Roster   Roster
	// Returns knows how conversations come back; nil: to whoever the roster
	// says is there.
	Returns Returns
	// Hub is the hub's settings; nil: nothing was set.
	Hub Hub
	// Schedules are the business hours of styles that count business time.
	Schedules Schedules
	// StyleRules choose the style of conversations that begin.
	StyleRules StyleRules
	Announce   Announcer
	Logger     *slog.Logger
	// Now is the clock.
	Now func() time.Time
	// Deliver is called after a commit that left deliveries in the outbox.
	Deliver func()
	// Count is called after a commit that started a close countdown.
	Count func(due time.Time)
	// Wake is called after a commit that left something to do should the
	// customer stay silent until then.
	Wake func(at time.Time)
	// Rules are the triggers and automations, nil for none.
	Rules RuleBook
	// Templates knows what platforms have approved, nil where nobody does.
	Templates Templates
	// RuleCalls is called after a commit in which rules asked for calls.
	RuleCalls func()
	// Routed is called after a commit that is news to routing: a conversation
	// waits, is offered, or takes another place than before. It must not block.
	Routed func(before, after Conversation)
	// Briefs looks after what conversations show of their contacts; nil: only
	// what messages tell, and the latest conversations when a person edits.
	Briefs Briefs
}

// Service carries decisions out: load, decide, commit, and again when somebody
// else was faster. It is safe for concurrent use.
type Service struct {
	Options
	owners   *lru.Cache[Identity, ContactID]
	measures measures
}

// The owners cache saves a look-up per event. An entry may be wrong after a
// merge; that is noticed because the contact then has no conversation.
const ownersCached = 50_000

// NewService returns a service over the given parts.
func NewService(o Options) *Service {
	if o.Deliver == nil {
		o.Deliver = func() {}
	}
	if o.Count == nil {
		o.Count = func(time.Time) {}
	}
	if o.Wake == nil {
		o.Wake = func(time.Time) {}
	}
	if o.Hub == nil {
		o.Hub = noSettings{}
	}
	if o.Schedules == nil {
		o.Schedules = noSchedules{}
	}
	if o.RuleCalls == nil {
		o.RuleCalls = func() {}
	}
	if o.Routed == nil {
		o.Routed = func(Conversation, Conversation) {}
	}
	if o.Returns == nil {
		o.Returns = byRoster{o.Roster}
	}
	if o.Rules == nil {
		o.Rules = noRules{}
	}
	if o.Briefs == nil {
		o.Briefs = noBriefs{}
	}
	if o.StyleRules == nil {
		o.StyleRules = noStyleRules{}
	}
	owners, err := lru.New[Identity, ContactID](ownersCached)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &Service{Options: o, owners: owners}
}

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// attempts bounds how often a change is decided anew because others were
// faster. Each failed attempt means that somebody else's commit succeeded.
const attempts = 50

// change builds the commit of a new state.
func change(before Conversation, next Conversation, effects []Effect, actor Author, now time.Time) Change {
	next.Version, next.OfferCommits = before.Version+1, 0
	next.UpdatedAt = now
	c := Change{Conversation: next, Expected: before.Version}
	c.log(before.State.Status, effects, actor, "", now)
	return c
}

// log adds what the effects say to the conversation's log. from is the status
// before them, and rule is the one that asked for them, if one did; what the
// style did is its own rule's.
func (c *Change) log(from Status, effects []Effect, actor Author, rule rules.ID, now time.Time) {
	next, status := c.Conversation, from
	for _, e := range effects {
		by := actor
		if own, ok := e.(credited); ok {
			e, by = own.Effect, own.by
		}
		t := Transition{
			ID:             string(next.ID) + "/" + strconv.FormatInt(next.Version, 10) + "/" + strconv.Itoa(len(c.Transitions)),
			ConversationID: next.ID, From: status, To: status, Actor: by, At: now,
			Style: next.State.Style, Policy: next.State.Close, StyleRule: next.State.StyleRule, Rule: rule, Generation: next.State.Generation,
		}
		switch e := e.(type) {
		case Moved:
			status = e.To
			t.From, t.To, t.Cause = e.From, e.To, e.Cause
		case SessionMoved:
			t.SessionFrom, t.SessionTo, t.Cause = e.From, e.To, e.Cause
		case Noted:
			t.Cause, t.Detail = e.Cause, e.Detail
		case OverCapacity:
			t.Cause, t.Detail = CauseOverCapacity, e.String()
		default:
			continue
		}
		if t.To == StatusClosed && t.From != StatusClosed {
			switch t.Cause {
			case CauseSolvedStyle, CauseStyleChanged, CauseWindowElapsed, CauseSettings:
				t.Rule = styleRuleOf(next.State)
			}
		}
		c.Transitions = append(c.Transitions, t)
	}
}

// credited is an effect in a commit of several inputs, with whose it is.
type credited struct {
	Effect
	by Author
}

// credit says whose the effects of an input are. A countdown that has run out
// is nobody's doing, whoever noticed it.
func credit(effects []Effect, actor Author) []Effect {
	out := make([]Effect, len(effects))
	for i, e := range effects {
		by := actor
		if m, ok := e.(Moved); ok && m.Cause == CauseWindowElapsed {
			by = Author{Type: AuthorSystem}
		}
		out[i] = credited{e, by}
	}
	return out
}

// refusal answers the Refused effect, if there is one.
func refusal(id ConversationID, effects []Effect) error {
	for _, e := range effects {
		if r, ok := e.(Refused); ok {
			return &RefusedError{Code: r.Code, Detail: r.Detail, Conversation: id}
		}
	}
	return nil
}

func begins(effects []Effect) bool {
	for _, e := range effects {
		if _, ok := e.(Begin); ok {
			return true
		}
	}
	return false
}

// policy gathers what Decide needs to know.
func (s *Service) policy(ctx context.Context, ch ChannelInfo, st State) (Policy, error) {
	hub, err := s.Hub.Defaults(ctx)
	if err != nil {
		return Policy{}, fmt.Errorf("settings: %w", err)
	}
	p := Policy{
		Style: ch.Style, InactiveAfter: hub.InactiveAfter, CountInactive: hub.CountInactive,
		Group: ch.Group, Weight: ch.Weight, AssigneeAvailable: true,
	}
	if st.Exists() {
		if p.Style, err = s.styleToday(ctx, ch, st); err != nil {
			return Policy{}, err
		}
	}
	if st.Assignee != "" && (st.Status == StatusSolved || st.Status == StatusClosed) {
		back, err := s.Returns.Returning(ctx, st.Assignee, st.Group)
		if err != nil {
			return Policy{}, fmt.Errorf("availability of %s: %w", st.Assignee, err)
		}
		p.AssigneeAvailable = back.Available
	}
	return p, nil
}

// channelOf answers what is known of a conversation's channel, also when that
// was deleted.
func (s *Service) channelOf(ctx context.Context, id ChannelID) (ChannelInfo, error) {
	ch, err := s.Channels.ChannelInfo(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return ChannelInfo{ID: id, Gone: true}, nil
	}
	if err != nil {
		return ch, fmt.Errorf("channel %s: %w", id, err)
	}
	return ch, nil
}

// begin makes the record of a conversation that starts now; its state is still
// the zero one.
func begin(ch ChannelID, contact ContactBrief, previous *Conversation, now time.Time) (Conversation, *Conversation) {
	next := Conversation{
		ID: ConversationID(ident.New("cv")), ChannelID: ch, Contact: contact, Ordinal: 1, CreatedAt: now,
	}
	if previous == nil {
		return next, nil
	}
	next.Ordinal, next.FollowUpOf = previous.Ordinal+1, previous.ID
	next.Contact.inherit(previous.Contact)
	link := *previous
	if link.State.Successor != "" {
		// Somebody began the follow-up and stopped half way: go on with theirs.
		next.ID = link.State.Successor
		return next, &link
	}
	link.State.Successor = next.ID
	link.Version++
	return next, &link
}

// commitOne commits a change, with what rules add to it, and announces it.
// ErrConflict and ErrSeen are answered as they are.
func (s *Service) commitOne(ctx context.Context, c *Change, before Conversation) error {
	changes := []Change{*c}
	err := s.commit(ctx, []Conversation{before}, changes)[0]
	*c = changes[0]
	if err != nil {
		return err
	}
	s.announce(ctx, []committed{{&before, c}})
	return nil
}

// errBusy says that others were faster each time: the same may work later.
var errBusy = errors.New("others kept changing it")

// lostRace tells a lost race from a failure.
func lostRace(err error) bool { return errors.Is(err, ErrConflict) || errors.Is(err, ErrSeen) }
