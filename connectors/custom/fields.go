package custom

import (
	"threadhub/connectors/custom/expression"
	"threadhub/normalize"
)

// message fields are those of a message, an echo and an edit.
func messageFields(more map[string]expression.Want) map[string]expression.Want {
	out := map[string]expression.Want{
		"external_id": scalar, "timestamp": scalar, "account": scalar, "text": scalar, "type": scalar, "platform_type": scalar,
		"attachments": list, "location": anything, "contacts": list, "reply": anything, "reply_to": anything, "author": anything,
		"referral": anything, "context": anything, "forwarded": truth,
	}
	for name, want := range peerFields {
		out[name] = want
	}
	for name, want := range more {
		out[name] = want
	}
	return out
}

// Tables of what rules may hold. They are never changed.
var (
	peerFields = map[string]expression.Want{
		"contact.id": scalar, "contact.name": scalar, "contact.username": scalar, "contact.phone": scalar, "contact.locale": scalar,
		"contact.avatar_url": scalar, "contact.kind": scalar, "contact.aliases": list,
	}
	// fieldsOf lists the fields of what a rule emits, and what their expressions
	// have to answer.
	fieldsOf = map[string]map[string]expression.Want{
		emitMessage: messageFields(nil),
		emitEcho:    messageFields(map[string]expression.Want{"mirror": truth}),
		emitEdit:    messageFields(map[string]expression.Want{"ref": scalar, "echo": truth}),
		emitStatus: with(peerFields, map[string]expression.Want{
			"external_id": scalar, "timestamp": scalar, "account": scalar, "ref": scalar, "own_ref": scalar, "status": scalar,
			"up_to": scalar, "earlier": truth, "error.reason": scalar, "error.code": scalar, "error.message": scalar,
		}),
		emitReaction: with(peerFields, map[string]expression.Want{
			"external_id": scalar, "timestamp": scalar, "account": scalar, "ref": scalar, "emoji": scalar, "author": anything,
		}),
		emitDelete:  with(peerFields, map[string]expression.Want{"external_id": scalar, "timestamp": scalar, "account": scalar, "ref": scalar}),
		emitConsent: with(peerFields, map[string]expression.Want{"external_id": scalar, "timestamp": scalar, "account": scalar, "status": scalar, "category": scalar}),
		emitTyping:  with(peerFields, map[string]expression.Want{"timestamp": scalar, "account": scalar}),
		emitIgnore:  {},
	}
	// needed lists the fields that cannot be left out; "|" is between
	// alternatives.
	needed = map[string][]string{
		emitMessage:  {"external_id", "contact.id"},
		emitEcho:     {"external_id", "contact.id"},
		emitEdit:     {"ref", "contact.id"},
		emitStatus:   {"ref|own_ref|up_to", "status"},
		emitReaction: {"ref", "contact.id"},
		emitDelete:   {"ref"},
		emitConsent:  {"contact.id", "status"},
		emitTyping:   {"contact.id"},
	}
	statuses = []string{"sent", "delivered", "read", "failed"}
	reasons  = []string{"auth", "window", "blocked", "gone", "content", "throttled", "unavailable", "expired", "unknown"}
	consents = []string{"blocked", "unblocked", "opted_out", "opted_in"}
	// closedSets are the values of fields that have a closed set of them.
	closedSets = map[string]map[string][]string{
		emitStatus:  {"status": statuses, "error.reason": reasons},
		emitConsent: {"status": consents},
		emitMessage: {"type": messageTypes()},
		emitEcho:    {"type": messageTypes()},
		emitEdit:    {"type": messageTypes()},
	}
)

func with(a, b map[string]expression.Want) map[string]expression.Want {
	out := make(map[string]expression.Want, len(a)+len(b))
	for name, want := range a {
		out[name] = want
	}
	for name, want := range b {
		out[name] = want
	}
	return out
}

// messageTypes are those a rule may name: what a message holds tells the others.
func messageTypes() []string {
	return []string{string(normalize.TypeSystem), string(normalize.TypeUnsupported)}
}
