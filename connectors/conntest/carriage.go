package conntest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
)

// carriage is the golden of what becomes of every kind of message on this
// platform, in the folder of the cases.
const carriage = "carriage.txt"

// content is a kind of message that somebody may want to send.
type content struct {
	name    string
	message normalize.Message
}

// contents are all of them: whoever adds one to the message model adds it here,
// and every connector shows what it does with it.
func contents() []content {
	file := func(t normalize.MessageType, mime, name string) normalize.Message {
		return normalize.Message{Type: t, Attachments: []normalize.Attachment{
			{Type: t, MIME: mime, Name: name, Size: 20_000, URL: "https://media.example/" + name},
		}}
	}
	captioned := file(normalize.TypeImage, "image/png", "plan.png")
	captioned.Text = "The plan"
	two := file(normalize.TypeImage, "image/png", "front.png")
	two.Attachments = append(two.Attachments, file(normalize.TypeFile, "application/pdf", "bill.pdf").Attachments...)
	pick := normalize.Message{Type: normalize.TypeText, Text: "Which day?"}
	buttons, links, list := pick, pick, pick
	buttons.Buttons = []normalize.Button{{ID: "mo", Title: "Monday"}, {ID: "tu", Title: "Tuesday"}}
	links.Buttons = []normalize.Button{{Title: "Track", URL: "https://shop.example/track"}}
	list.List = &normalize.List{Button: "Days", Sections: []normalize.Section{{Title: "This week", Rows: []normalize.Row{
		{ID: "mo", Title: "Monday", Description: "from 9"}, {ID: "tu", Title: "Tuesday"},
	}}}}
	return []content{
		{"text", normalize.Message{Type: normalize.TypeText, Text: "Good morning, Ana"}},
		{"image", file(normalize.TypeImage, "image/png", "plan.png")},
		{"image with a caption", captioned},
		{"audio", file(normalize.TypeAudio, "audio/ogg", "note.ogg")},
		{"video", file(normalize.TypeVideo, "video/mp4", "tour.mp4")},
		{"file", file(normalize.TypeFile, "application/pdf", "bill.pdf")},
		{"sticker", file(normalize.TypeSticker, "image/webp", "smile.webp")},
		{"two attachments", two},
		{"location", normalize.Message{Type: normalize.TypeLocation, Location: &normalize.Location{
			Latitude: 38.7139, Longitude: -9.1394, Name: "Shop", Address: "Rua Augusta 1",
		}}},
		{"contact", normalize.Message{Type: normalize.TypeContact, Contacts: []normalize.ContactCard{
			{Name: "Bo Lin", Phones: []string{"+15550100"}, Emails: []string{"bo@shop.example"}},
		}}},
		{"reply buttons", buttons},
		{"link button", links},
		{"list", list},
		{"template", normalize.Message{Type: normalize.TypeTemplate, Template: &normalize.Template{Name: "hello", Language: "en"}}},
	}
}

// carriageOf shows each kind of message as the channel carries it: what is lost,
// and the first call of every part.
func (b *bench) carriageOf() (string, error) {
	var sections []section
	for _, c := range contents() {
		text, err := b.carried(c.message)
		if err != nil {
			return "", fmt.Errorf("%s: %w", c.name, err)
		}
		sections = append(sections, section{c.name, text})
	}
	return render(sections), nil
}

func (b *bench) carried(m normalize.Message) (string, error) {
	out, err := b.base()
	if err != nil {
		return "", err
	}
	parts, losses, err := normalize.Fit(m, b.Kind.Caps)
	if err != nil {
		return "refused: " + err.Error(), nil
	}
	var w strings.Builder
	if len(losses) == 0 {
		w.WriteString("as it is\n")
	}
	for _, l := range losses {
		fmt.Fprintf(&w, "%s: %s (%s)\n", l.Field, l.Action, l.Detail)
	}
	if local := b.local(); local != nil {
		out.Parts = parts
		return w.String() + "stored: " + indent(parts), stored(local, &out)
	}
	for _, part := range parts {
		call, err := b.renders("a part", part)
		if err != nil {
			return "", err
		}
		w.WriteString("\n" + b.callText(b.dressed(call)))
	}
	return strings.TrimRight(w.String(), "\n"), nil
}

// checkCarriage compares with the golden.
func checkCarriage(t *testing.T, b *bench) {
	t.Helper()
	path := filepath.Join(b.Cases, carriage)
	got, err := b.carriageOf()
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update to write it")
	require.Equal(t, string(want), got, "run the test with -update to write %s anew", path)
}
