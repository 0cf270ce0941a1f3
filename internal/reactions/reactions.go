// Package reactions puts the business's reactions on messages: at the platform
// first, and then into the record, so that what agents see is what the customer
// sees.
package reactions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/egress"
	"threadhub/internal/tokens"
	"threadhub/normalize"
	"threadhub/threads"
)

// callTimeout bounds one call, which an agent waits for.
const callTimeout = 10 * time.Second

// Error is a reaction that the platform did not take.
type Error struct {
	// Again is set when it may do so later. A reaction may be repeated: the
	// second time changes nothing.
	Again  bool
	Detail string // for people; holds no secret
}

// Error implements error.
func (e *Error) Error() string { return e.Detail }

// Threads decides who may react to what, and keeps reactions (threads.Service).
type Threads interface {
	Reactable(ctx context.Context, m threads.Message, by threads.Author) (threads.Conversation, error)
	Reacted(ctx context.Context, id threads.MessageID, emoji string, by threads.Author) (threads.Message, error)
}

// Channels opens channels (channels.Registry).
type Channels interface {
	Open(ctx context.Context, id threads.ChannelID) (*channels.Opened, error)
}

// Carrier makes calls to platforms (tokens.Keeper).
type Carrier interface {
	Do(ctx context.Context, t egress.Target, call *connectors.Call) (*connectors.Response, error)
}

// Desk reacts. It is safe for concurrent use. Of two people who react to a
// message at once, either may be last at the platform and in the record.
type Desk struct {
	Threads  Threads
	Channels Channels
	Carrier  Carrier
}

// Set puts the emoji on the message as the business's reaction, in place of the
// one it had; "" takes that back. It fails with a [threads.RefusedError] where
// nobody may react, and with an [Error] when the platform does not take it.
func (d *Desk) Set(ctx context.Context, m threads.Message, emoji string, by threads.Author) (threads.Message, error) {
	conv, err := d.Threads.Reactable(ctx, m, by)
	if err != nil {
		return m, err
	}
	ch, err := d.Channels.Open(ctx, m.ChannelID)
	if err != nil {
		return m, fmt.Errorf("channel of the message: %w", err)
	}
	calls, err := wanted(ch, conv, m, emoji)
	if err != nil {
		return m, err
	}
	for _, call := range calls {
		if err := d.carry(ctx, ch, call); err != nil {
			return m, err
		}
	}
	return d.Threads.Reacted(ctx, m.ID, emoji, by)
}

// wanted are the calls that the reaction takes.
func wanted(ch *channels.Opened, conv threads.Conversation, m threads.Message, emoji string) ([]*connectors.Call, error) {
	reactor, ok := ch.Connector.(connectors.Reactor)
	if !ok {
		return nil, unsupported("the platform takes no reactions from a business: write a message")
	}
	if emoji == "" && m.OwnReaction() == "" {
		return nil, nil
	}
	calls, err := reactor.React(connectors.Reacting{
		To:      normalize.Peer{ID: conv.Contact.ExternalID, Aliases: conv.Contact.Aliases, Name: conv.Contact.Name},
		Message: m.PlatformID(), Emoji: emoji, Was: m.OwnReaction(),
	})
	if err != nil {
		return nil, unsupported(ch.Target.Redactor.String(err.Error()))
	}
	return calls, nil
}

func unsupported(detail string) error {
	return &threads.RefusedError{Code: threads.RefusedUnsupported, Detail: detail}
}

// carry makes a call and reads what came of it.
func (d *Desk) carry(ctx context.Context, ch *channels.Opened, call *connectors.Call) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	resp, err := d.Carrier.Do(ctx, ch.Target, call)
	var none *tokens.Error
	if errors.As(err, &none) {
		return &Error{Again: none.Outcome.Verdict != connectors.Suspend, Detail: none.Error()}
	}
	if err != nil {
		return &Error{Again: true, Detail: ch.Target.Redactor.String(fmt.Sprintf("the platform could not be reached: %v", err))}
	}
	o := ch.Connector.Classify(call, resp)
	if o.Verdict == connectors.Done {
		return nil
	}
	detail := fmt.Sprintf("the platform answered with status %d", resp.Status)
	if o.Failure != nil && o.Failure.Message != "" {
		detail = ch.Target.Redactor.String(o.Failure.Message)
	}
	again := o.Verdict != connectors.Refuse && o.Verdict != connectors.Suspend
	return &Error{Again: again, Detail: detail}
}
