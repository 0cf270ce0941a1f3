package normalize_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/normalize"
)

const (
	family = "👨‍👩‍👧‍👦"
	flagPT = "🇵🇹"
)

// words are pieces of text with everything that is awkward to cut.
var words = []string{
	"a", "word", "another", "longer-word-with-hyphens", "end. ", "Really? ", "句子。", "日本語のテキスト",
	" ", "  ", "\n", "\n\n", "\r\n", family, flagPT, "👍🏽", "é", "é", "한국어", "नमस्ते", "\u0301",
	"https://shop.example/orders/12345?ref=chat", "𝒳", "\x00", "﷽",
}

func texts(most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, most).Draw(t, "words"), "")
	})
}

func titles() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"Yes", "No", "Maybe later", "Tell me about the delivery", "Yes 2", family, "長い選択肢のタイトル"})
}

var media = []normalize.MessageType{
	normalize.TypeImage, normalize.TypeAudio, normalize.TypeVideo, normalize.TypeFile, normalize.TypeSticker,
}

func capabilities() *rapid.Generator[normalize.Capabilities] {
	return rapid.Custom(func(t *rapid.T) normalize.Capabilities {
		n := func(name string, of ...int) int { return rapid.SampledFrom(of).Draw(t, name) }
		yes := func(name string) bool { return rapid.Bool().Draw(t, name) }
		c := normalize.Capabilities{
			Text: normalize.TextLimit{
				Max:  n("text", 0, 4, 30, 80, 400),
				Unit: rapid.SampledFrom([]normalize.Unit{normalize.Runes, normalize.UTF16, normalize.Bytes, ""}).Draw(t, "unit"),
			},
			Media:          map[normalize.MessageType]normalize.MediaSpec{},
			MaxAttachments: n("album", 0, 1, 3),
			Location:       yes("location"), Contacts: yes("contacts"), Templates: yes("templates"), ReplyTo: yes("reply"),
		}
		for _, kind := range media {
			if yes(string(kind)) {
				c.Media[kind] = normalize.MediaSpec{MaxBytes: int64(n("bytes", 0, 100)), Caption: n("caption", 0, 10, 50)}
			}
		}
		if yes("buttons") {
			c.Buttons = &normalize.ButtonSpec{
				Max: n("most", 0, 1, 3), Title: n("title", 0, 5, 20), ID: n("id", 0, 4, 64), Text: n("above", 0, 20),
				URL: yes("links"), URLMax: n("url max", 0, 1), Mixed: yes("mixed"), Media: yes("under media"),
			}
		}
		if yes("list") {
			c.List = &normalize.ListSpec{
				Sections: n("sections", 0, 1, 2), Rows: n("rows", 3, 10), Button: n("label", 0, 6), Title: n("row", 0, 12),
				Description: n("description", 0, 10, 40), ID: n("row id", 0, 10), Text: n("list text", 0, 25),
			}
		}
		return c
	})
}

func messages() *rapid.Generator[normalize.Message] {
	return rapid.Custom(func(t *rapid.T) normalize.Message {
		yes := func(name string) bool { return rapid.IntRange(0, 3).Draw(t, name) == 0 }
		m := normalize.Message{Text: texts(40).Draw(t, "text")}
		for i := range rapid.IntRange(0, 4).Draw(t, "attachments") {
			m.Attachments = append(m.Attachments, normalize.Attachment{
				Type:    rapid.SampledFrom(media).Draw(t, "type"),
				URL:     fmt.Sprintf("https://files.example/%d", i),
				Size:    rapid.SampledFrom([]int64{0, 50, 200}).Draw(t, "size"),
				Voice:   yes("voice"),
				Caption: texts(6).Draw(t, "caption"),
			})
		}
		for i := range rapid.IntRange(0, 5).Draw(t, "buttons") {
			b := normalize.Button{Title: titles().Draw(t, "button"), ID: fmt.Sprintf("button-%d", i)}
			if yes("link") {
				b.URL = fmt.Sprintf("https://shop.example/%d", i)
			}
			m.Buttons = append(m.Buttons, b)
		}
		if yes("list") {
			m.List = &normalize.List{Button: titles().Draw(t, "label")}
			for i := range rapid.IntRange(1, 3).Draw(t, "sections") {
				s := normalize.Section{Title: titles().Draw(t, "section")}
				for j := range rapid.IntRange(0, 3).Draw(t, "rows") {
					s.Rows = append(s.Rows, normalize.Row{
						ID: fmt.Sprintf("r%d.%d", i, j), Title: titles().Draw(t, "row"), Description: texts(3).Draw(t, "description"),
					})
				}
				m.List.Sections = append(m.List.Sections, s)
			}
		}
		if yes("location") {
			m.Location = &normalize.Location{Latitude: 38.7223, Longitude: -9.1393, Name: "Shop", Address: "Rua Nova 1"}
		}
		if yes("contact") {
			m.Contacts = []normalize.ContactCard{{Name: "Ana", Phones: []string{"+351210000000"}}}
		}
		if yes("quote") {
			m.ReplyTo = &normalize.Quote{ID: "m1"}
		}
		return m
	})
}

// squeeze takes all white space out, which is all that a cut may drop.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// said is all a reader sees of the parts, without white space.
func said(parts []normalize.Message) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(squeeze(p.Text))
		for _, a := range p.Attachments {
			b.WriteString(squeeze(a.Caption + a.URL))
		}
		for _, c := range p.Buttons {
			b.WriteString(squeeze(c.Title + c.URL))
		}
		if p.List == nil {
			continue
		}
		for _, s := range p.List.Sections {
			for _, r := range s.Rows {
				b.WriteString(squeeze(r.Title + r.Description))
			}
		}
	}
	return b.String()
}

func TestFitHoldsForAnyMessageOnAnyChannel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, caps := messages().Draw(t, "message"), capabilities().Draw(t, "channel")
		parts, losses, err := normalize.Fit(m, caps)
		again, lossesAgain, errAgain := normalize.Fit(m, caps)
		require.Equal(t, parts, again, "deterministic")
		require.Equal(t, losses, lossesAgain)
		require.Equal(t, err, errAgain)
		if err != nil {
			var refusal *normalize.FitError
			require.True(t, errors.As(err, &refusal))
			require.NotEmpty(t, refusal.Detail)
			return
		}
		require.NotEmpty(t, parts)
		for i, part := range parts {
			require.NoError(t, fits(part, caps), "part %d: %+v", i, part)
			same, lost, err := normalize.Fit(part, caps)
			require.NoError(t, err)
			require.Equal(t, []normalize.Message{part}, same, "a part that fits stays as it is")
			require.Empty(t, lost)
		}
		all := said(parts)
		require.Contains(t, all, squeeze(m.Text))
		for _, a := range m.Attachments {
			require.Contains(t, all, squeeze(a.Caption))
			require.Contains(t, all, a.URL)
		}
		for i, b := range m.Buttons {
			renamed := lostAt(losses, fmt.Sprintf("buttons[%d].title", i))
			require.True(t, renamed || strings.Contains(all, squeeze(b.Title)), "button %d", i)
			require.Contains(t, all, b.URL)
		}
		if len(losses) == 0 {
			require.Len(t, parts, 1, "whatever is taken apart is reported")
		}
	})
}

func lostAt(losses []normalize.Loss, field string) bool {
	for _, l := range losses {
		if l.Field == field {
			return true
		}
	}
	return false
}

func TestFitLosesNoCharacterOfALongText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := texts(300).Draw(t, "text")
		caps := plain()
		caps.Text.Unit = rapid.SampledFrom([]normalize.Unit{normalize.Runes, normalize.UTF16, normalize.Bytes}).Draw(t, "unit")
		caps.Text.Max = rapid.IntRange(50, 500).Draw(t, "max")
		parts, _, err := normalize.Fit(normalize.Message{Text: text}, caps)
		if err != nil {
			return
		}
		require.Equal(t, squeeze(text), said(parts))
		families, flags := 0, 0
		for _, p := range parts {
			families += strings.Count(p.Text, family)
			flags += strings.Count(p.Text, flagPT)
		}
		require.Equal(t, strings.Count(text, family), families, "no joined emoji was torn apart")
		require.Equal(t, strings.Count(text, flagPT), flags, "no flag was torn apart")
	})
}

func FuzzFit(f *testing.F) {
	f.Add("hello", 10, "title")
	f.Add(strings.Repeat("no spaces", 100), 7, family)
	f.Add("a\xff\x00\u200d", 1, "")
	f.Fuzz(func(t *testing.T, text string, limit int, title string) {
		caps := rich()
		caps.Text.Max = limit % 500
		parts, _, err := normalize.Fit(normalize.Message{
			Text:    text,
			Buttons: []normalize.Button{{ID: "a", Title: title}, {ID: "b", Title: title}},
		}, caps)
		if err != nil {
			return
		}
		for _, p := range parts {
			if err := fits(p, caps); err != nil {
				t.Fatal(err)
			}
		}
	})
}
