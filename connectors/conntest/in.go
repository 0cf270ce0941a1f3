package conntest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// host is where the hub of the tests is reached.
const host = "https://hub.example"

// unsigned is the case's request as written in its file.
func (c *caseFile) unsigned() (*connectors.Request, error) {
	first, headers, body, err := splitHTTP(c.request)
	if err != nil {
		return nil, err
	}
	method, target, ok := strings.Cut(first, " ")
	if !ok {
		return nil, fmt.Errorf("%q is not a request line such as \"POST /webhooks/ch_1\"", first)
	}
	u, err := url.Parse(host + target)
	if err != nil {
		return nil, err
	}
	req := &connectors.Request{Method: method, URL: u.String(), Query: u.Query(), Header: http.Header{}, Body: []byte(body)}
	for _, h := range headers {
		req.Header.Add(h[0], h[1])
	}
	return req, nil
}

// signed is the case's request with a valid signature.
func (b *bench) signed(c *caseFile) (*connectors.Request, error) {
	req, err := c.unsigned()
	if err != nil {
		return nil, err
	}
	b.sign(req)
	return req, nil
}

// sign proves the request's origin as the suite says.
func (b *bench) sign(req *connectors.Request) {
	if b.SecretInBody == "" {
		b.Sign(req, signedAt())
		return
	}
	mark, value := "{"+b.SecretInBody+"}", b.Config.Credentials[b.SecretInBody].Reveal()
	req.Body = bytes.ReplaceAll(req.Body, []byte(mark), []byte(value))
}

// webhooks are the signed requests of all cases that are not handshakes.
func (b *bench) webhooks() ([]webhook, error) {
	var all []webhook
	for _, c := range b.in {
		req, err := b.signed(c)
		if err != nil {
			return nil, fmt.Errorf("case in/%s: %w", c.name, err)
		}
		if _, ok := b.handshake(req); !ok {
			all = append(all, webhook{c.name, req})
		}
	}
	return all, nil
}

type webhook struct {
	name string
	req  *connectors.Request
}

func (b *bench) handshake(req *connectors.Request) (connectors.Reply, bool) {
	h, ok := b.conn.(connectors.Handshaker)
	if !ok {
		return connectors.Reply{}, false
	}
	return h.Handshake(req)
}

// runIn answers what the case's request becomes.
func (b *bench) runIn(c *caseFile) ([]section, error) {
	req, err := b.signed(c)
	if err != nil {
		return nil, err
	}
	if reply, ok := b.handshake(req); ok {
		text := fmt.Sprintf("%d\nContent-Type: %s\n\n%s", reply.Status, reply.ContentType, reply.Body)
		return []section{{"reply", strings.TrimRight(text, "\n")}}, nil
	}
	if err := b.conn.Verify(req, signedAt()); err != nil && !streamed(req) {
		return nil, fmt.Errorf("verify a signed request: %w", err)
	}
	events, err := b.conn.Parse(req)
	if err != nil {
		return []section{{"error", err.Error()}}, nil
	}
	got := []section{{"events", indent(events)}}
	return append(got, b.follow(events)...), nil
}

func (b *bench) follow(events []normalize.Event) []section {
	f, ok := b.conn.(connectors.Follower)
	if !ok {
		return nil
	}
	var got []section
	for i := range events {
		if call := f.Follow(&events[i]); call != nil {
			got = append(got, section{"follow", b.callText(b.dressed(call))})
		}
	}
	return got
}

func clone(req *connectors.Request) *connectors.Request {
	c := *req
	c.Header = req.Header.Clone()
	c.Body = slices.Clone(req.Body)
	c.Query = url.Values(http.Header(req.Query).Clone())
	return &c
}

// indent writes v as JSON that reads well in a golden.
func indent(v any) string {
	var w bytes.Buffer
	enc := json.NewEncoder(&w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return "cannot be written as JSON: " + err.Error()
	}
	return strings.TrimRight(w.String(), "\n")
}
