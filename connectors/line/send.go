package line

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Operations: the names of the calls this connector asks for.
const (
	opReply     = "reply"
	opPush      = "push"
	opLoading   = "loading"
	opRead      = "markAsRead"
	opCheck     = "info"
	opSubscribe = "webhook"
	opContent   = "content"
	opProfile   = "profile"
)

// How long after the event a reply token is tried: a minute is promised, and a
// token that came again may be as young for up to 20 minutes (platforms/line:
// section 4). One that is tried too late costs a call and nothing else.
const (
	replyFor      = 50 * time.Second
	replyForAgain = 20 * time.Minute
)

// What an exchange keeps of a reply: its token was refused.
const (
	dataReply    = "reply"
	replyRefused = "refused"
)

type replyBody struct {
	ReplyToken string    `json:"replyToken"`
	Messages   []content `json:"messages"`
}

type pushBody struct {
	To       string    `json:"to"`
	Messages []content `json:"messages"`
}

// Next sends up to five messages with one call. The first call is a reply,
// which is free, while the peer's latest message has a token that can still be
// good; when LINE refuses the token, and for all that follows, it is a push.
func (a *account) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	if out.To.ID == "" {
		return nil, errors.New("line: the recipient has no id")
	}
	objects, err := a.objects(out)
	if err != nil {
		return nil, err
	}
	sent, refused := 0, false
	for _, e := range done {
		if e.Data[dataReply] == replyRefused {
			refused = true
		} else {
			sent++
		}
	}
	first := sent * maxObjects
	if first >= len(objects) {
		return nil, nil
	}
	batch := objects[first:min(first+maxObjects, len(objects))]
	messages := make([]content, len(batch))
	for i := range batch {
		messages[i] = batch[i].content
	}
	var call *connectors.Call
	if token, ok := replyToken(out); ok && sent == 0 && !refused {
		call, err = a.post(opReply, "/v2/bot/message/reply", replyBody{token, messages})
	} else {
		call, err = a.post(opPush, "/v2/bot/message/push", pushBody{string(out.To.ID), messages})
	}
	if err != nil {
		return nil, err
	}
	if call.Name == opPush {
		// LINE carries out what comes again with the same key once, for a day.
		call.Header.Set("X-Line-Retry-Key", retryKey(out.ID, first))
		call.Idempotent, call.KnownFor = true, retryKeyKnown
	}
	call.Part, call.Visible = batch[0].part, true
	return call, nil
}

// replyToken is that of the peer's latest message, if it can still be good. A
// time in the future means that LINE's clock is ahead of ours.
func replyToken(out *normalize.Outbound) (string, bool) {
	token := out.Context[contextReply]
	millis, err := strconv.ParseInt(out.Context[contextReplyAt], 10, 64)
	if token == "" || err != nil || out.Now.IsZero() {
		return "", false
	}
	limit := replyFor
	if out.Context[contextRedelivery] != "" {
		limit = replyForAgain
	}
	return token, out.Now.Sub(clock(millis)) < limit
}

// retryKeyKnown is how long LINE is sure to know a retry key, of the day that it
// does.
const retryKeyKnown = 23 * time.Hour

// retryKey is a UUID (of version 8, which is free in form) made of the hub's
// message id and the place of the call's first message in it, so that it is the
// same whenever the call is made again.
func retryKey(id string, first int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", id, first))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// object is one of LINE's messages and the part it belongs to.
type object struct {
	part    int
	content content
}

// objects renders all parts.
func (a *account) objects(out *normalize.Outbound) ([]object, error) {
	var all []object
	for i := range out.Parts {
		contents, err := a.render(&out.Parts[i], quoteToken(out, &out.Parts[i]))
		if err != nil {
			return nil, fmt.Errorf("line: part %d: %w", i, err)
		}
		for _, c := range contents {
			all = append(all, object{i, c})
		}
	}
	return all, nil
}

// quoteToken is what quotes the message that a part answers. LINE gives a token
// out with the message itself, and the hub keeps that of the latest one: others
// cannot be quoted.
func quoteToken(out *normalize.Outbound, m *normalize.Message) string {
	if m.ReplyTo == nil || m.ReplyTo.ID == "" || m.ReplyTo.ID != out.LastInbound {
		return ""
	}
	return out.Context[contextQuote]
}

// post is a call with a JSON body.
func (a *account) post(op, path string, body any) (*connectors.Call, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return nil, fmt.Errorf("line: encode %s: %w", op, err)
	}
	header := a.header()
	header.Set("Content-Type", "application/json")
	return &connectors.Call{
		Name: op, Method: http.MethodPost, URL: a.base + path, Header: header,
		Body: bytes.TrimSuffix(buf.Bytes(), []byte("\n")),
	}, nil
}

func (a *account) header() http.Header {
	return http.Header{"Authorization": {"Bearer " + a.token.Reveal()}}
}
