package zalo

import (
	"strconv"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// pauseThrottled is how long an app that made too many calls waits: its bound is
// by the minute.
const pauseThrottled = time.Minute

// meaning is what an error says, with words for people where Zalo's own do not
// tell what to do.
type meaning struct {
	verdict connectors.Verdict
	reason  normalize.Reason
	stale   bool
	after   time.Duration
	words   string
}

// meaningOf reads the codes of platforms/zalo (rate limit and errors). Each says
// that nothing was carried out; one that is not known refuses the message.
func meaningOf(code int) meaning {
	switch code {
	case -32:
		return meaning{verdict: connectors.Wait, reason: normalize.ReasonThrottled, after: pauseThrottled, words: "The app or the account makes too many calls"}
	case -211, -218:
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonThrottled, words: "The account's messages, or those to this person, are used up"}
	case -200:
		return meaning{verdict: connectors.Retry, reason: normalize.ReasonUnavailable, words: "Zalo could not send it"}
	case -213, -217, -227, -244:
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonBlocked, words: "The person does not follow the account, blocked it, or has not used Zalo for long"}
	case -230, -232:
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonWindow, words: "The person has not written for seven days"}
	case -234:
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonWindow, words: "Promotions go out from 6 to 22 o'clock in Vietnam only"}
	case -100:
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonContent, words: "The file that was uploaded is no longer kept: send it again"}
	case -240:
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonUnknown, words: "Zalo has shut this call down"}
	case -201, -210, -233, -248:
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonContent}
	}
	return accountMeaning(code)
}

// accountMeaning reads the codes that concern the account and not the message.
func accountMeaning(code int) meaning {
	suspend := func(words string) meaning {
		return meaning{verdict: connectors.Suspend, reason: normalize.ReasonAuth, words: words}
	}
	switch code {
	case -216, -220:
		return meaning{verdict: connectors.Retry, reason: normalize.ReasonAuth, stale: true, words: "Zalo no longer takes the access token"}
	case -219:
		return suspend("The app is switched off")
	case -209, -212, -223:
		return suspend("The app is not allowed to do this for the account: link the account to it again")
	case -221:
		return suspend("The Official Account is not verified")
	case -224:
		return suspend("The Official Account's package does not include the API")
	case -204, -205:
		return suspend("The Official Account is switched off or was deleted")
	case -320, -321:
		return suspend("The Zalo Cloud account is not linked or has no money left")
	case -242:
		return suspend("Zalo wants the appsecret_proof, which is to be switched off in the app's settings")
	}
	return meaning{verdict: connectors.Refuse, reason: normalize.ReasonUnknown}
}

// tokenMeaning reads the answer to the call for a token, whose codes are others:
// those from -14000 on are about the refresh token, the app and its secret key.
func tokenMeaning(code int) meaning {
	if code <= -14000 && code > -15000 {
		return meaning{verdict: connectors.Suspend, reason: normalize.ReasonAuth, words: "Zalo does not accept the refresh token, the app's ID or its secret key: enter another refresh token"}
	}
	m := meaningOf(code)
	switch {
	case m.stale:
		m.verdict, m.stale, m.words = connectors.Suspend, false, "Zalo does not accept the refresh token: enter another one"
	case m.verdict == connectors.Refuse:
		m.verdict, m.reason = connectors.Retry, normalize.ReasonUnavailable
	}
	return m
}

// number is the code of an answer, which may be a string; ok is false without.
func number(code *text) (n int, ok bool) {
	if code == nil {
		return 0, false
	}
	n, err := strconv.Atoi(string(*code))
	return n, err == nil
}
