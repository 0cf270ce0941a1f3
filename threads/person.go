package threads

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"threadhub/normalize"
)

// Person is who a contact is: the contact alone, or with those that were merged
// into it. Each keeps its identities, its conversations and what is known of it,
// so that a merge can be undone and nobody is answered at another account.
type Person struct {
	// Contact is the one the others were merged into, as it is stored.
	Contact Contact
	// Others were merged into it, or into one of them.
	Others []Contact
}

// maxPerson bounds how many contacts a person has.
const maxPerson = 20

// Contacts reads contacts; every Store does it.
type Contacts interface {
	Contact(ctx context.Context, id ContactID) (Contact, error)
}

// PersonOf answers whom a contact belongs to; ErrNotFound for a contact that is
// not there. Where a contact belongs it says itself: whoever merely lists it does
// not count. Two that were merged into each other at the same time belong to the
// one with the least id.
func PersonOf(ctx context.Context, store Contacts, id ContactID) (Person, error) {
	first, err := firstOf(ctx, store, id)
	if err != nil {
		return Person{}, err
	}
	p := Person{Contact: first}
	for next := 0; next <= len(p.Others) && len(p.Others) < maxPerson; next++ {
		from := p.All()[next]
		for _, id := range from.Members {
			if p.Has(id) {
				continue
			}
			m, err := store.Contact(ctx, id)
			if errors.Is(err, ErrNotFound) || err == nil && m.MergedInto != from.ID {
				continue // erased, or its merge was begun and not made
			}
			if err != nil {
				return Person{}, err
			}
			p.Others = append(p.Others, m)
		}
	}
	return p, nil
}

// firstOf answers the contact that the contact was merged into, or which that
// one was, and so on.
func firstOf(ctx context.Context, store Contacts, id ContactID) (Contact, error) {
	c, err := store.Contact(ctx, id)
	if err != nil {
		return c, err
	}
	for way := []Contact{c}; c.MergedInto != ""; way = append(way, c) {
		// Round and round: of those the least.
		if i := slices.IndexFunc(way, func(w Contact) bool { return w.ID == c.MergedInto }); i >= 0 {
			return slices.MinFunc(way[i:], func(a, b Contact) int { return strings.Compare(string(a.ID), string(b.ID)) }), nil
		}
		into, err := store.Contact(ctx, c.MergedInto)
		if errors.Is(err, ErrNotFound) {
			return c, nil // it was erased
		}
		if err != nil {
			return c, err
		}
		c = into
	}
	return c, nil
}

// All lists the contacts of the person, the one the others were merged into
// first.
func (p Person) All() []Contact { return append([]Contact{p.Contact}, p.Others...) }

// IDs lists those of the person's contacts.
func (p Person) IDs() []ContactID {
	ids := make([]ContactID, 0, 1+len(p.Others))
	for _, c := range p.All() {
		ids = append(ids, c.ID)
	}
	return ids
}

// Has tells whether the contact is one of the person's.
func (p Person) Has(id ContactID) bool { return slices.Contains(p.IDs(), id) }

// Whole is the person as one contact: with all identities and tags, for each
// category the strictest consent, and what the first contact does not know as
// the others do.
func (p Person) Whole() Contact {
	whole := p.Contact
	whole.Identities, whole.Tags, whole.Consents = slices.Clone(whole.Identities), slices.Clone(whole.Tags), maps.Clone(whole.Consents)
	for _, c := range p.Others {
		for _, f := range []struct{ field, other *string }{
			{&whole.Name, &c.Name}, {&whole.Username, &c.Username}, {&whole.Phone, &c.Phone}, {&whole.Locale, &c.Locale}, {&whole.AvatarURL, &c.AvatarURL},
		} {
			if *f.field == "" {
				*f.field = *f.other
			}
		}
		whole.addIdentities(c.Identities)
		for _, tag := range c.Tags {
			if !slices.Contains(whole.Tags, tag) {
				whole.Tags = append(whole.Tags, tag)
			}
		}
		for category, status := range c.Consents {
			if whole.Consents == nil {
				whole.Consents = map[string]normalize.ConsentStatus{}
			}
			whole.Consents[category] = stricter(whole.Consents[category], status)
		}
		if c.CreatedAt.Before(whole.CreatedAt) {
			whole.CreatedAt = c.CreatedAt
		}
	}
	return whole
}

// stricter answers which of two consents allows less.
func stricter(a, b normalize.ConsentStatus) normalize.ConsentStatus {
	order := []normalize.ConsentStatus{"", normalize.ConsentOptedIn, normalize.ConsentUnblocked, normalize.ConsentOptedOut, normalize.ConsentBlocked}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// Merge makes the contact one of the person's that into belongs to, with all
// that were merged into it; the person's first contact stays the first. Doing it
// again changes nothing. It is refused with RefusedMerge.
//
// Nothing of what either has moves, so that messages may come in meanwhile. Two
// records are changed, one after the other: first who takes the contact in lists
// it, then the contact says where it belongs, which alone counts. So a merge
// that stops between the two has not happened, and merging again makes it.
func (s *Service) Merge(ctx context.Context, into, contact ContactID) (Person, error) {
	return s.regroup(func() (Person, error) { return s.merge(ctx, into, contact) })
}

// regroup tries again as often as somebody else was faster.
func (s *Service) regroup(try func() (Person, error)) (Person, error) {
	for range attempts {
		p, err := try()
		if !errors.Is(err, ErrConflict) {
			return p, err
		}
	}
	return Person{}, errBusy
}

func (s *Service) merge(ctx context.Context, into, contact ContactID) (Person, error) {
	if into == contact {
		return Person{}, refuseMerge("a contact cannot be merged with itself: name another one")
	}
	p, err := s.personOf(ctx, into)
	if err != nil || p.Has(contact) {
		return p, err
	}
	other, err := s.personOf(ctx, contact)
	switch {
	case err != nil:
		return p, err
	case p.Contact.Group || other.Contact.Group:
		return p, refuseMerge("a group chat is not a person: merge people only")
	case len(p.All())+len(other.All()) > maxPerson:
		return p, refuseMerge(fmt.Sprintf("a person may have %d contacts: take one apart first, with unmerge", maxPerson))
	}
	root, joins := p.Contact, other.Contact
	if joins.ID == root.ID {
		// It belongs there and is not listed: somebody took it out meanwhile.
		if joins, err = s.Store.Contact(ctx, contact); err != nil {
			return p, fmt.Errorf("contact %s: %w", contact, err)
		}
	}
	root.Members = append(without(root.Members, joins.ID), joins.ID)
	if err := s.saveContact(ctx, root); err != nil {
		return p, err
	}
	joins.MergedInto, joins.MergedAt = root.ID, s.now()
	if err := s.saveContact(ctx, joins); err != nil {
		return p, err
	}
	if p, err = s.personOf(ctx, root.ID); err == nil && !p.Has(contact) {
		err = ErrConflict
	}
	return p, err
}

// personOf is PersonOf, as it is to be changed: a first contact that belongs to
// one of its own is set right.
func (s *Service) personOf(ctx context.Context, id ContactID) (Person, error) {
	p, err := PersonOf(ctx, s.Store, id)
	if err != nil {
		return p, fmt.Errorf("contact %s: %w", id, err)
	}
	if p.Contact.MergedInto != "" {
		p.Contact.MergedInto, p.Contact.MergedAt = "", time.Time{}
		if err := s.saveContact(ctx, p.Contact); err != nil {
			return p, err
		}
		p.Contact.Version++
	}
	return p, nil
}

func without(list []ContactID, id ContactID) []ContactID {
	return slices.DeleteFunc(slices.Clone(list), func(m ContactID) bool { return m == id })
}

// Unmerge takes a contact out of the person, with all that were merged into it
// before: it has again what it had, and what came to it since. Doing it again
// changes nothing. It is refused with RefusedMerge.
func (s *Service) Unmerge(ctx context.Context, from, contact ContactID) (Person, error) {
	return s.regroup(func() (Person, error) { return s.unmerge(ctx, from, contact) })
}

func (s *Service) unmerge(ctx context.Context, from, contact ContactID) (Person, error) {
	p, err := s.personOf(ctx, from)
	if err != nil {
		return p, err
	}
	c, err := s.Store.Contact(ctx, contact)
	switch {
	case err != nil:
		return p, fmt.Errorf("contact %s: %w", contact, err)
	case contact == p.Contact.ID:
		return p, refuseMerge("the others were merged into this contact: name one of them (merged)")
	case c.MergedInto != "" && !p.Has(contact):
		return p, refuseMerge("the contact was merged into another one: take it out of that")
	case c.MergedInto != "":
		c.MergedInto, c.MergedAt = "", time.Time{}
		if err := s.saveContact(ctx, c); err != nil {
			return p, err
		}
	}
	// What lists it does not count any more: taking it off is tidiness.
	for _, m := range p.All() {
		if slices.Contains(m.Members, contact) {
			m.Members = without(m.Members, contact)
			if err := s.saveContact(ctx, m); err != nil {
				return p, err
			}
		}
	}
	return PersonOf(ctx, s.Store, p.Contact.ID)
}

// saveContact stores a contact that was changed, and announces it. ErrConflict:
// somebody was faster.
func (s *Service) saveContact(ctx context.Context, c Contact) error {
	c.Version++
	c.UpdatedAt = s.now()
	if err := s.Store.SaveContact(ctx, c); err != nil {
		return fmt.Errorf("save contact %s: %w", c.ID, err)
	}
	s.tell(ctx, Notice{Type: NoticeContactUpdated, At: c.UpdatedAt, Contact: &c})
	return nil
}

func refuseMerge(detail string) error { return &RefusedError{Code: RefusedMerge, Detail: detail} }
