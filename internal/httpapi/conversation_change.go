package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/oapi-codegen/nullable"
	"golang.org/x/sync/errgroup"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/internal/directory"
	"threadhub/threads"
)

// UpdateConversation implements PATCH /v1/conversations/{conversation_id}.
func (s *server) UpdateConversation(c *gin.Context, id string, params api.UpdateConversationParams) {
	var in api.ConversationChange
	if !s.decode(c, &in) {
		return
	}
	ctx, p := c.Request.Context(), caller(c)
	cmd, err := s.updateCommand(c, in)
	if err == nil {
		cmd.IfVersion, err = expected(in.Version, params.IfMatch)
	}
	var conv threads.Conversation
	if err == nil {
		conv, err = s.update(ctx, p, id, cmd)
	}
	s.answerWarning(c, cmd.Assignee != nil)(conv, err)
}

// update changes a conversation that the caller may see.
func (s *server) update(ctx context.Context, p auth.Principal, id string, cmd threads.UpdateCommand) (threads.Conversation, error) {
	conv, err := s.conversation(ctx, p, id)
	if err != nil {
		return conv, err
	}
	return s.Conversations.Update(ctx, conv.ID, cmd)
}

// updateCommand reads a change and refuses agents and groups that do not exist.
func (s *server) updateCommand(c *gin.Context, in api.ConversationChange) (threads.UpdateCommand, error) {
	p := caller(c)
	cmd := threads.UpdateCommand{
		Actor: p.Author(), Admin: p.Admin(),
		Assignee: given[threads.AgentID](in.AssigneeID), Group: given[threads.GroupID](in.GroupID),
		Subject: given[string](in.Subject), Tags: in.Tags,
	}
	if in.Status != nil {
		status := threads.Status(*in.Status)
		cmd.Status = &status
	}
	if in.Priority != nil {
		priority := string(*in.Priority)
		cmd.Priority = &priority
	}
	var err error
	if cmd.Style, err = s.styleOf(c.Request.Context(), "style", in.Style); err != nil {
		return cmd, err
	}
	if cmd.Group != nil {
		if err := s.groupExists(c, "group_id", string(*cmd.Group)); err != nil {
			return cmd, err
		}
	}
	if cmd.Assignee == nil || *cmd.Assignee == "" {
		return cmd, nil
	}
	_, err = s.Auth.Agent(c.Request.Context(), *cmd.Assignee)
	if errors.Is(err, directory.ErrNotFound) {
		return cmd, invalid(fieldError{"assignee_id", "there is no such agent"})
	}
	return cmd, err
}

// given is a field's value: nil when it is absent, the zero value for null.
func given[T ~string](n nullable.Nullable[string]) *T {
	if !n.IsSpecified() {
		return nil
	}
	plain, _ := n.Get() // an error only for null
	v := T(plain)
	return &v
}

// groupExists refuses the id of no group; "" stands for none and is fine.
func (s *server) groupExists(c *gin.Context, field, id string) error {
	if id == "" {
		return nil
	}
	_, err := s.Auth.Group(c.Request.Context(), threads.GroupID(id))
	if errors.Is(err, directory.ErrNotFound) {
		return invalid(fieldError{field, "there is no such group"})
	}
	return err
}

// bulkWidth is how many conversations of a bulk change are worked on at once:
// enough for their commits to share writes.
const bulkWidth = 16

// BulkUpdateConversations implements POST /v1/conversations/bulk. It answers
// 200 whatever became of each conversation.
func (s *server) BulkUpdateConversations(c *gin.Context, _ api.BulkUpdateConversationsParams) {
	var in api.BulkChange
	if !s.decode(c, &in) {
		return
	}
	ctx, p := c.Request.Context(), caller(c)
	cmd, err := s.updateCommand(c, api.ConversationChange{
		Status: in.Status, AssigneeID: in.AssigneeID, GroupID: in.GroupID, Priority: in.Priority, Tags: in.Tags, Style: in.Style,
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	results := make([]api.BulkResult, len(in.IDs))
	var all errgroup.Group
	all.SetLimit(bulkWidth)
	for i, id := range in.IDs {
		all.Go(func() error {
			conv, err := s.update(ctx, p, id, cmd)
			results[i] = s.bulkResult(id)(conv, err)
			if err == nil && cmd.Assignee != nil {
				// The change is made: not knowing what to warn of is no failure.
				results[i].Warnings, _ = s.warnings(ctx, conv)
			}
			return nil
		})
	}
	_ = all.Wait() // no result is an error
	s.answer(c, http.StatusOK, api.BulkResults{Data: results})
}

func (s *server) bulkResult(id string) func(threads.Conversation, error) api.BulkResult {
	return func(conv threads.Conversation, err error) api.BulkResult {
		if err == nil {
			return api.BulkResult{
				ID: id, OK: true, Status: http.StatusOK, Version: orNull(conv.Version), Error: null[api.Problem](),
			}
		}
		p := problemOf(err).Problem
		if p.Status >= http.StatusInternalServerError {
			s.Logger.Error("change of one conversation of many failed", "conversation", id, "error", err)
		}
		return api.BulkResult{
			ID: id, Status: p.Status, Version: null[int64](), Error: nullable.NewNullableWithValue(p),
		}
	}
}
