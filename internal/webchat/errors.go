package webchat

import (
	"errors"
	"time"
)

// Errors of visitors' requests, alone or wrapped. Those of packages threads,
// accept and media are answered as they are.
var (
	// ErrDisabled: the channel is paused.
	ErrDisabled = errors.New("the chat is switched off")
	// ErrToken: the token is none of ours, has expired, or was ended.
	ErrToken = errors.New("the visitor token is no longer good")
	// ErrTicket: the same of a ticket, or it was used before.
	ErrTicket = errors.New("the ticket is no longer good")
	// ErrIdentityRequired: only those for whom the site vouches may chat.
	ErrIdentityRequired = errors.New("the chat is for signed-in visitors only")
	// ErrSignature: the address of a file is none of ours or has expired.
	ErrSignature = errors.New("the address of the file is no longer good")
)

// InvalidError is a field that cannot be what it is.
type InvalidError struct{ Field, Message string }

// Error names the field.
func (e *InvalidError) Error() string { return e.Field + ": " + e.Message }

// LimitError refuses a request because there were too many.
type LimitError struct{ After time.Duration }

// Error asks for patience.
func (e *LimitError) Error() string { return "too many requests: slower, please" }
