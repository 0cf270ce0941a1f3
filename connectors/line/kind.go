package line

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

// Kind describes LINE.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:        "line",
		Title:       "LINE",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        capabilities(),
		New:         open,
	}
}

// Bounds of the Messaging API (platforms/line: section 4). Texts count UTF-16
// units; the labels of buttons count grapheme clusters, of which there are
// never more than runes.
const (
	maxText       = 5000
	maxObjects    = 5 // messages in one call
	maxQuick      = 13
	maxLabel      = 20
	maxURI        = 1000 // of a button that opens an address
	maxData       = 300  // what a button reports; characters, counted here as bytes
	maxActions    = 4    // of a template of buttons
	maxButtons    = 160  // text of a template of buttons
	maxConfirm    = 240  // text of a template of two buttons
	maxColumns    = 10
	maxTitle      = 40 // of a column
	maxColumnText = 60 // beside a title
	maxAlt        = 1500
	maxPlace      = 100 // title and address of a location
	imageBytes    = 10 << 20
	mediaBytes    = 200 << 20
	perSecond     = 2000 // calls of one kind
)

func capabilities() normalize.Capabilities {
	return normalize.Capabilities{
		Text: normalize.TextLimit{Max: maxText, Unit: normalize.UTF16},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			normalize.TypeImage: {MaxBytes: imageBytes, MIMEs: []string{"image/jpeg", "image/png"}},
			normalize.TypeVideo: {MaxBytes: mediaBytes, MIMEs: []string{"video/mp4"}},
			normalize.TypeAudio: {MaxBytes: mediaBytes, MIMEs: []string{"audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/m4a"}},
			// One of LINE's by its Ref, any other as the picture it is.
			normalize.TypeSticker: {MaxBytes: imageBytes, MIMEs: []string{"image/png", "image/jpeg"}},
		},
		MaxAttachments: 1,
		Buttons:        &normalize.ButtonSpec{Max: maxQuick, Title: maxLabel, ID: maxData, URL: true, Mixed: true, Media: true},
		// A carousel under the text. Its columns know no sections: the title of
		// the only one goes below the text, hence the room left there.
		List: &normalize.ListSpec{
			Sections: 1, Rows: maxColumns, Button: maxLabel, Title: maxTitle, Description: maxColumnText, ID: maxData,
			Text: maxText - 2*maxTitle - 1,
		},
		Location:  true,
		ReplyTo:   true, // the peer's latest message; see quoteToken
		Typing:    true, // to persons, not to groups
		ReadMarks: true,
		// There are no receipts: a 200 is all that LINE ever says.
		Inbound: []normalize.EventType{
			normalize.EventEdit, normalize.EventDeletion, normalize.EventConsent, normalize.EventChannel,
		},
		Rate: normalize.Rate{PerSecond: perSecond, Burst: perSecond},
		// Not Idempotent, though pushes are: one that repeats a reply of unknown
		// outcome could show the message twice.
	}
}
