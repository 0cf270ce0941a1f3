package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Names of the calls this connector asks for.
const (
	opOpen     = "conversations.open"
	opPost     = "chat.postMessage"
	opAddress  = "files.getUploadURLExternal"
	opUpload   = "upload"
	opComplete = "files.completeUploadExternal"
	opFile     = "files.info"
	opReact    = "reactions.add"
	opUnreact  = "reactions.remove"
	opCheck    = "auth.test"
	opProfile  = "users.info"
	opDownload = "download"
)

// Keys of Exchange.Data.
const (
	dataChannel = "channel"
	dataServer  = "upload_url"
	dataFile    = "file_id"
)

const jsonType = "application/json; charset=utf-8"

// post is the body of chat.postMessage.
type post struct {
	Channel     string   `json:"channel"`
	Text        string   `json:"text"`
	Thread      string   `json:"thread_ts,omitempty"`
	UnfurlLinks bool     `json:"unfurl_links"`
	Blocks      []block  `json:"blocks,omitempty"`
	Metadata    metadata `json:"metadata"`
}

type metadata struct {
	Type    string            `json:"event_type"`
	Payload map[string]string `json:"event_payload"`
}

// Next opens the conversation with a person whose channel is not known, and then
// walks the parts in order.
func (b *bot) Next(out *normalize.Outbound, done []normalize.Exchange) (*connectors.Call, error) {
	id := string(out.To.ID)
	if id == "" || strings.ContainsAny(id, " :\r\n\x00") {
		return nil, errors.New("slack: the peer is neither a person nor a channel of Slack")
	}
	to := target{channel: id, thread: out.Context[contextThread], id: out.ID}
	if id[0] == 'U' || id[0] == 'W' {
		to.channel = out.Context[contextChannel]
		for _, e := range done {
			if e.Name == opOpen {
				to.channel = e.Data[dataChannel]
			}
		}
		if to.channel == "" {
			return b.call(opOpen, map[string]string{"users": id})
		}
	}
	for i := range out.Parts {
		var before []normalize.Exchange
		for _, e := range done {
			if e.Part == i && e.Name != opOpen {
				before = append(before, e)
			}
		}
		to.part = i
		call, err := b.part(&out.Parts[i], before, to)
		if err != nil {
			return nil, fmt.Errorf("slack: part %d: %w", i+1, err)
		}
		if call != nil {
			call.Part = i
			return call, nil
		}
	}
	return nil, nil
}

// target is where a message goes, and which one it is.
type target struct {
	channel, thread string
	id              string
	part            int
}

// in is the target of a message that may quote another one: an answer goes into
// the thread of what it answers.
func (t target) in(q *normalize.Quote) target {
	if q == nil {
		return t
	}
	if channel, ts, ok := parseMessage(q.ID); ok && channel == t.channel {
		t.thread = ts
	}
	return t
}

// part is the next call for a part, nil when it is out.
func (b *bot) part(m *normalize.Message, done []normalize.Exchange, to target) (*connectors.Call, error) {
	if m.Template != nil || m.Location != nil || len(m.Contacts) > 0 {
		return nil, fmt.Errorf("there are no messages of type %q on Slack", m.Type)
	}
	to = to.in(m.ReplyTo)
	files, linked := uploadable(m.Attachments)
	plan := 0
	if len(files) > 0 {
		const calls = 2
		plan = calls*len(files) + 2
		if len(done) < plan {
			return b.upload(m, files, done, to)
		}
	}
	if len(done) > plan || len(files) > 0 && len(linked) == 0 {
		return nil, nil
	}
	text := m.Text
	if len(files) > 0 {
		text = "" // it went with the files
	}
	p := post{Channel: to.channel, Text: escaped(text), Thread: to.thread, Metadata: to.metadata()}
	blocks, fallback, err := shownBlocks(text, linked, m)
	if err != nil {
		return nil, err
	}
	if p.Blocks = blocks; p.Text == "" {
		p.Text = fallback
	}
	if p.Text == "" {
		return nil, fmt.Errorf("a message of type %q with nothing in it that can be sent", m.Type)
	}
	call, err := b.call(opPost, p)
	if err != nil {
		return nil, err
	}
	call.Visible = true
	return call, nil
}

// metadata names the message by the hub's id, by which it can be found when the
// answer is lost. Slack has no idempotency key.
func (t target) metadata() metadata {
	return metadata{Type: metadataType, Payload: map[string]string{"id": t.id, "part": strconv.Itoa(t.part)}}
}

// uploadable tells files that can be uploaded, which Slack wants the size of
// beforehand, from those that can only be linked to.
func uploadable(all []normalize.Attachment) (files, linked []normalize.Attachment) {
	for _, a := range all {
		if a.URL != "" && a.Size > 0 {
			files = append(files, a)
		} else {
			linked = append(linked, a)
		}
	}
	return files, linked
}

// upload is the next call of the part's files: for each an address and the file
// itself, then all of them as one message, then what that message is called.
func (b *bot) upload(m *normalize.Message, files []normalize.Attachment, done []normalize.Exchange, to target) (*connectors.Call, error) {
	n := len(done)
	if n < 2*len(files) {
		a := &files[n/2]
		if n%2 == 0 {
			params := url.Values{"filename": {nameOfFile(a)}, "length": {strconv.FormatInt(a.Size, 10)}}
			return b.form(opAddress, params), nil
		}
		return b.sendFile(a, done[n-1].Data[dataServer])
	}
	if n > 2*len(files) {
		return b.form(opFile, url.Values{"file": {done[0].Data[dataFile]}}), nil
	}
	type named struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	}
	body := struct {
		Files   []named `json:"files"`
		Channel string  `json:"channel_id"`
		Comment string  `json:"initial_comment,omitempty"`
		Thread  string  `json:"thread_ts,omitempty"`
	}{Channel: to.channel, Thread: to.thread, Comment: escaped(comment(m.Text, files))}
	for i := range files {
		id := done[2*i].Data[dataFile]
		if id == "" {
			return nil, fmt.Errorf("attachment %d: the answer did not say what it is called", i+1)
		}
		body.Files = append(body.Files, named{ID: id, Title: nameOfFile(&files[i])})
	}
	call, err := b.call(opComplete, body)
	if err != nil {
		return nil, err
	}
	call.Visible = true
	return call, nil
}

// comment is the text with the captions of the files below it.
func comment(text string, files []normalize.Attachment) string {
	for _, a := range files {
		if a.Caption != "" {
			text = strings.Trim(text+"\n"+a.Caption, "\n")
		}
	}
	return text
}

// sendFile is the call that carries a file. Its address is Slack's own; the file
// alone is sent there, without the token.
func (b *bot) sendFile(a *normalize.Attachment, server string) (*connectors.Call, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || b.base == defaultBase) {
		return nil, errors.New("the answer did not say where to upload the file")
	}
	return &connectors.Call{
		Name: opUpload, Method: http.MethodPost, URL: server,
		Upload: &connectors.Upload{URL: a.URL, Field: "filename", Name: nameOfFile(a), MIME: a.MIME, MaxBytes: maxUpload},
	}, nil
}

func nameOfFile(a *normalize.Attachment) string {
	if a.Name != "" {
		return a.Name
	}
	return string(a.Type)
}

// call is a call of a method that takes JSON.
func (b *bot) call(method string, body any) (*connectors.Call, error) {
	var w bytes.Buffer
	enc := json.NewEncoder(&w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return nil, fmt.Errorf("encode %s: %w", method, err)
	}
	return &connectors.Call{
		Name: method, Method: http.MethodPost, URL: b.base + "/" + method,
		Header: b.header(jsonType), Body: bytes.TrimSuffix(w.Bytes(), []byte("\n")),
	}, nil
}

// form is a call of a method that takes a form alone.
func (b *bot) form(method string, params url.Values) *connectors.Call {
	return &connectors.Call{
		Name: method, Method: http.MethodPost, URL: b.base + "/" + method,
		Header: b.header("application/x-www-form-urlencoded"), Body: []byte(params.Encode()),
	}
}
