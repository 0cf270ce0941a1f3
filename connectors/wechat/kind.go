package wechat

import (
	_ "embed"
	"encoding/json"
	"time"

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

// Kind describes WeChat.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:        "wechat",
		Title:       "WeChat",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        capabilities(),
		New:         open,
	}
}

// Bounds of the customer service API (platforms/wechat: outbound). WeChat names
// none for its menus; these keep a full one within the bytes of a text.
const (
	maxText     = 2048 // bytes
	maxChoices  = 10
	maxTitle    = 20 // runes
	maxChoiceID = 64 // bytes
	maxHead     = 1200
	imageBytes  = 10 << 20
	voiceBytes  = 2 << 20
	videoBytes  = 10 << 20
	thumbBytes  = 64 << 10
	window      = 48 * time.Hour
	perWindow   = 5 // messages of ours within it
	tapWindow   = time.Minute
	perTap      = 3
)

func capabilities() normalize.Capabilities {
	return normalize.Capabilities{
		Text: normalize.TextLimit{Max: maxText, Unit: normalize.Bytes},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			normalize.TypeImage: {MaxBytes: imageBytes, MIMEs: []string{"image/jpeg", "image/png", "image/gif"}},
			normalize.TypeAudio: {MaxBytes: voiceBytes, MIMEs: []string{"audio/amr", "audio/mpeg", "audio/mp3"}},
			normalize.TypeVideo: {MaxBytes: videoBytes, MIMEs: []string{"video/mp4"}, Caption: maxText},
		},
		MaxAttachments: 1,
		// Replies are a menu of words to tap. A link is a card, one at a time.
		// There is no list menu: Fit turns lists into buttons.
		Buttons:   &normalize.ButtonSpec{Max: maxChoices, Title: maxTitle, ID: maxChoiceID, Text: maxHead, URL: true, URLMax: 1},
		Templates: true,
		Typing:    true,
		// Of templates alone; a customer service message has no receipt.
		Receipts: []normalize.Status{normalize.StatusDelivered, normalize.StatusFailed},
		Inbound:  []normalize.EventType{normalize.EventReceipt, normalize.EventConsent, normalize.EventChannel},
		Window:   &normalize.Window{Open: window, Messages: perWindow, After: []normalize.MessageType{normalize.TypeTemplate}},
		// No Rate: the quotas are by day and by API, and an account that is too
		// fast is told so.
	}
}
