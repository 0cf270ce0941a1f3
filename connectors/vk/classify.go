package vk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// longestPause bounds what a header may ask for.
const longestPause = 24 * time.Hour

// answer is what every method answers with, whatever the HTTP status.
type answer struct {
	Response      json.RawMessage `json:"response"`
	Error         *apiError       `json:"error"`
	ExecuteErrors []apiError      `json:"execute_errors"`
}

// apiError is an error of a method or, within the answer of messages.send, of
// one peer.
type apiError struct {
	Code        int    `json:"error_code"`
	Message     string `json:"error_msg"`
	PeerCode    int    `json:"code"`
	Description string `json:"description"`
}

func (e *apiError) code() int {
	if e.Code != 0 {
		return e.Code
	}
	return e.PeerCode
}

func (e *apiError) text() string {
	if e.Message != "" {
		return e.Message
	}
	return e.Description
}

// Classify reads an answer. VK answers errors with status 200; another status
// comes from before or behind the API.
func (c *community) Classify(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	if resp.Status < 200 || resp.Status > 299 {
		return unanswered(call, resp)
	}
	if call.Name == opUpload {
		return c.uploaded(resp)
	}
	var a answer
	if json.Unmarshal(resp.Body, &a) != nil {
		return nonsense()
	}
	if a.Error == nil && len(a.ExecuteErrors) > 0 {
		a.Error = &a.ExecuteErrors[0]
	}
	switch {
	case a.Error != nil && a.Error.code() != 0:
		return c.failed(a.Error)
	case len(a.Response) == 0 || bytes.Equal(a.Response, []byte("null")):
		return nonsense()
	}
	return c.carried(call, a.Response)
}

// carried reads a good answer.
func (c *community) carried(call *connectors.Call, response json.RawMessage) connectors.Outcome {
	switch call.Name {
	case opSend:
		return c.sent(call, response)
	case opPhotoServer, opDocServer:
		var a struct {
			URL string `json:"upload_url"`
		}
		return kept(json.Unmarshal(response, &a), dataServer, a.URL)
	case opSavePhoto:
		var a []document
		if json.Unmarshal(response, &a) != nil || len(a) == 0 {
			return nonsense()
		}
		return kept(nil, dataSaved, a[0].name("photo"))
	case opSaveDoc:
		return savedDoc(response)
	case opCheck:
		return c.checked(response)
	case opSubscribe:
		return c.subscribed(response)
	}
	return done(call, response)
}

// done reads the answer of a method that says 1 for success, or an object.
func done(call *connectors.Call, response json.RawMessage) connectors.Outcome {
	if call.Visible && !bytes.Equal(response, []byte("1")) {
		return nonsense()
	}
	return connectors.Outcome{Verdict: connectors.Done}
}

func kept(err error, key, value string) connectors.Outcome {
	if err != nil || value == "" {
		return nonsense()
	}
	return connectors.Outcome{Verdict: connectors.Done, Data: map[string]string{key: value}}
}

// sent reads what messages.send answers: a list with one element for each peer
// or, without peer_ids, the message's number alone.
func (c *community) sent(call *connectors.Call, response json.RawMessage) connectors.Outcome {
	peer, err := addressee(call.Body)
	if err != nil {
		return nonsense()
	}
	var list []struct {
		PeerID  int64     `json:"peer_id"`
		Message int64     `json:"message_id"`
		InChat  int64     `json:"conversation_message_id"`
		Error   *apiError `json:"error"`
	}
	var id normalize.PlatformID
	if json.Unmarshal(response, &list) == nil && len(list) > 0 {
		if list[0].Error != nil && list[0].Error.code() != 0 {
			return c.failed(list[0].Error)
		}
		id = messageID(peer, list[0].InChat, list[0].Message)
	} else {
		var plain int64
		if json.Unmarshal(response, &plain) == nil {
			id = messageID(peer, 0, plain)
		}
	}
	if id == "" {
		return nonsense()
	}
	return connectors.Outcome{Verdict: connectors.Done, IDs: []normalize.PlatformID{id}}
}

// uploaded reads what the upload server answers, which is none of the API.
func (c *community) uploaded(resp *connectors.Response) connectors.Outcome {
	var a map[string]any
	dec := json.NewDecoder(bytes.NewReader(resp.Body))
	dec.UseNumber()
	if dec.Decode(&a) != nil {
		return nonsense()
	}
	data := map[string]string{}
	for _, name := range []string{"server", "photo", "hash", "file"} {
		switch v := a[name].(type) {
		case string:
			data[name] = v
		case json.Number:
			data[name] = v.String()
		}
	}
	photo := data["photo"] != "" && data["photo"] != "[]" && data["hash"] != ""
	if !photo && data["file"] == "" {
		words := "VK does not take the file"
		if text, ok := a["error"].(string); ok && text != "" {
			words = c.scrub("VK does not take the file: " + text)
		}
		return verdict(connectors.Refuse, normalize.ReasonContent, "", words)
	}
	return connectors.Outcome{Verdict: connectors.Done, Data: data}
}

func (d *document) name(kind string) string {
	if d.ID == 0 || d.OwnerID == 0 {
		return ""
	}
	name := kind + number(d.OwnerID) + "_" + number(d.ID)
	if d.AccessKey != "" {
		name += "_" + d.AccessKey
	}
	return name
}

// savedDoc reads what docs.save answers: the type, and the object it names.
func savedDoc(response json.RawMessage) connectors.Outcome {
	var a map[string]json.RawMessage
	var kind string
	var d document
	if json.Unmarshal(response, &a) != nil || json.Unmarshal(a["type"], &kind) != nil || json.Unmarshal(a[kind], &d) != nil {
		return nonsense()
	}
	return kept(nil, dataSaved, d.name(kind))
}

// failed reads an error of the API's.
func (c *community) failed(e *apiError) connectors.Outcome {
	class := classOf(e.code())
	words := c.scrub(e.text())
	if words == "" {
		words = "VK answered with error " + strconv.Itoa(e.code())
	}
	o := verdict(class.verdict, class.reason, strconv.Itoa(e.code()), words)
	o.After, o.PeerOnly = class.after, class.peerOnly
	return o
}

// unanswered reads an answer that is not the API's. A message may be repeated
// all the same: VK knows it by its random_id.
func unanswered(call *connectors.Call, resp *connectors.Response) connectors.Outcome {
	code, words := strconv.Itoa(resp.Status), "VK answered with HTTP status "+strconv.Itoa(resp.Status)
	switch status := resp.Status; {
	case status == http.StatusTooManyRequests:
		o := verdict(connectors.Wait, normalize.ReasonThrottled, code, words)
		if o.After = retryAfter(resp); o.After == 0 {
			o.After = secondPause
		}
		return o
	case status == http.StatusRequestEntityTooLarge:
		return verdict(connectors.Refuse, normalize.ReasonContent, code, words)
	case status >= 400 && status <= 499 && status != http.StatusRequestTimeout && !walled(call, status):
		return verdict(connectors.Refuse, normalize.ReasonUnknown, code, words)
	case call.Visible && !call.Idempotent:
		return verdict(connectors.Unclear, normalize.ReasonUnavailable, code, words)
	}
	o := verdict(connectors.Retry, normalize.ReasonUnavailable, code, words)
	o.After = retryAfter(resp)
	return o
}

// walled tells a status that a firewall before the API answers with: VK itself
// speaks of tokens in answers with status 200. The upload servers, which are no
// part of the API, refuse with it.
func walled(call *connectors.Call, status int) bool {
	return (status == http.StatusUnauthorized || status == http.StatusForbidden) && call.Name != opUpload
}

func verdict(v connectors.Verdict, r normalize.Reason, code, message string) connectors.Outcome {
	return connectors.Outcome{Verdict: v, Failure: &normalize.Failure{
		Reason: r, Code: code, Message: message, Retryable: v == connectors.Retry || v == connectors.Wait,
	}}
}

// nonsense is a good status without the answer that goes with it.
func nonsense() connectors.Outcome {
	return verdict(connectors.Unclear, normalize.ReasonUnknown, "", "VK answered something that makes no sense")
}

func retryAfter(resp *connectors.Response) time.Duration {
	seconds, err := strconv.ParseInt(resp.Header.Get("Retry-After"), 10, 64)
	if err != nil || seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, int64(longestPause/time.Second))) * time.Second
}

// scrub takes credentials out of what VK said.
func (c *community) scrub(text string) string {
	for _, s := range append([]connectors.Secret{c.token, c.confirmation}, c.secrets...) {
		if !s.Empty() {
			text = strings.ReplaceAll(text, s.Reveal(), s.String())
		}
	}
	return text
}

// addressee is the peer that a message was sent to.
func addressee(body []byte) (int64, error) {
	params, err := url.ParseQuery(string(body))
	if err != nil {
		return 0, fmt.Errorf("read the call: %w", err)
	}
	return strconv.ParseInt(params.Get("peer_ids"), 10, 64)
}
