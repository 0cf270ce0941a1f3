package messaging

// outgoing is the body of a call to the messages edge: a message or an action
// (platforms/messenger: section 4).
type outgoing struct {
	Recipient recipient   `json:"recipient"`
	Type      string      `json:"messaging_type,omitempty"`
	Tag       string      `json:"tag,omitempty"`
	Message   *outMessage `json:"message,omitempty"`
	ReplyTo   *outTarget  `json:"reply_to,omitempty"`
	Action    string      `json:"sender_action,omitempty"`
	Payload   *outReacted `json:"payload,omitempty"`
}

// recipient is one of these.
type recipient struct {
	ID        string `json:"id,omitempty"`
	UserRef   string `json:"user_ref,omitempty"`
	CommentID string `json:"comment_id,omitempty"`
}

type outTarget struct {
	MID string `json:"mid"`
}

type outReacted struct {
	MessageID string `json:"message_id"`
	Reaction  string `json:"reaction,omitempty"`
}

type outMessage struct {
	Text         string          `json:"text,omitempty"`
	Attachment   *outAttachment  `json:"attachment,omitempty"`
	Attachments  []outAttachment `json:"attachments,omitempty"` // images only
	QuickReplies []outQuickReply `json:"quick_replies,omitempty"`
	Template     *outApproved    `json:"template,omitempty"`
	Metadata     string          `json:"metadata,omitempty"`
}

type outAttachment struct {
	Type    string     `json:"type"`
	Payload outPayload `json:"payload"`
}

type outPayload struct {
	URL          string      `json:"url,omitempty"`
	AttachmentID string      `json:"attachment_id,omitempty"`
	TemplateType string      `json:"template_type,omitempty"`
	Text         string      `json:"text,omitempty"`
	Buttons      []outButton `json:"buttons,omitempty"`
}

type outButton struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	Payload string `json:"payload,omitempty"`
	URL     string `json:"url,omitempty"`
}

type outQuickReply struct {
	Type    string `json:"content_type"`
	Title   string `json:"title"`
	Payload string `json:"payload"`
}

// outApproved is an approved template, with the values of its placeholders in
// the platform's own form.
type outApproved struct {
	Name       string      `json:"name"`
	Language   outLanguage `json:"language"`
	Components []any       `json:"components"`
}

type outLanguage struct {
	Code string `json:"code"`
}
