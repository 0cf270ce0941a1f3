package webchat

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"mime"
	"strconv"
	"strings"
	"time"

	widget "threadhub/connectors/webchat"
	"threadhub/internal/media"
	"threadhub/normalize"
	"threadhub/threads"
)

// Draft is what a visitor writes.
type Draft struct {
	ClientID string
	Text     string
	Files    []string // ids of files that TakeFile answered
	Location *normalize.Location
	Choice   *normalize.Choice
	ReplyTo  string
	Page     *widget.Page
}

// Posted is a message that is durable.
type Posted struct {
	ID string
	At time.Time
}

// Post takes a visitor's message. The same client id is the same message.
// Errors: *InvalidError and those of the desk.
func (s *Service) Post(ctx context.Context, sess Session, d Draft) (Posted, error) {
	id := widget.MessageID(sess.Visitor.ID, d.ClientID)
	known, err := s.Records.MessagesByExternal(ctx, sess.Channel, []normalize.PlatformID{id})
	if err != nil {
		return Posted{}, fmt.Errorf("look for a visitor's message: %w", err)
	}
	if m, ok := known[id]; ok {
		return Posted{string(id), m.SentAt}, nil
	}
	item := widget.Item{
		Type: widget.ItemMessage, ClientID: d.ClientID, Text: d.Text, Location: d.Location, Choice: d.Choice, ReplyTo: d.ReplyTo, Page: d.Page,
	}
	if item.Choice != nil && strings.TrimSpace(item.Text) == "" {
		item.Text = item.Choice.Title
	}
	if item.Files, err = s.files(ctx, sess, d.Files); err != nil {
		return Posted{}, err
	}
	if strings.TrimSpace(item.Text) == "" && len(item.Files) == 0 && item.Location == nil && item.Choice == nil {
		return Posted{}, &InvalidError{"text", "is required where there is neither a file, a location nor a postback"}
	}
	at := s.now()
	req, err := delivery(sess, at, []widget.Item{item})
	if err != nil {
		return Posted{}, err
	}
	return Posted{string(id), at}, s.Desk.Deliver(ctx, sess.Channel, req)
}

// uploadKept is how long a file waits for its message.
const uploadKept = 24 * time.Hour

// File is a visitor's file that waits for its message.
type File struct {
	ID string
	media.Upload
}

// TakeFile keeps a file for a message of this visitor's. Errors are those of
// media.Library.Take.
func (s *Service) TakeFile(ctx context.Context, sess Session, name string, r io.Reader) (File, error) {
	u, err := s.Media.Take(ctx, name, r, widget.MaxFile, uploadKept)
	if err != nil {
		return File{}, err
	}
	mark, err := s.mark(ctx, useUpload, sess.Channel, sess.Visitor.ID, u.ID)
	return File{u.ID + "." + mark, u}, err
}

// files answers the files of a message, kept for good: the hub has the only
// copy.
func (s *Service) files(ctx context.Context, sess Session, ids []string) ([]widget.File, error) {
	var out []widget.File
	for i, name := range ids {
		field := "attachment_ids." + strconv.Itoa(i)
		id, given, _ := strings.Cut(name, ".")
		mark, err := s.mark(ctx, useUpload, sess.Channel, sess.Visitor.ID, id)
		if err != nil {
			return nil, err
		}
		if subtle.ConstantTimeCompare([]byte(mark), []byte(given)) != 1 {
			return nil, &InvalidError{field, "is not the id of a file of this visitor"}
		}
		u, err := s.Media.Upload(ctx, id)
		if err == nil {
			err = s.Media.Keep(ctx, id)
		}
		if errors.Is(err, media.ErrNoUpload) {
			return nil, &InvalidError{field, "its time is over: hand the file over again"}
		}
		if err != nil {
			return nil, fmt.Errorf("keep a visitor's file: %w", err)
		}
		kind, _, err := mime.ParseMediaType(u.MIME)
		if err != nil {
			kind = "application/octet-stream"
		}
		out = append(out, widget.File{URL: s.Media.Address(u), MIME: kind, Name: u.Name, Size: u.Size})
	}
	return out, nil
}

// Typing shows that the visitor is typing. It is not durable.
func (s *Service) Typing(ctx context.Context, c *Chat, sess Session) error {
	req, err := delivery(sess, s.now(), []widget.Item{{Type: widget.ItemTyping}})
	if err != nil {
		return err
	}
	events, err := c.Widget.Parse(req)
	for _, e := range events {
		err = errors.Join(err, errors.Join(s.Threads.Ingest(ctx, []threads.Arrival{{Channel: sess.Channel, Event: e, ReceivedAt: s.now()}})...))
	}
	return err
}

// ViewPage notes the page that a visitor looks at, if they ever wrote.
func (s *Service) ViewPage(ctx context.Context, sess Session, p *widget.Page) error {
	return s.note(ctx, sess, widget.Item{Type: widget.ItemPage, ID: rand.Text(), Page: p})
}

// End ends the chat: what the visitor writes next is a new conversation.
func (s *Service) End(ctx context.Context, sess Session) error {
	return s.note(ctx, sess, widget.Item{Type: widget.ItemEnded, ID: rand.Text()})
}

// note journals what is of interest only of somebody who wrote before.
func (s *Service) note(ctx context.Context, sess Session, item widget.Item) error {
	contacts, err := s.contacts(ctx, sess)
	if err != nil || len(contacts) == 0 {
		return err
	}
	return s.deliver(ctx, sess, item)
}
