package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"threadhub/api"
)

// ReactToMessage implements PUT /v1/messages/{message_id}/reaction.
func (s *server) ReactToMessage(c *gin.Context, id string, _ api.ReactToMessageParams) {
	var body api.ReactToMessageJSONRequestBody
	if s.decode(c, &body) {
		s.react(c, id, body.Emoji)
	}
}

// TakeReactionBack implements DELETE /v1/messages/{message_id}/reaction.
func (s *server) TakeReactionBack(c *gin.Context, id string, _ api.TakeReactionBackParams) {
	s.react(c, id, "")
}

func (s *server) react(c *gin.Context, id, emoji string) {
	ctx, p := c.Request.Context(), caller(c)
	m, err := s.message(ctx, p, id)
	if err == nil {
		m, err = s.Reactions.Set(ctx, m, emoji, p.Author())
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, s.messageView(m))
}
