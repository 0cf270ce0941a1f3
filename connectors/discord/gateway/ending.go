package gateway

import (
	"errors"
	"fmt"
	"time"

	"threadhub/connectors"
)

// ending is how a connection, or the attempt at one, ended.
type ending struct {
	cause string
	// fatal says, in words for an admin, why connecting again is of no use.
	fatal string
	// lost is set when the session cannot be resumed.
	lost bool
	// pause is the shortest one before the next attempt.
	pause time.Duration
}

// Error says what happened.
func (e *ending) Error() string { return e.cause }

// closed reads the code that Discord ended the connection with (platforms/discord:
// Gateway essentials).
func closed(c *connectors.SocketClosed) *ending {
	e := &ending{cause: fmt.Sprintf("Discord ended the connection with code %d", c.Code)}
	switch c.Code {
	case 4004:
		e.fatal = "Discord refuses the bot token (4004): reset it on the page Bot of the application and enter the new one"
	case 4010:
		e.fatal = "Discord refuses the shard (4010): report this as a fault of the hub"
	case 4011:
		e.fatal = "Discord wants the bot to use more connections (4011): the bot is in too many servers; use another application for this channel"
	case 4012:
		e.fatal = "Discord no longer speaks this version of its Gateway (4012): update the hub"
	case 4013:
		e.fatal = "Discord does not know what the hub asks for (4013, intents): update the hub"
	case 4014:
		e.fatal = "Discord does not allow what the hub asks for (4014, intents): allow it on the page Bot of the application under Privileged Gateway Intents"
	case 4003, 4007, 4009: // not identified, invalid sequence number, timed out
		e.lost = true
	case 4008: // too many sends in a minute
		e.pause = time.Minute
	}
	return e
}

// ended says how a connection ended from the error it ended with.
func ended(err error) *ending {
	var e *ending
	var c *connectors.SocketClosed
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &c):
		return closed(c)
	}
	return &ending{cause: err.Error()}
}
