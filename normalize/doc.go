// Package normalize is the vocabulary of Threadhub: the one message model that
// every connector speaks and every conversation is written in.
//
// It holds plain values and pure functions only and imports nothing but the
// standard library, so that any other package may use it. Events come in from
// platforms ([Event]); messages go out to them ([Outbound]); [Fit] degrades an
// outgoing message to what a channel can carry and reports what was lost.
//
// All times are UTC and whole milliseconds: both stores keep no more than that.
package normalize
