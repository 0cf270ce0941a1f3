package connectors

import (
	"context"
	"fmt"
)

// StreamHeader marks a request that a [Stream] made of what came over its
// connection; its value is the stream's own. A Kind whose Parse reads it lists
// it in Headers. A webhook that carries it is forged: Verify refuses it.
const StreamHeader = "X-Threadhub-Stream"

// Streamed is implemented by connectors whose platform delivers over a
// connection that the hub has to open and hold. The hub holds one for each
// enabled channel, whatever the number of its processes.
type Streamed interface {
	// Stream returns a client of the channel's connection. It does no I/O.
	Stream() Stream
}

// Stream is the client of one connection, run once.
type Stream interface {
	// Run connects, and connects again whenever the connection breaks, until
	// ctx ends. It answers ctx's error, or a [*StreamEnded] when connecting
	// again is of no use before an admin has changed something.
	Run(ctx context.Context, host StreamHost) error
	// State is what a later Run needs to go on where this one is: what
	// [StreamHost.Deliver] took is behind it, and nothing else. It may be asked
	// for at any time, also while Run runs. It is JSON, or nil when there is
	// nothing to keep, and holds no credential.
	State() []byte
}

// StreamHost is what the hub does for a stream. It is safe for concurrent use.
type StreamHost interface {
	// State is what an earlier run left, of this process or another; nil the
	// first time.
	State() []byte
	// Dial opens a WebSocket under the rules for all calls of the hub.
	Dial(ctx context.Context, address string) (Socket, error)
	// Do carries out a call to the platform's API.
	Do(ctx context.Context, call *Call) (*Response, error)
	// Deliver hands over what came, as a request that Parse can read, with
	// [StreamHeader] set. After nil it is as durable as a webhook that was
	// answered 200; after an error it has to be had from the platform again.
	Deliver(ctx context.Context, req *Request) error
	// Report tells whether the platform's events are coming in.
	Report(connected bool, detail string)
}

// Socket is a WebSocket that carries text. Read and Write may be called at the
// same time, each by one goroutine; an ended ctx ends the connection, too.
type Socket interface {
	// Read answers the next message, or a [*SocketClosed].
	Read(ctx context.Context) ([]byte, error)
	Write(ctx context.Context, message []byte) error
	// Close ends the connection with a code of RFC 6455, section 7.4. It may
	// be called more than once.
	Close(code int)
}

// SocketClosed says that the other side ended a connection.
type SocketClosed struct {
	Code   int // of RFC 6455, section 7.4, or the platform's own
	Reason string
}

// Error names the code.
func (e *SocketClosed) Error() string {
	return fmt.Sprintf("connection closed by the platform with code %d %s", e.Code, e.Reason)
}

// StreamEnded says that a stream cannot go on: the channel is suspended with
// the reason, which tells an admin what to do.
type StreamEnded struct{ Reason string }

// Error is the reason.
func (e *StreamEnded) Error() string { return e.Reason }
