// Package subscriptions tells others of what happens in the hub: event
// webhooks, signed as Standard Webhooks has it.
//
// A [Registry] keeps the subscriptions. A [Relay] puts what happened into the
// spool, once for every subscription that asked for it; around the store and
// the outbox it notes what is about to change, so that a crash between a change
// and its announcement loses nothing. A [Courier] takes the spool's events to
// their subscribers: at least once, in order within a conversation, each
// subscriber by itself.
package subscriptions

import (
	"slices"
	"time"

	"threadhub/internal/channels"
	"threadhub/internal/directory"
	"threadhub/threads"
)

// All stands for every event, those of later versions included.
const All = "*"

// Events that are about no conversation, message or contact.
const (
	ChannelHealth threads.NoticeType = "channel.health"
	// ContactErased is about a contact that is no more: whoever kept something
	// of them has to erase it too.
	ContactErased        threads.NoticeType = "contact.erased"
	SubscriptionDisabled threads.NoticeType = "subscription.disabled"
	// Test is sent when an admin asks for it, and never otherwise.
	Test threads.NoticeType = "subscription.test"
)

// Events lists what can be subscribed to.
func Events() []string {
	return []string{
		string(threads.NoticeMessageCreated), string(threads.NoticeMessageUpdated), string(threads.NoticeMessageFailed),
		string(threads.NoticeConversationCreated), string(threads.NoticeConversationUpdated), string(threads.NoticeConversationReopened),
		string(threads.NoticeConversationSolved), string(threads.NoticeConversationClosed), string(threads.NoticeConversationAssigned),
		string(threads.NoticeContactUpdated), string(ContactErased), string(ChannelHealth), string(SubscriptionDisabled),
	}
}

// Limits of a subscription.
const (
	// Max is how many subscriptions there may be: each is gone through for
	// every event.
	Max     = 50
	maxName = 200
	maxURL  = 2000
	// Lifetime is for how long an event is tried again, and for how long one
	// that has ended is kept.
	Lifetime = 72 * time.Hour
	// maxKept is for how long an event is kept that nobody delivers.
	maxKept = 7 * 24 * time.Hour
)

// News is an event as the spool keeps it: a notice, or what is no notice.
type News struct {
	threads.Notice
	Channel      *channels.Channel `json:"channel,omitempty"`
	Subscription *Brief            `json:"subscription,omitempty"`
}

// Brief is what others are told of a subscription.
type Brief struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Subscription is somebody who is told of events.
type Subscription struct {
	ID     string
	Name   string
	URL    string
	Events []string
	// Channels are those whose events it gets; empty: all.
	Channels []threads.ChannelID
	Enabled  bool
	// EnabledAt is when it last became enabled.
	EnabledAt time.Time
	// DisabledReason tells why the hub disabled it, "" if it did not.
	DisabledReason string
	DisabledAt     time.Time
	CreatedBy      string
	CreatedAt      time.Time
	UpdatedAt      time.Time
	// FormerUntil is until when calls are signed with the former secret too.
	FormerUntil time.Time
	Version     int64
	// Secret is one that was made or given just now. It is answered this once.
	Secret string
}

// Sees tells whether the subscription is about the channel.
func (s *Subscription) Sees(ch threads.ChannelID) bool {
	return len(s.Channels) == 0 || slices.Contains(s.Channels, ch)
}

// wants tells whether the subscription is to be told.
func (s *Subscription) wants(n *News) bool {
	if !slices.Contains(s.Events, All) && !slices.Contains(s.Events, string(n.Type)) {
		return false
	}
	switch {
	case len(s.Channels) == 0:
		return true
	case n.Conversation != nil:
		return s.Sees(n.Conversation.ChannelID)
	case n.Message != nil:
		return s.Sees(n.Message.ChannelID)
	case n.Contact != nil:
		return slices.ContainsFunc(n.Contact.Identities, func(i threads.Identity) bool { return s.Sees(i.Channel) })
	case n.Channel != nil:
		return s.Sees(n.Channel.ID)
	}
	return false
}

// lane is the line that the news stands in.
func (n *News) lane() string {
	switch {
	case n.Conversation != nil:
		return string(n.Conversation.ID)
	case n.Message != nil:
		return string(n.Message.ConversationID)
	case n.Contact != nil:
		return string(n.Contact.ID)
	case n.Channel != nil:
		return string(n.Channel.ID)
	case n.Subscription != nil:
		return n.Subscription.ID
	}
	return string(n.Type)
}

// What is wrong with input is answered by field.
type (
	FieldError   = directory.FieldError
	InvalidError = directory.InvalidError
)

func wrong(field, message string) *InvalidError {
	return directory.Invalid(field, message)
}
