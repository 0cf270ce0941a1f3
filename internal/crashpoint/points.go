// Package crashpoint names the moments between two steps at which a hub that
// dies must neither lose nor double anything. The code says where they are with
// At, which does nothing, and costs nothing, unless the program is built with
// the tag "chaos": then it dies there, as by kill -9, when it is told to.
package crashpoint

// Variable is the environment variable that tells a program built with the tag
// "chaos" where to die: a point's name, or name:n for the nth time it comes
// there.
const Variable = "THREADHUB_TEST_CRASH"

// Point is a moment between two steps.
type Point string

// The way of a webhook.
const (
	Journaled Point = "journaled" // durable, and neither answered nor rung for
	Answered  Point = "answered"  // and not rung for
	Claimed   Point = "claimed"   // by a worker, and not worked
	Threaded  Point = "threaded"  // worked, and not noted as done
	Noted     Point = "noted"     // noted as done
)

// A commit.
const (
	Intended      Point = "intended"       // noted for subscribers, and not made
	Committing    Point = "committing"     // embedded store: written, and not committed
	Swapped       Point = "swapped"        // MongoDB: existing conversations changed, new ones not made
	Inserted      Point = "inserted"       // MongoDB: conversations written, their rows not written out
	HalfWritten   Point = "half-written"   // MongoDB: messages written out, deliveries not
	WrittenOut    Point = "written-out"    // MongoDB: rows written out and still in the conversations
	Committed     Point = "committed"      // and not announced, nor rung for
	Announced     Point = "announced"      // and not noted as such
	AnswerUnnoted Point = "answer-unnoted" // a request was carried out, its answer is not kept under its key
)

// The way of a reply.
const (
	DeliveriesClaimed Point = "deliveries-claimed" // and not begun
	HalfBegun         Point = "half-begun"         // MongoDB: messages are sending, their deliveries are not in flight
	CallsBegun        Point = "calls-begun"        // in flight, and no call made
	CallAnswered      Point = "call-answered"      // the platform has answered, nobody looked at it
	CallsBack         Point = "calls-back"         // judged, and not recorded
	HalfSettled       Point = "half-settled"       // MongoDB: messages have their end, deliveries are still there
	CallsSettled      Point = "calls-settled"      // recorded, and nobody told
	EndsTold          Point = "ends-told"          // everybody told
)

// The way of an event to a subscriber.
const (
	LaneTaken   Point = "lane-taken"   // and nothing delivered
	EventCalled Point = "event-called" // the subscriber has it, and that is not noted
	EventNoted  Point = "event-noted"  // noted
)

// Starting and stopping.
const (
	StepApplied   Point = "step-applied"   // a migration was carried out and not noted
	StopBegun     Point = "stop-begun"     // asked to stop
	StopAnswering Point = "stop-answering" // no request is open any more, work in hand may be
	StopClosing   Point = "stop-closing"   // work in hand is done, the store still open
)

// Inbound are the points on the way of a webhook, in its order.
func Inbound() []Point { return []Point{Journaled, Answered, Claimed, Threaded, Noted} }

// Commits are the points in a commit: those that are the embedded store's, those
// that are MongoDB's, and those of both.
func Commits() (embedded, mongo, both []Point) {
	return []Point{Committing}, []Point{Swapped, Inserted, HalfWritten, WrittenOut}, []Point{Intended, Committed, Announced, AnswerUnnoted}
}

// Outbound are the points on the way of a reply, in its order: those of both
// stores, and those that are MongoDB's.
func Outbound() (both, mongo []Point) {
	return []Point{DeliveriesClaimed, CallsBegun, CallAnswered, CallsBack, CallsSettled, EndsTold}, []Point{HalfBegun, HalfSettled}
}

// Events are the points on the way of an event, in its order.
func Events() []Point { return []Point{LaneTaken, EventCalled, EventNoted} }

// Stops are the points of a hub that ends, in its order.
func Stops() []Point { return []Point{StopBegun, StopAnswering, StopClosing} }
