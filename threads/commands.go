package threads

import (
	"time"

	"threadhub/normalize"
)

// SendCommand asks to add an outbound message, or an internal note, to a
// conversation.
type SendCommand struct {
	Conversation ConversationID
	// Known is the conversation as the caller has just read it, to save a
	// read; nil if it has not.
	Known    *Conversation
	Author   Author
	Internal bool
	Content  normalize.Message
	ReplyTo  MessageID
	Metadata map[string]string
	// ClientKey, when set, makes the command idempotent: the same key on the
	// same channel is the same message, however often it is sent.
	ClientKey string
	// SendAt, when set, is when the message is to leave.
	SendAt time.Time
	// Bulk marks a message of a mailing: it leaves after all others, and not to
	// those who do not want any.
	Bulk bool

	// resendOf is the message that is sent again, and done what was carried out
	// of it already.
	resendOf MessageID
	done     []normalize.Exchange
}

// StartCommand asks to write to a contact first: on a channel by the
// platform's name of the contact, or as the follow-up of a closed conversation.
// A conversation that is not closed is used if there is one.
type StartCommand struct {
	Channel    ChannelID
	To         normalize.PeerID
	FollowUpOf ConversationID
	Send       SendCommand // its Conversation is ignored
}

// UpdateCommand asks to change a conversation. Nil fields stay as they are; the
// others change together or not at all.
type UpdateCommand struct {
	Actor     Author
	Admin     bool   // the actor may do what only admins may
	IfVersion *int64 // refuse with ErrConflict unless this is the version
	Status    *Status
	Assignee  *AgentID // "" takes the assignee away
	Group     *GroupID
	Priority  *string
	Tags      *[]string
	Subject   *string
	Style     *Style
}

// RefusedError is a command that is not allowed: nothing was changed.
type RefusedError struct {
	Code   RefusalCode
	Detail string // for people: what to do instead
	// Conversation is the one that refused, when there is one.
	Conversation ConversationID
	// Allowed lists what could be sent instead, for a closed reply window.
	Allowed []normalize.MessageType
	// Until is when the reply window closed, or would; zero where none was open.
	Until time.Time
}

// Error is the detail.
func (e *RefusedError) Error() string { return string(e.Code) + ": " + e.Detail }

// Refusals of a send, besides those of Decide.
const (
	RefusedWindow      RefusalCode = "outside_reply_window"
	RefusedUnsupported RefusalCode = "unsupported_content"
	RefusedTooLarge    RefusalCode = "content_too_large"
	RefusedChannel     RefusalCode = "channel_disabled"
	RefusedBlocked     RefusalCode = "contact_blocked"
	RefusedOptedOut    RefusalCode = "contact_opted_out"
	RefusedMerge       RefusalCode = "merge_refused"
	RefusedContact     RefusalCode = "contact_deleted"
	RefusedSendAt      RefusalCode = "invalid_send_at"
	RefusedTemplate    RefusalCode = "unknown_template"
	RefusedLeft        RefusalCode = "message_left"
	RefusedNotDead     RefusalCode = "message_not_failed"
)
