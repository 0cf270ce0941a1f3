package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/normalize"
	"threadhub/threads"
)

// ListChannelTemplates implements GET /v1/channels/{channel_id}/templates.
func (s *server) ListChannelTemplates(c *gin.Context, id string, params api.ListChannelTemplatesParams) {
	if _, err := s.channel(c, id); err != nil {
		s.fail(c, err)
		return
	}
	l, err := s.Templates.List(c.Request.Context(), threads.ChannelID(id), value(params.Refresh))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.TemplateList{
		Data: convert(l.Templates, templateInfoView), NextCursor: nextCursor(""), Listed: l.Listed,
		SyncedAt: timeOrNull(l.SyncedAt), Failure: ptr(l.Failure),
	})
}

func templateInfoView(t normalize.TemplateInfo) api.TemplateInfo {
	return api.TemplateInfo{
		Name: t.Name, Language: t.Language, Category: t.Category, Status: t.Status, Usable: t.Usable, Text: t.Text,
		Parameters: convert(t.Slots, func(s normalize.TemplateSlot) api.TemplateSlot {
			v := api.TemplateSlot{Type: s.Type, Index: s.Index, Count: s.Count, Kind: s.Kind}
			if len(s.Names) > 0 {
				v.Names = &s.Names
			}
			return v
		}),
	}
}
