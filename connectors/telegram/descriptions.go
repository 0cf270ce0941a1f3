package telegram

import (
	"strings"

	"threadhub/normalize"
)

// The Bot API tells errors of one code apart by their description only: words
// ("Bad Request: chat not found") or a constant of the server behind it
// ("Bad Request: PEER_ID_INVALID"). Descriptions are not promised to stay, so
// whatever is not recognised has a safe reading.

// sign is a part of a description, lower case, and what it means.
type sign struct {
	part   string
	reason normalize.Reason
}

func match(description string, signs []sign, otherwise normalize.Reason) normalize.Reason {
	d := strings.ToLower(description)
	for _, s := range signs {
		if strings.Contains(d, s.part) {
			return s.reason
		}
	}
	return otherwise
}

// forbidden reads a 403. It is always about the peer, never about the bot's
// token.
func forbidden(description string) normalize.Reason {
	return match(description, []sign{
		{"deactivated", normalize.ReasonGone},
		{"chat was deleted", normalize.ReasonGone},
	}, normalize.ReasonBlocked)
}

// badRequest reads a 400.
func badRequest(description string) normalize.Reason {
	return match(description, []sign{
		{"chat not found", normalize.ReasonGone},
		{"user not found", normalize.ReasonGone},
		{"peer_id_invalid", normalize.ReasonGone},
		{"message thread not found", normalize.ReasonGone},
		{"business connection not found", normalize.ReasonGone},
		{"business_connection_invalid", normalize.ReasonGone},
		{"message to react not found", normalize.ReasonGone},
		{"business_peer_usage_missing", normalize.ReasonWindow},
		{"no rights to send", normalize.ReasonBlocked},
		{"not enough rights", normalize.ReasonBlocked},
		{"need administrator rights", normalize.ReasonBlocked},
		{"chat_write_forbidden", normalize.ReasonBlocked},
		{"user_is_blocked", normalize.ReasonBlocked},
		{"file identifier", normalize.ReasonContent},
		{"http url", normalize.ReasonContent},
		{"web page content", normalize.ReasonContent},
		{"upload file by url", normalize.ReasonContent},
		{"file is too big", normalize.ReasonContent},
		{"invalid_dimensions", normalize.ReasonContent},
		{"photo_", normalize.ReasonContent},
		{"can't parse", normalize.ReasonContent},
		{"message is too long", normalize.ReasonContent},
		{"caption is too long", normalize.ReasonContent},
		{"text is empty", normalize.ReasonContent},
		{"text must be non-empty", normalize.ReasonContent},
		{"button_", normalize.ReasonContent},
		{"inline keyboard", normalize.ReasonContent},
		{"reaction_", normalize.ReasonContent},
		{"replied not found", normalize.ReasonContent},
	}, normalize.ReasonUnknown)
}

// harmless tells errors that mean that there was nothing left to do.
func harmless(description string) bool {
	for _, part := range []string{"message is not modified", "query is too old", "message to delete not found"} {
		if strings.Contains(strings.ToLower(description), part) {
			return true
		}
	}
	return false
}
