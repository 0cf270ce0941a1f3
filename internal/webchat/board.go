package webchat

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"threadhub/internal/bus"
	"threadhub/normalize"
	"threadhub/threads"
)

// board hears the bus once for all streams of the process and tells each what
// concerns its visitor. What it loses, the streams find in the store.
type board struct {
	bus    bus.Bus
	logger *slog.Logger

	mu    sync.Mutex
	rooms map[threads.ChannelID]map[*listener]struct{}
}

// listener is one stream.
type listener struct {
	session string
	names   []normalize.PeerID
	notices chan notice

	// contacts are whose news it hears; guarded by the board's lock. It grows
	// with the first message of somebody who had never written.
	contacts map[threads.ContactID]bool
}

// notice is what a stream is told.
type notice struct {
	threads.Notice
	revoked bool // the session was ended
	missed  bool // something was lost: look for yourself
}

// waiting is how many notices a stream may be behind.
const waiting = 64

func newBoard(b bus.Bus, logger *slog.Logger) *board {
	return &board{bus: b, logger: logger, rooms: map[threads.ChannelID]map[*listener]struct{}{}}
}

// join begins to listen for a session.
func (b *board) join(sess Session, contacts []threads.ContactID) *listener {
	l := &listener{session: sess.ID, names: sess.Visitor.Peers(), notices: make(chan notice, waiting), contacts: map[threads.ContactID]bool{}}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range contacts {
		l.contacts[id] = true
	}
	room := b.rooms[sess.Channel]
	if room == nil {
		room = map[*listener]struct{}{}
		b.rooms[sess.Channel] = room
	}
	room[l] = struct{}{}
	return l
}

func (b *board) leave(ch threads.ChannelID, l *listener) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if delete(b.rooms[ch], l); len(b.rooms[ch]) == 0 {
		delete(b.rooms, ch)
	}
}

// busPause is how long to wait before the bus is asked again.
const busPause = time.Second

// run hears the bus until ctx ends.
func (b *board) run(ctx context.Context) {
	for ctx.Err() == nil {
		sub, _, err := b.bus.Subscribe(ctx, "")
		if err != nil {
			b.logger.WarnContext(ctx, "visitors hear of news late: the bus is away", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(busPause):
			}
			continue
		}
		b.alarm()
		b.hear(ctx, sub)
		sub.Close()
	}
}

func (b *board) hear(ctx context.Context, sub *bus.Subscription) {
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-sub.Events():
			if !ok {
				return
			}
			b.tell(e)
		}
	}
}

// alarm has all streams look for themselves.
func (b *board) alarm() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, room := range b.rooms {
		for l := range room {
			l.send(notice{missed: true})
		}
	}
}

// tell passes an event on to whom it concerns.
func (b *board) tell(e bus.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	room := b.rooms[threads.ChannelID(e.Channel)]
	if len(room) == 0 {
		return
	}
	if e.Type == revokedType {
		var r revoked
		if json.Unmarshal(e.Data, &r) != nil {
			return
		}
		for l := range room {
			if l.session == r.Session {
				l.send(notice{revoked: true})
			}
		}
		return
	}
	var n notice
	if json.Unmarshal(e.Data, &n.Notice) != nil {
		return // of another version of the hub
	}
	for l := range room {
		if l.concerns(n.Notice) {
			l.send(n)
		}
	}
}

// concerns tells whether the news is about the listener's visitor.
func (l *listener) concerns(n threads.Notice) bool {
	if c := n.Conversation; c != nil {
		if l.contacts[c.Contact.ID] {
			return true
		}
		theirs := slices.ContainsFunc(l.names, func(name normalize.PeerID) bool {
			return name == c.Contact.ExternalID || slices.Contains(c.Contact.Aliases, name)
		})
		if theirs {
			l.contacts[c.Contact.ID] = true
		}
		return theirs
	}
	return n.Message != nil && l.contacts[n.Message.ContactID]
}

// send never waits: a stream that is behind finds the rest in the store.
func (l *listener) send(n notice) {
	select {
	case l.notices <- n:
	default:
	}
}
