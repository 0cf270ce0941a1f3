package discord

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Operations: the names of the calls this connector asks for.
const (
	opOpen     = "openDM"
	opMessage  = "createMessage"
	opFollowUp = "followUp"
	opCallback = "interactionCallback"
	opReact    = "react"
	opTyping   = "typing"
	opCheck    = "application"
	opEdit     = "editApplication"
	opCommand  = "createCommand"
	opProfile  = "user"
	opGateway  = "gateway"
	opHistory  = "messages"
)

// tokenFor is how long an interaction is answered by its token, of the 15
// minutes that it is good for (platforms/discord: Response time & retries).
const tokenFor = 14*time.Minute + 30*time.Second

// nonceKnown is how long Discord is sure to know a nonce, of the few minutes that
// it says (platforms/discord: Outbound).
const nonceKnown = 2 * time.Minute

// What an exchange keeps: the channel that was opened, or that the token of an
// interaction was refused.
const (
	dataChannel  = "channel_id"
	dataToken    = "token"
	tokenRefused = "refused"
)

// Next sends each part with one call. While the peer's latest message is an
// interaction whose token can be good, the calls follow up on that; otherwise,
// and when Discord refuses the token, they go to the channel of the direct
// messages, which is opened first when it is not known.
func (a *account) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	if !snowflake(string(out.To.ID)) {
		return nil, errors.New("discord: the recipient is not a user's id")
	}
	sent, refused, channel := 0, false, channelOf(&out.To)
	for _, e := range done {
		switch {
		case e.Name == opOpen:
			channel = e.Data[dataChannel]
		case e.Data[dataToken] == tokenRefused:
			refused = true
		default:
			sent++
		}
	}
	if sent >= len(out.Parts) {
		return nil, nil
	}
	token := ""
	if !refused {
		token = a.interactionToken(out)
	}
	if token == "" && channel == "" {
		return a.post(opOpen, "/users/@me/channels", map[string]string{"recipient_id": string(out.To.ID)})
	}
	call, err := a.message(out, sent, token, channel)
	if err != nil {
		return nil, fmt.Errorf("discord: part %d: %w", sent, err)
	}
	return call, nil
}

// message is the call that sends a part.
func (a *account) message(out *normalize.Outbound, part int, token, channel string) (*connectors.Call, error) {
	p, file, err := render(&out.Parts[part])
	if err != nil {
		return nil, err
	}
	op, path := opMessage, "/channels/"+channel+"/messages"
	if token != "" {
		op, path = opFollowUp, "/webhooks/"+cmp.Or(out.Context[contextApplication], a.application)+"/"+segment(token)
		p.Reference = nil // of another channel, as far as is known
		if out.Context[contextServer] != "" {
			p.Flags = flagQuiet
		}
	} else {
		// Discord answers what comes again with the same nonce, within some
		// minutes, with the message that is there already.
		p.Nonce, p.Enforce = nonce(out.ID, part), true
	}
	call, err := a.post(op, path, p)
	if err != nil {
		return nil, err
	}
	if file != nil {
		file.Fields = []connectors.FormField{{Name: "payload_json", Value: string(call.Body)}}
		call.Upload, call.Body = file, nil
		call.Header.Del("Content-Type")
	}
	call.Part, call.Visible = part, true
	if op == opMessage {
		call.Idempotent, call.KnownFor = true, nonceKnown
	}
	return call, nil
}

// interactionToken answers the token of the peer's latest message, if that was
// an interaction which is to be answered with it and can still be.
func (a *account) interactionToken(out *normalize.Outbound) string {
	c := out.Context
	pressed := c[contextOver] == "3" && c[contextServer] == "" // answered as any message
	if c[contextToken] == "" || pressed || cmp.Or(c[contextApplication], a.application) == "" || out.Now.IsZero() {
		return ""
	}
	if out.Now.Sub(minted(c[contextInteraction])) >= tokenFor {
		return ""
	}
	return c[contextToken]
}

// channelOf is the channel of the direct messages with a peer, "" when it is
// not known.
func channelOf(to *normalize.Peer) string {
	for _, alias := range to.Aliases {
		if id, ok := strings.CutPrefix(string(alias), aliasPrefix); ok && snowflake(id) {
			return id
		}
	}
	return ""
}

// nonce names a part of a message: the same whenever it is sent again.
func nonce(id string, part int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", id, part))
	return base64.RawURLEncoding.EncodeToString(sum[:])[:maxNonce]
}

// segment escapes a text for a path.
func segment(text string) string { return url.PathEscape(text) }

// post is a call with a JSON body.
func (a *account) post(op, path string, body any) (*connectors.Call, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return nil, fmt.Errorf("discord: encode %s: %w", op, err)
	}
	return a.raw(op, path, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))), nil
}

// raw is a call with a body that is JSON already.
func (a *account) raw(op, path string, body []byte) *connectors.Call {
	call := a.call(op, http.MethodPost, path)
	call.Header.Set("Content-Type", jsonType)
	call.Body = body
	return call
}

// call is one without a body.
func (a *account) call(op, method, path string) *connectors.Call {
	return &connectors.Call{
		Name: op, Method: method, URL: a.base + path,
		Header: http.Header{"Authorization": {"Bot " + a.token.Reveal()}, "User-Agent": {a.agent}},
	}
}
