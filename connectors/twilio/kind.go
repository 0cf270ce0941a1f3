package twilio

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

// Kind describes Twilio. Its capabilities are those of SMS; a WhatsApp channel
// has its own.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:        "twilio",
		Title:       "Twilio (SMS, WhatsApp)",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        smsCapabilities(),
		New:         open,
	}
}

// maxBody is how many characters Twilio takes as the text of a message. Whether
// one outside the basic plane counts as one or as two is not published; counted
// as two, no text is too long.
const maxBody = 1600

// maxMedia is how many files an MMS may have.
const maxMedia = 10

const megabyte = 1 << 20

// smsCapabilities are those of SMS and of MMS where the number has it (US and
// Canada): formats that carriers know may have 5 MB, all others 500 KB
// (platforms/twilio: Outbound). There is no reply window, only consent.
func smsCapabilities() normalize.Capabilities {
	const other = 500 << 10
	return normalize.Capabilities{
		Text: normalize.TextLimit{Max: maxBody, Unit: normalize.UTF16},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			normalize.TypeImage: {MaxBytes: 5 * megabyte, MIMEs: []string{"image/jpeg", "image/png", "image/gif"}, Caption: maxBody},
			normalize.TypeVideo: {MaxBytes: other, Caption: maxBody},
			normalize.TypeAudio: {MaxBytes: other, Caption: maxBody},
			normalize.TypeFile:  {MaxBytes: other, Caption: maxBody},
		},
		MaxAttachments: maxMedia,
		Templates:      true,
		Receipts:       receipts(),
		Inbound:        []normalize.EventType{normalize.EventReceipt, normalize.EventConsent},
	}
}

// whatsappCapabilities are those of a WhatsApp sender: one file a message, and
// templates alone after 24 hours. Buttons and lists exist in templates only.
func whatsappCapabilities() normalize.Capabilities {
	return normalize.Capabilities{
		Text: normalize.TextLimit{Max: maxBody, Unit: normalize.UTF16},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			normalize.TypeImage: {MaxBytes: 5 * megabyte, MIMEs: []string{"image/jpeg", "image/png"}, Caption: maxBody},
			normalize.TypeVideo: {MaxBytes: 16 * megabyte, MIMEs: []string{"video/mp4"}, Caption: maxBody},
			// The text beside audio is not shown.
			normalize.TypeAudio: {MaxBytes: 16 * megabyte, MIMEs: []string{"audio/ogg", "audio/amr", "audio/3gpp", "audio/aac", "audio/mpeg"}},
			normalize.TypeFile:  {MaxBytes: 16 * megabyte, Caption: maxBody},
		},
		MaxAttachments: 1,
		Location:       true,
		Templates:      true,
		Typing:         true, // marks as read as well
		Receipts:       receipts(),
		Inbound:        []normalize.EventType{normalize.EventReceipt},
		Window:         &normalize.Window{Open: 24 * time.Hour, After: []normalize.MessageType{normalize.TypeTemplate}},
	}
}

func receipts() []normalize.Status {
	return []normalize.Status{normalize.StatusSent, normalize.StatusDelivered, normalize.StatusRead, normalize.StatusFailed}
}
