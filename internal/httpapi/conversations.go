package httpapi

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/threads"
)

// scope narrows a filter to what the caller may see. It answers false when
// nothing is left.
func scope(p auth.Principal, f threads.Filter) (threads.Filter, bool) {
	var some bool
	if f.Channels, some = narrow(f.Channels, p.Channels); !some {
		return f, false
	}
	f.Groups, some = narrow(f.Groups, p.Groups)
	return f, some
}

// narrow is what of the wanted is allowed; an empty list stands for all.
func narrow[T comparable](wanted, allowed []T) ([]T, bool) {
	switch {
	case len(allowed) == 0:
		return wanted, true
	case len(wanted) == 0:
		return allowed, true
	}
	both := slices.DeleteFunc(slices.Clone(wanted), func(v T) bool { return !slices.Contains(allowed, v) })
	return both, len(both) > 0
}

// sees tells whether the caller may see the conversation.
func sees(p auth.Principal, conv threads.Conversation) bool {
	return p.SeesChannel(conv.ChannelID) && p.SeesGroup(conv.State.Group)
}

// conversation answers a conversation that the caller may see.
func (s *server) conversation(ctx context.Context, p auth.Principal, id string) (threads.Conversation, error) {
	conv, err := s.Records.Conversation(ctx, threads.ConversationID(id))
	if err == nil && !sees(p, conv) {
		return threads.Conversation{}, threads.ErrNotFound
	}
	return conv, err
}

// typed turns a list of plain strings into one of the hub's typed ones.
func typed[T ~string, S ~string](list *[]S) []T {
	return convert(value(list), func(v S) T { return T(v) })
}

// ListConversations implements GET /v1/conversations.
func (s *server) ListConversations(c *gin.Context, params api.ListConversationsParams) {
	p := caller(c)
	filter := threads.Filter{
		Statuses: typed[threads.Status](params.Status), Channels: typed[threads.ChannelID](params.ChannelID),
		Contacts: typed[threads.ContactID](params.ContactID), Groups: typed[threads.GroupID](params.GroupID),
		Styles: typed[threads.StyleName](params.Style), Tags: typed[string](params.Tag), Unread: value(params.Unread),
		FollowUpOf: threads.ConversationID(value(params.FollowUpOf)), Query: value(params.Q), Sort: threads.Sort(value(params.Sort)),
	}
	filter.Reopened = params.Reopened
	var err error
	if filter.Contacts, err = s.alsoOf(c.Request.Context(), filter.Contacts); err != nil {
		s.fail(c, err)
		return
	}
	if params.CloseDueBefore != nil {
		filter.CloseDueBefore = params.CloseDueBefore.UTC()
		filter.Sort = cmp.Or(filter.Sort, threads.SortCloseDue)
	}
	if params.ChainOf != nil {
		if err := s.chain(c, *params.ChainOf, &filter); err != nil {
			s.fail(c, err)
			return
		}
	}
	for _, id := range value(params.AssigneeID) {
		switch {
		case id == "none":
			filter.Assignees = append(filter.Assignees, "")
		case id != "me":
			filter.Assignees = append(filter.Assignees, threads.AgentID(id))
		case p.AgentID != "":
			filter.Assignees = append(filter.Assignees, p.AgentID)
		}
	}
	if params.AssigneeID != nil && len(filter.Assignees) == 0 { // "me", of somebody who is no agent
		s.answer(c, http.StatusOK, api.ConversationList{Data: []api.Conversation{}, NextCursor: nextCursor("")})
		return
	}
	s.listConversations(c, filter, pageOf(params.Limit, params.Cursor))
}

// chain narrows a filter to the conversations that followed one another up to
// the given one and on from it: those in its place, where each follows the one
// before.
func (s *server) chain(c *gin.Context, id string, f *threads.Filter) error {
	conv, err := s.conversation(c.Request.Context(), caller(c), id)
	if errors.Is(err, threads.ErrNotFound) {
		return invalid(fieldError{"chain_of", "is no conversation: use the id of one"})
	}
	if err != nil {
		return err
	}
	f.Slot = conv.Slot()
	f.Sort = cmp.Or(f.Sort, threads.SortOldest)
	return nil
}

func (s *server) listConversations(c *gin.Context, filter threads.Filter, page threads.Page) {
	ctx := c.Request.Context()
	if filter.Sort == "" {
		filter.Sort = threads.SortUpdated
	}
	filter, some := scope(caller(c), filter)
	if !some {
		s.answer(c, http.StatusOK, api.ConversationList{Data: []api.Conversation{}, NextCursor: nextCursor("")})
		return
	}
	list, next, err := s.Records.Conversations(ctx, filter, page)
	if err != nil {
		s.fail(c, err)
		return
	}
	views, err := s.conversationViews(ctx, list)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.ConversationList{Data: views, NextCursor: nextCursor(next)})
}

// answerConversation writes a conversation as it now is, or the error.
func (s *server) answerConversation(c *gin.Context) func(threads.Conversation, error) {
	return s.answerWarning(c, false)
}

// answerWarning is answerConversation with what may be wrong with who has it.
func (s *server) answerWarning(c *gin.Context, warn bool) func(threads.Conversation, error) {
	return func(conv threads.Conversation, err error) {
		var view api.Conversation
		if err == nil {
			view, err = s.conversationView(c.Request.Context(), conv)
		}
		if err == nil && warn {
			view.Warnings, err = s.warnings(c.Request.Context(), conv)
		}
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answerVersioned(c, http.StatusOK, conv.Version, view)
	}
}

// GetConversation implements GET /v1/conversations/{conversation_id}.
func (s *server) GetConversation(c *gin.Context, id string) {
	s.answerConversation(c)(s.conversation(c.Request.Context(), caller(c), id))
}

// act carries an action out on a conversation that the caller may see, and
// answers it as it now is.
func (s *server) act(c *gin.Context, id string, do func(context.Context, threads.ConversationID, threads.Author) (threads.Conversation, error)) {
	ctx, p := c.Request.Context(), caller(c)
	conv, err := s.conversation(ctx, p, id)
	if err == nil {
		conv, err = do(ctx, conv.ID, p.Author())
	}
	s.answerConversation(c)(conv, err)
}

// AcceptConversation implements POST /v1/conversations/{conversation_id}/accept.
func (s *server) AcceptConversation(c *gin.Context, id string, _ api.AcceptConversationParams) {
	if caller(c).AgentID == "" {
		s.refuse(c, problem(http.StatusUnprocessableEntity, codeAgentRequired,
			"the token acts as no agent: use an agent's token or set assignee_id"))
		return
	}
	ctx, p := c.Request.Context(), caller(c)
	conv, err := s.conversation(ctx, p, id)
	if err == nil {
		conv, err = s.Conversations.Accept(ctx, conv.ID, p.Author())
	}
	s.answerWarning(c, true)(conv, err)
}

// EndConversationSession implements POST /v1/conversations/{conversation_id}/end-session.
func (s *server) EndConversationSession(c *gin.Context, id string, _ api.EndConversationSessionParams) {
	s.act(c, id, s.Conversations.EndSession)
}

// MarkConversationRead implements POST /v1/conversations/{conversation_id}/read.
func (s *server) MarkConversationRead(c *gin.Context, id string, _ api.MarkConversationReadParams) {
	ctx, p := c.Request.Context(), caller(c)
	before, err := s.conversation(ctx, p, id)
	conv := before
	if err == nil {
		conv, err = s.Conversations.MarkRead(ctx, before.ID, p.Author())
	}
	if err == nil && before.UnreadCount > 0 && s.ShowRead != nil {
		s.ShowRead(ctx, conv)
	}
	s.answerConversation(c)(conv, err)
}

// TypeInConversation implements POST /v1/conversations/{conversation_id}/typing.
func (s *server) TypeInConversation(c *gin.Context, id string, _ api.TypeInConversationParams) {
	ctx := c.Request.Context()
	conv, err := s.conversation(ctx, caller(c), id)
	if err == nil {
		err = s.Conversations.Typing(ctx, conv, caller(c).Author())
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	if s.ShowTyping != nil {
		s.ShowTyping(ctx, conv)
	}
	c.Status(http.StatusNoContent)
}

// ListTransitions implements GET /v1/conversations/{conversation_id}/log.
func (s *server) ListTransitions(c *gin.Context, id string, params api.ListTransitionsParams) {
	ctx := c.Request.Context()
	conv, err := s.conversation(ctx, caller(c), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	list, next, err := s.Records.Transitions(ctx, conv.ID, pageOf(params.Limit, params.Cursor))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.TransitionList{Data: convert(list, transitionView), NextCursor: nextCursor(next)})
}
