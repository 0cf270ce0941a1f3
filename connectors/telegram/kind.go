package telegram

import (
	_ "embed"
	"encoding/json"

	"threadhub/connectors"
	"threadhub/normalize"
)

var (
	//go:embed credentials.json
	credentialsSchema string
	//go:embed settings.json
	settingsSchema string
	//go:embed setup.md
	setup string
)

// Kind describes Telegram.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:        "telegram",
		Title:       "Telegram",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        capabilities(),
		New:         open,
	}
}

// Bounds of the Bot API (sendMessage, sendPhoto, "Sending by URL",
// InlineKeyboardButton; rates from the Bots FAQ).
const (
	maxText     = 4096
	maxCaption  = 1024
	maxCallback = 64       // bytes
	photoBytes  = 5 << 20  // fetched by Telegram from a URL
	otherBytes  = 20 << 20 // likewise
	maxKeyboard = 100      // buttons; not published, larger ones are refused in practice
)

func capabilities() normalize.Capabilities {
	return normalize.Capabilities{
		Text: normalize.TextLimit{Max: maxText, Unit: normalize.UTF16},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			normalize.TypeImage: {MaxBytes: photoBytes, MIMEs: []string{"image/jpeg", "image/png", "image/webp", "image/gif"}, Caption: maxCaption},
			normalize.TypeVideo: {MaxBytes: otherBytes, MIMEs: []string{"video/mp4"}, Caption: maxCaption},
			normalize.TypeAudio: {MaxBytes: otherBytes, MIMEs: []string{"audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/ogg"}, Caption: maxCaption},
			// By address, sendDocument takes these two formats only ("Sending by URL").
			normalize.TypeFile:    {MaxBytes: otherBytes, MIMEs: []string{"application/pdf", "application/zip"}, Caption: maxCaption},
			normalize.TypeSticker: {MaxBytes: otherBytes, MIMEs: []string{"image/webp"}},
		},
		MaxAttachments: 1,
		Buttons: &normalize.ButtonSpec{
			Max: maxKeyboard, ID: maxCallback, URL: true, Mixed: true, Media: true,
		},
		// There is no list menu: Fit turns lists into buttons, one in a row.
		Location:  true,
		Contacts:  true,
		ReplyTo:   true,
		Reactions: true,
		Typing:    true,
		ReadMarks: true, // chats of business accounts only
		// Telegram reports neither delivery nor reading. What the bot sends for a
		// business account comes back as a message, which confirms it.
		Receipts: []normalize.Status{normalize.StatusSent},
		Inbound: []normalize.EventType{
			normalize.EventEcho, normalize.EventReceipt, normalize.EventReaction, normalize.EventEdit,
			normalize.EventDeletion, normalize.EventConsent, normalize.EventIdentity, normalize.EventChannel,
		},
		// No Rate: Telegram's figures (about 30/s a bot, 1/s a chat) are soft, paid
		// broadcasts and own servers lie far above them, and a bot that is too
		// fast is told so with a 429 that names the pause. That is obeyed.
	}
}
