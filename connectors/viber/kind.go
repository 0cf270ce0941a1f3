package viber

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

// Kind describes Viber.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:        "viber",
		Title:       "Viber",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        capabilities(),
		New:         open,
	}
}

// Bounds of the API (platforms/viber: section 4). Where sources differ the
// smaller figure stands here, so that a message is degraded by the hub rather
// than refused by Viber: captions (120, 512 or 768), pictures (1 MB on iOS, 3 MB
// on Android) and rows of a keyboard.
const (
	maxText      = 7000
	maxCaption   = 120
	maxButtons   = 12 // one in a row
	maxTitle     = 250
	maxID        = 200 // of a button, so that those of all fit the tracking data
	maxTracking  = 4000
	maxSender    = 28
	maxName      = 28  // of a contact card
	maxPhone     = 18  // likewise
	maxFileName  = 256 // with its extension
	maxSeconds   = 180 // of a video
	pictureBytes = 1 << 20
	videoBytes   = 26 << 20
	fileBytes    = 50 << 20
)

func capabilities() normalize.Capabilities {
	pictures := []string{"image/jpeg", "image/png", "image/gif"}
	return normalize.Capabilities{
		// What Viber counts in is not known; UTF-16 units are never fewer than
		// characters, and keep the body within 30 KB.
		Text: normalize.TextLimit{Max: maxText, Unit: normalize.UTF16},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			normalize.TypeImage: {MaxBytes: pictureBytes, MIMEs: pictures, Caption: maxCaption},
			normalize.TypeVideo: {MaxBytes: videoBytes, MIMEs: []string{"video/mp4"}},
			normalize.TypeFile:  {MaxBytes: fileBytes},
			// One of Viber's by its Ref, any other as the picture it is.
			normalize.TypeSticker: {MaxBytes: pictureBytes, MIMEs: pictures},
		},
		MaxAttachments: 1,
		Buttons:        &normalize.ButtonSpec{Max: maxButtons, Title: maxTitle, ID: maxID, URL: true, Mixed: true, Media: true},
		// There is no list menu: Fit turns lists into buttons.
		Location: true,
		Contacts: true,
		Receipts: []normalize.Status{normalize.StatusDelivered, normalize.StatusRead, normalize.StatusFailed},
		Inbound:  []normalize.EventType{normalize.EventReceipt, normalize.EventConsent, normalize.EventChannel},
		// No Window: whoever has not unsubscribed can be written to. No Rate: none
		// is published for messages; a bot that is too fast is told so.
	}
}
