package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"threadhub/internal/config"
	"threadhub/internal/ident"
	"threadhub/internal/sqlite"
	"threadhub/normalize"
	"threadhub/threads"
)

// FillOptions say what [Fill] makes up.
type FillOptions struct {
	Conversations int `default:"100000" help:"How many conversations."`
	Messages      int `default:"10" help:"How many messages each of them has, 4 to 100."`
	Days          int `default:"28" help:"Over how many days, up to now, they began."`
}

// fillBatch is how many conversations share a commit.
const fillBatch = 50

// Fill writes made-up conversations straight into the store, each as its life
// would have left it, so that what reads many of them can be measured. It is
// for a store of its own.
func Fill(ctx context.Context, cfg config.Server, o FillOptions) error {
	if o.Conversations < 1 || o.Messages < 4 || o.Messages > 100 || o.Days < 1 {
		return errors.New("fill: there must be conversations of 4 to 100 messages, over a day at least")
	}
	s, err := openStore(ctx, cfg.MongoDBURI.Reveal(), cfg.DataDir, sqlite.Options{})
	if err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	f := newFiller(o, time.Now().UTC().Truncate(time.Millisecond))
	for n := 0; n < o.Conversations && err == nil; n += fillBatch {
		changes := make([]threads.Change, min(fillBatch, o.Conversations-n))
		for i := range changes {
			changes[i] = f.life(n + i)
		}
		err = errors.Join(s.Commit(ctx, changes)...)
	}
	if err = errors.Join(err, s.Close()); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	return nil
}

// filler makes conversations up: customers come back, so that every fifth
// begins one's place and the others follow in it.
type filler struct {
	FillOptions
	began    time.Time // the first conversation
	every    time.Duration
	channels []threads.ChannelID
	agents   []threads.AgentID
	groups   []threads.GroupID
	// latest is each customer's newest conversation, with the place it has.
	latest map[int]threads.Conversation
}

func newFiller(o FillOptions, now time.Time) *filler {
	span := time.Duration(o.Days) * 24 * time.Hour
	f := &filler{FillOptions: o, began: now.Add(-span), latest: map[int]threads.Conversation{}}
	// The last ones, too, are closed by now.
	f.every = ((span - 12*time.Hour) / time.Duration(o.Conversations)).Truncate(time.Millisecond)
	for range 10 {
		f.channels = append(f.channels, threads.ChannelID(ident.New("ch")))
	}
	for range 50 {
		f.agents = append(f.agents, threads.AgentID(ident.New("ag")))
	}
	for range 5 {
		f.groups = append(f.groups, threads.GroupID(ident.New("gr")))
	}
	return f
}

// life is a conversation from its beginning to its close, as one commit.
func (f *filler) life(n int) threads.Change {
	customer := n % max(f.Conversations/5, 1)
	before, back := f.latest[customer]
	at := f.began.Add(time.Duration(n) * f.every)
	c := threads.Conversation{
		ID: threads.ConversationID(ident.New("cv")), ChannelID: f.channels[customer%len(f.channels)], Ordinal: 1, CreatedAt: at, Version: 1,
		Contact: threads.ContactBrief{
			ID: threads.ContactID(ident.New("ct")), ExternalID: normalize.PeerID(fmt.Sprint(70000000 + customer)), Name: fmt.Sprint("Customer ", customer),
		},
	}
	if back {
		c.Contact, c.Ordinal, c.FollowUpOf = before.Contact, before.Ordinal+1, before.ID
	}
	change := threads.Change{Conversation: c}
	l := fillLife{change: &change, style: fillStyle(n), group: f.groups[n%len(f.groups)], at: at}
	agent := f.agents[n%len(f.agents)]
	l.step(threads.Input{Kind: threads.InCustomerMessage})
	l.step(threads.Input{Kind: threads.InAssign, Assignee: agent, Group: l.group})
	by := threads.Author{Type: threads.AuthorAgent, ID: string(agent), Name: "Agent"}
	for i := 1; i < f.Messages-1; i++ {
		l.at = l.at.Add(time.Duration(20+(n*7+i*13)%200) * time.Second)
		if i%2 == 1 {
			l.step(threads.Input{Kind: threads.InAgentMessage, Actor: by})
			continue
		}
		l.step(threads.Input{Kind: threads.InCustomerMessage})
	}
	l.at = l.at.Add(time.Minute)
	l.step(threads.Input{Kind: threads.InAgentMessage, Actor: by})
	l.step(threads.Input{Kind: threads.InSetStatus, Status: threads.StatusSolved, Actor: by})
	l.step(threads.Input{Kind: threads.InSetStatus, Status: threads.StatusClosed, Actor: by, Admin: true})
	change.Conversation.UpdatedAt = l.at
	f.latest[customer] = change.Conversation
	return change
}

func fillStyle(n int) threads.Style {
	style, _ := threads.DefaultStyle(threads.StyleNames[n%len(threads.StyleNames)])
	return style
}

// fillLife carries one conversation forward.
type fillLife struct {
	change *threads.Change
	style  threads.Style
	group  threads.GroupID
	at     time.Time
}

func (l *fillLife) step(in threads.Input) {
	c := &l.change.Conversation
	in.ReceivedAt = l.at
	st, effects := threads.Decide(c.State, in, threads.Policy{Style: l.style, Group: l.group, AssigneeAvailable: true}, l.at)
	c.Metrics = c.Metrics.Advance(c.State, st, in, nil)
	c.State = st
	for _, e := range effects {
		if m, ok := e.(threads.Moved); ok {
			l.change.Transitions = append(l.change.Transitions, threads.Transition{
				ID: fmt.Sprintf("%s/1/%d", c.ID, len(l.change.Transitions)), ConversationID: c.ID, From: m.From, To: m.To, Cause: m.Cause,
				Actor: in.Actor, At: l.at, Style: st.Style, Policy: st.Close, Generation: st.Generation,
			})
		}
	}
	if in.Kind == threads.InCustomerMessage || in.Kind == threads.InAgentMessage {
		l.message(in)
	}
}

func (l *fillLife) message(in threads.Input) {
	c := &l.change.Conversation
	c.LastSequence++
	c.MessageCount++
	m := threads.Message{
		ID: threads.MessageID(ident.New("msg")), ConversationID: c.ID, ChannelID: c.ChannelID, ContactID: c.Contact.ID,
		Direction: threads.Outbound, Author: in.Actor, Status: threads.MessageSent, Sequence: c.LastSequence, SentAt: l.at, Version: 1,
		Content: normalize.Message{Type: normalize.TypeText, Text: fmt.Sprintf("Message %d of a conversation that was made up", c.LastSequence)},
	}
	m.Key = threads.MessageKey(m.ID)
	if in.Kind == threads.InCustomerMessage {
		m.Direction, m.Status, m.ReceivedAt = threads.Inbound, threads.MessageReceived, l.at
		m.Author = threads.Author{Type: threads.AuthorContact, ID: string(c.Contact.ID), Name: c.Contact.Name}
		c.State.LastCustomerMessageAt = l.at
	}
	c.LastMessage = &threads.Preview{ID: m.ID, Type: m.Content.Type, Text: m.Content.Text, Direction: m.Direction, Author: m.Author, At: l.at}
	l.change.Messages = append(l.change.Messages, m)
}
