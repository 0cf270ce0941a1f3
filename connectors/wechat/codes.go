package wechat

import (
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Pauses, since WeChat names none.
const (
	pauseMinute = time.Minute
	pauseQuota  = 30 * time.Minute // of the day
)

// meaning is what an errcode says, with words for people where WeChat's own do
// not tell what to do.
type meaning struct {
	verdict connectors.Verdict
	reason  normalize.Reason
	stale   bool
	after   time.Duration
	words   string
}

// meaningOf reads the codes of platforms/wechat (error classification). Each
// says that nothing was carried out; one that is not known refuses the message.
func meaningOf(code string) meaning {
	if m, ok := accountMeaning(code); ok {
		return m
	}
	switch code {
	case "-1":
		return meaning{verdict: connectors.Retry, reason: normalize.ReasonUnavailable, words: "WeChat is busy"}
	case "45009":
		return meaning{verdict: connectors.Wait, reason: normalize.ReasonThrottled, after: pauseQuota, words: "The account's calls of the day are used up; it can be reset once (clear_quota)"}
	case "45011":
		return meaning{verdict: connectors.Wait, reason: normalize.ReasonThrottled, after: pauseMinute, words: "The account makes too many calls a minute"}
	case "45015":
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonWindow, words: "The person has not written for 48 hours, or no longer follows the account"}
	case "45047":
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonWindow, words: "WeChat takes five messages after a person's message: they have to write again"}
	case "40003", "50005":
		return meaning{verdict: connectors.Refuse, reason: gone(code), words: "The person is not known to this account, or does not follow it"}
	case "43004", "43101":
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonBlocked, words: "The person does not follow the account, or refused these notices"}
	case "40004", "40005", "40006", "40007", "40008", "40009", "40033", "40037", "44002", "44004", "45001", "45002", "45003", "45004", "45007", "45008", "47001", "47003", "87014":
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonContent}
	}
	return meaning{verdict: connectors.Refuse, reason: normalize.ReasonUnknown}
}

func gone(code string) normalize.Reason {
	if code == "50005" {
		return normalize.ReasonBlocked
	}
	return normalize.ReasonGone
}

// accountMeaning reads the codes that concern the account and not the message.
func accountMeaning(code string) (meaning, bool) {
	switch code {
	case "40001", "40014", "41001", "42001":
		return meaning{verdict: connectors.Retry, reason: normalize.ReasonAuth, stale: true, words: "WeChat no longer takes the access token"}, true
	case "40013":
		return meaning{verdict: connectors.Suspend, reason: normalize.ReasonAuth, words: "WeChat does not know the AppID"}, true
	case "40125", "40243", "41002", "41004":
		return meaning{verdict: connectors.Suspend, reason: normalize.ReasonAuth, words: "WeChat does not accept the AppSecret: copy it again, or thaw it at WeChat"}, true
	case "40164":
		return meaning{verdict: connectors.Suspend, reason: normalize.ReasonAuth, words: "The hub's address is not in the account's IP allowlist (IP白名单): add it there"}, true
	case "48001", "48004":
		return meaning{verdict: connectors.Suspend, reason: normalize.ReasonAuth, words: "The account may not use this call: the customer service API needs a verified service account"}, true
	case "50002":
		return meaning{verdict: connectors.Suspend, reason: normalize.ReasonAuth, words: "WeChat has restricted the account"}, true
	case "61024":
		return meaning{verdict: connectors.Suspend, reason: normalize.ReasonAuth, words: "The account is run by a third-party platform, which alone may call for it"}, true
	}
	return meaning{}, false
}
