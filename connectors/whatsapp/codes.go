package whatsapp

import (
	"time"

	"threadhub/connectors"
	"threadhub/connectors/meta"
	"threadhub/normalize"
)

// Codes that are looked at one by one.
const (
	codeInvalid  = 100 // with subcodeGone, an object that the token may not see
	codeOptedOut = 131050
	subcodeGone  = 33
)

// Pauses where the platform names none.
const (
	shortPause = 5 * time.Second
	pairPause  = 6 * time.Second // one message per 6 s to one person (limits: pair rate)
	spamPause  = 10 * time.Minute
	repairTime = 5 * time.Minute
)

// classOf looks a code up in Meta's table (error codes). Texts and HTTP
// statuses change; codes do not.
func classOf(code int) meta.Class {
	switch code {
	// Token and permissions. 33 and 133010: the number was deleted or is not
	// registered any more. 368 to 131045: the account is blocked or locked, or
	// the number's name or certificate is not accepted. Nothing can be sent.
	case 3, 10, 33, meta.CodeToken, 131005, 133010,
		368, 131031, 131037, 131045:
		return meta.Class{Verdict: connectors.Suspend, Reason: normalize.ReasonAuth}

	case 130429: // messages a second
		return meta.Class{Verdict: connectors.Wait, Reason: normalize.ReasonThrottled, After: shortPause}
	case 4, 80007, 131064: // calls an hour
		return meta.Class{Verdict: connectors.Wait, Reason: normalize.ReasonThrottled, After: meta.Pause}
	case 131048, 133016: // too many were marked as spam; too many registrations
		return meta.Class{Verdict: connectors.Wait, Reason: normalize.ReasonThrottled, After: spamPause}
	case 131056: // too many to this person
		return meta.Class{Verdict: connectors.Wait, Reason: normalize.ReasonThrottled, After: pairPause, PeerOnly: true}

	case 1, 2, 131000, 131016, 133004, 131053:
		return meta.Class{Verdict: connectors.Retry, Reason: normalize.ReasonUnavailable}
	case 131057: // maintenance
		return meta.Class{Verdict: connectors.Retry, Reason: normalize.ReasonUnavailable, After: repairTime}

	case 131047:
		return meta.Class{Verdict: connectors.Refuse, Reason: normalize.ReasonWindow}
	case codeOptedOut:
		return meta.Class{Verdict: connectors.Refuse, Reason: normalize.ReasonBlocked}
	case 131049, 130472: // Meta holds marketing back: not before a day has passed
		return meta.Class{Verdict: connectors.Refuse, Reason: normalize.ReasonThrottled}

	// The recipient: not on WhatsApp, oneself, not on the test number's list,
	// a code that wants a phone number, a country that is not allowed.
	case 131026, 131021, 131030, 131062, 130497:
		return meta.Class{Verdict: connectors.Refuse, Reason: normalize.ReasonGone}

	// Templates, then requests that are wrong in themselves and media that
	// cannot be had.
	case 132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 132069,
		codeInvalid, 131008, 131009, 131051, 131052, 135000, 137000:
		return meta.Class{Verdict: connectors.Refuse, Reason: normalize.ReasonContent}

	// Payment: free answers go on, so the channel does too.
	case 131042, 131063:
		return meta.Class{Verdict: connectors.Refuse, Reason: normalize.ReasonUnknown}
	}
	if code >= 200 && code <= 299 {
		return meta.Class{Verdict: connectors.Suspend, Reason: normalize.ReasonAuth}
	}
	return meta.Class{Reason: normalize.ReasonUnknown}
}
