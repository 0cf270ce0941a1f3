package whatsapp_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/normalize"
)

const templatePage = `{"data":[
 {"name":"parcel_sent","language":"hr","category":"UTILITY","status":"APPROVED","components":[
  {"type":"HEADER","format":"IMAGE"},
  {"type":"BODY","text":"Hi {{1}}, parcel {{2}} is on its way, {{1}}!"},
  {"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY"},{"type":"URL","url":"https://track.example/{{1}}"}]}]},
 {"name":"welcome","language":"en_US","category":"MARKETING","status":"PAUSED","components":[
  {"type":"HEADER","format":"TEXT","text":"For {{first_name}}"},{"type":"BODY","text":"Hello"},{"type":"FOOTER","text":"{{9}}"}]}],
 "paging":{"cursors":{"after":"QWZ0ZXI"},"next":"https://graph.example/next"}}`

func TestTemplatesAreListedWithWhatTheyTake(t *testing.T) {
	c := open(t, listing(`{"phone_number_id":"106","waba_id":"2060001"}`)).(connectors.Templater)
	call, err := c.Templates("QWZ0ZXI")
	require.NoError(t, err)
	require.Contains(t, call.URL, "/2060001/message_templates?after=QWZ0ZXI&fields=")
	list, next, err := c.ReadTemplates(&connectors.Response{Status: 200, Body: []byte(templatePage)})
	require.NoError(t, err)
	require.Equal(t, "QWZ0ZXI", next)
	require.Equal(t, []normalize.TemplateInfo{
		{
			Name: "parcel_sent", Language: "hr", Category: "UTILITY", Status: "APPROVED", Usable: true, Text: "Hi {{1}}, parcel {{2}} is on its way, {{1}}!",
			Slots: []normalize.TemplateSlot{
				{Type: "header", Count: 1, Kind: "image"}, {Type: "body", Count: 2, Kind: "text"}, {Type: "button", Index: 1, Count: 1, Kind: "text"},
			},
		},
		{
			Name: "welcome", Language: "en_US", Category: "MARKETING", Status: "PAUSED", Text: "Hello",
			Slots: []normalize.TemplateSlot{{Type: "header", Count: 1, Names: []string{"first_name"}, Kind: "text"}},
		},
	}, list)
	for _, bad := range []connectors.Response{{Status: 500}, {Status: 200, Body: []byte(`{}`)}, {Status: 200, Body: []byte(`no`)}} {
		_, _, err := c.ReadTemplates(&bad)
		require.Error(t, err)
	}
	list, next, err = c.ReadTemplates(&connectors.Response{Status: 200, Body: []byte(`{"data":[]}`)})
	require.NoError(t, err)
	require.Empty(t, list)
	require.Empty(t, next)
	_, err = open(t, listing(`{"phone_number_id":"106"}`)).(connectors.Templater).Templates("")
	require.ErrorContains(t, err, "waba_id")
}

func TestATemplateSaysWhatAMessageOfItLacks(t *testing.T) {
	c := open(t, listing(`{"phone_number_id":"106","waba_id":"2060001"}`)).(connectors.Templater)
	list, _, err := c.ReadTemplates(&connectors.Response{Status: 200, Body: []byte(templatePage)})
	require.NoError(t, err)
	text := map[string]any{"type": "text", "text": "x"}
	component := func(kind string, n int) map[string]any {
		p := []any{}
		for range n {
			p = append(p, text)
		}
		return map[string]any{"type": kind, "parameters": p}
	}
	button := component("button", 1)
	button["index"] = "1"
	for name, tt := range map[string]struct {
		components []any
		wrong      string
	}{
		"all there":     {[]any{component("header", 1), component("BODY", 2), button}, ""},
		"none":          {nil, "1 parameters in its header, not 0"},
		"one too few":   {[]any{component("header", 1), component("body", 1), button}, "2 parameters in its body, not 1"},
		"one too many":  {[]any{component("header", 1), component("body", 3), button}, "2 parameters in its body, not 3"},
		"no button":     {[]any{component("header", 1), component("body", 2)}, "button 1"},
		"no components": {[]any{"x", 7}, "header"},
	} {
		t.Run(name, func(t *testing.T) {
			got := list[0].Check(normalize.Template{Components: tt.components})
			if tt.wrong == "" {
				require.Empty(t, got)
			} else {
				require.Contains(t, got, tt.wrong)
			}
		})
	}
	require.Contains(t, list[1].Check(normalize.Template{}), "is paused at the platform")
}

// listing gives a channel these settings.
func listing(settings string) func(*connectors.Config) {
	return func(c *connectors.Config) { c.Settings = []byte(settings) }
}
