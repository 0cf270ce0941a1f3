package viber_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/connectors"
	"threadhub/normalize"
)

// sent is what of a send_message the tests look at.
type sent struct {
	Receiver     string `json:"receiver"`
	Type         string `json:"type"`
	Text         string `json:"text"`
	TrackingData string `json:"tracking_data"`
	Sender       struct{ Name string }
	Keyboard     struct {
		Buttons []struct{ ActionType, ActionBody, Text string }
	}
}

func send(t require.TestingT, conn connectors.Connector, parts ...normalize.Message) (sent, int) {
	call, err := conn.Next(&normalize.Outbound{ID: "msg_1", To: normalize.Peer{ID: "pEr+/son=="}, Parts: parts}, nil)
	require.NoError(t, err)
	var m sent
	require.NoError(t, json.Unmarshal(call.Body, &m))
	return m, len(call.Body)
}

// answer is what comes in when a person sends text after a message with data.
func answer(t require.TestingT, conn connectors.Connector, text, data string) *normalize.Message {
	quoted, _ := json.Marshal(map[string]any{"type": "text", "text": text, "tracking_data": data})
	events, err := conn.Parse(post(fmt.Sprintf(`{"event":"message","message_token":9,"sender":{"id":"p"},"message":%s}`, quoted)))
	require.NoError(t, err)
	require.Len(t, events, 1)
	return events[0].Message
}

func TestAPressedButtonComesBackWithItsID(t *testing.T) {
	conn := open(t, nil)
	caps := suite().Kind.Caps
	rapid.Check(t, func(t *rapid.T) {
		title := rapid.StringMatching(`[a-zA-Zäß👍日 <>&"]{1,40}`)
		m := normalize.Message{Type: normalize.TypeText, Text: "Pick"}
		for i := range rapid.IntRange(1, 12).Draw(t, "buttons") {
			m.Buttons = append(m.Buttons, normalize.Button{
				ID:    fmt.Sprint(i) + rapid.StringMatching(`[a-z"é]{0,60}`).Draw(t, "id"),
				Title: "x" + strings.TrimSpace(title.Draw(t, "title")),
			})
		}
		parts, _, err := normalize.Fit(m, caps)
		require.NoError(t, err)
		out, size := send(t, conn, parts...)
		require.LessOrEqual(t, size, 30<<10)
		require.LessOrEqual(t, len(out.TrackingData), 4000)
		require.Len(t, out.Keyboard.Buttons, len(m.Buttons))
		for i, b := range out.Keyboard.Buttons {
			got := answer(t, conn, b.ActionBody, out.TrackingData)
			require.Equal(t, normalize.TypeReply, got.Type)
			require.Equal(t, b.ActionBody, got.Text)
			require.Equal(t, &normalize.Choice{Kind: normalize.ChoiceButton, ID: m.Buttons[i].ID, Title: b.Text}, got.Reply)
		}
		require.Equal(t, normalize.TypeText, answer(t, conn, "something else", out.TrackingData).Type)
	})
}

func TestTrackingDataOfOthersMeansNothing(t *testing.T) {
	conn := open(t, nil)
	for _, data := range []string{"", "td", `{"b":{"x":"y"}}`, "threadhub:", "threadhub:[]", `threadhub:{"b":7}`} {
		got := answer(t, conn, "Red", data)
		require.Equal(t, normalize.TypeText, got.Type, data)
		require.Nil(t, got.Referral)
	}
}

func TestButtonsWhoseIDsAreTooLongTogetherAreRefused(t *testing.T) {
	m := normalize.Message{Type: normalize.TypeText, Text: "Pick"}
	for i := range 12 {
		m.Buttons = append(m.Buttons, normalize.Button{ID: fmt.Sprint(i) + strings.Repeat("\x01", 190), Title: fmt.Sprint(i)})
	}
	_, err := open(t, nil).Next(&normalize.Outbound{To: normalize.Peer{ID: "p"}, Parts: []normalize.Message{m}}, nil)
	require.ErrorContains(t, err, "shorten")
}

func TestOpeningTheChatIsAnsweredWithTheWelcome(t *testing.T) {
	const opened = `{"event":"conversation_started","timestamp":1773480413123,"message_token":31,"type":"open","context":"spring-ad",` +
		`"user":{"id":"pEr+/son==","name":"Hana"},"subscribed":false}`
	welcome := settings(`{"sender_name":"Kite Bakery","welcome_text":"Welcome! What can we bake?"}`)
	tests := map[string]struct {
		change   func(*connectors.Config)
		body     string
		welcomed bool
	}{
		"somebody new is welcomed":                 {welcome, opened, true},
		"without a welcome the answer is empty":    {nil, opened, false},
		"somebody who is subscribed is not":        {welcome, strings.Replace(opened, "false", "true", 1), false},
		"a message that speaks of it is not one":   {welcome, `{"event":"message","message_token":1,"sender":{"id":"p"},"message":{"type":"text","text":"\"conversation_started\""}}`, false},
		"a body that cannot be read gets no words": {welcome, `"conversation_started"`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			conn := open(t, tt.change)
			reply := conn.(connectors.Acknowledger).Acknowledge(post(tt.body))
			require.Equal(t, http.StatusOK, reply.Status)
			if !tt.welcomed {
				require.Empty(t, reply.Body)
				return
			}
			var m sent
			require.NoError(t, json.Unmarshal(reply.Body, &m))
			require.Equal(t, "application/json", reply.ContentType)
			require.Empty(t, m.Receiver, "the answer goes to whoever opened the chat")
			require.Equal(t, []string{"text", "Welcome! What can we bake?", "Kite Bakery"}, []string{m.Type, m.Text, m.Sender.Name})
			first := answer(t, conn, "Hello", m.TrackingData)
			require.Equal(t, &normalize.Referral{Source: "link", Payload: "spring-ad"}, first.Referral)
		})
	}
}

func TestACodeThatIsTooLongDoesNotCostTheWelcome(t *testing.T) {
	conn := open(t, settings(`{"welcome_text":"Welcome!"}`))
	reply := conn.(connectors.Acknowledger).Acknowledge(post(`{"event":"conversation_started","context":"` + strings.Repeat("x", 5000) + `"}`))
	var m sent
	require.NoError(t, json.Unmarshal(reply.Body, &m))
	require.Equal(t, "Welcome!", m.Text)
	require.Empty(t, m.TrackingData)
}

func TestALongTextStaysWithinTheBodyViberTakes(t *testing.T) {
	conn := open(t, nil)
	for _, word := range []string{"a ", "句子。", "👍🏽"} {
		parts, _, err := normalize.Fit(normalize.Message{Type: normalize.TypeText, Text: strings.Repeat(word, 7000)}, suite().Kind.Caps)
		require.NoError(t, err)
		require.Greater(t, len(parts), 1)
		for _, p := range parts {
			_, size := send(t, conn, p)
			require.LessOrEqual(t, size, 30<<10)
		}
	}
}
