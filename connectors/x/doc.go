// Package x connects an account of X (Twitter) through its Direct Messages.
//
// Source of the platform facts: the documentation of the X API, as collected in
// platforms/x; comments name the part of it ("platforms/x: Webhook set-up").
//
// Identifiers it mints are X's own:
//
//	PeerID      "<digits>"  a person: the user id
//	PlatformID  "<digits>"  a message, in either direction
//	            "<uuid>"    a message of an encrypted chat
//
// One webhook serves all accounts of an app: the account that an event is for
// is its Account. It comes in the envelope of the X Activity API ("data") or in
// that of the Account Activity API ("for_user_id"), whichever the account is
// subscribed to; both are read.
//
// Messages of encrypted chats (XChat) cannot be read without keys that X keeps
// for its own apps. They are shown as there and not readable.
package x
