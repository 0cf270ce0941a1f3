package discord

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"threadhub/connectors"
	"threadhub/connectors/discord/gateway"
)

// intents ask for what happens in direct messages: messages, reactions and
// typing. None is privileged (platforms/discord: Gateway essentials).
const intents = 1<<12 | 1<<13 | 1<<14

// Stream returns the client of the Gateway.
func (a *account) Stream() connectors.Stream {
	return gateway.New(gateway.Config{
		Token: a.token, Intents: intents,
		Discover: func() *connectors.Call { return a.call(opGateway, http.MethodGet, "/gateway/bot") },
		History:  a.history,
		Judge:    a.Classify,
		Wanted:   a.wanted,
		Plain:    strings.HasPrefix(a.base, "http://"),
	})
}

// history asks for the messages of a channel after the one with the id.
func (a *account) history(channel, after string) *connectors.Call {
	q := url.Values{"after": {after}, "limit": {strconv.Itoa(gateway.HistoryPage)}}
	return a.call(opHistory, http.MethodGet, "/channels/"+segment(channel)+"/messages?"+q.Encode())
}

// wanted tells whether a dispatch is worth keeping: not the bot's own messages,
// reactions and typing, not messages of servers, and not updates that only add
// the preview of a link.
func (a *account) wanted(event string, data []byte) bool {
	var m struct {
		UserID string `json:"user_id"`
		Author struct {
			Bot bool `json:"bot"`
		} `json:"author"`
		Guild  string  `json:"guild_id"`
		Edited *string `json:"edited_timestamp"`
	}
	if json.Unmarshal(data, &m) != nil {
		return true // Parse says what is wrong with it
	}
	if event != "MESSAGE_CREATE" && event != "MESSAGE_UPDATE" {
		return m.UserID == "" || m.UserID != a.self
	}
	return !m.Author.Bot && m.Guild == "" && (event == "MESSAGE_CREATE" || m.Edited != nil)
}
