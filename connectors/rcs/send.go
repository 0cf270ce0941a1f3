package rcs

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Operations: the names of the calls this connector asks for.
const (
	opToken  = "token"
	opSend   = "agentMessages"
	opTyping = "typing"
	opRead   = "read"
	opCheck  = "capabilities"
)

// userAgent is how Google asks calls of the API to begin (platforms/rcs:
// Outbound).
const userAgent = "Threadhub/rcs-business-messaging"

// agentMessage is the body of a send.
type agentMessage struct {
	Content content `json:"contentMessage"`
	Traffic string  `json:"messageTrafficType,omitempty"`
	TTL     string  `json:"ttl,omitempty"`
}

// Next walks the parts in order and, within a part, its messages.
func (a *agent) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	if phone(string(out.To.ID)) == "" {
		return nil, errors.New("rcs: the recipient is no phone number in the form +12223334444")
	}
	sent := make([]int, len(out.Parts))
	for _, e := range done {
		if e.Part >= 0 && e.Part < len(sent) {
			sent[e.Part]++
		}
	}
	for i := range out.Parts {
		steps, err := render(&out.Parts[i])
		if err != nil {
			return nil, fmt.Errorf("rcs: part %d: %w", i+1, err)
		}
		if sent[i] >= len(steps) {
			continue
		}
		id := uuid("message", out.ID, fmt.Sprintf("%d/%d", i, sent[i]))
		call, err := a.post(opSend, out.To.ID, "agentMessages", "messageId", id, agentMessage{steps[sent[i]], a.traffic, a.ttl})
		if err != nil {
			return nil, err
		}
		// A second message with the id of a first is not sent.
		call.Part, call.Visible, call.Idempotent = i, true, true
		return call, nil
	}
	return nil, nil
}

// uuid is a UUID (of version 8, which is free in form) made of what it names,
// so that it is the same whenever the call is made again.
func uuid(what ...string) string {
	h := sha256.New()
	for _, part := range what {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	sum := h.Sum(nil)
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// resource is the address of something of a phone's.
func (a *agent) resource(to normalize.PeerID, what, idName, id string) string {
	query := url.Values{idName: {id}, "agentId": {a.id}}
	return a.base + "/v1/phones/" + phone(string(to)) + "/" + what + "?" + query.Encode()
}

// post is a call with a JSON body.
func (a *agent) post(op string, to normalize.PeerID, what, idName, id string, body any) (*connectors.Call, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return nil, fmt.Errorf("rcs: encode %s: %w", op, err)
	}
	return &connectors.Call{
		Name: op, Method: http.MethodPost, URL: a.resource(to, what, idName, id),
		Header: http.Header{"Content-Type": {"application/json"}, "User-Agent": {userAgent}},
		Body:   bytes.TrimSuffix(buf.Bytes(), []byte("\n")),
	}, nil
}
