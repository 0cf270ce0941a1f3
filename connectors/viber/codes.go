package viber

import (
	"threadhub/connectors"
	"threadhub/normalize"
)

// statusTooMany stands for two things: the bot's rate, and a person's hundred
// messages in an hour without an answer.
const statusTooMany = 12

// meaning is what a status says of a message, with words for people where
// Viber's own do not tell what to do.
type meaning struct {
	verdict connectors.Verdict
	reason  normalize.Reason
	words   string
}

// meaningOf reads the statuses of platforms/viber, section 5. Others stand for
// a general error, after which one may try again.
func meaningOf(status int) meaning {
	switch status {
	case 2, 8, 15:
		return meaning{connectors.Suspend, normalize.ReasonAuth, "Viber does not accept the authentication token"}
	case 7, 9:
		return meaning{connectors.Suspend, normalize.ReasonAuth, "Viber has blocked or suspended the bot"}
	case 1:
		return meaning{connectors.Refuse, normalize.ReasonContent, "Viber does not take the address: for a webhook it must answer over https with the full chain of certificates"}
	case 3, 4:
		return meaning{connectors.Refuse, normalize.ReasonContent, "Viber does not take this content"}
	case 5:
		return meaning{connectors.Refuse, normalize.ReasonGone, "The person has no Viber account any more"}
	case 6:
		return meaning{connectors.Refuse, normalize.ReasonBlocked, "The person is not subscribed to the bot, and has to write first"}
	case 10:
		return meaning{connectors.Refuse, normalize.ReasonUnknown, "The bot has no webhook: register it, then send again"}
	case 11, 13, 14:
		return meaning{connectors.Refuse, normalize.ReasonContent, "The person's Viber cannot show this: send it as plain text"}
	case statusTooMany:
		return meaning{connectors.Wait, normalize.ReasonThrottled, "Viber takes no more messages for now: a person gets about 100 an hour unless they answer"}
	case 21:
		return meaning{connectors.Refuse, normalize.ReasonUnknown, "Viber does not deliver to the person's country"}
	case 22:
		return meaning{connectors.Refuse, normalize.ReasonContent, ""}
	case 23, 24:
		return meaning{connectors.Refuse, normalize.ReasonThrottled, "The bot's free messages or its balance are used up"}
	case 16, 17, 18, 19, 20:
		return meaning{connectors.Refuse, normalize.ReasonUnknown, ""}
	}
	return meaning{connectors.Retry, normalize.ReasonUnavailable, ""}
}

// refused reads a status that is not 0. Each says that nothing was carried out.
func refused(call *connectors.Call, status int) connectors.Outcome {
	m := meaningOf(status)
	o := outcome(m.verdict, m.reason)
	switch {
	case status == statusTooMany && call.Name == opProfile:
		// Asked twice in twelve hours: not worth waiting for.
		o.Verdict = connectors.Refuse
	case status == statusTooMany:
		// It may be the bot's rate or the person's hundred: the person waits,
		// and nobody else for their sake.
		o.After, o.PeerOnly = pausePeer, true
	}
	return o
}
