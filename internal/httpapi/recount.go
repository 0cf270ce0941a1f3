package httpapi

import (
	"cmp"
	"net/http"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/threads"
)

// recountLimit is how many countdowns one request looks at if it does not say.
const recountLimit = 200

// RecountConversations implements POST /v1/conversations/recount.
func (s *server) RecountConversations(c *gin.Context, _ api.RecountConversationsParams) {
	var in api.Recount
	if !s.decode(c, &in) {
		return
	}
	p := caller(c)
	filter, some := scope(p, threads.Filter{Channels: typed[threads.ChannelID](in.ChannelIds)})
	if !some {
		s.answer(c, http.StatusOK, api.RecountResult{NextCursor: nextCursor("")})
		return
	}
	cursor, _ := in.Cursor.Get() // "" for null
	out, err := s.Conversations.Recount(c.Request.Context(), threads.RecountCommand{
		Actor: p.Author(), Channels: filter.Channels, Groups: filter.Groups, Styles: typed[threads.StyleName](in.Styles),
		Page: threads.Page{After: threads.Cursor(cursor), Limit: cmp.Or(value(in.Limit), recountLimit)},
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.Logger.InfoContext(c.Request.Context(), "running countdowns were moved to today's settings",
		"by", p.Author().ID, "examined", out.Examined, "moved", out.Moved, "closed", out.Closed)
	s.answer(c, http.StatusOK, api.RecountResult{
		Examined: out.Examined, Moved: out.Moved, Closed: out.Closed, NextCursor: nextCursor(out.Next),
	})
}
