package vk

import (
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// class is what an error code means for a message.
type class struct {
	verdict  connectors.Verdict
	reason   normalize.Reason
	after    time.Duration
	peerOnly bool
}

// Pauses for throttling; VK names none. A flood is of one conversation, the
// other limits are the token's.
const (
	secondPause = time.Second
	floodPause  = time.Minute
	limitPause  = 10 * time.Minute
)

// classOf reads an error code (platforms/vk: Rate limits & errors). Of those
// about access only the ones that speak of the token suspend a channel: the
// others may hold for one object or one method.
func classOf(code int) class {
	switch code {
	case 6:
		return class{verdict: connectors.Wait, reason: normalize.ReasonThrottled, after: secondPause}
	case 9:
		return class{verdict: connectors.Wait, reason: normalize.ReasonThrottled, after: floodPause, peerOnly: true}
	case 14, 29, 103:
		// 14 wants somebody to solve a picture puzzle; it goes away with time.
		return class{verdict: connectors.Wait, reason: normalize.ReasonThrottled, after: limitPause}
	case 1, 10, 36, 43, 603:
		return class{verdict: connectors.Retry, reason: normalize.ReasonUnavailable}
	case 5, 17, 27, 28, 1117:
		return class{verdict: connectors.Suspend, reason: normalize.ReasonAuth}
	case 7, 15:
		return class{verdict: connectors.Refuse, reason: normalize.ReasonAuth}
	case 900, 901, 902, 30, 917, 922, 925, 932, 945, 946, 1012:
		return class{verdict: connectors.Refuse, reason: normalize.ReasonBlocked}
	case 18, 936:
		return class{verdict: connectors.Refuse, reason: normalize.ReasonGone}
	case 943, 944, 950, 985:
		return class{verdict: connectors.Refuse, reason: normalize.ReasonWindow}
	case 100, 104, 909, 910, 911, 912, 913, 914, 921, 940, 1009, 1010, 1011:
		return class{verdict: connectors.Refuse, reason: normalize.ReasonContent}
	}
	return class{verdict: connectors.Refuse, reason: normalize.ReasonUnknown}
}
