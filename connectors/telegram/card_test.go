package telegram_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
)

// TestACardIsSentInAFormThatTelegramTakes: it refuses one without a number or a
// name, and one whose vCard is too long.
func TestACardIsSentInAFormThatTelegramTakes(t *testing.T) {
	begin, end := "BEGIN:VCARD\r\nVERSION:3.0\r\n", "END:VCARD"
	long := strings.Repeat("é", 1024)
	tests := map[string]struct {
		card                      normalize.ContactCard
		number, name, vcard, text string
	}{
		"a name and a number need no vCard": {
			card: normalize.ContactCard{Name: "Bo", Phones: []string{"+1"}}, number: "+1", name: "Bo",
		},
		"a second number": {
			card: normalize.ContactCard{Name: "Bo", Phones: []string{"+1", " ", "+2"}}, number: "+1", name: "Bo",
			vcard: begin + "N:;Bo;;;\r\nFN:Bo\r\nTEL:+1\r\nTEL:+2\r\n" + end,
		},
		"a company for a name": {
			card: normalize.ContactCard{Company: "Tea; Co", Phones: []string{"+1"}}, number: "+1", name: "Tea; Co",
			vcard: begin + "N:;Tea\\; Co;;;\r\nFN:Tea\\; Co\r\nORG:Tea\\; Co\r\nTEL:+1\r\n" + end,
		},
		"a number for a name": {card: normalize.ContactCard{Phones: []string{"+1"}}, number: "+1", name: "+1"},
		"numbers alone": {
			card: normalize.ContactCard{Phones: []string{"+1", "+2"}}, number: "+1", name: "+1",
			vcard: begin + "N:;+1;;;\r\nFN:+1\r\nTEL:+1\r\nTEL:+2\r\n" + end,
		},
		"a line break stays text": {
			card: normalize.ContactCard{Name: "Bo\r\nTEL:+9", Phones: []string{"+1", "+2"}}, number: "+1", name: "Bo\r\nTEL:+9",
			vcard: begin + `N:;Bo\nTEL:+9;;;` + "\r\n" + `FN:Bo\nTEL:+9` + "\r\nTEL:+1\r\nTEL:+2\r\n" + end,
		},
		"a vCard that is too long and holds no more": {
			card: normalize.ContactCard{Name: "Bo", Phones: []string{"+1"}, VCard: strings.Repeat("x", 2049)}, number: "+1", name: "Bo",
		},
		"more than a vCard holds": {
			card: normalize.ContactCard{Name: "Bo", Company: long, Phones: []string{"+1"}}, text: "Bo\n" + long + "\n+1",
		},
		"no number but blank ones": {
			card: normalize.ContactCard{Name: "Bo", Phones: []string{"", " "}, Emails: []string{"bo@shop.example"}}, text: "Bo\nbo@shop.example",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			call, err := open(t, config()).Next(&normalize.Outbound{
				ID: "msg_1", To: normalize.Peer{ID: "5310001"},
				Parts: []normalize.Message{{Type: normalize.TypeContact, Contacts: []normalize.ContactCard{tt.card}}},
			}, nil)
			require.NoError(t, err)
			var sent struct {
				Number string `json:"phone_number"`
				Name   string `json:"first_name"`
				VCard  string `json:"vcard"`
				Text   string `json:"text"`
			}
			require.NoError(t, json.Unmarshal(call.Body, &sent))
			require.Equal(t, tt.number, sent.Number)
			require.Equal(t, tt.name, sent.Name)
			require.Equal(t, tt.vcard, sent.VCard)
			require.LessOrEqual(t, len(sent.VCard), 2048)
			require.Equal(t, tt.text, sent.Text)
		})
	}
}
