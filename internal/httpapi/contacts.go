package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/normalize"
	"threadhub/threads"
)

// seesPersons keeps those of the persons that the caller may see: who is limited
// sees whom they have a conversation with that they see.
func (s *server) seesPersons(ctx context.Context, p auth.Principal, list []threads.Person) ([]threads.Person, error) {
	if !p.Limited() || len(list) == 0 {
		return list, nil
	}
	filters := convert(list, func(one threads.Person) threads.Filter {
		return threads.Filter{Contacts: one.IDs(), Channels: p.Channels, Groups: p.Groups}
	})
	counts, err := s.Records.CountConversations(ctx, filters)
	if err != nil {
		return nil, err
	}
	var seen []threads.Person
	for i, one := range list {
		if counts[i] > 0 {
			seen = append(seen, one)
		}
	}
	return seen, nil
}

// person answers whom a contact belongs to, if the caller may see them.
func (s *server) person(ctx context.Context, p auth.Principal, id string) (threads.Person, error) {
	person, err := threads.PersonOf(ctx, s.Records, threads.ContactID(id))
	if err != nil {
		return person, err
	}
	seen, err := s.seesPersons(ctx, p, []threads.Person{person})
	if err == nil && len(seen) == 0 {
		return threads.Person{}, threads.ErrNotFound
	}
	return person, err
}

// persons answers whom the contacts of a list belong to, each once. Those that
// were merged into another are left out, unless they were searched for: then the
// person is what was found.
func (s *server) persons(ctx context.Context, list []threads.Contact, searched bool) ([]threads.Person, error) {
	var out []threads.Person
	for _, c := range list {
		if slices.ContainsFunc(out, func(p threads.Person) bool { return p.Has(c.ID) }) {
			continue
		}
		p, err := threads.Person{Contact: c}, error(nil)
		if c.MergedInto != "" || len(c.Members) > 0 {
			p, err = threads.PersonOf(ctx, s.Records, c.ID)
		}
		switch {
		case errors.Is(err, threads.ErrNotFound): // erased meanwhile
		case err != nil:
			return nil, err
		case p.Contact.ID == c.ID || searched:
			out = append(out, p)
		}
	}
	return out, nil
}

// ListContacts implements GET /v1/contacts.
func (s *server) ListContacts(c *gin.Context, params api.ListContactsParams) {
	ctx, p := c.Request.Context(), caller(c)
	list, next, err := s.contacts(ctx, p, value(params.Q), pageOf(params.Limit, params.Cursor))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.ContactList{
		Data:       convert(list, func(one threads.Person) api.Contact { return personView(one, p.SeesChannel) }),
		NextCursor: nextCursor(next),
	})
}

// contactReads bounds how often the store is read for one page of contacts of
// which the caller sees few.
const contactReads = 20

// contacts answers a page of contacts that the caller may see.
func (s *server) contacts(ctx context.Context, p auth.Principal, q string, page threads.Page) ([]threads.Person, threads.Cursor, error) {
	var all []threads.Person
	want := page.Limit
	for range contactReads {
		page.Limit = want - len(all)
		list, next, err := s.Records.Contacts(ctx, q, page)
		var found []threads.Person
		if err == nil {
			found, err = s.persons(ctx, list, q != "")
		}
		if err == nil {
			found, err = s.seesPersons(ctx, p, found)
		}
		if err != nil {
			return nil, "", err
		}
		for _, one := range found {
			if !slices.ContainsFunc(all, func(o threads.Person) bool { return o.Contact.ID == one.Contact.ID }) {
				all = append(all, one)
			}
		}
		page.After = next
		if next == "" || len(all) >= want {
			break
		}
	}
	return all, page.After, nil
}

func (s *server) answerPerson(c *gin.Context, p threads.Person, err error) {
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerVersioned(c, http.StatusOK, p.Contact.Version, personView(p, caller(c).SeesChannel))
}

// GetContact implements GET /v1/contacts/{contact_id}.
func (s *server) GetContact(c *gin.Context, id string) {
	p, err := s.person(c.Request.Context(), caller(c), id)
	s.answerPerson(c, p, err)
}

// UpdateContact implements PATCH /v1/contacts/{contact_id}.
func (s *server) UpdateContact(c *gin.Context, id string, params api.UpdateContactParams) {
	var in api.ContactChange
	if !s.decode(c, &in) {
		return
	}
	ctx := c.Request.Context()
	version, err := expected(in.Version, params.IfMatch)
	var p threads.Person
	if err == nil {
		p, err = s.person(ctx, caller(c), id)
	}
	stale := false
	if err == nil {
		_, err = s.Conversations.EditContact(ctx, p.Contact.ID, func(now *threads.Contact) bool {
			if stale = version != nil && *version != now.Version; stale {
				return false
			}
			return editContact(now, in)
		})
	}
	if err == nil && stale {
		err = threads.ErrConflict
	}
	for _, other := range p.Others {
		if err == nil {
			_, err = s.Conversations.EditContact(ctx, other.ID, func(now *threads.Contact) bool { return editOther(now, in) })
		}
	}
	if err == nil {
		p, err = threads.PersonOf(ctx, s.Records, p.Contact.ID)
	}
	s.answerPerson(c, p, err)
}

// editOther is editContact for the contacts that were merged into the one that
// is changed, as far as they would show through otherwise.
func editOther(contact *threads.Contact, in api.ContactChange) bool {
	changed := false
	if in.Tags != nil {
		kept := slices.DeleteFunc(slices.Clone(contact.Tags), func(tag string) bool { return !slices.Contains(*in.Tags, tag) })
		changed = len(kept) != len(contact.Tags)
		contact.Tags = kept
	}
	for category, status := range value(in.Consents) {
		changed = contact.Consent(category, normalize.ConsentStatus(status)) || changed
	}
	return changed
}

// editContact applies a change and tells whether it changed anything.
func editContact(contact *threads.Contact, in api.ContactChange) bool {
	changed := false
	for _, f := range []struct {
		field *string
		given nullable.Nullable[string]
	}{{&contact.Name, in.Name}, {&contact.Phone, in.Phone}, {&contact.Locale, in.Locale}} {
		if v := given[string](f.given); v != nil && *v != *f.field {
			*f.field, changed = *v, true
		}
	}
	if in.Tags != nil && !slices.Equal(contact.Tags, *in.Tags) {
		contact.Tags, changed = slices.Clone(*in.Tags), true
	}
	for category, status := range value(in.Consents) {
		changed = contact.Consent(category, normalize.ConsentStatus(status)) || changed
	}
	return changed
}

// ListContactConversations implements GET /v1/contacts/{contact_id}/conversations.
func (s *server) ListContactConversations(c *gin.Context, id string, params api.ListContactConversationsParams) {
	p, err := s.person(c.Request.Context(), caller(c), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.listConversations(c, threads.Filter{
		Contacts: p.IDs(), Sort: threads.SortCreated,
	}, pageOf(params.Limit, params.Cursor))
}
