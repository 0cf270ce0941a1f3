package viber

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Operations: the names of the calls this connector asks for.
const (
	opSend      = "send_message"
	opSubscribe = "set_webhook"
	opCheck     = "get_account_info"
	opProfile   = "get_user_details"
)

// outgoing is the body of send_message; each type uses some of the members
// (platforms/viber: section 4).
type outgoing struct {
	Receiver      string `json:"receiver,omitempty"`
	MinAPIVersion int    `json:"min_api_version"`
	Sender        sender `json:"sender"`
	TrackingData  string `json:"tracking_data,omitempty"`
	Type          string `json:"type"`

	Text     string `json:"text,omitempty"`
	Media    string `json:"media,omitempty"`
	Size     int64  `json:"size,omitempty"`
	Duration int    `json:"duration,omitempty"` // seconds
	FileName string `json:"file_name,omitempty"`

	StickerID json.Number `json:"sticker_id,omitempty"`
	Contact   *outContact `json:"contact,omitempty"`
	Location  *outPlace   `json:"location,omitempty"`
	Keyboard  *keyboard   `json:"keyboard,omitempty"`
}

type sender struct {
	Name   string `json:"name"`
	Avatar string `json:"avatar,omitempty"`
}

type outContact struct {
	Name  string `json:"name"`
	Phone string `json:"phone_number"`
}

type outPlace struct {
	Latitude  float64 `json:"lat"`
	Longitude float64 `json:"lon"`
}

// What an exchange keeps of a message that the person's client cannot show.
const (
	dataFallback = "fallback"
	fallbackText = "text"
)

// Next walks the parts in order and, within a part, its messages: one for each
// attachment and card, and one for text that cannot be a caption. A message
// that Viber says the person's client cannot show is sent again in words.
func (b *bot) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	if out.To.ID == "" {
		return nil, errors.New("viber: the recipient has no id")
	}
	sent, plain := make([]int, len(out.Parts)), false
	for _, e := range done {
		plain = e.Data[dataFallback] == fallbackText
		if e.Part >= 0 && e.Part < len(sent) && !plain {
			sent[e.Part]++
		}
	}
	for i := range out.Parts {
		steps, err := render(&out.Parts[i])
		if err != nil {
			return nil, fmt.Errorf("viber: part %d: %w", i, err)
		}
		if sent[i] >= len(steps) {
			continue
		}
		m := steps[sent[i]]
		if plain {
			m = m.inWords()
		}
		m.Receiver, m.MinAPIVersion, m.Sender = string(out.To.ID), 1, b.sender
		call, err := b.call(opSend, m)
		if err != nil {
			return nil, fmt.Errorf("viber: part %d: %w", i, err)
		}
		// There is no key that Viber would know a repetition by.
		call.Part, call.Visible = i, true
		return call, nil
	}
	return nil, nil
}

// call is a call of a method. All of them are POSTs of JSON.
func (b *bot) call(method string, body any) (*connectors.Call, error) {
	raw, err := encode(body)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", method, err)
	}
	return &connectors.Call{
		Name: method, Method: http.MethodPost, URL: b.base + "/" + method, Body: raw,
		Header: http.Header{"Content-Type": {"application/json"}, "X-Viber-Auth-Token": {b.tokens[0].Reveal()}},
	}, nil
}

func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
