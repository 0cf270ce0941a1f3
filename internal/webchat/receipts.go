package webchat

import (
	"context"
	"errors"
	"fmt"

	lru "github.com/hashicorp/golang-lru/v2"

	widget "threadhub/connectors/webchat"
	"threadhub/threads"
)

// recently remembers which messages were reported as delivered, so that one
// that is fetched again before its receipt is worked in makes no second one.
type recently struct {
	seen *lru.Cache[threads.MessageID, struct{}]
}

func newRecently() *recently {
	const kept = 20_000
	seen, err := lru.New[threads.MessageID, struct{}](kept)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &recently{seen}
}

// Fetched notes that a visitor's client has the messages. It is a courtesy: a
// receipt that is lost is made up for when they are fetched again.
func (s *Service) Fetched(ctx context.Context, sess Session, list []threads.Message) {
	var ids []string
	for _, m := range list {
		if m.Direction != threads.Outbound || !undelivered(m.Status) || s.reported.seen.Contains(m.ID) {
			continue
		}
		ids = append(ids, string(m.ID))
	}
	if len(ids) == 0 {
		return
	}
	if err := s.deliver(ctx, sess, widget.Item{Type: widget.ItemDelivered, Messages: ids}); err != nil {
		s.Logger.WarnContext(ctx, "messages that a visitor fetched are not noted as delivered", "channel", sess.Channel, "error", err)
		return
	}
	for _, id := range ids {
		s.reported.seen.Add(threads.MessageID(id), struct{}{})
	}
}

func undelivered(st threads.MessageStatus) bool {
	switch st {
	case threads.MessageQueued, threads.MessageSending, threads.MessageSent, threads.MessageUnknown:
		return true
	}
	return false
}

// Read notes that the visitor has seen the messages up to one; *InvalidError
// when it is none of theirs.
func (s *Service) Read(ctx context.Context, sess Session, upTo string) error {
	m, err := s.find(ctx, sess, upTo)
	if errors.Is(err, threads.ErrNotFound) {
		return &InvalidError{"up_to", "is not the id of a message of this visitor"}
	}
	if err != nil {
		return err
	}
	if m.Direction != threads.Outbound {
		// Of their own messages they have read what was written to them before.
		list, _, err := s.Records.Messages(ctx, m.ConversationID, threads.MessagePage{Before: m.ID, Limit: pageSize})
		if err != nil {
			return fmt.Errorf("messages: %w", err)
		}
		for _, earlier := range list {
			if earlier.Direction == threads.Outbound && shown(earlier) {
				m = earlier
			}
		}
	}
	if m.Direction != threads.Outbound || m.Status == threads.MessageRead {
		return nil
	}
	return s.deliver(ctx, sess, widget.Item{Type: widget.ItemRead, Messages: []string{string(m.ID)}})
}
