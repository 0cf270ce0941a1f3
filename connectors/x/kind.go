package x

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

// Kind describes X.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:        "x",
		Title:       "X (Twitter)",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        capabilities(),
		New:         open,
	}
}

// Bounds of Direct Messages (platforms/x: Outbound). Whether a character
// outside the basic plane counts as one or as two is not published; counted as
// two, no text is too long.
const (
	maxText    = 10_000
	imageBytes = 5 << 20
	// chunkBytes bounds what is uploaded in chunks, videos and moving pictures:
	// the hub sends a file as one chunk.
	chunkBytes = 4 << 20
	// Of the 15 messages that X takes in 15 minutes a talk may have 5 at once;
	// the other 10 come back evenly, so that no 15 minutes have more. That is
	// 960 of the 1,440 a day.
	burst      = 5
	perQuarter = 10
)

// capabilities leave out what is in the retired API alone: quick replies, signs
// of typing and read marks.
func capabilities() normalize.Capabilities {
	return normalize.Capabilities{
		Text: normalize.TextLimit{Max: maxText, Unit: normalize.UTF16},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			normalize.TypeImage: {MaxBytes: imageBytes, MIMEs: []string{"image/jpeg", "image/png", "image/webp", "image/gif"}, Caption: maxText},
			normalize.TypeVideo: {MaxBytes: chunkBytes, MIMEs: []string{"video/mp4", "video/quicktime"}, Caption: maxText},
		},
		MaxAttachments: 1,
		Receipts:       []normalize.Status{normalize.StatusRead},
		Inbound: []normalize.EventType{
			normalize.EventEcho, normalize.EventReceipt, normalize.EventTyping, normalize.EventConsent, normalize.EventChannel,
		},
		Rate: normalize.Rate{PerSecond: perQuarter / (15 * 60.0), Burst: burst},
	}
}
