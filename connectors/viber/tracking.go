package viber

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// tracking is what we have Viber hand back with a person's next message. Viber
// keeps it with each of our messages, and the latest counts.
type tracking struct {
	// Buttons are the ids of the message's buttons by the digest of the text
	// that pressing them sends.
	Buttons map[string]string `json:"b,omitempty"`
	// Referral is the code of the link by which the person came.
	Referral string `json:"r,omitempty"`
}

// trackingMark begins our tracking data, to tell it from that of others who
// send for the same bot.
const trackingMark = "threadhub:"

func (t tracking) encode() (string, error) {
	raw, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("encode tracking data: %w", err)
	}
	if n := len(trackingMark) + len(raw); n > maxTracking {
		return "", fmt.Errorf("the buttons' ids take %d bytes together, Viber carries %d: shorten them", n, maxTracking)
	}
	return trackingMark + string(raw), nil
}

func decodeTracking(data string) (t tracking, ok bool) {
	raw, ok := strings.CutPrefix(data, trackingMark)
	if !ok || json.Unmarshal([]byte(raw), &t) != nil {
		return tracking{}, false
	}
	return t, true
}

// digest stands for a title in little room. The titles of one message are few
// and differ, so that two with the same digest are not to be expected.
func digest(title string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(title))
	return strconv.FormatUint(h.Sum64(), 36)
}
