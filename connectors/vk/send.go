package vk

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

const opSend = "messages.send"

// Next walks the parts in order. A part with files to upload takes three calls
// for each of them before the one that sends it; captions for which there is no
// room beside them follow as messages.
func (c *community) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	peer, ok := parsePeer(out.To.ID)
	if !ok {
		return nil, errors.New("vk: the peer is not a VK conversation")
	}
	for i := range out.Parts {
		var uploads []normalize.Exchange
		sent := 0
		for _, e := range done {
			switch {
			case e.Part != i:
			case e.Name == opSend:
				sent++
			default:
				uploads = append(uploads, e)
			}
		}
		m := &out.Parts[i]
		texts := words(m)
		if sent >= len(texts) {
			continue
		}
		var call *connectors.Call
		var err error
		if sent > 0 {
			call = c.send(url.Values{"message": {texts[sent]}}, peer, randomID(out.ID, i, sent))
		} else {
			call, err = c.first(m, texts[0], uploads, peer, randomID(out.ID, i, 0))
		}
		if err != nil {
			return nil, fmt.Errorf("vk: part %d: %w", i+1, err)
		}
		call.Part = i
		return call, nil
	}
	return nil, nil
}

// randomKnown is how long VK is sure to know a random_id, of the hour or so that
// it does.
const randomKnown = 45 * time.Minute

// randomID is what VK knows a repetition by, for about an hour: a positive
// 32-bit number made of the message's id.
func randomID(id string, part, message int) int32 {
	sum := sha256.Sum256([]byte(id + "/" + strconv.Itoa(part) + "/" + strconv.Itoa(message)))
	n := int32(binary.BigEndian.Uint32(sum[:4]) >> 1)
	return max(n, 1)
}

// first is the next call for a part's first message: of an upload, or itself.
func (c *community) first(m *normalize.Message, text string, done []normalize.Exchange, peer int64, random int32) (*connectors.Call, error) {
	if m.Template != nil || m.List != nil || len(m.Contacts) > 0 {
		return nil, fmt.Errorf("there are no messages of type %q on VK", m.Type)
	}
	files, call, err := c.uploads(m.Attachments, done, peer)
	if err != nil || call != nil {
		return call, err
	}
	params := url.Values{}
	if text != "" {
		params.Set("message", text)
	}
	if files != "" {
		params.Set("attachment", files)
	}
	if l := m.Location; l != nil {
		params.Set("lat", degrees(l.Latitude))
		params.Set("long", degrees(l.Longitude))
	}
	if len(params) == 0 {
		return nil, fmt.Errorf("a message of type %q with nothing in it that VK can carry", m.Type)
	}
	quote(params, m.ReplyTo, peer)
	if len(m.Buttons) > 0 {
		board, err := keyboard(m.Buttons)
		if err != nil {
			return nil, err
		}
		params.Set("keyboard", board)
	}
	return c.send(params, peer, random), nil
}

// send is the call that sends a message.
func (c *community) send(params url.Values, peer int64, random int32) *connectors.Call {
	params.Set("peer_ids", number(peer))
	params.Set("random_id", strconv.Itoa(int(random)))
	call := c.call(opSend, params)
	call.Visible, call.Idempotent, call.KnownFor = true, true, randomKnown
	return call
}

// words is the text with the captions of files below it, and what a location is
// called. What does not fit into one message is in messages of its own.
func words(m *normalize.Message) []string {
	all := []string{m.Text}
	lines := make([]string, 0, len(m.Attachments))
	for _, a := range m.Attachments {
		lines = append(lines, a.Caption)
	}
	if l := m.Location; l != nil {
		lines = append(lines, l.Name, l.Address)
	}
	for _, line := range lines {
		joined := strings.Trim(all[0]+"\n"+line, "\n")
		switch {
		case line == "":
		case normalize.UTF16.Len(joined) <= maxText:
			all[0] = joined
		default:
			all = append(all, line)
		}
	}
	return all
}

// quote answers a message of the same conversation; the press of a button is no
// message and cannot be answered.
func quote(params url.Values, q *normalize.Quote, peer int64) {
	if q == nil {
		return
	}
	at, inChat, inCommunity, ok := parseMessage(q.ID)
	switch {
	case !ok || at != peer:
	case inCommunity > 0:
		params.Set("reply_to", number(inCommunity))
	default:
		params.Set("forward", fmt.Sprintf(`{"peer_id":%d,"conversation_message_ids":[%d],"is_reply":true}`, peer, inChat))
	}
}

type key struct {
	Action action `json:"action"`
	Color  string `json:"color,omitempty"`
}

type action struct {
	Type    string `json:"type"`
	Label   string `json:"label"`
	Payload string `json:"payload,omitempty"`
	Link    string `json:"link,omitempty"`
}

// keyboard offers buttons under the message: one in a row while there is room.
// Pressed, a reply writes its title with the payload, which any client can show.
func keyboard(buttons []normalize.Button) (string, error) {
	const longestPayload = 255
	perRow := (len(buttons) + maxRows - 1) / maxRows
	board := struct {
		Inline bool    `json:"inline"`
		Rows   [][]key `json:"buttons"`
	}{Inline: true}
	for i, b := range buttons {
		k := key{Action: action{Type: "open_link", Label: b.Title, Link: b.URL}}
		if b.URL == "" {
			payload, err := encode(map[string]string{"id": b.ID})
			if err != nil {
				return "", err
			}
			if len(payload) > longestPayload {
				return "", fmt.Errorf("button %d: its id is too long, VK takes %d characters with their escapes", i+1, longestPayload)
			}
			k = key{Action: action{Type: "text", Label: b.Title, Payload: payload}, Color: "primary"}
		}
		if i%perRow == 0 {
			board.Rows = append(board.Rows, nil)
		}
		last := len(board.Rows) - 1
		board.Rows[last] = append(board.Rows[last], k)
	}
	return encode(board)
}

// encode writes JSON without the escapes that are for HTML alone.
func encode(v any) (string, error) {
	var w strings.Builder
	enc := json.NewEncoder(&w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", fmt.Errorf("encode: %w", err)
	}
	return strings.TrimSuffix(w.String(), "\n"), nil
}

func degrees(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// call is a call of an API method. The token stands in the body.
func (c *community) call(method string, params url.Values) *connectors.Call {
	params.Set("access_token", c.token.Reveal())
	params.Set("v", c.version)
	return &connectors.Call{
		Name: method, Method: http.MethodPost, URL: c.base + "/method/" + method,
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(params.Encode()),
	}
}
