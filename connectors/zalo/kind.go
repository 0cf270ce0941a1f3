package zalo

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

// Kind describes Zalo.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:        "zalo",
		Title:       "Zalo",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        capabilities(),
		Headers:     []string{serverHeader},
		New:         open,
	}
}

// Bounds of the consultation messages (platforms/zalo: outbound).
const (
	maxText    = 2000 // characters
	maxButtons = 5
	maxTitle   = 100
	maxID      = 300 // bytes; a button reports them with its title
	imageBytes = 1 << 20
	gifBytes   = 5 << 20
	fileBytes  = 5 << 20
	window     = 7 * 24 * time.Hour
)

func capabilities() normalize.Capabilities {
	return normalize.Capabilities{
		Text: normalize.TextLimit{Max: maxText, Unit: normalize.UTF16},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			// A GIF may have 5 MB, other pictures 1 MB: the bound is for all.
			normalize.TypeImage: {MaxBytes: imageBytes, MIMEs: []string{"image/jpeg", "image/png", "image/gif"}, Caption: maxText},
			normalize.TypeFile: {MaxBytes: fileBytes, MIMEs: []string{
				"application/pdf", "application/msword", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "text/csv",
			}},
		},
		MaxAttachments: 1,
		// There is no list menu: Fit turns lists into buttons.
		Buttons:   &normalize.ButtonSpec{Max: maxButtons, Title: maxTitle, ID: maxID, URL: true, Mixed: true},
		Templates: true,
		ReplyTo:   true,
		Reactions: true,
		Receipts:  []normalize.Status{normalize.StatusDelivered, normalize.StatusRead},
		Inbound: []normalize.EventType{
			normalize.EventEcho, normalize.EventReceipt, normalize.EventReaction, normalize.EventConsent, normalize.EventChannel,
		},
		// Free for two days, charged for the rest.
		Window: &normalize.Window{Open: window, After: []normalize.MessageType{normalize.TypeTemplate}},
		// No Rate: an app that is too fast is told so (-32).
	}
}
