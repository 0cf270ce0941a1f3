package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/internal/privacy"
	"threadhub/normalize"
	"threadhub/threads"
)

// Eraser erases contacts (privacy.Eraser).
type Eraser interface {
	Request(ctx context.Context, id threads.ContactID, by string) (privacy.Erasure, error)
	Erase(ctx context.Context, id threads.ContactID) (privacy.Erasure, error)
}

// seesAll refuses a caller who sees only some channels or groups: what they
// asked for is about all of them.
func (s *server) seesAll(c *gin.Context) bool {
	if !caller(c).Limited() {
		return true
	}
	s.refuse(c, problem(http.StatusForbidden, codeForbidden, "a token that is limited to channels or groups does not see everything of a contact: use one that is not"))
	return false
}

// seesAllOf is seesAll for one contact: of one that the caller does not see at
// all, nothing is said.
func (s *server) seesAllOf(c *gin.Context, id string) bool {
	if caller(c).Limited() {
		if _, err := s.person(c.Request.Context(), caller(c), id); err != nil {
			s.fail(c, err)
			return false
		}
	}
	return s.seesAll(c)
}

// eraseTime is for how long a request waits for an erasure; it goes on by
// itself.
const eraseTime = 15 * time.Second

// EraseContact implements DELETE /v1/contacts/{contact_id}.
func (s *server) EraseContact(c *gin.Context, id string) {
	if !s.seesAllOf(c, id) {
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), eraseTime)
	defer cancel()
	erasure, err := s.erase(ctx, threads.ContactID(id), creator(caller(c)))
	if err != nil {
		s.fail(c, err)
		return
	}
	if !erasure.DoneAt.IsZero() {
		gone(c)
		return
	}
	s.answer(c, http.StatusAccepted, api.Erasure{
		ContactID: id, RequestedAt: timeView(erasure.RequestedAt), DoneAt: timeOrNull(erasure.DoneAt),
	})
}

// erase erases the whole person a contact belongs to: whoever was merged into
// another first, since the others lead to them. An error means that not all of it
// was requested; asking again goes on. It answers the erasure that is not done,
// if there is one.
func (s *server) erase(ctx context.Context, id threads.ContactID, by string) (privacy.Erasure, error) {
	ids := []threads.ContactID{id}
	p, err := threads.PersonOf(ctx, s.Records, id)
	if err == nil {
		ids = p.IDs()
		slices.Reverse(ids)
	} else if !errors.Is(err, threads.ErrNotFound) { // that may be erased already
		return privacy.Erasure{}, err
	}
	var last privacy.Erasure
	for _, one := range ids {
		if last, err = s.Eraser.Request(ctx, one, by); err != nil {
			return last, err
		}
	}
	for _, one := range ids {
		if last, err = s.Eraser.Erase(ctx, one); err != nil {
			s.Logger.WarnContext(ctx, "an erasure goes on after its request", "contact", one, "error", err)
		}
		if err != nil || last.DoneAt.IsZero() {
			last.DoneAt = time.Time{}
			return last, nil
		}
	}
	return last, nil
}

// exportPage is how many records of an export are read at a time.
const exportPage = 100

// ExportContact implements GET /v1/contacts/{contact_id}/export. It is put
// together conversation by conversation.
func (s *server) ExportContact(c *gin.Context, id string) {
	if !s.seesAllOf(c, id) {
		return
	}
	ctx := c.Request.Context()
	p, err := s.person(ctx, caller(c), id)
	var out bytes.Buffer
	if err == nil {
		err = s.export(ctx, &out, p)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Disposition", `attachment; filename="contact.json"`)
	c.Data(http.StatusOK, "application/json", out.Bytes())
}

// export writes everything that is kept of a person.
func (s *server) export(ctx context.Context, out *bytes.Buffer, p threads.Person) error {
	list := []api.ExportedConversation{}
	for at := (threads.Page{Limit: exportPage}); ; {
		page, next, err := s.Records.Conversations(ctx, threads.Filter{Contacts: p.IDs(), Sort: threads.SortOldest}, at)
		if err != nil {
			return err
		}
		for _, conv := range page {
			one, err := s.exported(ctx, conv)
			if err != nil {
				return err
			}
			list = append(list, one)
		}
		if at.After = next; next == "" {
			break
		}
	}
	return json.NewEncoder(out).Encode(api.ContactExport{
		ExportedAt: timeView(s.now()), Contact: personView(p, everyChannel), Conversations: list,
	})
}

func everyChannel(threads.ChannelID) bool { return true }

// exported is a conversation with its log and all of its messages.
func (s *server) exported(ctx context.Context, conv threads.Conversation) (api.ExportedConversation, error) {
	view, err := s.conversationView(ctx, conv)
	out := api.ExportedConversation{Conversation: view, Log: []api.Transition{}, Messages: []api.Message{}}
	for p := (threads.Page{Limit: exportPage}); err == nil; {
		var page []threads.Transition
		page, p.After, err = s.Records.Transitions(ctx, conv.ID, p)
		out.Log = append(out.Log, convert(page, transitionView)...)
		if p.After == "" {
			break
		}
	}
	after, more := threads.MessageID(""), true
	for err == nil && more {
		var page []threads.Message
		page, more, err = s.Records.Messages(ctx, conv.ID, threads.MessagePage{After: after, Limit: exportPage})
		s.Media.Look(ctx, page)
		for _, m := range page {
			after = m.ID
			out.Messages = append(out.Messages, s.messageView(m))
		}
	}
	return out, err
}

// ListOptOuts implements GET /v1/opt-outs.
func (s *server) ListOptOuts(c *gin.Context, params api.ListOptOutsParams) {
	if !s.seesAll(c) {
		return
	}
	list, next, err := s.Records.OptedOut(c.Request.Context(), pageOf(params.Limit, params.Cursor))
	if err != nil {
		s.fail(c, err)
		return
	}
	found, err := s.persons(c.Request.Context(), list, true)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.OptOutList{Data: convert(found, optOutView(caller(c))), NextCursor: nextCursor(next)})
}

func optOutView(p auth.Principal) func(threads.Person) api.OptOut {
	return func(person threads.Person) api.OptOut {
		contact := person.Whole()
		out := api.OptOut{Contact: personView(person, p.SeesChannel), Categories: []api.OptOutCategory{}}
		for _, category := range slices.Sorted(maps.Keys(contact.Consents)) {
			switch status := contact.Consents[category]; status {
			case normalize.ConsentOptedOut, normalize.ConsentBlocked:
				out.Categories = append(out.Categories, api.OptOutCategory{Category: category, Status: api.OptOutCategoryStatus(status)})
			}
		}
		return out
	}
}
