package webchat

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

// Kind describes the web chat.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:        "webchat",
		Title:       "Web chat",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        capabilities(),
		Headers:     []string{connectors.StreamHeader},
		New:         open,
	}
}

// Bounds of a message to or from a visitor (platforms/webchat: section
// "Recommended contract").
const (
	// MaxText is how many characters a text may have.
	MaxText = 10_000
	// MaxFile is how many bytes a visitor's file may have.
	MaxFile = 10 << 20
	// MaxFiles is how many files a visitor's message may have.
	MaxFiles  = 10
	sendBytes = 100 << 20
)

func capabilities() normalize.Capabilities {
	any := normalize.MediaSpec{MaxBytes: sendBytes, Caption: MaxText}
	return normalize.Capabilities{
		Text: normalize.TextLimit{Max: MaxText},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			normalize.TypeImage: any, normalize.TypeVideo: any, normalize.TypeAudio: any, normalize.TypeFile: any, normalize.TypeSticker: any,
		},
		MaxAttachments: 30,
		Buttons:        &normalize.ButtonSpec{Max: 20, Title: 80, ID: 300, URL: true, Mixed: true, Media: true},
		List:           &normalize.ListSpec{Sections: 10, Rows: 100, Button: 80, Title: 80, Description: 300, ID: 300},
		Location:       true,
		Contacts:       true,
		ReplyTo:        true,
		Reactions:      true,
		Receipts:       []normalize.Status{normalize.StatusDelivered, normalize.StatusRead},
		Inbound: []normalize.EventType{
			normalize.EventReceipt, normalize.EventIdentity, normalize.EventEnded, normalize.EventTyping, normalize.EventChannel,
		},
		Idempotent: true, // nothing is called: a message that is stored is stored
	}
}
