package httpapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/internal/channels"
	"threadhub/internal/journal"
	"threadhub/internal/pulse"
	"threadhub/internal/tokens"
)

// Pulse is how a channel does, besides what its record and the journal say.
type Pulse struct {
	pulse.Figures
	Token    tokens.Expiry
	HasToken bool
	// HeldUntil is when calls go out again; zero when they do.
	HeldUntil time.Time
}

// recentWebhooks is how many the health report looks at.
const recentWebhooks = 200

// GetChannelHealth implements GET /v1/channels/{channel_id}/health.
func (s *server) GetChannelHealth(c *gin.Context, id string) {
	ctx := c.Request.Context()
	ch, err := s.channel(c, id)
	var recent []journal.Entry
	if err == nil {
		recent, err = s.Webhooks.Entries(ctx, id, "", recentWebhooks)
	}
	var p Pulse
	if err == nil {
		p, err = s.pulseOf(ctx, id)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, s.healthReport(ch, recent, p))
}

func (s *server) pulseOf(ctx context.Context, id string) (Pulse, error) {
	if s.Pulse == nil {
		return Pulse{}, nil
	}
	return s.Pulse(ctx, id)
}

func (s *server) healthReport(ch channels.Channel, recent []journal.Entry, p Pulse) api.ChannelHealthReport {
	base := healthView(ch.Health)
	v := api.ChannelHealthReport{
		State: api.ChannelHealthReportState(base.State), Detail: base.Detail, CheckedAt: base.CheckedAt,
		LastInboundAt: timeOrNull(time.Time{}), LastOutboundAt: timeOrNull(p.Sent.Last), HeldUntil: timeOrNull(p.HeldUntil),
		AccessToken: null[api.AccessTokenHealth](),
	}
	if len(recent) > 0 {
		v.LastInboundAt = timeOrNull(recent[0].ReceivedAt)
	}
	for _, e := range recent { // the newest first
		switch e.State {
		case journal.Done:
			v.RecentWebhooks.Done++
		case journal.Quarantined:
			v.RecentWebhooks.Quarantined++
		case journal.Pending:
			v.RecentWebhooks.Pending++
			v.LagSeconds = float32(max(0, s.now().Sub(e.ReceivedAt).Seconds()))
		}
	}
	v.SignatureFailures.Count, v.SignatureFailures.LastAt = p.Unproved.Count, timeOrNull(p.Unproved.Last)
	if p.HasToken {
		v.AccessToken = nullable.NewNullableWithValue(api.AccessTokenHealth{ExpiresAt: timeOrNull(p.Token.EndsAt), Warning: orNull(p.Token.Warning)})
	}
	v.Failures = []api.FailureCount{}
	for reason, t := range p.Failed {
		v.Failures = append(v.Failures, api.FailureCount{Reason: reason, Count: t.Count, LastAt: timeView(t.Last)})
	}
	slices.SortFunc(v.Failures, func(a, b api.FailureCount) int { return b.LastAt.Compare(a.LastAt.Time) })
	return v
}
