package whatsapp

// outMessage is the body of a message to send (messages endpoint). One of the
// content objects is set, the one that Type names.
type outMessage struct {
	Product       string      `json:"messaging_product"`
	RecipientType string      `json:"recipient_type"`
	To            string      `json:"to,omitempty"`
	Recipient     string      `json:"recipient,omitempty"` // a business-scoped id
	Context       *outContext `json:"context,omitempty"`
	Callback      string      `json:"biz_opaque_callback_data,omitempty"`
	Type          string      `json:"type"`

	Text        *outText        `json:"text,omitempty"`
	Image       *outMedia       `json:"image,omitempty"`
	Video       *outMedia       `json:"video,omitempty"`
	Audio       *outMedia       `json:"audio,omitempty"`
	Document    *outMedia       `json:"document,omitempty"`
	Sticker     *outMedia       `json:"sticker,omitempty"`
	Location    *outLocation    `json:"location,omitempty"`
	Contacts    []outCard       `json:"contacts,omitempty"`
	Reaction    *outReaction    `json:"reaction,omitempty"`
	Interactive *outInteractive `json:"interactive,omitempty"`
	Template    *outTemplate    `json:"template,omitempty"`
}

type outContext struct {
	MessageID string `json:"message_id"`
}

type outText struct {
	Body       string `json:"body"`
	PreviewURL bool   `json:"preview_url"`
}

type outMedia struct {
	ID       string `json:"id,omitempty"`
	Link     string `json:"link,omitempty"`
	Caption  string `json:"caption,omitempty"`
	Filename string `json:"filename,omitempty"`
	Voice    bool   `json:"voice,omitempty"`
}

type outLocation struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
}

type outCard struct {
	Name   outName    `json:"name"`
	Phones []outPhone `json:"phones,omitempty"`
	Emails []outEmail `json:"emails,omitempty"`
	Org    *outOrg    `json:"org,omitempty"`
}

type outName struct {
	Formatted string `json:"formatted_name"`
	First     string `json:"first_name"`
}

type outPhone struct {
	Phone string `json:"phone"`
	Type  string `json:"type"`
}

type outEmail struct {
	Email string `json:"email"`
	Type  string `json:"type"`
}

type outOrg struct {
	Company string `json:"company"`
}

type outReaction struct {
	MessageID string `json:"message_id"`
	Emoji     string `json:"emoji"` // empty takes the reaction back
}

type outInteractive struct {
	Type   string    `json:"type"`
	Body   outBody   `json:"body"`
	Action outAction `json:"action"`
}

type outBody struct {
	Text string `json:"text"`
}

type outAction struct {
	Buttons    []outButton  `json:"buttons,omitempty"`
	Button     string       `json:"button,omitempty"`
	Sections   []outSection `json:"sections,omitempty"`
	Name       string       `json:"name,omitempty"`
	Parameters *outLink     `json:"parameters,omitempty"`
}

type outButton struct {
	Type  string   `json:"type"`
	Reply outReply `json:"reply"`
}

type outReply struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

type outSection struct {
	Title string   `json:"title,omitempty"`
	Rows  []outRow `json:"rows"`
}

type outRow struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
}

type outLink struct {
	Text string `json:"display_text"`
	URL  string `json:"url"`
}

type outTemplate struct {
	Name       string      `json:"name"`
	Language   outLanguage `json:"language"`
	Components []any       `json:"components,omitempty"`
}

type outLanguage struct {
	Code string `json:"code"`
}

// readMark marks a message as read and, with Typing, shows the typing sign.
type readMark struct {
	Product   string      `json:"messaging_product"`
	Status    string      `json:"status"`
	MessageID string      `json:"message_id"`
	Typing    *typingSign `json:"typing_indicator,omitempty"`
}

type typingSign struct {
	Type string `json:"type"`
}

// override makes an app's webhooks for one business account go to an address
// of its own (subscribed_apps endpoint).
type override struct {
	URL    string `json:"override_callback_uri"`
	Verify string `json:"verify_token"`
}
