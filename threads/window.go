package threads

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"threadhub/normalize"
)

// Replying is what may be sent to a conversation's contact at a moment.
type Replying struct {
	// Open tells whether a free reply may be sent now, and Until, where the
	// platform sets a time, until when it may or might.
	Open  bool
	Until time.Time
	// After is what may be sent while it is not open.
	After []normalize.MessageType
	// Left is how many messages of the platform's may still be sent before the
	// contact writes again, where Counted is set.
	Counted bool
	Left    int
}

// ReplyWindow answers what the author may send now. A channel without a window
// is always open.
func ReplyWindow(conv Conversation, caps normalize.Capabilities, by AuthorType, now time.Time) Replying {
	w := caps.Window
	var after []normalize.MessageType
	if w != nil {
		after = w.After
	}
	if conv.Window != nil {
		w = conv.Window
	}
	if w == nil {
		return Replying{Open: true}
	}
	r := Replying{After: after, Counted: w.Messages > 0}
	if conv.LastInboundAt.IsZero() {
		return r
	}
	open := w.Open
	if by == AuthorAgent {
		open = max(w.Human, w.Open)
	}
	r.Until = conv.LastInboundAt.Add(open)
	r.Open = now.Before(r.Until)
	if r.Counted {
		r.Left = max(w.Messages-conv.Answers, 0)
		r.Open = r.Open && r.Left > 0
	}
	return r
}

// opened notes the window that a message of the customer's opens. One that opens
// less than what is open already, such as the tap on a menu, changes nothing.
func (c *Conversation) opened(m Message, caps normalize.Capabilities) {
	own := m.Content.Window
	if own != nil && ReplyWindow(*c, caps, AuthorSystem, m.SentAt).Until.After(m.SentAt.Add(own.Open)) {
		return
	}
	c.LastInboundAt, c.Window, c.Answers = m.SentAt, own, 0
}

// sendable refuses what the channel or the platform's window does not allow at
// the moment the message is to leave.
func sendable(conv Conversation, ch ChannelInfo, m Message, at time.Time) error {
	if !ch.Enabled {
		return &RefusedError{Code: RefusedChannel, Detail: "the channel is paused: an admin has to enable it first", Conversation: conv.ID}
	}
	r := ReplyWindow(conv, ch.Caps, m.Author.Type, at)
	if slices.Contains(r.After, m.Content.Type) {
		return nil
	}
	needs := cmp.Or(m.Parts, 1)
	if r.Open && (!r.Counted || needs <= r.Left) {
		return nil
	}
	return &RefusedError{Code: RefusedWindow, Detail: r.hindrance(needs), Conversation: conv.ID, Allowed: r.After, Until: r.Until}
}

// hindrance says why so many messages cannot be sent, and what to do instead.
func (r Replying) hindrance(needs int) string {
	var why string
	switch {
	case r.Until.IsZero():
		why = "the platform takes no free message before the contact has written"
	case r.Open && r.Counted:
		why = fmt.Sprintf("the platform takes only %d more before the contact writes again, and this would take %d: write less", r.Left, needs)
	case r.Counted && r.Left == 0:
		why = "the platform takes no more messages before the contact writes again"
	default:
		why = "the platform takes no free message this long after the contact's last one"
	}
	if len(r.After) == 0 {
		return why + ": wait until the contact writes"
	}
	names := make([]string, len(r.After))
	for i, t := range r.After {
		names[i] = string(t)
	}
	return why + ": send a " + strings.Join(names, " or ") + " instead, or wait until the contact writes"
}

// notAfter is from when on the message must not leave any more; zero for never.
func notAfter(conv Conversation, ch ChannelInfo, m Message, now time.Time) time.Time {
	r := ReplyWindow(conv, ch.Caps, m.Author.Type, now)
	if !r.Open || slices.Contains(r.After, m.Content.Type) {
		return time.Time{}
	}
	return r.Until
}

// MayLeave looks again at a delivery whose reply window has closed, or that was
// put off to a time: its contact may have written since and opened the window
// once more, and its conversation may be closed by now. It answers why the
// message must not leave, or the delivery with the contact's latest message as
// the one it answers.
func (s *Service) MayLeave(ctx context.Context, d Delivery) (Delivery, *normalize.Failure, error) {
	m, err := s.Store.Message(ctx, d.MessageID)
	if err != nil {
		return d, nil, fmt.Errorf("look at the message again: %w", err)
	}
	slot := Slot{d.ChannelID, d.ContactID}
	current, err := s.Store.Current(ctx, []Slot{slot})
	if err != nil {
		return d, nil, fmt.Errorf("look at the conversation again: %w", err)
	}
	conv, exists := current[slot]
	if d.Scheduled && (!exists || conv.ID != d.ConversationID || conv.State.Status == StatusClosed) {
		return d, &normalize.Failure{
			Reason: normalize.ReasonCanceled, Message: "the conversation was closed before the time of the message: write a follow-up",
		}, nil
	}
	ch, err := s.Channels.ChannelInfo(ctx, d.ChannelID)
	if err != nil {
		return d, nil, fmt.Errorf("channel %s: %w", d.ChannelID, err)
	}
	r := ReplyWindow(conv, ch.Caps, m.Author.Type, s.now())
	free := slices.Contains(r.After, m.Content.Type)
	if !free && !r.inTime(s.now()) {
		return d, &normalize.Failure{
			Reason: normalize.ReasonWindow, Message: "the platform's reply window closed before the message could leave",
		}, nil
	}
	if d.Scheduled {
		err = s.leaves(ctx, m)
	}
	if !free {
		d.NotAfter, d.Context, d.LastInbound = r.Until, conv.ReplyContext, conv.LastInboundID
	}
	return d, nil, err
}

// inTime tells whether the window's time runs, however many messages are left of
// it: this one is counted already.
func (r Replying) inTime(now time.Time) bool {
	return r.Open || !r.Until.IsZero() && now.Before(r.Until)
}

// maxAhead bounds how far ahead a message may be scheduled.
const maxAhead = 90 * 24 * time.Hour

// checkTime refuses a time to leave that is none.
func (cmd SendCommand) checkTime(now time.Time) error {
	switch at := cmd.SendAt; {
	case at.IsZero():
		return nil
	case cmd.Internal:
		return &RefusedError{Code: RefusedSendAt, Detail: "a note leaves never: leave send_at out"}
	case at.Before(now.Add(-time.Minute)):
		return &RefusedError{Code: RefusedSendAt, Detail: "send_at is in the past: give a time to come, or leave it out to send at once"}
	case at.After(now.Add(maxAhead)):
		return &RefusedError{Code: RefusedSendAt, Detail: "send_at is more than 90 days ahead: give an earlier time"}
	}
	return nil
}
