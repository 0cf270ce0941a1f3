package normalize

// Reason is why a message could not be delivered: a closed set, used as a
// metric label, an API field and the key of a text in the console.
type Reason string

// Reasons of failure.
const (
	ReasonAuth        Reason = "auth"        // the channel's credentials no longer work
	ReasonWindow      Reason = "window"      // outside the platform's reply window
	ReasonBlocked     Reason = "blocked"     // the peer blocked us or opted out
	ReasonGone        Reason = "gone"        // the peer or chat no longer exists
	ReasonContent     Reason = "content"     // the platform refuses this content
	ReasonThrottled   Reason = "throttled"   // too many requests
	ReasonUnavailable Reason = "unavailable" // the platform could not be reached or is down
	ReasonExpired     Reason = "expired"     // gave up after the channel's age limit
	ReasonCanceled    Reason = "canceled"    // taken back before it left
	ReasonUnknown     Reason = "unknown"     // anything else
)

// Failure is a reason with what the platform said about it. Message is plain
// words for an agent and holds no secret.
type Failure struct {
	Reason    Reason `json:"reason"`
	Code      string `json:"code,omitempty"` // the platform's own code
	Message   string `json:"message,omitempty"`
	Retryable bool   `json:"retryable,omitempty"`
}
