package httpapi

import (
	"context"
	"encoding/json"
	"fmt"

	"threadhub/api"
	"threadhub/internal/callout"
	"threadhub/internal/spool"
	"threadhub/internal/subscriptions"
	"threadhub/threads"
)

func (s *server) subscriptionView(ctx context.Context, sub subscriptions.Subscription) (api.Subscription, error) {
	health, err := s.Subscriptions.Health(ctx, sub.ID)
	return api.Subscription{
		ID: sub.ID, Name: sub.Name, URL: sub.URL, Events: convert(sub.Events, text[string]),
		Channels: convert(sub.Channels, text[threads.ChannelID]), Enabled: sub.Enabled,
		DisabledReason: orNull(sub.DisabledReason), DisabledAt: timeOrNull(sub.DisabledAt), Secret: ptr(sub.Secret),
		FormerSecretUntil: timeOrNull(sub.FormerUntil), CreatedBy: orNull(sub.CreatedBy), Health: subscriptionHealthView(sub, health),
		CreatedAt: timeView(sub.CreatedAt), UpdatedAt: timeView(sub.UpdatedAt), Version: sub.Version,
	}, err
}

func subscriptionHealthView(sub subscriptions.Subscription, h subscriptions.Health) api.SubscriptionHealth {
	state := api.SubscriptionHealthStateHealthy
	switch {
	case !sub.Enabled:
		state = api.SubscriptionHealthStateDisabled
	case !h.FailingSince.IsZero():
		state = api.SubscriptionHealthStateFailing
	case h.LastSuccessAt.IsZero():
		state = api.SubscriptionHealthStateUntried
	}
	return api.SubscriptionHealth{
		State: state, LastSuccessAt: timeOrNull(h.LastSuccessAt), LastFailureAt: timeOrNull(h.LastFailureAt),
		FailingSince: timeOrNull(h.FailingSince), LastStatus: orNull(h.LastStatus), LastError: orNull(h.LastError),
	}
}

func triedView(t subscriptions.Tried) api.SubscriptionTest {
	return api.SubscriptionTest{
		OK: t.Verdict == callout.Done, EventID: t.EventID, Status: orNull(t.Status), Error: orNull(t.Detail), TookMillis: t.Took.Milliseconds(),
	}
}

func (s *server) subscriptionDeliveryView(ctx context.Context, sub subscriptions.Subscription, e spool.Event) (api.SubscriptionDelivery, error) {
	var n subscriptions.News
	if err := json.Unmarshal(e.Doc, &n); err != nil {
		return api.SubscriptionDelivery{}, fmt.Errorf("read event %s: %w", e.ID, err)
	}
	payload, err := s.newsView(ctx, e.ID, n, sub.Sees)
	return api.SubscriptionDelivery{
		ID: e.ID, Event: e.Type, State: api.DeliveryState(e.State), At: timeView(e.At), Attempts: e.Attempts,
		Status: orNull(e.Status), Error: orNull(e.Error), LastAttemptAt: timeOrNull(e.TriedAt), NextAttemptAt: timeOrNull(e.NextAt),
		EndedAt: timeOrNull(e.DoneAt), Payload: payload,
	}, err
}
