package webchat

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"threadhub/connectors"
	widget "threadhub/connectors/webchat"
	"threadhub/internal/bus"
	"threadhub/internal/ident"
	"threadhub/threads"
)

// Opening is how a visit begins.
type Opening struct {
	Token     string // of an earlier visit
	Assertion *widget.Assertion
	// Name is what the visitor calls themselves, and proves nothing.
	Name, Locale string
}

// Open begins a visit or goes on with one, and answers the token that stands
// for it. Errors: ErrIdentityRequired, widget.ErrIdentity.
func (s *Service) Open(ctx context.Context, c *Chat, o Opening) (Session, string, error) {
	var before *Session
	if o.Token != "" {
		sess, err := s.Authenticate(ctx, c.ID, o.Token)
		switch {
		case err == nil:
			before = &sess
		case !errors.Is(err, ErrToken):
			return Session{}, "", err
		}
	}
	var who *widget.Identity
	if o.Assertion != nil {
		proved, err := c.Widget.Identify(*o.Assertion, s.now())
		if err != nil {
			return Session{}, "", err
		}
		who = &proved
	}
	sess := succeed(c.ID, before, who)
	if c.Widget.RequireIdentity && sess.Visitor.ExternalID == "" {
		return Session{}, "", ErrIdentityRequired
	}
	if sess.Visitor.ExternalID == "" {
		sess.Visitor.Name = cmp.Or(o.Name, sess.Visitor.Name)
	}
	sess.Visitor.Locale = cmp.Or(o.Locale, sess.Visitor.Locale)
	if before != nil && before.ID != sess.ID {
		if err := s.replace(ctx, *before, sess); err != nil {
			return Session{}, "", err
		}
	}
	sess.ExpiresAt = s.now().Add(sessionLife).Truncate(time.Second)
	token, err := s.issue(ctx, useSession, sess, "", sess.ExpiresAt)
	return sess, token, err
}

// succeed answers the session that follows an earlier one, if there was one,
// for the user whom the site vouches for, if it does. The session is another
// one whenever what it proves is: a token that somebody may have seen, or put
// into the browser, before its owner signed in is of no use afterwards.
func succeed(ch threads.ChannelID, before *Session, who *widget.Identity) Session {
	fresh := Session{ID: rand.Text(), Channel: ch, Visitor: widget.Visitor{ID: ident.New("vis")}}
	switch {
	case who == nil && before == nil:
		return fresh
	case who == nil:
		return *before
	case before != nil && before.Visitor.ExternalID == who.ExternalID:
		fresh.ID, fresh.Visitor = before.ID, before.Visitor
	case before != nil && before.Visitor.ExternalID == "":
		// The browser is the same: the conversation goes on.
		fresh.Visitor = before.Visitor
		fresh.Visitor.Name = ""
	}
	fresh.Visitor.ExternalID = who.ExternalID
	fresh.Visitor.Name = cmp.Or(who.Name, fresh.Visitor.Name)
	return fresh
}

// replace ends a session because another one takes its place. Whoever wrote
// before the site vouched for them is the same contact from here on.
func (s *Service) replace(ctx context.Context, before, sess Session) error {
	if sess.Visitor.ID == before.Visitor.ID {
		contacts, err := s.contacts(ctx, before)
		if err != nil {
			return err
		}
		if len(contacts) > 0 {
			if err := s.deliver(ctx, sess, widget.Item{Type: widget.ItemIdentified}); err != nil {
				return err
			}
		}
	}
	return s.Close(ctx, before)
}

// revokedType is the event of a session that ended, on the bus.
const revokedType = "webchat.revoked"

// Private tells whether an event on the bus is this package's own.
func Private(e bus.Event) bool { return e.Type == revokedType }

// Close ends a session, at once and everywhere.
func (s *Service) Close(ctx context.Context, sess Session) error {
	// The token may be one of several of the session, each with an end of its
	// own: none is later than one that would be made now.
	if _, err := s.spent.spend(ctx, spentSession, sess.ID, s.now().Add(sessionLife)); err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	data, err := json.Marshal(revoked{sess.ID})
	if err == nil {
		err = s.Bus.Publish(ctx, []bus.Event{{Type: revokedType, At: s.now(), Channel: string(sess.Channel), Data: data}})
	}
	if err != nil {
		// Streams notice with their next heartbeat.
		s.Logger.WarnContext(ctx, "the end of a visitor's session was not spread", "channel", sess.Channel, "error", err)
	}
	return nil
}

type revoked struct {
	Session string `json:"session"`
}

// deliver journals what a visitor did. After nil it is durable.
func (s *Service) deliver(ctx context.Context, sess Session, items ...widget.Item) error {
	req, err := delivery(sess, s.now(), items)
	if err != nil {
		return err
	}
	return s.Desk.Deliver(ctx, sess.Channel, req)
}

// delivery is a request as the connector reads it.
func delivery(sess Session, at time.Time, items []widget.Item) (*connectors.Request, error) {
	body, err := json.Marshal(widget.Delivery{At: at, Visitor: sess.Visitor, Items: items})
	if err != nil {
		return nil, fmt.Errorf("write a visitor's delivery: %w", err)
	}
	return &connectors.Request{
		Method: http.MethodPost, Header: http.Header{http.CanonicalHeaderKey(connectors.StreamHeader): {"visitor"}}, Body: body,
	}, nil
}
