package threads

import (
	"context"
	"errors"
	"fmt"
	"time"

	"threadhub/normalize"
)

// ContactEdits says which fields of a contact a person gave: what platforms
// tell does not replace them. One that a person empties is the platform's again.
type ContactEdits struct {
	Name   bool `json:"name,omitempty"`
	Phone  bool `json:"phone,omitempty"`
	Locale bool `json:"locale,omitempty"`
}

// note marks what a person changed.
func (e *ContactEdits) note(was, is Contact) {
	mark := func(given *bool, was, is string) {
		if was != is {
			*given = is != ""
		}
	}
	mark(&e.Name, was.Name, is.Name)
	mark(&e.Phone, was.Phone, is.Phone)
	mark(&e.Locale, was.Locale, is.Locale)
}

// ProfileLookup is what a platform answered when it was last asked who a
// contact is; the fields are empty when it told nothing.
type ProfileLookup struct {
	At        time.Time `json:"at"`
	Name      string    `json:"name,omitempty"`
	Username  string    `json:"username,omitempty"`
	Phone     string    `json:"phone,omitempty"`
	Locale    string    `json:"locale,omitempty"`
	AvatarURL string    `json:"avatar_url,omitempty"`
}

// Meeting is a contact who wrote and of whom more may be to be known.
type Meeting struct {
	Channel      ChannelID
	Contact      ContactID
	Conversation ConversationID
	Peer         normalize.PeerID // the name they wrote under
	// Shown is what the conversation shows of them.
	Shown ContactBrief
	// Began is set when the conversation began with what they wrote.
	Began bool
}

// Briefs looks after what conversations show of their contacts. Its methods are
// safe for concurrent use; Changed and Met do not block.
type Briefs interface {
	// Due notes durably that a contact's name or picture is about to change, so
	// that RefreshBriefs is called for them though this process should end. It
	// answers what Changed is to be called with.
	Due(ctx context.Context, id ContactID) (note string, err error)
	// Changed says that the change is made.
	Changed(note string, id ContactID)
	// Met tells of a contact.
	Met(m Meeting)
}

// noBriefs leaves conversations as they are.
type noBriefs struct{}

func (noBriefs) Due(context.Context, ContactID) (string, error) { return "", nil }
func (noBriefs) Changed(string, ContactID)                      {}
func (noBriefs) Met(Meeting)                                    {}

// Shows tells whether the brief is what the contact's record says.
func (b *ContactBrief) Shows(c *Contact) bool {
	return b.Name == c.Name && b.AvatarURL == c.AvatarURL && b.Named == c.Edited.Name
}

// inherit fills what a conversation's first message does not tell of its contact
// from the conversation before.
func (b *ContactBrief) inherit(from ContactBrief) {
	b.BlockedAt = from.BlockedAt
	if b.Name == "" || from.Named {
		b.Name, b.Named = from.Name, from.Named
	}
	if b.AvatarURL == "" {
		b.AvatarURL = from.AvatarURL
	}
}

// met tells of the contact of a lane whose messages were committed, if more may
// be to be known of them.
func (s *Service) met(p plan) {
	conv := &p.change.Conversation
	if began := p.change.Expected == 0; began || conv.Contact.Name == "" {
		s.Briefs.Met(Meeting{
			Channel: conv.ChannelID, Contact: conv.Contact.ID, Conversation: conv.ID, Peer: p.lane.primary.Peer, Shown: conv.Contact, Began: began,
		})
	}
}

// Profiled keeps what a platform answered about a contact, nil when it told
// nothing. It fills what is missing and replaces what an earlier answer had
// filled; what a person gave, or messages tell, stays.
func (s *Service) Profiled(ctx context.Context, id ContactID, p *normalize.Peer) error {
	return s.editContact(ctx, id, func(c *Contact) bool {
		was, now := c.Lookup, ProfileLookup{At: s.now()}
		if p != nil {
			now.Name, now.Username, now.Phone, now.Locale, now.AvatarURL = p.Name, p.Username, p.Phone, p.Locale, p.AvatarURL
		}
		fill := func(field *string, was, now string, given bool) {
			if now != "" && !given && (*field == "" || *field == was) {
				*field = now
			}
		}
		fill(&c.Name, was.Name, now.Name, c.Edited.Name)
		fill(&c.Username, was.Username, now.Username, false)
		fill(&c.Phone, was.Phone, now.Phone, c.Edited.Phone)
		fill(&c.Locale, was.Locale, now.Locale, c.Edited.Locale)
		fill(&c.AvatarURL, was.AvatarURL, now.AvatarURL, false)
		c.Lookup = now
		return true
	})
}

// RefreshBriefs brings a page of the contact's conversations, the newest first,
// up to what the contact's record says of their name and picture. It may be
// repeated; where a conversation stands in lists does not change.
func (s *Service) RefreshBriefs(ctx context.Context, id ContactID, p Page) (Cursor, error) {
	list, next, err := s.Store.Conversations(ctx, Filter{Contacts: []ContactID{id}, Sort: SortCreated}, p)
	if err != nil {
		return "", fmt.Errorf("conversations of %s: %w", id, err)
	}
	return next, s.refreshStale(ctx, id, list)
}

// refreshCurrent is RefreshBriefs for the latest conversation on each channel.
func (s *Service) refreshCurrent(ctx context.Context, c *Contact) error {
	slots := make([]Slot, 0, len(c.Identities))
	for _, name := range c.Identities {
		slots = append(slots, Slot{name.Channel, c.ID})
	}
	current, err := s.Store.Current(ctx, slots)
	if err != nil {
		return fmt.Errorf("load conversations: %w", err)
	}
	list := make([]Conversation, 0, len(current))
	for _, conv := range current {
		list = append(list, conv)
	}
	return s.refreshStale(ctx, c.ID, list)
}

// refreshStale refreshes those of the conversations, read before, that do not
// show what the contact's record says now.
func (s *Service) refreshStale(ctx context.Context, id ContactID, list []Conversation) error {
	c, err := s.Store.Contact(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil // erased
	}
	if err != nil {
		return fmt.Errorf("contact %s: %w", id, err)
	}
	for i := range list {
		if list[i].Contact.Shows(&c) {
			continue
		}
		if err := s.RefreshBrief(ctx, list[i].ID, id); err != nil {
			return err
		}
	}
	return nil
}

// RefreshBrief has a conversation show what its contact's record says. The
// record is read after the conversation: whoever replaces a version read
// everything that the one before it went by, so that the latest record wins
// whatever the order of those who write. A conversation that is gone, or is
// another contact's by now, is left alone.
func (s *Service) RefreshBrief(ctx context.Context, conversation ConversationID, id ContactID) error {
	return s.amend(ctx, conversation, func(conv *Conversation) (bool, error) {
		if conv.Contact.ID != id {
			return false, nil
		}
		c, err := s.Store.Contact(ctx, id)
		if err != nil {
			return false, unlessGone(err, "contact "+string(id))
		}
		if conv.Contact.Shows(&c) {
			return false, nil
		}
		conv.Contact.Name, conv.Contact.AvatarURL, conv.Contact.Named = c.Name, c.AvatarURL, c.Edited.Name
		return true, nil
	})
}

// amend corrects what a conversation shows of other records, as the system and
// again as often as somebody else was faster. The conversation keeps its place
// in lists; one that is gone is left alone. correct tells whether it altered
// anything.
func (s *Service) amend(ctx context.Context, id ConversationID, correct func(*Conversation) (bool, error)) error {
	for range attempts {
		before, err := s.Store.Conversation(ctx, id)
		if err != nil {
			return unlessGone(err, "conversation "+string(id))
		}
		next := before
		if altered, err := correct(&next); err != nil || !altered {
			return err
		}
		c := change(before, next, nil, Author{Type: AuthorSystem}, before.UpdatedAt)
		if err = s.commitOne(ctx, &c, before); !errors.Is(err, ErrConflict) {
			return unlessGone(err, "commit")
		}
	}
	return errBusy
}

func unlessGone(err error, what string) error {
	if err == nil || errors.Is(err, ErrNotFound) {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
