package slack

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

// Kind describes Slack.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:        "slack",
		Title:       "Slack",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        capabilities(),
		New:         open,
	}
}

// Bounds of messages and of Block Kit (platforms/slack: Outbound). A text may
// have 40,000 characters before it is cut off; up to 4,000 are advised, which
// leaves room for what has to be escaped.
const (
	maxText    = 4000
	maxSection = 3000
	maxButtons = 25
	maxTitle   = 75
	maxValue   = 2000
	maxOption  = 150 // value of an option, and the words a closed menu shows
	maxOptions = 100
	maxFiles   = 10
	maxUpload  = 1 << 30
)

func capabilities() normalize.Capabilities {
	media := normalize.MediaSpec{MaxBytes: maxUpload, Caption: maxText}
	return normalize.Capabilities{
		Text: normalize.TextLimit{Max: maxText, Unit: normalize.Runes},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			normalize.TypeImage: media,
			normalize.TypeVideo: media,
			normalize.TypeAudio: media,
			normalize.TypeFile:  media,
		},
		MaxAttachments: maxFiles,
		Buttons:        &normalize.ButtonSpec{Max: maxButtons, Title: maxTitle, ID: maxValue, URL: true, Mixed: true},
		List: &normalize.ListSpec{
			Sections: maxOptions, Rows: maxOptions, Button: maxOption, Title: maxTitle, Description: maxTitle, ID: maxOption,
		},
		ReplyTo:   true,
		Reactions: true,
		// Slack reports neither delivery nor reading. What the bot posts comes
		// back as a message, which confirms it.
		Receipts: []normalize.Status{normalize.StatusSent},
		Inbound: []normalize.EventType{
			normalize.EventReceipt, normalize.EventReaction, normalize.EventEdit, normalize.EventDeletion, normalize.EventChannel,
		},
		Rate: normalize.Rate{PeerEvery: time.Second, PeerBurst: 5},
	}
}
