package messaging

import (
	"time"

	"threadhub/connectors"
	"threadhub/connectors/meta"
	"threadhub/normalize"
)

// Pauses where the platform names none.
const (
	shortPause = 10 * time.Second // calls a second
	abusePause = 10 * time.Minute // too much in too short a time
)

// Rows of the error tables (platforms/messenger: section 5; instagram: section
// 4) that several codes share.
func suspended() meta.Class {
	return meta.Class{Verdict: connectors.Suspend, Reason: normalize.ReasonAuth}
}

func refused(reason normalize.Reason) meta.Class {
	return meta.Class{Verdict: connectors.Refuse, Reason: reason}
}

func throttled(after time.Duration) meta.Class {
	return meta.Class{Verdict: connectors.Wait, Reason: normalize.ReasonThrottled, After: after}
}

// classOf looks an error up: by its subcode, which is one of a kind, then by
// its code. Texts and HTTP statuses change; codes do not.
func classOf(code, subcode int) meta.Class {
	switch {
	case code == 613 && subcode == 2018338:
		return throttled(abusePause)
	// The same subcode says outside of the window with other codes.
	case subcode == subcodeAway && (code == 551 || code == 200):
		return refused(normalize.ReasonBlocked)
	}
	// Some of these come as the code itself.
	for _, n := range []int{subcode, code} {
		if class := subclass(n); class.Verdict != "" {
			return class
		}
	}
	return codeClass(code)
}

// subcodeAway says that the person is not available.
const subcodeAway = 1545041

// subclass looks up what is more exact than a code.
func subclass(n int) meta.Class {
	switch n {
	// Permissions; Instagram: log in again, access to messages is off, the Page
	// is not linked. 1893063: the Page is restricted.
	case 2018028, 2534077, 2534041, 2534013, 1893063:
		return suspended()

	case 2018278, 2534022, 2018065, subcodeAway, // the reply window
		2534025: // the comment is too old to be answered, or gone
		return refused(normalize.ReasonWindow)

	case 2018108, 1893015, 2534029:
		return refused(normalize.ReasonBlocked)

	// Nobody by this id, a deleted thread; no profile; a deleted message.
	case 2018001, 2534014, 2534001, 2018218, 2018247, 9000001:
		return refused(normalize.ReasonGone)

	case 2018354, 2018352, 2534040:
		return throttled(meta.Pause)

	// Media that cannot be fetched, is of another type, too big, too slow, or
	// not there; 10900: the comment was answered already.
	case 2018008, 2018047, 2018109, 2018294, 2018074, 36000, 10900:
		return refused(normalize.ReasonContent)

	case subcodeOwner, 2018321, 2534037:
		return refused(normalize.ReasonUnavailable)
	}
	return meta.Class{}
}

// subcodeOwner says that another app owns the thread.
const subcodeOwner = 2018300

// isOwner tells the errors of a thread that another app owns.
func isOwner(code, subcode int) bool {
	for _, n := range []int{code, subcode} {
		if n == subcodeOwner || n == 2018321 || n == 2534037 {
			return true
		}
	}
	return false
}

// codeClass looks up codes.
func codeClass(code int) meta.Class {
	switch code {
	// The token; permissions; the account is restricted.
	case meta.CodeToken, 102, 3, 10, 368, 2022:
		return suspended()
	case 551:
		return refused(normalize.ReasonBlocked)
	case codeConsent:
		return refused(normalize.ReasonGone)
	case 4, 17, 32, 80006:
		return throttled(meta.Pause)
	case 9, 613:
		return throttled(shortPause)
	case 1, 2, -1, 1200:
		return meta.Class{Verdict: connectors.Retry, Reason: normalize.ReasonUnavailable}
	case 100: // parameters, and tags that were removed
		return refused(normalize.ReasonContent)
	}
	if code >= 200 && code <= 299 {
		return suspended()
	}
	return meta.Class{Reason: normalize.ReasonUnknown}
}

// vague tells the codes that say no more than that something went wrong, not
// whether it did before or after the message went out.
func vague(code int) bool { return code == 1 || code == 2 || code == -1 }

// codeConsent says that a person has not allowed their profile to be read.
const codeConsent = 230
