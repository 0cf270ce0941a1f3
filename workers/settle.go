package workers

import (
	"context"

	"threadhub/internal/crashpoint"
	"threadhub/normalize"
	"threadhub/threads"
)

// settle records how attempts ended and tells those who want to know.
func (r *run) settle(ctx context.Context, back []ended) error {
	if len(back) == 0 {
		return nil
	}
	results := make([]DeliveryResult, len(back))
	was := make(map[threads.MessageID]threads.MessageStatus, len(back))
	for i, e := range back {
		results[i] = e.result
		if !e.result.Again {
			was[e.result.Delivery.MessageID] = e.was
		}
	}
	crashpoint.At(crashpoint.CallsBack)
	messages, err := r.Outbox.SettleCalls(ctx, results)
	if err != nil {
		return err
	}
	crashpoint.At(crashpoint.CallsSettled)
	for _, res := range results {
		if !res.Again {
			reason := ""
			if res.Message.Error != nil {
				reason = string(res.Message.Error.Reason)
			}
			r.Metrics.Ended.WithLabelValues(string(res.Message.Status), reason).Inc()
		}
	}
	r.tell(ctx, messages, was)
	crashpoint.At(crashpoint.EndsTold)
	return nil
}

// tell spreads the new status of messages whose delivery ended.
func (r *run) tell(ctx context.Context, messages []threads.Message, was map[threads.MessageID]threads.MessageStatus) {
	news := map[threads.ChannelID][]normalize.PlatformID{}
	for _, m := range messages {
		if _, over := was[m.ID]; !over {
			continue
		}
		if err := r.Threads.MessageChanged(ctx, m, was[m.ID]); err != nil {
			r.Logger.WarnContext(ctx, "a message's new status was not announced", "message", m.ID, "error", err)
		}
		news[m.ChannelID] = append(news[m.ChannelID], m.ExternalIDs...)
	}
	// Receipts may have overtaken the answers; the sweeper tries again.
	if err := r.Threads.ApplyParked(ctx, news); err != nil {
		r.Logger.WarnContext(ctx, "waiting receipts were not applied", "error", err)
	}
}
