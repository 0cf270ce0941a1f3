package normalize_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// rich is a channel with everything, in the manner of a business messenger.
func rich() normalize.Capabilities {
	return normalize.Capabilities{
		Text: normalize.TextLimit{Max: 60, Unit: normalize.Runes},
		Media: map[normalize.MessageType]normalize.MediaSpec{
			normalize.TypeImage: {MaxBytes: 1000, MIMEs: []string{"image/jpeg", "image/png"}, Caption: 20},
			normalize.TypeVideo: {MaxBytes: 4000, MIMEs: []string{"video/*"}, Caption: 20},
			normalize.TypeAudio: {MaxBytes: 2000},
			normalize.TypeFile:  {MaxBytes: 9000, Caption: 20},
		},
		MaxAttachments: 1,
		Buttons:        &normalize.ButtonSpec{Max: 3, Title: 10, ID: 20, Text: 40, URL: true, URLMax: 1, Media: true},
		List:           &normalize.ListSpec{Sections: 2, Rows: 5, Button: 8, Title: 12, Description: 24, ID: 30, Text: 40},
		Location:       true, Contacts: true, Templates: true, ReplyTo: true,
	}
}

// plain is a channel that carries text and nothing else.
func plain() normalize.Capabilities {
	return normalize.Capabilities{Text: normalize.TextLimit{Max: 60, Unit: normalize.UTF16}}
}

// album is a channel with albums and link buttons beside replies.
func album() normalize.Capabilities {
	c := rich()
	c.MaxAttachments = 3
	c.List = nil
	c.Buttons = &normalize.ButtonSpec{Max: 4, URL: true, Mixed: true}
	c.Media[normalize.TypeSticker] = normalize.MediaSpec{}
	return c
}

// fitCase is a file under testdata/fit: a message for a channel, and what
// becomes of it.
type fitCase struct {
	Channel string              `json:"channel"`
	Message normalize.Message   `json:"message"`
	Parts   []normalize.Message `json:"parts,omitempty"`
	Losses  []normalize.Loss    `json:"losses,omitempty"`
	Error   string              `json:"error,omitempty"`
}

func TestFitDegradesEachMessageAsItsFileSays(t *testing.T) {
	channels := map[string]func() normalize.Capabilities{"rich": rich, "plain": plain, "album": album}
	files, err := filepath.Glob("testdata/fit/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(strings.ReplaceAll(name, "_", " "), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			var c fitCase
			require.NoError(t, json.Unmarshal(raw, &c))
			require.Contains(t, channels, c.Channel)
			caps := channels[c.Channel]()

			got := fitCase{Channel: c.Channel, Message: c.Message}
			got.Parts, got.Losses, err = normalize.Fit(c.Message, caps)
			if err != nil {
				got.Error = err.Error()
			}
			for i, part := range got.Parts {
				require.NoError(t, fits(part, caps), "part %d", i)
			}
			if *update {
				out, err := json.MarshalIndent(got, "", "  ")
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(file, append(out, '\n'), 0o644))
				return
			}
			require.Equal(t, c, got)
		})
	}
}

func TestFitKeepsWhatAConnectorNeedsBack(t *testing.T) {
	m := normalize.Message{
		Text:    strings.Repeat("word ", 30),
		ReplyTo: &normalize.Quote{ID: "m1", Text: "quoted"},
		Context: map[string]string{"topic": "7"},
	}
	parts, losses, err := normalize.Fit(m, rich())
	require.NoError(t, err)
	require.Len(t, parts, 3)
	for _, part := range parts {
		require.Equal(t, m.Context, part.Context)
	}
	require.Equal(t, m.ReplyTo, parts[0].ReplyTo, "the quote belongs to the first part")
	require.Nil(t, parts[1].ReplyTo)
	require.Len(t, losses, 1)
}

func TestFitDoesNotChangeItsInput(t *testing.T) {
	m := normalize.Message{
		Attachments: []normalize.Attachment{{Type: normalize.TypeImage, URL: "https://files.example/a.png", Caption: "a picture"}},
		Buttons:     []normalize.Button{{Title: "Yes"}, {ID: "n", Title: "Yes"}},
	}
	before, err := json.Marshal(m)
	require.NoError(t, err)
	_, _, err = normalize.Fit(m, rich())
	require.NoError(t, err)
	after, err := json.Marshal(m)
	require.NoError(t, err)
	require.JSONEq(t, string(before), string(after))
}

func TestFitErrorsNameACodeAndTheCause(t *testing.T) {
	image := func(a normalize.Attachment) normalize.Message {
		a.Type, a.URL = normalize.TypeImage, "https://files.example/a"
		return normalize.Message{Attachments: []normalize.Attachment{a}}
	}
	captionsOnly := rich()
	captionsOnly.Text.Max = 0
	cases := map[string]struct {
		message normalize.Message
		caps    normalize.Capabilities
		code    normalize.FitCode
		says    string
	}{
		"an empty message":                     {normalize.Message{}, rich(), normalize.FitUnsupported, "empty"},
		"white space only":                     {normalize.Message{Text: " \n\t"}, rich(), normalize.FitUnsupported, "empty"},
		"a template without a template":        {normalize.Message{Type: normalize.TypeTemplate, Text: "x"}, rich(), normalize.FitUnsupported, "template"},
		"a template where there are none":      {normalize.Message{Template: &normalize.Template{Name: "t"}}, plain(), normalize.FitUnsupported, "no templates"},
		"a template without a name":            {normalize.Message{Template: &normalize.Template{}}, rich(), normalize.FitUnsupported, "no name"},
		"a template with buttons":              {normalize.Message{Template: &normalize.Template{Name: "t"}, Buttons: []normalize.Button{{Title: "a"}}}, rich(), normalize.FitUnsupported, "combined"},
		"an order":                             {normalize.Message{Type: normalize.TypeOrder, Text: "x"}, rich(), normalize.FitUnsupported, "order"},
		"text on a channel without any":        {normalize.Message{Text: "x"}, normalize.Capabilities{}, normalize.FitUnsupported, "no text"},
		"a long caption on such a channel":     {normalize.Message{Text: strings.Repeat("x", 21), Attachments: image(normalize.Attachment{}).Attachments}, captionsOnly, normalize.FitUnsupported, "no text"},
		"an image too big for any type":        {image(normalize.Attachment{Size: 9001}), rich(), normalize.FitTooLarge, "9001"},
		"an attachment with no address":        {normalize.Message{Attachments: []normalize.Attachment{{Type: normalize.TypeFile}}}, rich(), normalize.FitUnsupported, "address"},
		"a media id that only a link replaces": {normalize.Message{Attachments: []normalize.Attachment{{Type: normalize.TypeFile, Ref: "x"}}}, plain(), normalize.FitUnsupported, "no file"},
		"too many attachments":                 {normalize.Message{Attachments: make([]normalize.Attachment, 31)}, rich(), normalize.FitTooLarge, "31"},
		"a location off the earth":             {normalize.Message{Location: &normalize.Location{Latitude: 91}}, rich(), normalize.FitUnsupported, "earth"},
		"a card with nothing to say":           {normalize.Message{Contacts: []normalize.ContactCard{{VCard: "BEGIN:VCARD"}}}, plain(), normalize.FitUnsupported, "written out"},
		"a button without a title":             {normalize.Message{Text: "x", Buttons: []normalize.Button{{ID: "a"}}}, rich(), normalize.FitUnsupported, "buttons[0]"},
		"two buttons with one id":              {normalize.Message{Text: "x", Buttons: []normalize.Button{{ID: "a", Title: "a"}, {ID: "a", Title: "b"}}}, rich(), normalize.FitUnsupported, "buttons[1]"},
		"a list without rows":                  {normalize.Message{Text: "x", List: &normalize.List{}}, rich(), normalize.FitUnsupported, "no rows"},
		"a row without a title":                {normalize.Message{Text: "x", List: &normalize.List{Sections: []normalize.Section{{Rows: []normalize.Row{{ID: "a"}}}}}}, rich(), normalize.FitUnsupported, "rows[0]"},
		"a text of eleven messages":            {normalize.Message{Text: strings.Repeat(strings.Repeat("x", 59)+" ", 11)}, rich(), normalize.FitTooLarge, "more than 10 messages of 60 characters"},
		"one character longer than a message":  {normalize.Message{Text: "😀"}, normalize.Capabilities{Text: normalize.TextLimit{Max: 1, Unit: normalize.UTF16}}, normalize.FitTooLarge, "UTF-16"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			parts, losses, err := normalize.Fit(c.message, c.caps)
			var refusal *normalize.FitError
			require.True(t, errors.As(err, &refusal), "got %v", err)
			require.Equal(t, c.code, refusal.Code)
			require.Contains(t, refusal.Detail, c.says)
			require.Empty(t, parts)
			require.Empty(t, losses)
		})
	}
}

func TestFitTakesTenMessagesOfText(t *testing.T) {
	parts, _, err := normalize.Fit(normalize.Message{Text: strings.Repeat(strings.Repeat("x", 59)+" ", 10)}, rich())
	require.NoError(t, err)
	require.Len(t, parts, 10)
}

func TestFitReplacesBytesThatAreNotText(t *testing.T) {
	parts, losses, err := normalize.Fit(normalize.Message{Text: "a\xffb"}, rich())
	require.NoError(t, err)
	require.Equal(t, "a\uFFFDb", parts[0].Text)
	require.True(t, utf8.ValidString(parts[0].Text))
	require.Len(t, losses, 1)
	require.Equal(t, normalize.ActionReplaced, losses[0].Action)
}
