package twilio

import (
	"strings"
	"time"

	"threadhub/normalize"
)

// status reads news of a message that we sent. Twilio's steps before "sent"
// (accepted, queued …) say that it has the message, which is what sent means
// here.
func (c *connector) status(f form, id, state string, body []byte) normalize.Event {
	if strings.EqualFold(f.get("EventType"), "READ") {
		state = "read"
	}
	r := &normalize.Receipt{Target: normalize.PlatformID(id)}
	switch state {
	case "accepted", "scheduled", "queued", "sending", "sent", "partially_delivered":
		r.Status = normalize.StatusSent
	case "delivered":
		r.Status = normalize.StatusDelivered
	case "read":
		r.Status = normalize.StatusRead
	case "failed", "undelivered", "canceled":
		r.Status = normalize.StatusFailed
		r.Failure = c.whyFailed(f, state)
	default:
		return unknown(f, body, "a status this connector does not read")
	}
	_, to := person(f.get("To"))
	key := "rct:" + id + ":" + state
	if code := f.get("ErrorCode"); code != "" {
		key += ":" + code
	}
	return normalize.Event{
		Key: key, Type: normalize.EventReceipt, Peer: normalize.Peer{ID: to.ID, Phone: to.Phone}, At: carrierTime(f.get("RawDlrDoneDate")), Receipt: r,
	}
}

func (c *connector) whyFailed(f form, state string) *normalize.Failure {
	code := f.get("ErrorCode")
	class := classOf(code)
	out := &normalize.Failure{
		Reason: class.reason, Code: code, Retryable: class.retryable(),
		Message: f.first("ErrorMessage", "ChannelStatusMessage"),
	}
	if out.Reason == "" {
		out.Reason = normalize.ReasonUnknown
	}
	if out.Message == "" {
		out.Message = class.words
	}
	if out.Message == "" {
		out.Message = "Twilio reports the message as " + state
	}
	out.Message = c.scrub(out.Message)
	return out
}

// carrierTime reads when a carrier was done with an SMS: YYMMDDhhmm in UTC.
func carrierTime(text string) time.Time {
	at, err := time.Parse("0601021504", text)
	if err != nil || at.Year() < 2000 {
		return time.Time{}
	}
	return at.UTC()
}
