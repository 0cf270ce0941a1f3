package normalize

import "time"

// PeerID is a platform's name for a person or group chat on one channel. A
// connector mints it; nobody else looks inside.
type PeerID string

// PlatformID is a platform's name for a message, unique per channel. A
// connector mints it (Telegram: "chat:message"); nobody else looks inside.
type PlatformID string

// MessageKey is the Event.Key of a message or echo with the platform's id. Every
// connector uses it, so that an edit can stand in for a message the hub never
// got without making it a second one when it comes after all.
func MessageKey(id PlatformID) string { return "msg:" + string(id) }

// EventType says which pointer of an [Event] is set.
type EventType string

// The kinds of event a platform can report.
const (
	EventMessage  EventType = "message"  // the peer wrote: Message
	EventEcho     EventType = "echo"     // the business wrote in the platform's own app: Message
	EventReceipt  EventType = "receipt"  // the fate of something we sent: Receipt
	EventReaction EventType = "reaction" // Reaction
	EventEdit     EventType = "edit"     // Edit
	EventDeletion EventType = "deletion" // Deletion
	EventConsent  EventType = "consent"  // blocked, unblocked, opted in or out: Consent
	EventIdentity EventType = "identity" // the peer got another name on the platform: Identity
	EventTyping   EventType = "typing"   // the peer is typing; nothing else is set
	EventEnded    EventType = "ended"    // the peer ended the session; nothing else is set
	EventChannel  EventType = "channel"  // news about the business account itself: Notice
	EventNoted    EventType = "noted"    // understood, and nothing follows from it; nothing else is set
	EventUnknown  EventType = "unknown"  // understood as an event, not as one of the above: Unknown
)

// Event is one thing that happened on a platform. Exactly one of the pointers
// is set, the one its Type names. It marshals alike to JSON and BSON.
type Event struct {
	// Key makes a redelivery of the event recognisable. It is unique per
	// channel and starts with the kind of thing it names ("msg:…", "rct:…").
	Key  string    `json:"key"`
	Type EventType `json:"type"`
	// Account names which of the business's accounts the event is addressed
	// to, on platforms that deliver several to one address (WhatsApp phone
	// number id). Empty where a channel is a single account.
	Account string `json:"account,omitempty"`
	Peer    Peer   `json:"peer,omitzero"`
	// Mirror is set on an echo where the platform echoes what we send through its
	// API too and does not tell the two apart. It is news only if no message of
	// ours turns out to have its id.
	Mirror bool `json:"mirror,omitempty"`
	// At is the platform's time of the event, zero when it tells none.
	At time.Time `json:"at,omitzero"`

	Message  *Message  `json:"message,omitempty"`
	Receipt  *Receipt  `json:"receipt,omitempty"`
	Reaction *Reaction `json:"reaction,omitempty"`
	Edit     *Edit     `json:"edit,omitempty"`
	Deletion *Deletion `json:"deletion,omitempty"`
	Consent  *Consent  `json:"consent,omitempty"`
	Identity *Identity `json:"identity,omitempty"`
	Notice   *Notice   `json:"notice,omitempty"`
	Unknown  *Unknown  `json:"unknown,omitempty"`
}

// PeerKind tells a person from a group chat.
type PeerKind string

// Kinds of peer. The zero value is a person.
const (
	PeerPerson PeerKind = ""
	PeerGroup  PeerKind = "group"
)

// Peer is who a conversation is with, as the platform describes them. Fields
// the event does not carry are empty: they do not erase what is known.
type Peer struct {
	ID PeerID `json:"id,omitempty"`
	// Aliases are other names of the same peer that the event mentions (a
	// phone number beside a business-scoped id). Whoever has seen one of them
	// is the same contact.
	Aliases   []PeerID `json:"aliases,omitempty"`
	Kind      PeerKind `json:"kind,omitempty"`
	Name      string   `json:"name,omitempty"`
	Username  string   `json:"username,omitempty"`
	Phone     string   `json:"phone,omitempty"` // E.164 with "+", when the platform tells it
	Locale    string   `json:"locale,omitempty"`
	AvatarURL string   `json:"avatar_url,omitempty"`
	// Verified tells whether the peer proved who they are to the business (a
	// web chat visitor who is signed in); nil where the channel does not say.
	Verified *bool `json:"verified,omitempty"`
}

// Status is the fate of an outbound message as a platform reports it.
type Status string

// Statuses a platform can report. The hub's own ones (queued, sending,
// unknown) belong to package threads.
const (
	StatusSent      Status = "sent"
	StatusDelivered Status = "delivered"
	StatusRead      Status = "read"
	StatusFailed    Status = "failed"
)

// Receipt reports the fate of something we sent.
type Receipt struct {
	// Target is the platform's id of the message; empty for a watermark.
	Target PlatformID `json:"target,omitempty"`
	// Ref is our own message id, where the platform hands one back. It finds
	// the message when the answer that held the platform's id was lost.
	Ref    string `json:"ref,omitempty"`
	Status Status `json:"status"`
	// UpTo, when set, makes the receipt a watermark: every message sent to
	// the peer at or before this time has reached Status.
	UpTo time.Time `json:"up_to,omitzero"`
	// Earlier, with a Target, says the same of every message sent to the peer
	// before it, on platforms that report the latest one alone.
	Earlier bool     `json:"earlier,omitempty"`
	Failure *Failure `json:"failure,omitempty"`
}

// Reaction is an emoji set on, or taken from, a message.
type Reaction struct {
	Target PlatformID `json:"target"`
	// Emoji is what the author's reaction now is; empty when taken back.
	Emoji string `json:"emoji,omitempty"`
	// Removed is the emoji that was taken back, on platforms where an author may
	// have several and the event says which one went.
	Removed string  `json:"removed,omitempty"`
	Author  *Author `json:"author,omitempty"` // in group chats; nil: the peer
	// Business is set when the reaction is the business's own: set in the
	// platform's app or by us.
	Business bool `json:"business,omitempty"`
}

// Edit replaces the content of an earlier message.
type Edit struct {
	Target  PlatformID `json:"target"`
	Message Message    `json:"message"`
	// Echo is set when the business edited what it wrote in the platform's app.
	Echo bool `json:"echo,omitempty"`
}

// Deletion takes an earlier message back.
type Deletion struct {
	Target PlatformID `json:"target"`
}

// ConsentStatus is what a peer now allows.
type ConsentStatus string

// Consent changes a platform can report.
const (
	ConsentBlocked   ConsentStatus = "blocked"   // nothing can be delivered any more
	ConsentUnblocked ConsentStatus = "unblocked" // the block is lifted
	ConsentOptedOut  ConsentStatus = "opted_out" // wants no business-initiated messages of the category
	ConsentOptedIn   ConsentStatus = "opted_in"
)

// Consent is a change in what the peer allows.
type Consent struct {
	Status   ConsentStatus `json:"status"`
	Category string        `json:"category,omitempty"` // empty: everything
}

// Identity says that a peer is now known by another name on the platform (a
// changed phone number, a migrated group). The event's Peer is the new one.
type Identity struct {
	Former []PeerID `json:"former"`
	// Changed tells a warning (the peer's security code changed) from a new
	// name: when Former is empty only Text is of interest.
	Text string `json:"text,omitempty"`
}

// Notice is news about the business account itself, not about a peer.
type Notice struct {
	Kind string            `json:"kind"`
	Text string            `json:"text,omitempty"`
	Data map[string]string `json:"data,omitempty"`
}

// Unknown is an event that the connector recognises as one but has no meaning
// for. It is kept, with the platform's own name for it.
type Unknown struct {
	Kind   string `json:"kind"`
	Reason string `json:"reason,omitempty"`
}
