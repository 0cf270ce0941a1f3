package telegram

import (
	"encoding/json"
	"math"
	"strings"
	"time"
)

// update is the envelope of a webhook: one of its kinds is set. Kinds are read
// one by one, so that a fault in one names it.
type update struct {
	ID *int64 `json:"update_id"`

	Message                 json.RawMessage `json:"message"`
	EditedMessage           json.RawMessage `json:"edited_message"`
	ChannelPost             json.RawMessage `json:"channel_post"`
	EditedChannelPost       json.RawMessage `json:"edited_channel_post"`
	CallbackQuery           json.RawMessage `json:"callback_query"`
	MessageReaction         json.RawMessage `json:"message_reaction"`
	MyChatMember            json.RawMessage `json:"my_chat_member"`
	BusinessConnection      json.RawMessage `json:"business_connection"`
	BusinessMessage         json.RawMessage `json:"business_message"`
	EditedBusinessMessage   json.RawMessage `json:"edited_business_message"`
	DeletedBusinessMessages json.RawMessage `json:"deleted_business_messages"`
}

type user struct {
	ID           int64  `json:"id"`
	FirstName    string `json:"first_name"`
	LastName     string `json:"last_name"`
	Username     string `json:"username"`
	LanguageCode string `json:"language_code"`
}

func (u *user) name() string { return fullName(u.FirstName, u.LastName, u.Username) }

type chat struct {
	ID        int64  `json:"id"`
	Type      string `json:"type"` // private, group, supergroup or channel
	Title     string `json:"title"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Username  string `json:"username"`
}

// private also holds for a chat of unnamed type: those with people have
// positive ids.
func (c *chat) private() bool { return c.Type == "private" || c.Type == "" && c.ID > 0 }

func (c *chat) name() string {
	if c.Title != "" {
		return c.Title
	}
	return fullName(c.FirstName, c.LastName, c.Username)
}

func fullName(first, last, username string) string {
	if name := strings.TrimSpace(first + " " + last); name != "" {
		return name
	}
	return username
}

// file is any kind of media; each uses some of the fields.
type file struct {
	ID         string `json:"file_id"`
	Name       string `json:"file_name"`
	MIME       string `json:"mime_type"`
	Size       int64  `json:"file_size"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	Length     int    `json:"length"` // diameter of a video note
	Duration   int    `json:"duration"`
	Performer  string `json:"performer"`
	Title      string `json:"title"`
	Emoji      string `json:"emoji"`
	IsAnimated bool   `json:"is_animated"`
	IsVideo    bool   `json:"is_video"`
}

type location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

type venue struct {
	Location location `json:"location"`
	Title    string   `json:"title"`
	Address  string   `json:"address"`
}

type contact struct {
	PhoneNumber string `json:"phone_number"`
	FirstName   string `json:"first_name"`
	LastName    string `json:"last_name"`
	UserID      int64  `json:"user_id"`
	VCard       string `json:"vcard"`
}

// button is one of an inline keyboard.
type button struct {
	Text         string `json:"text"`
	CallbackData string `json:"callback_data,omitempty"`
	URL          string `json:"url,omitempty"`
}

type keyboard struct {
	Rows [][]button `json:"inline_keyboard"`
}

// quoted is the message that another one answers.
type quoted struct {
	MessageID int64  `json:"message_id"`
	Chat      *chat  `json:"chat"`
	Text      string `json:"text"`
	Caption   string `json:"caption"`
}

type message struct {
	MessageID            int64  `json:"message_id"`
	ThreadID             int64  `json:"message_thread_id"`
	IsTopicMessage       bool   `json:"is_topic_message"`
	From                 *user  `json:"from"`
	SenderChat           *chat  `json:"sender_chat"`
	SenderBusinessBot    *user  `json:"sender_business_bot"`
	BusinessConnectionID string `json:"business_connection_id"`
	AuthorSignature      string `json:"author_signature"`
	Chat                 chat   `json:"chat"`
	Date                 int64  `json:"date"`
	EditDate             int64  `json:"edit_date"`

	ForwardOrigin *struct{} `json:"forward_origin"`
	ReplyTo       *quoted   `json:"reply_to_message"`
	ExternalReply *quoted   `json:"external_reply"`
	Quote         *struct {
		Text string `json:"text"`
	} `json:"quote"`
	ReplyMarkup *keyboard `json:"reply_markup"`

	Text       string    `json:"text"`
	Caption    string    `json:"caption"`
	Photo      []file    `json:"photo"`
	Video      *file     `json:"video"`
	Animation  *file     `json:"animation"`
	Audio      *file     `json:"audio"`
	Voice      *file     `json:"voice"`
	VideoNote  *file     `json:"video_note"`
	Document   *file     `json:"document"`
	Sticker    *file     `json:"sticker"`
	Location   *location `json:"location"`
	Venue      *venue    `json:"venue"`
	Contact    *contact  `json:"contact"`
	WebAppData *struct {
		Data       string `json:"data"`
		ButtonText string `json:"button_text"`
	} `json:"web_app_data"`

	NewChatMembers    []user `json:"new_chat_members"`
	LeftChatMember    *user  `json:"left_chat_member"`
	NewChatTitle      string `json:"new_chat_title"`
	MigrateToChatID   int64  `json:"migrate_to_chat_id"`
	MigrateFromChatID int64  `json:"migrate_from_chat_id"`
}

func (m *message) address() address { return address{m.Chat.ID, m.BusinessConnectionID} }

func (m *message) id() bool { return m.MessageID > 0 && m.Chat.ID != 0 }

// clock turns a time of the Bot API into one of ours. They are 32-bit unix
// seconds; anything else (0 marks an inaccessible message) is no time.
func clock(seconds int64) time.Time {
	if seconds <= 0 || seconds > math.MaxUint32 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
