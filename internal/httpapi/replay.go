package httpapi

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/journal"
	"threadhub/threads"
)

// replayLimit is how many webhooks one call looks at.
const replayLimit = 10_000

// ReplayChannelEvent implements POST /v1/channels/{channel_id}/events/{event_id}/replay.
func (s *server) ReplayChannelEvent(c *gin.Context, id, event string, _ api.ReplayChannelEventParams) {
	if _, err := s.channel(c, id); err != nil {
		s.fail(c, err)
		return
	}
	s.replayEntry(c, id, event)
}

// RetryQuarantined implements POST /v1/quarantine/{item_id}/retry.
func (s *server) RetryQuarantined(c *gin.Context, id string, _ api.RetryQuarantinedParams) {
	event, _, _ := strings.Cut(id, itemDot)
	s.replayEntry(c, "", event)
}

// itemDot stands in the API's name of an item where the journal's has a slash,
// which cannot be part of a path.
const itemDot = "."

// replayEntry works an entry again that the caller may see; channel "" for
// whichever it is of.
func (s *server) replayEntry(c *gin.Context, channel, id string) {
	ctx := c.Request.Context()
	e, err := s.Webhooks.Entry(ctx, id)
	if errors.Is(err, journal.ErrNotFound) || err == nil && (channel != "" && e.ChannelID != channel || !caller(c).SeesChannel(threads.ChannelID(e.ChannelID))) {
		s.refuse(c, notFound("there is no such webhook, or it is no longer kept (event_log of the retention)"))
		return
	}
	if err == nil && e.Redacted() {
		s.refuse(c, notFound("what the webhook held is no longer kept (payloads of the retention, or its contact was erased), so it cannot be worked again"))
		return
	}
	var n int
	if err == nil {
		n, err = s.Webhooks.Reopen(ctx, []string{id})
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerReplayed(c, journal.Replayed{Reopened: n})
}

// ReplayChannel implements POST /v1/channels/{channel_id}/replay.
func (s *server) ReplayChannel(c *gin.Context, id string, _ api.ReplayChannelParams) {
	var in api.ReplayDraft
	if !s.decode(c, &in) {
		return
	}
	if _, err := s.channel(c, id); err != nil {
		s.fail(c, err)
		return
	}
	out, err := journal.Again(c.Request.Context(), s.Webhooks, journal.Replay{
		ChannelID: id, States: typed[journal.State](in.Results), From: value(in.From).UTC(), To: value(in.To).UTC(), Before: value(in.Cursor),
	}, replayLimit)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerReplayed(c, out)
}

func (s *server) answerReplayed(c *gin.Context, r journal.Replayed) {
	if s.Replayed != nil && r.Reopened > 0 {
		s.Replayed()
	}
	s.answer(c, http.StatusAccepted, api.Replayed{Replayed: r.Reopened, NextCursor: nextCursor(r.Next)})
}
