// Package tiktok connects the direct messages of a TikTok Business Account.
//
// Source of the platform facts: platforms/tiktok, which collects what is known of
// TikTok's Business Messaging API from public integrations: its own pages are not
// open to all. Fields are therefore read liberally, and a content of which only
// the type is known is kept as unsupported.
//
// Identifiers it mints:
//
//	PeerID      the person's id for this business account
//	PlatformID  TikTok's message_id, in either direction
//	Ref         of an attachment: "<type> <conversation> <message> <media>", which
//	            are what its download asks for
//
// TikTok sends to conversations, not to people: Message.Context carries
// "conversation_id", without which nobody can be answered.
//
// It sends back what the account sends, through the API as well, and does not
// tell the two apart: those events are mirrors (Event.Mirror).
package tiktok
