// Package line connects a LINE Official Account through the Messaging API.
//
// Source of the platform facts: LINE's Messaging API reference, as collected in
// platforms/line; comments name the part of it ("platforms/line: section 4").
//
// Identifiers it mints are LINE's own, which tell themselves apart:
//
//	PeerID      "U…" a person, "C…" a group, "R…" a room (a chat of several
//	            people that is no group)
//	PlatformID  "<digits>"      a message, in either direction
//	            "pb:<event>"    the press of a button, which is no message
//
// A person's id is the same on all channels of one LINE provider and another on
// those of the next.
//
// Message.Context carries what answering the message takes: the reply token
// with its time (an answer with it is free, a push counts against the monthly
// quota), the token that quotes the message and the one that marks it as read.
//
// An event that arrives while another module of the channel has the chat (mode
// standby) must not be answered, so what people write then is kept as Unknown
// and begins no conversation.
package line
