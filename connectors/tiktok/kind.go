package tiktok

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

// Kind describes TikTok.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:        "tiktok",
		Title:       "TikTok",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        capabilities(),
		New:         open,
	}
}

// Bounds as public integrations have them (platforms/tiktok: outbound).
const (
	maxText     = 6000 // characters
	maxButtons  = 3
	maxTitle    = 20
	maxID       = 40
	maxQuestion = 40 // above the buttons
	imageBytes  = 3 << 20
	window      = 48 * time.Hour
	perWindow   = 10 // messages of ours within it
)

func capabilities() normalize.Capabilities {
	return normalize.Capabilities{
		Text: normalize.TextLimit{Max: maxText, Unit: normalize.UTF16},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			normalize.TypeImage: {MaxBytes: imageBytes, MIMEs: []string{"image/jpeg", "image/png"}},
		},
		MaxAttachments: 1,
		// A card with a question and its answers. A text that is longer goes
		// before it, and the question is the end of it.
		Buttons:   &normalize.ButtonSpec{Max: maxButtons, Title: maxTitle, ID: maxID, Text: maxQuestion},
		ReplyTo:   true,
		Typing:    true,
		ReadMarks: true,
		Receipts:  []normalize.Status{normalize.StatusRead},
		Inbound:   []normalize.EventType{normalize.EventEcho, normalize.EventReceipt, normalize.EventChannel},
		Window:    &normalize.Window{Open: window, Messages: perWindow},
		// No Rate: an app that makes more than about ten calls a second is told so.
	}
}
