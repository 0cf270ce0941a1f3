package egress

import (
	"errors"
	"time"
)

// What errors.Is finds in an error of [Client.Do]. Exactly one of ErrNotSent
// and ErrOutcomeUnknown holds for each of them.
var (
	// ErrNotSent: the platform has certainly not carried the call out. It may
	// be made again.
	ErrNotSent = errors.New("not sent")
	// ErrOutcomeUnknown: the request may have reached the platform and no
	// whole answer came back. Whether it was carried out is not known.
	ErrOutcomeUnknown = errors.New("outcome unknown")
	// ErrBreakerOpen: not sent, since the latest calls of this class failed.
	// Error.RetryAfter tells when to come back.
	ErrBreakerOpen = errors.New("circuit breaker open")
	// ErrThrottled: not sent, since the rate limit or a cool-down forbids it
	// for now. Error.RetryAfter tells when to come back.
	ErrThrottled = errors.New("throttled")
	// ErrBlocked: not sent, since the address is private.
	ErrBlocked = errors.New("private address")
	// ErrURL: the URL is one that the hub does not call, or the rest of the
	// request cannot be sent (a line break in a header). Trying again is in vain.
	ErrURL = errors.New("unusable URL")
	// ErrSource: not sent, since the file to upload cannot be had or is too
	// large for the platform. Trying again is in vain; the text says what to do.
	ErrSource = errors.New("file to upload")
)

// Reason says why a call failed: a closed set, used as a metric label.
type Reason string

// Reasons. The first group comes with ErrNotSent, the second with
// ErrOutcomeUnknown; canceled and timeout with either.
const (
	ReasonInvalid   Reason = "invalid"   // not a request the hub makes
	ReasonBlocked   Reason = "blocked"   // a private address
	ReasonBreaker   Reason = "breaker"   // the circuit breaker is open
	ReasonThrottled Reason = "throttled" // the rate limit or a cool-down
	ReasonDNS       Reason = "dns"       // the host's name was not resolved
	ReasonDial      Reason = "dial"      // no connection
	ReasonTLS       Reason = "tls"       // no secure connection

	ReasonReset     Reason = "reset"     // the connection ended before the answer
	ReasonTruncated Reason = "truncated" // the connection ended within the answer
	ReasonTooLarge  Reason = "too_large" // the answer is larger than allowed

	// Of the file to upload, with ErrNotSent.
	ReasonSourceGone     Reason = "source_gone"      // its address will never give it
	ReasonSourceTooLarge Reason = "source_too_large" // more than the platform takes
	ReasonSourceAway     Reason = "source_away"      // it did not come this time

	ReasonTimeout  Reason = "timeout"  // a deadline passed, the call's or the caller's
	ReasonCanceled Reason = "canceled" // the caller gave up
)

// Error is a call that brought no whole answer. Its text holds no secret: it
// is made of redacted words and keeps no hold of the error it comes from.
type Error struct {
	Reason Reason
	// Sent is set when the request may have reached the platform.
	Sent bool
	// RetryAfter is when to come back, for ErrBreakerOpen and ErrThrottled.
	RetryAfter time.Duration
	// Status is that of the answer, when at least its head arrived; else 0.
	Status int

	call   string
	detail string
	cause  error // context.Canceled, context.DeadlineExceeded or nil
}

// Error names the call, what is known of it and why.
func (e *Error) Error() string {
	fate := ErrNotSent
	if e.Sent {
		fate = ErrOutcomeUnknown
	}
	text := e.call + ": " + fate.Error() + ": " + string(e.Reason)
	if e.detail != "" {
		text += ": " + e.detail
	}
	return text
}

// Detail is the part of the text that is for people; it may be empty.
func (e *Error) Detail() string { return e.detail }

// Is makes the package's sentinel errors match.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrNotSent:
		return !e.Sent
	case ErrOutcomeUnknown:
		return e.Sent
	case ErrBreakerOpen:
		return e.Reason == ReasonBreaker
	case ErrThrottled:
		return e.Reason == ReasonThrottled
	case ErrBlocked:
		return e.Reason == ReasonBlocked
	case ErrURL:
		return e.Reason == ReasonInvalid
	case ErrSource:
		return e.Reason == ReasonSourceGone || e.Reason == ReasonSourceTooLarge
	}
	return false
}

// Unwrap answers context.Canceled or context.DeadlineExceeded when that ended
// the call.
func (e *Error) Unwrap() error { return e.cause }
