package vk

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

// Kind describes VK.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:        "vk",
		Title:       "VK community",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        capabilities(),
		New:         open,
	}
}

// Bounds of messages.send and of keyboards (platforms/vk: Outbound). What VK
// counts a text in is not published; counted in UTF-16 none is too long. A
// button's payload may have 255 characters, in which its id stands as JSON.
const (
	maxText    = 4096
	maxButtons = 10 // of an inline keyboard
	maxRows    = 6
	maxLabel   = 40
	maxID      = 120
	maxFiles   = 10
	photoBytes = 50 << 20
	docBytes   = 200 << 20
)

func capabilities() normalize.Capabilities {
	return normalize.Capabilities{
		Text: normalize.TextLimit{Max: maxText, Unit: normalize.UTF16},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			normalize.TypeImage: {MaxBytes: photoBytes, MIMEs: []string{"image/jpeg", "image/png", "image/gif"}, Caption: maxText},
			// A community cannot upload videos or music as such: they go as documents.
			normalize.TypeVideo: {MaxBytes: docBytes, Caption: maxText},
			normalize.TypeAudio: {MaxBytes: docBytes, Caption: maxText},
			normalize.TypeFile:  {MaxBytes: docBytes, Caption: maxText},
		},
		MaxAttachments: maxFiles,
		Buttons: &normalize.ButtonSpec{
			Max: maxButtons, Title: maxLabel, ID: maxID, URL: true, Mixed: true, Media: true,
		},
		Location:  true,
		ReplyTo:   true,
		Reactions: true,
		Typing:    true,
		ReadMarks: true,
		Receipts:  []normalize.Status{normalize.StatusRead},
		Inbound: []normalize.EventType{
			normalize.EventEcho, normalize.EventReceipt, normalize.EventReaction, normalize.EventEdit,
			normalize.EventConsent, normalize.EventTyping, normalize.EventChannel,
		},
		Rate: normalize.Rate{PerSecond: 20, Burst: 20},
		// Not Idempotent, though messages are for an hour (random_id): a crash
		// may last longer.
	}
}
