package threads

import "threadhub/normalize"

// DeadLetter tells whether the message is one that somebody should look at: it
// failed, or nobody knows whether it arrived, and it was not sent again.
func (m Message) DeadLetter() bool {
	switch {
	case m.Direction != Outbound || m.Internal || m.ResentAs != "" || m.IsErased():
		return false
	case m.Status == MessageFailed:
		return m.Error == nil || m.Error.Reason != normalize.ReasonCanceled
	}
	return m.Status == MessageUnknown
}

// DeadLetterFilter selects dead letters; empty fields do not filter.
type DeadLetterFilter struct {
	Channels []ChannelID
	Status   MessageStatus
}

// Takes tells whether the filter selects the message.
func (f DeadLetterFilter) Takes(m Message) bool {
	seen := len(f.Channels) == 0
	for _, id := range f.Channels {
		seen = seen || id == m.ChannelID
	}
	return seen && (f.Status == "" || f.Status == m.Status)
}
