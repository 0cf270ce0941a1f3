package whatsapp

import (
	"encoding/json"

	"threadhub/connectors/meta"
)

// product is the object of a WhatsApp webhook; an app may be subscribed to
// other products of Meta's at the same address.
const product = "whatsapp_business_account"

// Fields of a change that are read for what they say about peers. The fields
// of accountFields are news about the account; any other is Unknown.
const (
	fieldMessages    = "messages"
	fieldEchoes      = "smb_message_echoes"
	fieldPreferences = "user_preferences"
	fieldUserIDs     = "user_id_update"
)

// envelope is the outside of a webhook. Elements stay raw where a broken one
// must not cost its neighbours anything. encoding/json carries on after a value
// of the wrong type and reports the first, so that a broken entry is an empty
// one among whole ones.
type envelope struct {
	Object string  `json:"object"`
	Entry  []entry `json:"entry"`
}

type entry struct {
	ID      meta.Flex  `json:"id"` // of the WhatsApp Business account
	Time    meta.Stamp `json:"time"`
	Changes []change   `json:"changes"`
}

type change struct {
	Field string          `json:"field"`
	Value json.RawMessage `json:"value"`
}

// value is what the fields above hold.
type value struct {
	Metadata    metadata          `json:"metadata"`
	Contacts    []contact         `json:"contacts"`
	Messages    []json.RawMessage `json:"messages"`
	Statuses    []json.RawMessage `json:"statuses"`
	Echoes      []json.RawMessage `json:"message_echoes"`
	Errors      []json.RawMessage `json:"errors"`
	Preferences []json.RawMessage `json:"user_preferences"`
	UserIDs     []json.RawMessage `json:"user_id_update"`
}

// empty tells whether none of the lists is there.
func (v *value) empty() bool {
	return len(v.Messages)+len(v.Statuses)+len(v.Echoes)+len(v.Errors)+len(v.Preferences)+len(v.UserIDs) == 0
}
