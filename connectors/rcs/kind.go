package rcs

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

// Kind describes RCS for Business.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:        "rcs",
		Title:       "RCS for Business",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        capabilities(),
		New:         open,
	}
}

// Bounds of the RBM API (platforms/rcs: Outbound). Whether a character outside
// the basic plane counts as one or as two is not published; counted as two, no
// text is too long.
const (
	maxText        = 3072
	maxSuggestions = 11 // under a message
	maxLabel       = 25
	maxPostback    = 2048
	maxCards       = 10
	maxCardTitle   = 200
	maxCardText    = 2000
	maxFile        = 100 << 20
	perSecond      = 300 // of a partner in a region, unless Google raised it
)

func capabilities() normalize.Capabilities {
	return normalize.Capabilities{
		Text: normalize.TextLimit{Max: maxText, Unit: normalize.UTF16},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			// A picture or a video with a caption is a card.
			normalize.TypeImage: {MaxBytes: maxFile, MIMEs: []string{"image/jpeg", "image/png", "image/gif"}, Caption: maxCardText},
			normalize.TypeVideo: {
				MaxBytes: maxFile, Caption: maxCardText,
				MIMEs: []string{"video/mp4", "video/mpeg", "video/webm", "video/h263", "video/m4v", "video/x-m4v", "video/mpeg4"},
			},
			normalize.TypeAudio: {
				MaxBytes: maxFile,
				MIMEs:    []string{"audio/mpeg", "audio/mp3", "audio/mp4", "audio/aac", "audio/ogg", "application/ogg", "audio/3gpp", "audio/mpg", "audio/mp4-latm"},
			},
			normalize.TypeFile: {MaxBytes: maxFile, MIMEs: []string{"application/pdf"}},
		},
		MaxAttachments: 1,
		Buttons:        &normalize.ButtonSpec{Max: maxSuggestions, Title: maxLabel, ID: maxPostback, URL: true, Mixed: true, Media: true},
		// A row of cards below the text. It knows no sections: the title of the
		// only one goes below the text, hence the room left there.
		List: &normalize.ListSpec{
			Sections: 1, Rows: maxCards, Button: maxLabel, Title: maxCardTitle, Description: maxCardText, ID: maxPostback,
			Text: maxText - 2*maxCardTitle - 1,
		},
		Location:  true, // a suggestion that opens the map
		Typing:    true,
		ReadMarks: true,
		Receipts:  []normalize.Status{normalize.StatusDelivered, normalize.StatusRead, normalize.StatusFailed},
		Inbound: []normalize.EventType{
			normalize.EventReceipt, normalize.EventTyping, normalize.EventConsent, normalize.EventChannel,
		},
		Rate:       normalize.Rate{PerSecond: perSecond, Burst: perSecond},
		Idempotent: true,
	}
}
