package discord

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

// Kind describes Discord.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:        "discord",
		Title:       "Discord",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        capabilities(),
		Headers:     []string{connectors.StreamHeader},
		New:         open,
	}
}

// Bounds of messages and their components (platforms/discord: Outbound REST).
const (
	maxText     = 2000
	maxRows     = 5 // rows of components under a message
	maxInRow    = 5 // buttons in a row
	maxLabel    = 80
	maxCustomID = 100
	maxOptions  = 25 // of one menu
	maxOption   = 100
	maxHint     = 150      // what a menu shows before it is used
	maxFile     = 10 << 20 // a file, without the server's boosts
	maxNonce    = 25
)

func capabilities() normalize.Capabilities {
	any10MiB := normalize.MediaSpec{MaxBytes: maxFile, Caption: maxText}
	return normalize.Capabilities{
		// Whether Discord counts characters or UTF-16 units is not documented;
		// a text that is short enough in the latter is so in both.
		Text: normalize.TextLimit{Max: maxText, Unit: normalize.UTF16},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			normalize.TypeImage: any10MiB, normalize.TypeVideo: any10MiB, normalize.TypeAudio: any10MiB,
			normalize.TypeFile: any10MiB, normalize.TypeSticker: any10MiB,
		},
		MaxAttachments: 1,
		Buttons: &normalize.ButtonSpec{
			Max: maxRows * maxInRow, Title: maxLabel, ID: maxCustomID, URL: true, Mixed: true, Media: true,
		},
		// A menu for each section.
		List:      &normalize.ListSpec{Sections: maxRows, Rows: maxOptions, Button: maxHint, Title: maxOption, Description: maxOption, ID: maxOption},
		ReplyTo:   true,
		Reactions: true,
		Typing:    true,
		// There are no receipts: the answer to a send is all Discord says.
		Inbound: []normalize.EventType{
			normalize.EventReaction, normalize.EventEdit, normalize.EventDeletion, normalize.EventConsent,
			normalize.EventTyping, normalize.EventChannel,
		},
		// No Rate: Discord asks not to hard-code its limits and names the pause
		// with each 429.
		//
		// Not Idempotent, though messages are for a few minutes (enforce_nonce):
		// answers to interactions are not, and a crash may last longer.
	}
}
