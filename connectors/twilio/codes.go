package twilio

import (
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// class is what one of Twilio's error codes means for a message.
type class struct {
	verdict connectors.Verdict // empty: not a known code
	reason  normalize.Reason
	after   time.Duration
	words   string // for codes that callbacks report without words
}

func (c class) retryable() bool {
	return c.verdict == connectors.Retry || c.verdict == connectors.Wait
}

// Pauses for throttling that names none.
const (
	shortPause = 3 * time.Second
	queuePause = 10 * time.Minute
	dailyPause = 24 * time.Hour
)

func refused(r normalize.Reason, words string) class {
	return class{verdict: connectors.Refuse, reason: r, words: words}
}

func throttled(after time.Duration, words string) class {
	return class{verdict: connectors.Wait, reason: normalize.ReasonThrottled, after: after, words: words}
}

func retried(words string) class {
	return class{verdict: connectors.Retry, reason: normalize.ReasonUnavailable, words: words}
}

// classOf reads an error code (platforms/twilio: Errors). Only codes that speak
// of the account suspend a channel: those about a sender may hold for one
// country or one recipient.
func classOf(code string) class {
	switch code {
	case "20003":
		return class{verdict: connectors.Suspend, reason: normalize.ReasonAuth, words: "Twilio does not accept the credentials"}
	case "20404":
		return class{verdict: connectors.Suspend, reason: normalize.ReasonAuth, words: "Twilio does not know the account"}
	case "20005":
		return class{verdict: connectors.Suspend, reason: normalize.ReasonAuth, words: "Twilio has suspended the account"}
	case "20429", "14107", "63017", "63018", "30022":
		return throttled(shortPause, "Too many messages in a short time")
	case "21611":
		return throttled(queuePause, "The number's queue at Twilio is full")
	case "63038":
		return throttled(dailyPause, "The account's daily limit is reached")
	case "30001", "30008", "63012", "63021", "63023":
		return retried("Twilio or the carrier had a fault")
	case "21606", "21659", "63007":
		return refused(normalize.ReasonAuth, "The channel's sender cannot send this: check from and transport")
	case "21408":
		return refused(normalize.ReasonAuth, "Messages to this country are not allowed in the account's geo permissions")
	case "30034":
		return refused(normalize.ReasonAuth, "The number is not registered for A2P 10DLC")
	}
	return recipientClass(code)
}

// recipientClass reads the codes about a recipient or the content.
func recipientClass(code string) class {
	switch code {
	case "21610":
		return refused(normalize.ReasonBlocked, "The recipient has opted out with STOP")
	case "30004":
		return refused(normalize.ReasonBlocked, "The recipient blocks messages")
	case "30007":
		return refused(normalize.ReasonBlocked, "The carrier filtered the message")
	case "63024":
		return refused(normalize.ReasonGone, "The recipient cannot get messages on this channel")
	case "63032":
		return refused(normalize.ReasonBlocked, "WhatsApp does not let this user be written to")
	case "63016":
		return refused(normalize.ReasonWindow, "More than 24 hours after the person's latest message: send a template")
	case "21211", "21614", "21217":
		return refused(normalize.ReasonGone, "The recipient is not a number that gets messages")
	case "30003", "30005", "30006":
		return refused(normalize.ReasonGone, "The recipient's number cannot be reached")
	case "21602", "21617", "21619":
		return refused(normalize.ReasonContent, "Twilio refuses the text")
	case "21620", "21623", "12300", "63019":
		return refused(normalize.ReasonContent, "Twilio could not fetch the media or does not take its type")
	case "63005", "63013":
		return refused(normalize.ReasonContent, "The content is against the channel's policy")
	case "63027", "63028", "21656":
		return refused(normalize.ReasonContent, "The template is missing or its variables do not fit")
	}
	return class{}
}
