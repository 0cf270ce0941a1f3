// Package zalo connects a Zalo Official Account.
//
// Source of the platform facts: Zalo's documentation for Official Accounts, as
// collected in platforms/zalo; comments name the part of it ("platforms/zalo:
// signature"). Where the sheet knows two readings, both are accepted: what the
// signature begins with and where its time stands, numbers as strings and as
// numbers, a group's id by itself and as the recipient.
//
// Identifiers it mints:
//
//	PeerID      "<user_id>" a person, at this Official Account; "app:<id>" is an
//	            alias that is the same at all accounts of one app
//	            "anon:<id>" a visitor who is not signed in
//	            "group:<id>" a group chat
//	PlatformID  Zalo's msg_id, in either direction
//	            "info:…" the answer to a form, which is no message of its own
//
// Message.Context carries "conversation_id", without which a visitor who is not
// signed in cannot be answered.
//
// Zalo sends back what the account sends, through the API as well: those events
// are mirrors (Event.Mirror) unless they name the agent who typed in Zalo's own
// chat.
package zalo
