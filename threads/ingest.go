package threads

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"threadhub/internal/ident"
	"threadhub/normalize"
)

// Arrival is an event of a channel, as the hub received it.
type Arrival struct {
	Channel    ChannelID
	Event      normalize.Event
	ReceivedAt time.Time
	// Trace is the trace that the event came in with, "" for none.
	Trace string
	// old marks a message made from an edit of it (see adopt).
	old bool
}

// Ingest works a batch of events into their conversations and answers an error
// per event, nil for those that found their place (again). Events of one
// contact take effect in the order given. Ingesting an event any number of
// times, from any number of processes, is the same as once.
func (s *Service) Ingest(ctx context.Context, arrivals []Arrival) []error {
	if i := slices.IndexFunc(arrivals, endsSession); i >= 0 {
		// What the contact wrote before and what they wrote after are two
		// subjects, though messages of a batch are worked before all else.
		errs := append(s.Ingest(ctx, arrivals[:i]), s.apply(ctx, arrivals[i]))
		return append(errs, s.Ingest(ctx, arrivals[i+1:])...)
	}
	errs := make([]error, len(arrivals))
	arrivals, err := s.confirmEchoes(ctx, arrivals)
	if err != nil {
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	s.ingestMessages(ctx, arrivals, errs)
	for i := range arrivals {
		if errs[i] == nil && !carriesMessage(arrivals[i].Event) {
			errs[i] = s.apply(ctx, arrivals[i])
		}
	}
	return errs
}

func carriesMessage(e normalize.Event) bool {
	return (e.Type == normalize.EventMessage || e.Type == normalize.EventEcho) && e.Message != nil && !e.Mirror
}

// lane is the work of a batch for one contact on one channel.
type lane struct {
	slot    Slot
	channel ChannelInfo
	primary Identity // the name the contact wrote under
	brief   ContactBrief
	profile normalize.Peer // the latest the batch tells about the contact
	// fresh is set when the owner of the identities was asked for just now:
	// then the slot's emptiness needs no second look.
	fresh bool
	// known is set when the contact was there before this batch.
	known bool
	work  []int  // indexes of arrivals, in order
	rooms *rooms // of the agents that conversations of the batch come back to
}

// plan is what a round decided for a lane. rest is the work that needs another
// round, because it belongs to a conversation that begins after this commit.
type plan struct {
	lane   *lane
	before Conversation
	change *Change // nil: nothing to commit
	rest   []int
}

// ingestMessages threads the messages of the batch. Whatever lost a race is
// loaded and decided again; everything else needs one round.
func (s *Service) ingestMessages(ctx context.Context, arrivals []Arrival, errs []error) {
	lanes := s.lanes(ctx, arrivals, errs)
	back := &rooms{}
	for _, l := range lanes {
		l.rooms = back
	}
	for try := 0; len(lanes) > 0; try++ {
		if try == attempts {
			failLanes(lanes, errs, fmt.Errorf("gave up after %d lost races: %w", try, ErrConflict))
			return
		}
		left, err := s.ingestRound(ctx, lanes, arrivals, errs)
		if err != nil {
			failLanes(lanes, errs, err)
			return
		}
		lanes = left
	}
}

func failLanes(lanes []*lane, errs []error, err error) {
	for _, l := range lanes {
		for _, i := range l.work {
			errs[i] = err
		}
	}
}

// ingestRound loads, decides and commits once for every lane, and answers the
// lanes that have work left. After an error the work of all lanes is undone as
// far as anybody knows.
func (s *Service) ingestRound(ctx context.Context, lanes []*lane, arrivals []Arrival, errs []error) ([]*lane, error) {
	current, err := s.Store.Current(ctx, slotsOf(lanes))
	if err != nil {
		return nil, fmt.Errorf("load conversations: %w", err)
	}
	if moved, err := s.recheckOwners(ctx, lanes, current); err != nil {
		return nil, err
	} else if moved {
		return lanes, nil
	}
	have, err := s.lookUp(ctx, lanes, arrivals)
	if err != nil {
		return nil, err
	}
	if len(lanes) > 0 {
		if err := lanes[0].rooms.learn(ctx, s, current); err != nil {
			return nil, err
		}
	}
	plans := make([]plan, 0, len(lanes))
	for _, l := range lanes {
		p, err := s.decideLane(ctx, l, current, arrivals, have)
		if err != nil {
			failLanes([]*lane{l}, errs, err)
			continue
		}
		if p.change != nil {
			plans = append(plans, p)
		}
	}
	return s.commitPlans(ctx, plans, errs), nil
}

func slotsOf(lanes []*lane) []Slot {
	slots := make([]Slot, len(lanes))
	for i, l := range lanes {
		slots[i] = l.slot
	}
	return slots
}

// commitPlans answers the lanes that have to go round again.
func (s *Service) commitPlans(ctx context.Context, plans []plan, errs []error) (left []*lane) {
	if len(plans) == 0 {
		return nil
	}
	changes, before := make([]Change, len(plans)), make([]Conversation, len(plans))
	for i, p := range plans {
		changes[i], before[i] = *p.change, p.before
	}
	done := make([]committed, 0, len(plans))
	for i, err := range s.commit(ctx, before, changes) {
		p := plans[i]
		switch {
		case err == nil:
			done = append(done, committed{&before[i], &changes[i]})
			s.refreshContact(ctx, p)
			s.met(p)
			p.lane.work = p.rest
		case errors.Is(err, ErrFull):
			p.lane.rooms.isFull(changes[i].Seat.Agent, changes[i].Conversation.State.Places())
		case lostRace(err):
			// Nothing of it was written: the lane keeps all its work.
		default:
			failLanes([]*lane{p.lane}, errs, fmt.Errorf("commit: %w", err))
			continue
		}
		if len(p.lane.work) > 0 {
			left = append(left, p.lane)
		}
	}
	s.announce(ctx, done)
	return left
}

// known is what the store has already of a round's messages.
type known struct {
	seen   map[ChannelID]map[MessageKey]MessageID
	quoted map[ChannelID]map[normalize.PlatformID]Message
}

func (s *Service) lookUp(ctx context.Context, lanes []*lane, arrivals []Arrival) (known, error) {
	keys := map[ChannelID][]MessageKey{}
	quotes := map[ChannelID][]normalize.PlatformID{}
	for _, l := range lanes {
		for _, i := range l.work {
			e := arrivals[i].Event
			keys[l.slot.Channel] = append(keys[l.slot.Channel], MessageKey(e.Key))
			if q := e.Message.ReplyTo; q != nil && q.ID != "" {
				quotes[l.slot.Channel] = append(quotes[l.slot.Channel], q.ID)
			}
		}
	}
	k := known{seen: map[ChannelID]map[MessageKey]MessageID{}, quoted: map[ChannelID]map[normalize.PlatformID]Message{}}
	for ch, list := range keys {
		seen, err := s.Store.Seen(ctx, ch, list)
		if err != nil {
			return known{}, fmt.Errorf("look for duplicates: %w", err)
		}
		k.seen[ch] = seen
	}
	for ch, list := range quotes {
		found, err := s.Store.MessagesByExternal(ctx, ch, list)
		if err != nil {
			return known{}, fmt.Errorf("look for quoted messages: %w", err)
		}
		k.quoted[ch] = found
	}
	return k, nil
}

// decideLane folds the lane's events into the conversation until one belongs
// to the next conversation.
func (s *Service) decideLane(ctx context.Context, l *lane, current map[Slot]Conversation, arrivals []Arrival, k known) (plan, error) {
	now := s.now()
	before, exists := current[l.slot]
	conv := before
	var previous *Conversation
	if !exists {
		conv, _ = begin(l.slot.Channel, l.brief, nil, now)
	}
	var effects []Effect
	messages := make([]Message, 0, len(l.work))
	var seat *Seat
	taken := map[MessageKey]bool{}
	for n, i := range l.work {
		a := arrivals[i]
		key := MessageKey(a.Event.Key)
		if _, dup := k.seen[l.slot.Channel][key]; dup || taken[key] {
			continue
		}
		in := Input{Kind: InCustomerMessage, ReceivedAt: a.ReceivedAt, Actor: Author{Type: AuthorContact, ID: string(l.slot.Contact)}}
		switch {
		case a.Event.Type == normalize.EventEcho:
			in.Kind, in.Actor = InExternalMessage, Author{Type: AuthorExternal}
		case a.old:
			in.Kind = InOldMessage
		}
		p, back, err := s.lanePolicy(ctx, l, conv.State, a, previous)
		if err != nil {
			return plan{}, err
		}
		if back != nil && in.Kind == InCustomerMessage {
			seat = back
		}
		st, eff := Decide(conv.State, in, p, now)
		if begins(eff) {
			if len(messages) > 0 || len(eff) > 1 {
				if err := s.decided(ctx, &conv, in, st); err != nil {
					return plan{}, err
				}
				return newPlan(l, before, conv, previous, append(effects, credit(eff, in.Actor)...), messages, l.work[n:], seat, now), nil
			}
			conv, previous = begin(l.slot.Channel, l.brief, &before, now)
			before = Conversation{}
			if p, _, err = s.lanePolicy(ctx, l, State{}, a, previous); err != nil {
				return plan{}, err
			}
			st, eff = Decide(State{}, in, p, now)
		}
		l.rooms.took(conv.State, st, p)
		if err := s.decided(ctx, &conv, in, st); err != nil {
			return plan{}, err
		}
		conv.Metrics.countReturns(eff)
		effects = append(effects, credit(eff, in.Actor)...)
		taken[key] = true
		messages = append(messages, conv.receive(l, a, k.quoted[l.slot.Channel]))
	}
	if len(messages) == 0 {
		return plan{lane: l}, nil
	}
	return newPlan(l, before, conv, previous, effects, messages, nil, seat, now), nil
}

// lanePolicy is the policy for an event of the lane, and the place that a
// conversation which comes back depends on.
func (s *Service) lanePolicy(ctx context.Context, l *lane, st State, a Arrival, previous *Conversation) (Policy, *Seat, error) {
	p, err := s.policy(ctx, l.channel, st)
	if err != nil {
		return p, nil, err
	}
	if st.Exists() {
		seat, err := l.rooms.of(ctx, s, &p, st)
		return p, seat, err
	}
	if previous != nil {
		p.Previous = cmp.Or(previous.State.Assignee, previous.State.Previous)
	}
	return p, nil, s.chooseStyle(ctx, &p, l.beginning(a, previous))
}

func newPlan(l *lane, before, conv Conversation, previous *Conversation, effects []Effect, messages []Message, rest []int, seat *Seat, now time.Time) plan {
	if l.profile.Name != "" && !conv.Contact.Named {
		conv.Contact.Name = l.profile.Name
	}
	if l.profile.AvatarURL != "" {
		conv.Contact.AvatarURL = l.profile.AvatarURL
	}
	c := change(before, conv, effects, Author{Type: AuthorContact, ID: string(l.slot.Contact)}, now)
	c.Previous, c.Messages, c.Seat = previous, messages, seat
	c.Unseen = true // lookUp came after Current; keys of rules name conversation and version
	return plan{lane: l, before: before, change: &c, rest: rest}
}

// receive appends an incoming message to the conversation's record and answers
// its row.
func (c *Conversation) receive(l *lane, a Arrival, quoted map[normalize.PlatformID]Message) Message {
	content := *a.Event.Message
	m := Message{
		ID: MessageID(ident.New("msg")), ConversationID: c.ID, ChannelID: c.ChannelID, ContactID: c.Contact.ID,
		Key: MessageKey(a.Event.Key), Direction: Inbound, Status: MessageReceived, Content: content,
		SentAt: sentAt(a), ReceivedAt: a.ReceivedAt, Version: 1, Trace: a.Trace,
		Author: Author{Type: AuthorContact, ID: string(c.Contact.ID), Name: cmp.Or(a.Event.Peer.Name, c.Contact.Name)},
	}
	if content.Author != nil {
		m.Author.Name = content.Author.Name
	}
	if content.ID != "" {
		m.ExternalIDs = []normalize.PlatformID{content.ID}
	}
	if q := content.ReplyTo; q != nil {
		if original, ok := quoted[q.ID]; ok {
			m.ReplyToID = original.ID
			m.Content.ReplyTo = &normalize.Quote{ID: q.ID, Text: cmp.Or(q.Text, original.Content.Text)}
		}
	}
	switch {
	case a.Event.Type == normalize.EventEcho:
		m.Direction, m.Status, m.Author = Outbound, MessageSent, Author{Type: AuthorExternal}
	case a.old:
		m.EditedAt = m.SentAt
	default:
		c.heard(m, a.Event.Peer, l.channel.Caps)
		c.Trace = a.Trace
	}
	c.append(&m)
	return m
}

// heard notes what answering the contact depends on.
func (c *Conversation) heard(m Message, peer normalize.Peer, caps normalize.Capabilities) {
	c.UnreadCount++
	if m.SentAt.Before(c.LastInboundAt) {
		return // a late message: what came after it stays the latest
	}
	c.opened(m, caps)
	c.LastInboundID = m.Content.ID
	c.ReplyContext = m.Content.Context
	c.Contact.ExternalID, c.Contact.Aliases = peer.ID, peer.Aliases
	if !m.SentAt.Before(c.Contact.BlockedAt) {
		c.Contact.BlockedAt = time.Time{}
	}
}

// append gives the message its place and makes it the one that lists show,
// unless a later one is there already.
func (c *Conversation) append(m *Message) {
	c.MessageCount++
	c.LastSequence++
	c.ErasedAt = time.Time{} // there is something again
	m.Sequence = c.LastSequence
	if m.Direction == Outbound {
		m.Trace = cmp.Or(m.Trace, c.Trace)
	}
	if m.Direction == Outbound && !m.Internal && m.Content.Type != normalize.TypeTemplate {
		c.Answers += cmp.Or(m.Parts, 1)
	}
	if !m.Internal && m.SendAt.IsZero() { // else it is shown when it leaves
		c.show(m)
	}
}

func shorten(s string, runes int) string {
	n := 0
	for i := range s {
		if n++; n > runes {
			return s[:i] + "…"
		}
	}
	return s
}

// sentAt is the platform's time of the event, where it is one that can be: a
// time in the future is when the hub received it.
func sentAt(a Arrival) time.Time {
	at := a.Event.At.UTC().Truncate(time.Millisecond)
	if a.Event.At.IsZero() || at.After(a.ReceivedAt) {
		return a.ReceivedAt
	}
	return at
}
