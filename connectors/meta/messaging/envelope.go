package messaging

import (
	"encoding/json"

	"threadhub/connectors/meta"
)

// envelope is the outside of a webhook (platforms/instagram: section 2).
// Elements stay raw where a broken one must not cost its neighbours anything.
// encoding/json carries on after a value of the wrong type and reports the
// first, so that a broken entry is an empty one among whole ones.
type envelope struct {
	Object string  `json:"object"`
	Entry  []entry `json:"entry"`
}

type entry struct {
	ID        meta.Flex         `json:"id"` // of the Page or Instagram account
	Time      meta.Stamp        `json:"time"`
	Messaging []json.RawMessage `json:"messaging"`
	// Standby holds what another app that owns the thread is to answer.
	Standby []json.RawMessage `json:"standby"`
	Changes []change          `json:"changes"`
}

// change is how comments come, and what the test button of the dashboard sends.
type change struct {
	Field string          `json:"field"`
	Value json.RawMessage `json:"value"`
}

// Fields of a change that are comments.
const (
	fieldComments     = "comments"
	fieldLiveComments = "live_comments"
)

// isItemField tells the fields whose value is what messaging holds else: those
// an app subscribes to, by their names on either platform.
func isItemField(field string) bool {
	switch field {
	case "messages", "message_echoes", "message_edit", "message_edits", "message_reactions", "message_deliveries", "message_reads",
		"messaging_postbacks", "messaging_seen", "messaging_referral", "messaging_referrals", "messaging_optins",
		"messaging_handover", "messaging_handovers", "messaging_policy_enforcement", "messaging_account_linking",
		"response_feedback", "standby":
		return true
	}
	return false
}
