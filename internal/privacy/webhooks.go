package privacy

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/journal"
	"threadhub/threads"
)

// early is how long before a contact's record their first webhook may have come.
const early = time.Hour

// webhooks redacts the raw webhooks that name the person, as far as the journal
// still has them.
func (e *Eraser) webhooks(ctx context.Context, left *Erasure, todo *directory.Item[work]) error {
	names := map[threads.ChannelID][][]byte{}
	for _, id := range todo.Value.Names {
		// As it is, and as a form has it.
		names[id.Channel] = append(names[id.Channel], []byte(id.Peer), []byte(url.QueryEscape(string(id.Peer))))
	}
	for ch, list := range names {
		n, err := e.entries(ctx, string(ch), list, todo.Value.Since.Add(-early))
		if err == nil {
			err = e.items(ctx, string(ch), list)
		}
		left.Webhooks += n
		if err != nil {
			return fmt.Errorf("webhooks of %s: %w", ch, err)
		}
	}
	return nil
}

func (e *Eraser) entries(ctx context.Context, channel string, names [][]byte, since time.Time) (n int, err error) {
	before := ""
	for {
		list, err := e.Journal.Entries(ctx, channel, before, page)
		if err != nil {
			return n, err
		}
		var found []string
		for _, head := range list {
			entry, err := e.Journal.Entry(ctx, head.ID)
			if err != nil {
				continue // trimmed a moment ago
			}
			if entry.State != journal.Pending && (mentions(entry.Body, names) || mentions([]byte(entry.URL), names)) {
				found = append(found, entry.ID)
			}
		}
		if err := e.Journal.Redact(ctx, found); err != nil {
			return n, err
		}
		n += len(found)
		if len(list) < page || list[len(list)-1].ReceivedAt.Before(since) {
			return n, nil
		}
		before = list[len(list)-1].ID
	}
}

func (e *Eraser) items(ctx context.Context, channel string, names [][]byte) error {
	before := ""
	for {
		list, err := e.Journal.Items(ctx, channel, before, page)
		if err != nil {
			return err
		}
		var found []string
		for _, it := range list {
			if mentions(it.Event, names) {
				found = append(found, it.ID)
			}
		}
		if err := e.Journal.DropItems(ctx, found); err != nil {
			return err
		}
		if len(list) < page {
			return nil
		}
		before = list[len(list)-1].ID
	}
}

// mentions tells whether one of the names stands in the text by itself, not as
// a part of a longer word or number.
func mentions(text []byte, names [][]byte) bool {
	for _, name := range names {
		for from := 0; len(name) > 0; {
			i := bytes.Index(text[from:], name)
			if i < 0 {
				break
			}
			i += from
			// An edge that is no letter or digit is an end by itself.
			begins := !word(name, 0) || !word(text, i-1)
			ends := !word(name, len(name)-1) || !word(text, i+len(name))
			if begins && ends {
				return true
			}
			from = i + 1
		}
	}
	return false
}

// word tells whether the byte at i belongs to a word or a number.
func word(text []byte, i int) bool {
	if i < 0 || i >= len(text) {
		return false
	}
	b := text[i]
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= 0x80
}
