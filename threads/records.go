package threads

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"threadhub/normalize"
	"threadhub/threads/rules"
)

// Conversation is a bounded stretch of talk between one contact and the
// business on one channel. A contact has many over the years and at most one
// that is not closed per channel.
type Conversation struct {
	ID        ConversationID `json:"id"`
	ChannelID ChannelID      `json:"channel_id"`
	Contact   ContactBrief   `json:"contact"`
	// Ordinal counts the contact's conversations on the channel from 1. Unique
	// with channel and contact, it decides who creates the next one.
	Ordinal    int            `json:"ordinal"`
	FollowUpOf ConversationID `json:"follow_up_of,omitempty"`
	State      State          `json:"state"`
	Metrics    Metrics        `json:"metrics,omitzero"`

	// Trace is the latest that a message of the contact's came in with.
	Trace string `json:"trace,omitempty"`

	Priority string   `json:"priority,omitempty"`
	Tags     []string `json:"tags,omitempty"`
	Subject  string   `json:"subject,omitempty"`

	MessageCount int       `json:"message_count"`
	UnreadCount  int       `json:"unread_count"`
	LastSequence int64     `json:"last_sequence"`
	LastMessage  *Preview  `json:"last_message,omitempty"`
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	// LastInboundAt is the platform's time of the customer's latest message:
	// it starts the platform's reply window.
	LastInboundAt time.Time            `json:"last_inbound_at,omitzero"`
	LastInboundID normalize.PlatformID `json:"last_inbound_id,omitempty"`
	// Window is what the customer's latest message opened instead of the
	// channel's reply window, when it did; Answers is how many of the platform's
	// messages went out since.
	Window  *normalize.Window `json:"window,omitempty"`
	Answers int               `json:"answers,omitempty"`
	// ReplyContext is what the connector needs to answer the contact.
	ReplyContext map[string]string `json:"reply_context,omitempty"`

	// ErasedAt is when what was said was taken out of the closed conversation
	// (see Purge and Eraser in package privacy); zero while it is there.
	ErasedAt time.Time `json:"erased_at,omitzero"`

	// StatusSince is when the status became what it is.
	StatusSince time.Time `json:"status_since,omitzero"`
	// Passes are the offers that agents did not take since it waits.
	Passes []Pass `json:"passes,omitempty"`
	// Rules is what triggers and automations did here.
	Rules RuleMarks `json:"rules,omitzero"`

	// Version grows by one with every commit; commits compare and set it.
	Version int64 `json:"version"`
	// OfferCommits is how many of the latest commits were about offers alone:
	// whoever read an earlier version knows everything else (see Knows).
	OfferCommits int64 `json:"offer_commits,omitempty"`
}

// Slot is where a conversation has its place: at most one per slot is not
// closed.
type Slot struct {
	Channel ChannelID
	Contact ContactID
}

// Slot of the conversation.
func (c Conversation) Slot() Slot { return Slot{c.ChannelID, c.Contact.ID} }

// Clone answers a copy that shares nothing with the conversation that either
// could change.
func (c Conversation) Clone() Conversation {
	c.Contact.Aliases = slices.Clone(c.Contact.Aliases)
	c.Tags = slices.Clone(c.Tags)
	c.Passes = slices.Clone(c.Passes)
	c.ReplyContext = maps.Clone(c.ReplyContext)
	c.Rules.Fired = maps.Clone(c.Rules.Fired)
	if c.Window != nil {
		window := *c.Window
		window.After = slices.Clone(window.After)
		c.Window = &window
	}
	if c.LastMessage != nil {
		last := *c.LastMessage
		c.LastMessage = &last
	}
	return c
}

// Preview is the line of a message that lists show.
type Preview struct {
	ID        MessageID             `json:"id"`
	Type      normalize.MessageType `json:"type"`
	Text      string                `json:"text,omitempty"`
	Direction Direction             `json:"direction"`
	Author    Author                `json:"author"`
	At        time.Time             `json:"at"`
}

// ContactBrief is the part of a contact that is copied onto conversations.
type ContactBrief struct {
	ID         ContactID        `json:"id"`
	ExternalID normalize.PeerID `json:"external_id"`
	// Aliases are the contact's other names on the channel, as their latest
	// message told.
	Aliases   []normalize.PeerID `json:"aliases,omitempty"`
	Name      string             `json:"name,omitempty"`
	AvatarURL string             `json:"avatar_url,omitempty"`
	// Named is set while the name is one that a person here gave: what messages
	// tell does not replace it.
	Named bool `json:"named,omitempty"`
	// BlockedAt is since when the contact has blocked the channel, as far as the
	// platform told; zero when they have not.
	BlockedAt time.Time `json:"blocked_at,omitzero"`
}

// Contact is a customer as the hub knows them, over all their identities.
type Contact struct {
	ID         ContactID  `json:"id"`
	Name       string     `json:"name,omitempty"`
	Username   string     `json:"username,omitempty"`
	Phone      string     `json:"phone,omitempty"`
	Locale     string     `json:"locale,omitempty"`
	AvatarURL  string     `json:"avatar_url,omitempty"`
	Group      bool       `json:"group,omitempty"` // a group chat, not a person
	Identities []Identity `json:"identities"`
	// Consents is the latest of each category ("" is everything).
	Consents map[string]normalize.ConsentStatus `json:"consents,omitempty"`
	Tags     []string                           `json:"tags,omitempty"`
	Edited   ContactEdits                       `json:"edited,omitzero"`
	Lookup   ProfileLookup                      `json:"lookup,omitzero"`
	// MergedInto is the contact of the same person that this one was merged into,
	// and Members are those that were, or were about to be, merged into this one
	// (see Person).
	MergedInto ContactID   `json:"merged_into,omitempty"`
	MergedAt   time.Time   `json:"merged_at,omitzero"`
	Members    []ContactID `json:"members,omitempty"`
	CreatedAt  time.Time   `json:"created_at"`
	UpdatedAt  time.Time   `json:"updated_at"`
	Version    int64       `json:"version"`
}

// Identity is a name of a contact on one channel, owned by at most one contact.
type Identity struct {
	Channel ChannelID        `json:"channel_id"`
	Peer    normalize.PeerID `json:"peer"`
}

// Direction of a message, seen from the hub.
type Direction string

// Directions.
const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
)

// AuthorType says what wrote a message.
type AuthorType string

// Types of author. External is the business, in the platform's own app.
const (
	AuthorContact  AuthorType = "contact"
	AuthorAgent    AuthorType = "agent"
	AuthorSystem   AuthorType = "system"
	AuthorExternal AuthorType = "external"
)

// Author is who wrote a message or caused a transition.
type Author struct {
	Type AuthorType `json:"type"`
	ID   string     `json:"id,omitempty"`
	Name string     `json:"name,omitempty"`
}

// MessageKey makes a message recognisable when it is delivered again: unique
// with its channel. Inbound it is the event's key, outbound the message's id.
type MessageKey string

// MessageStatus is where a message stands. It only ever moves forward.
type MessageStatus string

// Statuses of a message. Inbound ones are always received.
const (
	MessageReceived  MessageStatus = "received"
	MessageQueued    MessageStatus = "queued"    // stored, to be sent
	MessageSending   MessageStatus = "sending"   // a call is out
	MessageUnknown   MessageStatus = "unknown"   // a call was out and nobody knows what became of it
	MessageSent      MessageStatus = "sent"      // the platform accepted it
	MessageDelivered MessageStatus = "delivered" // it reached the contact's device
	MessageRead      MessageStatus = "read"
	MessageFailed    MessageStatus = "failed"
)

// Message is one message of a conversation.
type Message struct {
	ID             MessageID         `json:"id"`
	ConversationID ConversationID    `json:"conversation_id"`
	ChannelID      ChannelID         `json:"channel_id"`
	ContactID      ContactID         `json:"contact_id"`
	Key            MessageKey        `json:"key"`
	Direction      Direction         `json:"direction"`
	Internal       bool              `json:"internal,omitempty"` // a note: never leaves the hub
	Author         Author            `json:"author"`
	Content        normalize.Message `json:"content"`
	// ReplyToID is the hub's id of the message being answered, when known.
	ReplyToID MessageID `json:"reply_to_id,omitempty"`
	// ExternalIDs are the platform's ids of all parts, in order.
	ExternalIDs []normalize.PlatformID `json:"external_ids,omitempty"`
	// Parts is how many messages of the platform's it takes, when more than one;
	// PartStates are how far each of them got, of those that were heard of.
	Parts      int                `json:"parts,omitempty"`
	PartStates []PartState        `json:"part_states,omitempty"`
	Status     MessageStatus      `json:"status"`
	Error      *normalize.Failure `json:"error,omitempty"`
	Losses     []normalize.Loss   `json:"losses,omitempty"`
	Reactions  []Reaction         `json:"reactions,omitempty"`
	// SendAt is when a scheduled message is to leave; zero for at once.
	SendAt time.Time `json:"send_at,omitzero"`
	// Bulk marks a message of a mailing: others go first.
	Bulk bool `json:"bulk,omitempty"`
	// ResendOf is the message that a person had sent again as this one, ResentAs
	// the one that this was sent again as.
	ResendOf MessageID `json:"resend_of,omitempty"`
	ResentAs MessageID `json:"resent_as,omitempty"`
	// Done are the calls that were carried out for a message that then failed, or
	// whose fate is unknown: sending it again goes on after them.
	Done []normalize.Exchange `json:"done,omitempty"`
	// Sequence is the receive order within the conversation, from 1.
	Sequence int64 `json:"sequence"`
	// SentAt is the platform's time for inbound messages (never later than
	// ReceivedAt), the hub's for outbound ones. Conversations are read in the
	// order of SentAt, then Sequence.
	SentAt      time.Time         `json:"sent_at"`
	ReceivedAt  time.Time         `json:"received_at,omitzero"`
	DeliveredAt time.Time         `json:"delivered_at,omitzero"`
	ReadAt      time.Time         `json:"read_at,omitzero"`
	EditedAt    time.Time         `json:"edited_at,omitzero"`
	DeletedAt   time.Time         `json:"deleted_at,omitzero"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	Version     int64             `json:"version"`
	// Trace is the trace that the message is a step of, where traces are
	// recorded: of the webhook that it, or what it answers, came with.
	Trace string `json:"trace,omitempty"`
}

// Reaction is an emoji somebody put on a message; one per author.
type Reaction struct {
	Emoji  string    `json:"emoji"`
	Author Author    `json:"author"`
	At     time.Time `json:"at"`
}

// Transition is one line of a conversation's log.
type Transition struct {
	ID             string         `json:"id"` // conversation id, version and index: the same when written again
	ConversationID ConversationID `json:"conversation_id"`
	From           Status         `json:"from,omitempty"`
	To             Status         `json:"to"`
	Cause          Cause          `json:"cause"`
	Actor          Author         `json:"actor"`
	At             time.Time      `json:"at"`
	Style          StyleName      `json:"style"`
	Policy         Countdown      `json:"policy"`
	StyleRule      StyleRuleID    `json:"style_rule,omitempty"` // that chose the style
	Rule           rules.ID       `json:"rule,omitempty"`       // that moved the conversation
	Generation     int64          `json:"generation"`
	// SessionFrom and SessionTo are set when the session changed, and then From
	// and To are alike.
	SessionFrom Session `json:"session_from,omitempty"`
	SessionTo   Session `json:"session_to,omitempty"`
	Detail      string  `json:"detail,omitempty"`
}

// Moved tells whether the line is about a change of status.
func (t Transition) Moved() bool { return t.From != t.To }

// Delivery is a row of the outbox: an outbound message that has yet to leave,
// or whose fate is open. It goes when the message is sent, failed or unknown.
type Delivery struct {
	MessageID      MessageID      `json:"message_id"` // its key
	ConversationID ConversationID `json:"conversation_id"`
	ChannelID      ChannelID      `json:"channel_id"`
	// Contact is the lane: one delivery at a time per channel and contact, in
	// the order of MessageID.
	ContactID ContactID      `json:"contact_id"`
	To        normalize.Peer `json:"to"`
	// Context and LastInbound are what the connector needs to answer (see
	// normalize.Outbound), as of the send.
	Context     map[string]string    `json:"context,omitempty"`
	LastInbound normalize.PlatformID `json:"last_inbound,omitempty"`
	CreatedAt   time.Time            `json:"created_at"`
	NotBefore   time.Time            `json:"not_before"`
	// Scheduled is set for one that waits for a time that somebody chose: until
	// then the others of its lane pass it by.
	Scheduled bool `json:"scheduled,omitempty"`
	// Bulk is set for one that goes after all that are not.
	Bulk bool `json:"bulk,omitempty"`
	// Earlier is how many of the Exchanges were made for the message that this
	// one sends again.
	Earlier int `json:"earlier,omitempty"`
	// NotAfter, when set, is from when on the message must not leave any more:
	// then it fails.
	NotAfter time.Time `json:"not_after,omitzero"`
	Attempts int       `json:"attempts,omitempty"`
	// InFlight is set, durably, before a call that shows something to the
	// contact. A delivery found in flight after a crash is of unknown outcome.
	InFlight  bool                 `json:"in_flight,omitempty"`
	Exchanges []normalize.Exchange `json:"exchanges,omitempty"`
	// UnclearSince is when the next call was first made, if an answer left open
	// whether it was carried out; zero otherwise.
	UnclearSince time.Time          `json:"unclear_since,omitzero"`
	LastError    *normalize.Failure `json:"last_error,omitempty"`
}

// Parked is an event about a message the hub does not have (yet): a receipt
// that overtook the answer to its send, an edit that overtook its message.
type Parked struct {
	ID         string               `json:"id"` // channel and event key
	ChannelID  ChannelID            `json:"channel_id"`
	Target     normalize.PlatformID `json:"target"`
	Event      json.RawMessage      `json:"event"` // normalize.Event
	ReceivedAt time.Time            `json:"received_at"`
}
