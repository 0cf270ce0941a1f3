package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/internal/channels"
	"threadhub/threads"
)

// Event is one line of the live stream.
type Event struct {
	ID string // increases
	threads.Notice
	// Channel is set for news about a channel.
	Channel *channels.Channel
	// Viewing is set for news of who looks at a conversation.
	Viewing *Viewing
}

// Subscription is a place in the live stream.
type Subscription struct {
	// Events is closed when the subscription's context ends, when the hub
	// stops, or when the reader is too slow: it then subscribes again after
	// the last event it got.
	Events <-chan Event
	// Reset tells that what came after the wanted event is no longer known:
	// Events are those from now on.
	Reset bool
	// Position is the id of the event before the first of Events, "" when it
	// is not known. A client that leaves before any event resumes from it.
	Position string
}

// Live spreads what happens in the hub, as it happens.
type Live interface {
	// Subscribe answers the events after the one with the given id, "" for
	// those from now on, until ctx ends.
	Subscribe(ctx context.Context, after string) (Subscription, error)
	// View tells subscriptions that an agent looks at a conversation, or no
	// longer does.
	View(ctx context.Context, v Viewing) error
}

const (
	// heartbeat is how often a comment keeps the line open; the token is
	// looked at again as often.
	heartbeat = 15 * time.Second
	// askAgain is how long a stream goes on by what its token was last known to
	// allow, when there is something to tell.
	askAgain = time.Second
	// streamWrite bounds a write to a client that reads nothing.
	streamWrite = 10 * time.Second
	// reconnect is what a client is told to wait before it comes back.
	reconnect = time.Second
)

// StreamEvents implements GET /v1/events.
func (s *server) StreamEvents(c *gin.Context, params api.StreamEventsParams) {
	after := value(params.LastEventID)
	if after == "" {
		after = value(params.After)
	}
	if after != "" && !plain(after, maxID) {
		s.refuse(c, invalid(fieldError{"last_event_id", "is not the id of an event"}))
		return
	}
	ctx, cancel := context.WithCancel(c.Request.Context())
	defer cancel()
	sub, err := s.Live.Subscribe(ctx, after)
	if err != nil {
		s.fail(c, err)
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	c.Status(http.StatusOK)
	out := &stream{w: c.Writer, control: http.NewResponseController(c.Writer)}
	// A server's read timeout would end the stream: there is nothing to read.
	_ = out.control.SetReadDeadline(time.Time{})
	if err := out.write(greeting(sub)); err != nil {
		return // the client has gone
	}
	who, _ := c.MustGet(keyWho).(func(context.Context) (auth.Principal, error))
	s.follow(ctx, who, out, sub.Events)
}

// greeting begins a stream: how soon to come back and where the client stands.
func greeting(sub Subscription) string {
	hello := fmt.Sprintf("retry: %d\n", reconnect.Milliseconds())
	if sub.Position != "" {
		hello += "id: " + oneLine(sub.Position) + "\n"
	}
	if sub.Reset {
		hello += "event: reset\ndata: {}\n"
	}
	return hello + "\n"
}

// follow writes events until the client goes, the hub stops or the token or the
// session no longer works.
func (s *server) follow(ctx context.Context, who func(context.Context) (auth.Principal, error), out *stream, events <-chan Event) {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	p, err := who(ctx)
	asked := time.Now()
	s.pulse(ctx, p, true)
	defer func() { s.pulse(context.WithoutCancel(ctx), p, true) }()
	for err == nil {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if p, err = who(ctx); err == nil {
				s.pulse(ctx, p, false)
				err = out.write(": still here\n\n")
			}
		case e, ok := <-events:
			if !ok {
				return
			}
			if time.Since(asked) >= askAgain {
				if p, err = who(ctx); err != nil {
					return
				}
				asked = time.Now()
			}
			err = s.send(ctx, p, out, e)
		}
	}
}

// send writes an event if the caller may see it.
func (s *server) send(ctx context.Context, p auth.Principal, out *stream, e Event) error {
	seen, err := s.seesEvent(ctx, p, e)
	if err != nil || !seen {
		return err
	}
	view, err := s.eventView(ctx, e, p.SeesChannel)
	if err != nil {
		return err
	}
	data, err := json.Marshal(view)
	if err != nil {
		return fmt.Errorf("event %s: %w", e.ID, err)
	}
	return out.write("id: " + oneLine(e.ID) + "\nevent: " + oneLine(string(e.Type)) + "\ndata: " + string(data) + "\n\n")
}

// oneLine keeps a value from becoming a field of its own.
func oneLine(s string) string { return strings.NewReplacer("\n", " ", "\r", " ").Replace(s) }

func (s *server) seesEvent(ctx context.Context, p auth.Principal, e Event) (bool, error) {
	switch {
	case !p.Limited():
		return true, nil
	case e.Conversation != nil:
		return sees(p, *e.Conversation), nil
	case e.Channel != nil:
		return p.SeesChannel(e.Channel.ID), nil
	case e.Viewing != nil:
		return e.Viewing.seenBy(p), nil
	case e.Contact != nil:
		seen, err := s.seesPersons(ctx, p, []threads.Person{{Contact: *e.Contact}})
		return len(seen) > 0, err
	case e.Message != nil:
		conv, err := s.Records.Conversation(ctx, e.Message.ConversationID)
		return err == nil && sees(p, conv), err
	}
	return false, nil
}

// stream writes to a client and flushes at once.
type stream struct {
	w       io.Writer
	control *http.ResponseController
}

func (o *stream) write(s string) error {
	// Not every writer has deadlines; without one the server's own holds.
	_ = o.control.SetWriteDeadline(time.Now().Add(streamWrite))
	if _, err := io.WriteString(o.w, s); err != nil {
		return err
	}
	return o.control.Flush()
}
