package webchat

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"threadhub/internal/media"
	"threadhub/threads"
)

// FileURL is where the visitor's client reads the i-th attachment of a message,
// for an hour. What an agent sent by an address of the agent's own is read
// there.
func (s *Service) FileURL(ctx context.Context, m *threads.Message, i int) (string, error) {
	if a := m.Content.Attachments[i]; m.Direction == threads.Outbound && a.URL != "" && !s.Media.Ours(a.URL) {
		return a.URL, nil
	}
	id := media.AttachmentID(m.ID, i)
	// Whoever reads twice within a minute gets the same address, which
	// browsers have cached.
	expires := s.now().Add(fileLife).Truncate(time.Minute).Unix()
	mark, err := s.mark(ctx, useFile, m.ChannelID, id, strconv.FormatInt(expires, 10))
	if err != nil {
		return "", err
	}
	q := url.Values{"expires": {strconv.FormatInt(expires, 10)}, "signature": {mark}}
	return s.PublicURL + "/webchat/" + string(m.ChannelID) + "/attachments/" + id + "?" + q.Encode(), nil
}

// File opens what FileURL named. Errors: ErrSignature, threads.ErrNotFound and
// those of media.Library.Attachment.
func (s *Service) File(ctx context.Context, ch threads.ChannelID, id string, expires int64, signature string) (*media.Item, error) {
	mark, err := s.mark(ctx, useFile, ch, id, strconv.FormatInt(expires, 10))
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(mark), []byte(signature)) != 1 || s.now().Unix() >= expires {
		return nil, ErrSignature
	}
	message, i, ok := media.ParseAttachmentID(id)
	if !ok {
		return nil, threads.ErrNotFound
	}
	m, err := s.Records.Message(ctx, message)
	if err != nil {
		return nil, fmt.Errorf("message of a file: %w", err)
	}
	if m.ChannelID != ch || !shown(m) || i >= len(m.Content.Attachments) {
		return nil, threads.ErrNotFound
	}
	return s.Media.Attachment(ctx, &m, i)
}
