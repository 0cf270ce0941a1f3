package httpapi

import (
	"context"
	"time"

	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/threads"
)

// measure answers how the conversation's business times go on; nil when they
// do not.
func (s *server) measure(ctx context.Context, c threads.Conversation) (threads.Measure, error) {
	if c.Metrics.ScheduleID == "" || c.State.Status == threads.StatusClosed {
		return nil, nil //nolint:nilnil // nothing to measure is not an error
	}
	return s.Conversations.Measure(ctx, c.Metrics.ScheduleID)
}

func metricsView(v threads.MetricValues) api.ConversationMetrics {
	t := timesView(v.Elapsed)
	return api.ConversationMetrics{
		FirstReplySeconds:             t.FirstReplySeconds,
		FirstAssignmentSeconds:        t.FirstAssignmentSeconds,
		AssignmentToFirstReplySeconds: t.AssignmentToFirstReplySeconds,
		RequesterWaitByStatusSeconds:  t.RequesterWaitByStatusSeconds,
		RequesterWaitByMessageSeconds: t.RequesterWaitByMessageSeconds,
		AgentWaitSeconds:              t.AgentWaitSeconds,
		OnHoldSeconds:                 t.OnHoldSeconds,
		FirstResolutionSeconds:        t.FirstResolutionSeconds,
		FullResolutionSeconds:         t.FullResolutionSeconds,
		HandleSeconds:                 t.HandleSeconds,

		Business: pick(v.Business, timesView), Replies: v.Replies, Reopens: v.Reopens,
		OneTouch:            pick(v.OneTouch, func(b bool) bool { return b }),
		OverCapacityReturns: v.OverCapacityReturns,
	}
}

func timesView(t threads.Times) api.ConversationTimes {
	return api.ConversationTimes{
		FirstReplySeconds:             seconds(t.FirstReply),
		FirstAssignmentSeconds:        seconds(t.FirstAssignment),
		AssignmentToFirstReplySeconds: seconds(t.AssignmentToReply),
		RequesterWaitByStatusSeconds:  seconds(t.RequesterWaitByStatus),
		RequesterWaitByMessageSeconds: seconds(t.RequesterWaitByMessage),
		AgentWaitSeconds:              seconds(t.AgentWait),
		OnHoldSeconds:                 seconds(t.OnHold),
		FirstResolutionSeconds:        seconds(t.FirstResolution),
		FullResolutionSeconds:         seconds(t.FullResolution),
		HandleSeconds:                 seconds(t.Handle),
	}
}

// seconds of a time in whole milliseconds, null for one that has no value.
func seconds(d *time.Duration) nullable.Nullable[float64] {
	return pick(d, func(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 })
}
