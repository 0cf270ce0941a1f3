package messaging

import (
	"encoding/json"

	"threadhub/connectors/meta"
)

// item is an element of messaging: who, when, and one of the objects below
// (platforms/messenger: section 3).
type item struct {
	Sender    party      `json:"sender"`
	Recipient party      `json:"recipient"`
	Timestamp meta.Stamp `json:"timestamp"`
	// PriorMessage names a person that answers for the first time by the
	// user_ref they were written to.
	PriorMessage *struct {
		Source     string    `json:"source"`
		Identifier meta.Flex `json:"identifier"`
	} `json:"prior_message"`

	Message  *message  `json:"message"`
	Edit     *edit     `json:"message_edit"`
	Reaction *reaction `json:"reaction"`
	Delivery *delivery `json:"delivery"`
	Read     *read     `json:"read"`
	Postback *postback `json:"postback"`
	Referral *referral `json:"referral"`
	Optin    *optin    `json:"optin"`
	Lead     *lead     `json:"lead"`

	Linking  json.RawMessage `json:"account_linking"`
	Pass     json.RawMessage `json:"pass_thread_control"`
	Take     json.RawMessage `json:"take_thread_control"`
	Request  json.RawMessage `json:"request_thread_control"`
	Roles    json.RawMessage `json:"app_roles"`
	Policy   json.RawMessage `json:"policy_enforcement"`
	Feedback json.RawMessage `json:"response_feedback"`
}

// party is a person, a Page or an account. A person who ticked the checkbox
// plugin has a user_ref and no id yet.
type party struct {
	ID      meta.Flex `json:"id"`
	UserRef meta.Flex `json:"user_ref"`
}

type message struct {
	MID         string       `json:"mid"`
	Text        string       `json:"text"`
	Attachments []attachment `json:"attachments"`
	QuickReply  *struct {
		Payload string `json:"payload"`
	} `json:"quick_reply"`
	ReplyTo  *replyTo  `json:"reply_to"`
	Referral *referral `json:"referral"`
	Order    *order    `json:"order"`

	Echo        bool      `json:"is_echo"`
	Deleted     bool      `json:"is_deleted"`
	Unsupported bool      `json:"is_unsupported"`
	Self        bool      `json:"is_self"`
	AppID       meta.Flex `json:"app_id"`   // of an echo
	Metadata    string    `json:"metadata"` // of an echo
}

type replyTo struct {
	MID   string `json:"mid"`
	Story *story `json:"story"`
}

type story struct {
	ID  meta.Flex `json:"id"`
	URL string    `json:"url"`
}

type attachment struct {
	Type    string  `json:"type"`
	Title   string  `json:"title"`
	URL     string  `json:"url"`
	Payload payload `json:"payload"`
}

// payload is what any type of attachment can hold.
type payload struct {
	URL         string    `json:"url"`
	Title       string    `json:"title"`
	StickerID   meta.Flex `json:"sticker_id"`
	Coordinates *struct {
		Latitude  float64 `json:"lat"`
		Longitude float64 `json:"long"`
	} `json:"coordinates"`

	// Of a template, whoever sent it.
	Text     string    `json:"text"`
	Elements []element `json:"elements"`
	Product  *struct {
		Elements []element `json:"elements"`
	} `json:"product"`

	// Of an appointment.
	Status   string     `json:"status"`
	Start    meta.Stamp `json:"start_time"`
	End      meta.Stamp `json:"end_time"`
	Timezone string     `json:"timezone"`
}

// UnmarshalJSON takes what is no object for an empty payload: accounts in Europe
// get "payload":[] (platforms/messenger: section 8).
func (p *payload) UnmarshalJSON(data []byte) error {
	if data[0] != '{' {
		return nil
	}
	type plain payload
	return json.Unmarshal(data, (*plain)(p))
}

type element struct {
	ID         meta.Flex `json:"id"`
	RetailerID meta.Flex `json:"retailer_id"`
	Title      string    `json:"title"`
	Subtitle   string    `json:"subtitle"`
	ImageURL   string    `json:"image_url"`
}

type order struct {
	Note     string `json:"note"`
	Products []struct {
		ID         meta.Flex `json:"id"`
		RetailerID meta.Flex `json:"retailer_id"`
		Quantity   meta.Flex `json:"quantity"`
		UnitPrice  meta.Flex `json:"unit_price"`
		Currency   string    `json:"currency"`
	} `json:"products"`
}

type edit struct {
	MID    string    `json:"mid"`
	Text   string    `json:"text"`
	Number meta.Flex `json:"num_edit"`
}

type reaction struct {
	MID    string `json:"mid"`
	Action string `json:"action"` // react or unreact
	Name   string `json:"reaction"`
	Emoji  string `json:"emoji"`
}

type delivery struct {
	MIDs      []string   `json:"mids"`
	Watermark meta.Stamp `json:"watermark"`
}

// read is a watermark on Messenger and a message on Instagram.
type read struct {
	MID       string     `json:"mid"`
	Watermark meta.Stamp `json:"watermark"`
}

type postback struct {
	MID      string    `json:"mid"`
	Title    string    `json:"title"`
	Payload  string    `json:"payload"`
	Referral *referral `json:"referral"`
}

type referral struct {
	Ref     string    `json:"ref"`
	Source  string    `json:"source"`
	Type    string    `json:"type"`
	AdID    meta.Flex `json:"ad_id"`
	Referer string    `json:"referer_uri"`
	Product *struct {
		ID meta.Flex `json:"id"`
	} `json:"product"`
	Ad *struct {
		Title     string    `json:"ad_title"`
		PhotoURL  string    `json:"photo_url"`
		VideoURL  string    `json:"video_url"`
		PostID    meta.Flex `json:"post_id"`
		ProductID meta.Flex `json:"product_id"`
	} `json:"ads_context_data"`
}

type optin struct {
	Type    string    `json:"type"`
	Ref     meta.Flex `json:"ref"`
	UserRef meta.Flex `json:"user_ref"`
	Title   string    `json:"title"`
	Payload string    `json:"payload"`
	Status  string    `json:"notification_messages_status"`
	Token   meta.Flex `json:"notification_messages_token"`
}

type lead struct {
	Data []struct {
		Question string `json:"question"`
		Answer   string `json:"answer"`
	} `json:"data"`
}

// comment is the value of a change about a comment on Instagram.
type comment struct {
	ID       meta.Flex `json:"id"`
	ParentID meta.Flex `json:"parent_id"`
	Text     string    `json:"text"`
	From     struct {
		ID       meta.Flex `json:"id"`
		Username string    `json:"username"`
	} `json:"from"`
	Media struct {
		ID meta.Flex `json:"id"`
	} `json:"media"`
}
