package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/threads"
)

// EventViewing is the type of an event that tells who looks at a conversation.
const EventViewing threads.NoticeType = "conversation.viewing"

// Viewing tells that an agent looks at a conversation, or no longer does. It is
// told to those who watch at that moment, and kept nowhere else: of the
// conversation it has what tells who may know.
type Viewing struct {
	Conversation threads.ConversationID
	Channel      threads.ChannelID
	Group        threads.GroupID
	By           threads.Author
	Here         bool
}

// seenBy tells whether the caller may see the conversation that is looked at.
func (v Viewing) seenBy(p auth.Principal) bool {
	return p.SeesChannel(v.Channel) && p.SeesGroup(v.Group)
}

func viewingView(v Viewing) *api.Viewing {
	return &api.Viewing{ConversationID: string(v.Conversation), Here: v.Here}
}

// ViewConversation implements POST /v1/conversations/{conversation_id}/viewing.
func (s *server) ViewConversation(c *gin.Context, id string, _ api.ViewConversationParams) {
	s.viewing(c, id, true)
}

// LeaveConversation implements DELETE /v1/conversations/{conversation_id}/viewing.
func (s *server) LeaveConversation(c *gin.Context, id string) { s.viewing(c, id, false) }

func (s *server) viewing(c *gin.Context, id string, here bool) {
	ctx, p := c.Request.Context(), caller(c)
	conv, err := s.conversation(ctx, p, id)
	if err == nil && p.AgentID == "" {
		s.refuse(c, problem(http.StatusUnprocessableEntity, codeAgentRequired, "the token acts as no agent: use an agent's token"))
		return
	}
	if err == nil {
		err = s.Live.View(ctx, Viewing{Conversation: conv.ID, Channel: conv.ChannelID, Group: conv.State.Group, By: p.Author(), Here: here})
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
