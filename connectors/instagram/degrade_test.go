package instagram_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors/conntest"
	"threadhub/connectors/instagram"
	"threadhub/normalize"
)

// TestEveryKindOfMessageGoesOut compares what each kind of message becomes, and
// what is lost, with a golden file: natively or degraded.
func TestEveryKindOfMessageGoesOut(t *testing.T) {
	var got strings.Builder
	conn := open(t, nil)
	file := func(kind normalize.MessageType) []normalize.Attachment {
		return []normalize.Attachment{{Type: kind, URL: "https://files.example/" + string(kind), Name: string(kind), Caption: "legenda"}}
	}
	rows := func(n int, description string) *normalize.List {
		section := normalize.Section{Title: "Cores"}
		for i := range n {
			section.Rows = append(section.Rows, normalize.Row{ID: fmt.Sprint("r", i), Title: fmt.Sprint("Cor ", i), Description: description})
		}
		return &normalize.List{Button: "Ver", Sections: []normalize.Section{section}}
	}
	buttons := func(n int) (all []normalize.Button) {
		for i := range n {
			all = append(all, normalize.Button{ID: fmt.Sprint("b", i), Title: fmt.Sprint("Opção ", i)})
		}
		return all
	}
	for _, c := range []struct {
		name string
		msg  normalize.Message
	}{
		{"text", normalize.Message{Type: normalize.TypeText, Text: "Olá"}},
		{"image", normalize.Message{Type: normalize.TypeImage, Attachments: file(normalize.TypeImage)}},
		{"video", normalize.Message{Type: normalize.TypeVideo, Attachments: file(normalize.TypeVideo)}},
		{"audio", normalize.Message{Type: normalize.TypeAudio, Attachments: file(normalize.TypeAudio)}},
		{"file", normalize.Message{Type: normalize.TypeFile, Attachments: file(normalize.TypeFile)}},
		{"sticker", normalize.Message{Type: normalize.TypeSticker, Attachments: file(normalize.TypeSticker)}},
		{"location", normalize.Message{Type: normalize.TypeLocation, Location: &normalize.Location{Latitude: 38.72, Longitude: -9.14, Name: "Oficina"}}},
		{"contact", normalize.Message{Type: normalize.TypeContact, Contacts: []normalize.ContactCard{{Name: "Ivo Dias", Phones: []string{"+351210000000"}}}}},
		{"three buttons", normalize.Message{Type: normalize.TypeText, Text: "Qual?", Buttons: buttons(3)}},
		{"four buttons", normalize.Message{Type: normalize.TypeText, Text: "Qual?", Buttons: buttons(4)}},
		{"fourteen buttons", normalize.Message{Type: normalize.TypeText, Text: "Qual?", Buttons: buttons(14)}},
		{"list", normalize.Message{Type: normalize.TypeText, Text: "Qual?", List: rows(5, "")}},
		{"described list", normalize.Message{Type: normalize.TypeText, Text: "Qual?", List: rows(4, "mate")}},
		{"buttons under an image", normalize.Message{Type: normalize.TypeImage, Text: "Serve?", Attachments: file(normalize.TypeImage), Buttons: buttons(2)}},
		{"template", normalize.Message{Type: normalize.TypeTemplate, Template: &normalize.Template{Name: "entrega", Language: "pt_PT"}}},
	} {
		fmt.Fprintf(&got, "== %s\n", c.name)
		parts, losses, err := normalize.Fit(c.msg, instagram.Kind().Caps)
		if err != nil {
			fmt.Fprintf(&got, "refused: %s\n", err)
			continue
		}
		for _, l := range losses {
			fmt.Fprintf(&got, "%s %s: %s\n", l.Field, l.Action, l.Detail)
		}
		out := &normalize.Outbound{ID: "msg_1", To: normalize.Peer{ID: "9100000000000001"}, Parts: parts}
		var done []normalize.Exchange
		for {
			call, err := conn.Next(out, done)
			require.NoError(t, err, c.name)
			if call == nil {
				break
			}
			var body bytes.Buffer
			require.NoError(t, json.Indent(&body, call.Body, "", "  "))
			fmt.Fprintln(&got, body.String())
			done = append(done, normalize.Exchange{Name: call.Name, Part: call.Part})
		}
	}
	const golden = "../../testdata/instagram/degraded.golden"
	if conntest.Updating() {
		require.NoError(t, os.WriteFile(golden, []byte(got.String()), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got.String())
}
