package whatsapp

import (
	"threadhub/connectors/meta"
)

// metadata names the number a change is for (webhooks: value.metadata).
type metadata struct {
	PhoneNumberID meta.Flex `json:"phone_number_id"`
}

// profile is what a person calls themselves.
type profile struct {
	Name     string `json:"name"`
	Username string `json:"username"`
}

// contact describes a person mentioned by the other lists of a change.
type contact struct {
	Profile profile `json:"profile"`
	WaID    string  `json:"wa_id"`
	UserID  string  `json:"user_id"`
}

// message is an element of messages or message_echoes.
type message struct {
	ID         string     `json:"id"`
	From       string     `json:"from"`
	FromUserID string     `json:"from_user_id"`
	To         string     `json:"to"`         // echoes only
	ToUserID   string     `json:"to_user_id"` // echoes only
	GroupID    string     `json:"group_id"`
	Timestamp  meta.Stamp `json:"timestamp"`

	Reaction *reaction `json:"reaction"`
	Edit     *edit     `json:"edit"`
	Revoke   *struct {
		Original string `json:"original_message_id"`
	} `json:"revoke"`
	System *system `json:"system"`
	content
}

// content is what a message says, of which one object is set, the one that
// Type names. An edit carries one too.
type content struct {
	Type     string        `json:"type"`
	Context  *replyContext `json:"context"`
	Referral *referral     `json:"referral"`
	Errors   []meta.Error  `json:"errors"`

	Text *struct {
		Body string `json:"body"`
	} `json:"text"`
	Image       *media       `json:"image"`
	Video       *media       `json:"video"`
	Audio       *media       `json:"audio"`
	Voice       *media       `json:"voice"` // how old versions named a voice note
	Document    *media       `json:"document"`
	Sticker     *media       `json:"sticker"`
	Location    *location    `json:"location"`
	Contacts    []card       `json:"contacts"`
	Button      *button      `json:"button"`
	Interactive *interactive `json:"interactive"`
	Order       *order       `json:"order"`
	Unsupported *struct {
		Type string `json:"type"`
	} `json:"unsupported"`
}

type replyContext struct {
	ID                  string `json:"id"`
	Forwarded           bool   `json:"forwarded"`
	FrequentlyForwarded bool   `json:"frequently_forwarded"`
	Product             *struct {
		CatalogID string `json:"catalog_id"`
		ProductID string `json:"product_retailer_id"`
	} `json:"referred_product"`
}

type referral struct {
	SourceURL    string `json:"source_url"`
	SourceID     string `json:"source_id"`
	SourceType   string `json:"source_type"`
	Headline     string `json:"headline"`
	Body         string `json:"body"`
	ImageURL     string `json:"image_url"`
	VideoURL     string `json:"video_url"`
	ThumbnailURL string `json:"thumbnail_url"`
	ClickID      string `json:"ctwa_clid"`
}

type media struct {
	ID       string `json:"id"`
	MIME     string `json:"mime_type"`
	SHA256   string `json:"sha256"`
	Caption  string `json:"caption"`
	Filename string `json:"filename"`
	Voice    bool   `json:"voice"`
}

type location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name"`
	Address   string  `json:"address"`
	URL       string  `json:"url"`
}

type card struct {
	Name struct {
		Formatted string `json:"formatted_name"`
		First     string `json:"first_name"`
		Last      string `json:"last_name"`
	} `json:"name"`
	Phones []struct {
		Phone string `json:"phone"`
		WaID  string `json:"wa_id"`
	} `json:"phones"`
	Emails []struct {
		Email string `json:"email"`
	} `json:"emails"`
	Org struct {
		Company string `json:"company"`
	} `json:"org"`
	Origin string `json:"origin"`
	VCard  string `json:"vcard"`
}

type button struct {
	Payload string `json:"payload"`
	Text    string `json:"text"`
}

type interactive struct {
	Type   string `json:"type"`
	Button *row   `json:"button_reply"`
	List   *row   `json:"list_reply"`
	Form   *struct {
		Name string `json:"name"`
		Body string `json:"body"`
		JSON string `json:"response_json"`
	} `json:"nfm_reply"`
}

type row struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

type order struct {
	CatalogID string `json:"catalog_id"`
	Text      string `json:"text"`
	Items     []struct {
		ProductID string    `json:"product_retailer_id"`
		Quantity  meta.Flex `json:"quantity"`
		Price     meta.Flex `json:"item_price"`
		Currency  string    `json:"currency"`
	} `json:"product_items"`
}

type reaction struct {
	MessageID string `json:"message_id"`
	Emoji     string `json:"emoji"` // empty or absent: taken back
}

type edit struct {
	Original string   `json:"original_message_id"`
	Message  *content `json:"message"`
}

type system struct {
	Type           string    `json:"type"`
	Body           string    `json:"body"`
	WaID           meta.Flex `json:"wa_id"`
	NewWaID        meta.Flex `json:"new_wa_id"` // how old versions named wa_id
	UserID         string    `json:"user_id"`
	PreviousUserID string    `json:"previous_user_id"`
}

type status struct {
	ID                string       `json:"id"`
	Status            string       `json:"status"`
	Timestamp         meta.Stamp   `json:"timestamp"`
	RecipientID       string       `json:"recipient_id"`
	RecipientUserID   string       `json:"recipient_user_id"`
	RecipientType     string       `json:"recipient_type"`
	Participant       string       `json:"recipient_participant_id"`
	ParticipantUserID string       `json:"recipient_participant_user_id"`
	Callback          string       `json:"biz_opaque_callback_data"`
	Errors            []meta.Error `json:"errors"`
}

type preference struct {
	WaID      string     `json:"wa_id"`
	UserID    string     `json:"user_id"`
	Category  string     `json:"category"`
	Value     string     `json:"value"`
	Timestamp meta.Stamp `json:"timestamp"`
}

type userIDUpdate struct {
	WaID   string `json:"wa_id"`
	Detail string `json:"detail"`
	UserID struct {
		Previous string `json:"previous"`
		Current  string `json:"current"`
	} `json:"user_id"`
	Timestamp meta.Stamp `json:"timestamp"`
}
