// Package rcs connects an agent of RCS for Business (Google's RCS Business
// Messaging).
//
// Source of the platform facts: Google's documentation of the RBM API, as
// collected in platforms/rcs; comments name the part of it ("platforms/rcs:
// Signature").
//
// Identifiers it mints:
//
//	PeerID      "+12223334444"  a person: the phone number, E.164
//	PlatformID  "<id>"          a message: Google's name for what people wrote,
//	            ours for what we sent, which Google takes over
//
// The messageId of what we send is made of the hub's own id of the message, so
// that a call that is made again sends nothing again: Google answers it with
// ALREADY_EXISTS, which counts as sent.
//
// A partner may have one webhook for all its agents: the agent that an event
// names is its Account, written in full ("name@rbm.goog").
package rcs
