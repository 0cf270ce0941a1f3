package httpapi

import (
	"context"
	"errors"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/threads"
)

// People says which contacts are the same person (people.Book).
type People interface {
	Merge(ctx context.Context, into, contact threads.ContactID, by string) (threads.Person, error)
	Unmerge(ctx context.Context, from, contact threads.ContactID) (threads.Person, error)
}

// MergeContact implements POST /v1/contacts/{contact_id}/merge.
func (s *server) MergeContact(c *gin.Context, id string, _ api.MergeContactParams) {
	s.regroup(c, id, func(ctx context.Context, other threads.ContactID) (threads.Person, error) {
		return s.People.Merge(ctx, threads.ContactID(id), other, creator(caller(c)))
	})
}

// UnmergeContact implements POST /v1/contacts/{contact_id}/unmerge.
func (s *server) UnmergeContact(c *gin.Context, id string, _ api.UnmergeContactParams) {
	s.regroup(c, id, func(ctx context.Context, other threads.ContactID) (threads.Person, error) {
		return s.People.Unmerge(ctx, threads.ContactID(id), other)
	})
}

// regroup changes who belongs to the contact, for a caller who sees both.
func (s *server) regroup(c *gin.Context, id string, change func(context.Context, threads.ContactID) (threads.Person, error)) {
	ctx := c.Request.Context()
	if _, err := s.person(ctx, caller(c), id); err != nil {
		s.fail(c, err)
		return
	}
	var in api.ContactMerge
	if !s.decode(c, &in) {
		return
	}
	_, err := s.person(ctx, caller(c), in.ContactID)
	if errors.Is(err, threads.ErrNotFound) {
		err = invalid(fieldError{"contact_id", "there is no such contact"})
	}
	var p threads.Person
	if err == nil {
		p, err = change(ctx, threads.ContactID(in.ContactID))
	}
	s.answerPerson(c, p, err)
}

// personView is a person as one contact.
func personView(p threads.Person, sees func(threads.ChannelID) bool) api.Contact {
	v := contactView(p.Whole(), sees)
	if len(p.Others) > 0 {
		merged := convert(p.Others, func(c threads.Contact) api.MergedContact {
			one := contactView(c, sees)
			return api.MergedContact{ID: one.ID, MergedInto: string(c.MergedInto), MergedAt: timeView(c.MergedAt), Name: one.Name, Identities: one.Identities}
		})
		v.Merged = &merged
	}
	return v
}

// alsoOf adds to the contacts of a filter those of the same persons.
func (s *server) alsoOf(ctx context.Context, ids []threads.ContactID) ([]threads.ContactID, error) {
	var all []threads.ContactID
	for _, id := range ids {
		p, err := threads.PersonOf(ctx, s.Records, id)
		switch {
		case errors.Is(err, threads.ErrNotFound):
			all = append(all, id)
		case err != nil:
			return nil, err
		default:
			all = append(all, p.IDs()...)
		}
	}
	return all, nil
}
