package webchat

import (
	"context"
	"errors"
	"time"

	"threadhub/threads"
)

// EventType names what a stream tells.
type EventType string

// Events of a stream.
const (
	EventReset     EventType = "reset" // read the messages again
	EventMessage   EventType = "message.created"
	EventUpdated   EventType = "message.updated"
	EventDeleted   EventType = "message.deleted"
	EventStatus    EventType = "message.status"
	EventTyping    EventType = "typing"
	EventRead      EventType = "read"
	EventJoined    EventType = "agent.joined"
	EventClosed    EventType = "conversation.closed"
	EventRevoked   EventType = "session.revoked"
	EventHeartbeat EventType = "" // nothing happened
)

// Event is one thing that a stream tells. ID resumes after it.
type Event struct {
	ID           string
	Type         EventType
	Message      *threads.Message      // EventMessage, EventUpdated, EventDeleted, EventStatus
	Conversation *threads.Conversation // EventClosed
	Name         string                // of an agent: EventJoined, EventTyping
	UpTo         string                // EventRead
}

// newsAtOnce is how many messages one look for news takes.
const newsAtOnce = 100

// Follow tells emit what happens to a visitor's conversations, from after a
// cursor ("" for from now on), until ctx ends, emit fails, or the session is
// over. emit is called by one goroutine. The first event says where the stream
// stands. Errors: *LimitError, and emit's.
func (s *Service) Follow(ctx context.Context, sess Session, address, after string, emit func(Event) error) error {
	leave, err := s.limits.enter(sess, address)
	if err != nil {
		return err
	}
	defer leave()
	contacts, err := s.contacts(ctx, sess)
	if err != nil {
		return err
	}
	f := &follower{Service: s, session: sess, emit: emit, told: map[threads.MessageID]fingerprint{}, closed: map[threads.ConversationID]bool{}}
	f.listener = s.board.join(sess, contacts)
	defer s.board.leave(sess.Channel, f.listener)
	if err := f.begin(ctx, after); err != nil {
		return err
	}
	ticker := time.NewTicker(s.Heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.Ending:
			return nil
		case <-ticker.C:
			err = f.beat(ctx)
		case n := <-f.listener.notices:
			err = f.hear(ctx, n)
		}
		switch {
		case errors.Is(err, ErrToken), errors.Is(err, ErrDisabled), errors.Is(err, threads.ErrNotFound):
			return f.tell(Event{Type: EventRevoked})
		case err != nil:
			return err
		}
	}
}

// follower is one stream.
type follower struct {
	*Service
	session  Session
	listener *listener
	emit     func(Event) error
	at       cursor
	// told is what the client has of the messages it was told about.
	told   map[threads.MessageID]fingerprint
	closed map[threads.ConversationID]bool
	readTo string
}

// begin tells what came since the client was here last.
func (f *follower) begin(ctx context.Context, after string) error {
	latest, heads, err := f.latest(ctx, f.session)
	if err != nil {
		return err
	}
	for _, c := range heads {
		f.closed[c.ID] = Ended(c)
	}
	from, known := readCursor(after)
	if !known {
		f.at = latest
		first := Event{Type: EventHeartbeat}
		if after != "" {
			first.Type = EventReset
		}
		return f.tell(first)
	}
	f.at = from
	if err := f.tell(Event{Type: EventHeartbeat}); err != nil {
		return err
	}
	for _, c := range heads {
		if err := f.changed(ctx, c, from.At); err != nil {
			return err
		}
	}
	if err := f.fill(ctx); err != nil {
		return err
	}
	for i, c := range heads {
		// What ended while nobody followed has ended still.
		if Ended(c) && c.UpdatedAt.After(from.At) {
			if err := f.tell(Event{Type: EventClosed, Conversation: &heads[i]}); err != nil {
				return err
			}
		}
	}
	return nil
}

// reach is how many messages back changes are told to whoever resumes.
const reach = 50

// changed tells what became of earlier messages since a moment.
func (f *follower) changed(ctx context.Context, c threads.Conversation, since time.Time) error {
	list, err := f.end(ctx, c, "", reach, func(m threads.Message) bool { return !m.Internal })
	if err != nil {
		return err
	}
	for i := range list {
		m := &list[i]
		if m.Sequence > f.at.Places[c.Contact.ID].Sequence {
			continue // it is news
		}
		latest := m.EditedAt
		for _, at := range []time.Time{m.DeletedAt, m.DeliveredAt, m.ReadAt} {
			if at.After(latest) {
				latest = at
			}
		}
		for _, r := range m.Reactions {
			if r.At.After(latest) {
				latest = r.At
			}
		}
		// A change is noted a little after it happened.
		if latest.IsZero() || latest.Before(since.Add(-time.Minute)) {
			continue
		}
		if err := f.update(m); err != nil {
			return err
		}
	}
	return nil
}

// tell gives an event the id that resumes after it.
func (f *follower) tell(e Event) error {
	f.at.At = f.now()
	e.ID = f.at.String()
	return f.emit(e)
}

// fill tells the messages that came since.
func (f *follower) fill(ctx context.Context) error {
	for more := true; more; {
		list, next, left, err := f.news(ctx, f.session, f.at, newsAtOnce)
		if err != nil {
			return err
		}
		for i := range list {
			m := &list[i]
			f.at = f.at.with(m.ContactID, place{m.ConversationID, m.Sequence})
			f.told[m.ID] = printOf(m)
			if err := f.tell(Event{Type: EventMessage, Message: m}); err != nil {
				return err
			}
		}
		f.Fetched(ctx, f.session, list)
		next.At = f.at.At
		f.at, more = next, left
	}
	return nil
}

// beat looks whether the session is still good, and for news: whatever the bus
// lost comes at the latest now.
func (f *follower) beat(ctx context.Context) error {
	if err := f.alive(ctx, f.session); err != nil {
		return err
	}
	if _, err := f.Chat(ctx, f.session.Channel); err != nil {
		return err
	}
	if err := f.fill(ctx); err != nil {
		return err
	}
	return f.emit(Event{Type: EventHeartbeat})
}

// hear works a notice in.
func (f *follower) hear(ctx context.Context, n notice) error {
	switch {
	case n.revoked:
		return ErrToken
	case n.missed, n.Type == threads.NoticeMessageCreated, n.Type == threads.NoticeConversationCreated:
		if err := f.fill(ctx); err != nil {
			return err
		}
	case n.Type == threads.NoticeTyping:
		if by := n.Author; by != nil && by.Type != threads.AuthorContact && n.Conversation != nil && !Ended(*n.Conversation) {
			return f.tell(Event{Type: EventTyping, Name: by.Name})
		}
		return nil
	case n.Message != nil:
		if m := n.Message; shown(*m) || f.knows(m.ID) {
			return f.update(m)
		}
		return nil
	}
	if n.Conversation == nil {
		return nil
	}
	return f.conversation(ctx, n.Notice)
}

func (f *follower) knows(id threads.MessageID) bool {
	_, ok := f.told[id]
	return ok
}

// conversation tells what a change of the conversation means to the visitor.
func (f *follower) conversation(ctx context.Context, n threads.Notice) error {
	c := n.Conversation
	if to := string(c.LastInboundID); c.UnreadCount == 0 && to != "" && to != f.readTo {
		f.readTo = to
		if err := f.tell(Event{Type: EventRead, UpTo: to}); err != nil {
			return err
		}
	}
	if n.Type == threads.NoticeConversationAssigned && c.State.Assignee != "" {
		name, err := f.Names.AgentName(ctx, c.State.Assignee)
		if err != nil {
			return err
		}
		if err := f.tell(Event{Type: EventJoined, Name: name}); err != nil {
			return err
		}
	}
	ended := Ended(*c)
	if ended == f.closed[c.ID] {
		return nil
	}
	f.closed[c.ID] = ended
	if !ended {
		return nil // it goes on: the messages say so
	}
	return f.tell(Event{Type: EventClosed, Conversation: c})
}

// fingerprint is what a client can see of a message that may change.
type fingerprint struct {
	status    threads.MessageStatus
	edited    time.Time
	reactions string
	gone      bool
}

func printOf(m *threads.Message) fingerprint {
	p := fingerprint{status: m.Status, edited: m.EditedAt, gone: !m.DeletedAt.IsZero() || !shown(*m)}
	for _, r := range m.Reactions {
		p.reactions += r.Emoji
	}
	return p
}

// remembered bounds what a stream remembers of messages.
const remembered = 500

// update tells what of a message has changed.
func (f *follower) update(m *threads.Message) error {
	now, before := printOf(m), f.told[m.ID]
	if len(f.told) > remembered {
		clear(f.told)
	}
	f.told[m.ID] = now
	switch {
	case now.gone && !before.gone:
		return f.tell(Event{Type: EventDeleted, Message: m})
	case now.gone:
		return nil
	case !now.edited.Equal(before.edited) || now.reactions != before.reactions:
		return f.tell(Event{Type: EventUpdated, Message: m})
	case now.status != before.status && m.Direction == threads.Outbound:
		return f.tell(Event{Type: EventStatus, Message: m})
	}
	return nil
}
