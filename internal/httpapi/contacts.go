package httpapi

import (
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/normalize"
	"threadhub/threads"
)

// seesContacts keeps those of the contacts that the caller may see: who is
// limited sees whom they have a conversation with that they see.
func (s *server) seesContacts(ctx context.Context, p auth.Principal, list []threads.Contact) ([]threads.Contact, error) {
	if !p.Limited() || len(list) == 0 {
		return list, nil
	}
	filters := convert(list, func(c threads.Contact) threads.Filter {
		return threads.Filter{Contacts: []threads.ContactID{c.ID}, Channels: p.Channels, Groups: p.Groups}
	})
	counts, err := s.Records.CountConversations(ctx, filters)
	if err != nil {
		return nil, err
	}
	var seen []threads.Contact
	for i, c := range list {
		if counts[i] > 0 {
			seen = append(seen, c)
		}
	}
	return seen, nil
}

// contact answers a contact that the caller may see.
func (s *server) contact(ctx context.Context, p auth.Principal, id string) (threads.Contact, error) {
	contact, err := s.Records.Contact(ctx, threads.ContactID(id))
	if err != nil {
		return contact, err
	}
	seen, err := s.seesContacts(ctx, p, []threads.Contact{contact})
	if err == nil && len(seen) == 0 {
		return threads.Contact{}, threads.ErrNotFound
	}
	return contact, err
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
		Data:       convert(list, func(contact threads.Contact) api.Contact { return contactView(contact, p.SeesChannel) }),
		NextCursor: nextCursor(next),
	})
}

// contactReads bounds how often the store is read for one page of contacts of
// which the caller sees few.
const contactReads = 20

// contacts answers a page of contacts that the caller may see.
func (s *server) contacts(ctx context.Context, p auth.Principal, q string, page threads.Page) ([]threads.Contact, threads.Cursor, error) {
	var all []threads.Contact
	want := page.Limit
	for range contactReads {
		page.Limit = want - len(all)
		list, next, err := s.Records.Contacts(ctx, q, page)
		if err == nil {
			list, err = s.seesContacts(ctx, p, list)
		}
		if err != nil {
			return nil, "", err
		}
		all, page.After = append(all, list...), next
		if next == "" || len(all) >= want {
			break
		}
	}
	return all, page.After, nil
}

func (s *server) answerContact(c *gin.Context, contact threads.Contact, err error) {
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerVersioned(c, http.StatusOK, contact.Version, contactView(contact, caller(c).SeesChannel))
}

// GetContact implements GET /v1/contacts/{contact_id}.
func (s *server) GetContact(c *gin.Context, id string) {
	contact, err := s.contact(c.Request.Context(), caller(c), id)
	s.answerContact(c, contact, err)
}

// UpdateContact implements PATCH /v1/contacts/{contact_id}.
func (s *server) UpdateContact(c *gin.Context, id string, params api.UpdateContactParams) {
	var in api.ContactChange
	if !s.decode(c, &in) {
		return
	}
	ctx := c.Request.Context()
	version, err := expected(in.Version, params.IfMatch)
	var contact threads.Contact
	if err == nil {
		contact, err = s.contact(ctx, caller(c), id)
	}
	stale := false
	if err == nil {
		contact, err = s.Conversations.EditContact(ctx, contact.ID, func(now *threads.Contact) bool {
			if stale = version != nil && *version != now.Version; stale {
				return false
			}
			return editContact(now, in)
		})
	}
	if err == nil && stale {
		err = threads.ErrConflict
	}
	s.answerContact(c, contact, err)
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
	contact, err := s.contact(c.Request.Context(), caller(c), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.listConversations(c, threads.Filter{
		Contacts: []threads.ContactID{contact.ID}, Sort: threads.SortCreated,
	}, pageOf(params.Limit, params.Cursor))
}
