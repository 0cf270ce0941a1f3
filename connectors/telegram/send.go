package telegram

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"threadhub/connectors"
	"threadhub/normalize"
)

// params are the parameters of the sending methods; each uses some of them.
// There is no parse_mode: text goes out as it is, so that nothing an agent
// types can be refused as broken markup.
type params struct {
	BusinessConnectionID string `json:"business_connection_id,omitempty"`
	ChatID               int64  `json:"chat_id"`
	MessageThreadID      int64  `json:"message_thread_id,omitempty"`

	Text      string `json:"text,omitempty"`
	Photo     string `json:"photo,omitempty"`
	Video     string `json:"video,omitempty"`
	Animation string `json:"animation,omitempty"`
	Audio     string `json:"audio,omitempty"`
	Voice     string `json:"voice,omitempty"`
	Document  string `json:"document,omitempty"`
	Sticker   string `json:"sticker,omitempty"`
	Caption   string `json:"caption,omitempty"`

	Latitude  *float64 `json:"latitude,omitempty"`
	Longitude *float64 `json:"longitude,omitempty"`
	Title     string   `json:"title,omitempty"`
	Address   string   `json:"address,omitempty"`

	PhoneNumber string `json:"phone_number,omitempty"`
	FirstName   string `json:"first_name,omitempty"`
	VCard       string `json:"vcard,omitempty"`

	Action    string      `json:"action,omitempty"`
	MessageID int64       `json:"message_id,omitempty"`
	Reaction  *[]reacting `json:"reaction,omitempty"`

	ReplyParameters *replyParameters `json:"reply_parameters,omitempty"`
	ReplyMarkup     *keyboard        `json:"reply_markup,omitempty"`
}

type replyParameters struct {
	MessageID int64 `json:"message_id"`
	// Without it, an answer to a message that was deleted meanwhile is refused.
	AllowSendingWithoutReply bool `json:"allow_sending_without_reply"`
}

// Next walks the parts in order and, within a part, its messages: one for each
// attachment and card, and one for text that cannot be a caption.
func (b *bot) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	to, err := destination(out)
	if err != nil {
		return nil, fmt.Errorf("telegram: %w", err)
	}
	sent := make([]int, len(out.Parts))
	for _, e := range done {
		if e.Part >= 0 && e.Part < len(sent) {
			sent[e.Part]++
		}
	}
	for i := range out.Parts {
		steps, err := render(&out.Parts[i], to)
		if err != nil {
			return nil, fmt.Errorf("telegram: part %d: %w", i, err)
		}
		if sent[i] >= len(steps) {
			continue
		}
		call, err := b.call(steps[sent[i]].method, steps[sent[i]].params)
		if err != nil {
			return nil, fmt.Errorf("telegram: part %d: %w", i, err)
		}
		// There is no client message id: a repetition would show twice.
		call.Part, call.Visible = i, true
		return call, nil
	}
	return nil, nil
}

// target is the chat, and where in it.
type target struct {
	address
	thread int64
}

func (t target) params() params {
	return params{BusinessConnectionID: t.connection, ChatID: t.chat, MessageThreadID: t.thread}
}

// destination is where a message goes: its peer's chat, in the topic and on the
// business connection that the peer last wrote on.
func destination(out *normalize.Outbound) (target, error) {
	a, ok := parsePeer(out.To.ID)
	if !ok {
		return target{}, errors.New("the peer is not a Telegram chat")
	}
	t := target{address: a}
	if t.connection == "" {
		t.connection = out.Context[contextConnection]
	}
	if raw := out.Context[contextThread]; raw != "" {
		thread, err := strconv.ParseInt(raw, 10, 64)
		if err != nil {
			return target{}, fmt.Errorf("context %s is not a number", contextThread)
		}
		t.thread = thread
	}
	return t, nil
}

// call is a call of a Bot API method. Its address holds the token: it must not
// be logged, which is why a Call has a name.
func (b *bot) call(method string, params any) (*connectors.Call, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(params); err != nil {
		return nil, fmt.Errorf("encode %s: %w", method, err)
	}
	return &connectors.Call{
		Name:   method,
		Method: http.MethodPost,
		URL:    b.base + "/bot" + b.token.Reveal() + "/" + method,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   bytes.TrimSuffix(body.Bytes(), []byte("\n")),
	}, nil
}
