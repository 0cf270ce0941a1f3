// Package egress is the only way out of the hub: it carries the calls that
// connectors ask for.
//
// Every call passes the same gates: its address is checked, the channel's
// cool-down, circuit breaker and rate limit are asked, the address that is
// dialled is checked once more, the answer is bounded in time and size, and no
// error repeats a secret. A gate that is closed answers at once with the time
// to come back; nothing here makes a worker wait its turn.
//
// What the caller most needs to know of a failed call is whether the platform
// may have carried it out: see [ErrNotSent] and [ErrOutcomeUnknown].
package egress
