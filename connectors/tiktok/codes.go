package tiktok

import (
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Pauses, since TikTok names none.
const (
	pauseThrottled = 2 * time.Second // about ten calls a second are allowed
	pauseQuota     = 10 * time.Minute
)

// meaning is what a code says, with words for people where TikTok's own do not
// tell what to do.
type meaning struct {
	verdict connectors.Verdict
	reason  normalize.Reason
	stale   bool
	after   time.Duration
	words   string
}

// meaningOf reads the codes of platforms/tiktok (limits, window, errors). The
// table is not public: what the words tell of a window or a block counts first
// among the codes that refuse a message, and what is not known refuses it.
func meaningOf(code int, words string) meaning {
	switch {
	case code == 40100:
		return meaning{verdict: connectors.Wait, reason: normalize.ReasonThrottled, after: pauseThrottled, words: "The app makes too many calls a second"}
	case code == 40102, code == 40104, code == 40105:
		return meaning{verdict: connectors.Retry, reason: normalize.ReasonAuth, stale: true, words: "TikTok no longer takes the access token"}
	case code == 40016, code >= 41000 && code < 42000:
		if m, ok := inWords(words); ok {
			return m
		}
		return meaning{verdict: connectors.Wait, reason: normalize.ReasonThrottled, after: pauseQuota, words: "The app's or the account's calls are used up for now"}
	case code >= 50000 && code < 52000:
		return meaning{verdict: connectors.Retry, reason: normalize.ReasonUnavailable, words: "TikTok has trouble"}
	}
	if m, ok := inWords(words); ok {
		return m
	}
	if code == 40001 || code == 40002 {
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonContent}
	}
	return meaning{verdict: connectors.Refuse, reason: normalize.ReasonUnknown}
}

// inWords reads the refusals that only their words tell apart.
func inWords(words string) (meaning, bool) {
	words = strings.ToLower(words)
	has := func(all ...string) bool {
		for _, part := range all {
			if strings.Contains(words, part) {
				return true
			}
		}
		return false
	}
	switch {
	case has("blocked word"): // it is the text that is not allowed
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonContent}, true
	case has("block", "does not allow", "privacy", "opted out"):
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonBlocked, words: "The person does not take messages of the account"}, true
	case has("window", "48 hour", "48h", "message limit", "messages limit", "reply limit", "has not replied"):
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonWindow, words: "TikTok takes about ten messages within 48 hours of a person's message: they have to write again"}, true
	case has("permission", "scope", "not approved", "unauthorized"):
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonAuth, words: "The account did not allow the app this, or TikTok did not"}, true
	case has("conversation not found", "conversation does not exist", "user not found", "deleted"):
		return meaning{verdict: connectors.Refuse, reason: normalize.ReasonGone, words: "The conversation no longer exists"}, true
	}
	return meaning{}, false
}

// tokenMeaning reads the answer to the call for a token: a code that concerns
// what was sent with it is the end of the refresh token.
func tokenMeaning(code int, words string) meaning {
	m := meaningOf(code, words)
	if m.stale || m.verdict == connectors.Refuse {
		return meaning{verdict: connectors.Suspend, reason: normalize.ReasonAuth, words: "TikTok does not accept the refresh token, the app's ID or its secret: let the account consent again and enter the new refresh token"}
	}
	return m
}
