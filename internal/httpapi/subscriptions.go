package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/internal/spool"
	"threadhub/internal/subscriptions"
	"threadhub/threads"
)

// Subscribers calls those who subscribed (subscriptions.Courier).
type Subscribers interface {
	Try(ctx context.Context, id string) (subscriptions.Tried, error)
}

// ownsSubscriptions refuses a caller who sees only some channels or groups:
// with a subscription of its own making it would see the rest.
func (s *server) ownsSubscriptions(c *gin.Context) bool {
	if !caller(c).Limited() {
		return true
	}
	s.refuse(c, problem(http.StatusForbidden, codeForbidden, "a token that is limited to channels or groups may not see or change subscriptions: use one that is not"))
	return false
}

// ListSubscriptions implements GET /v1/subscriptions.
func (s *server) ListSubscriptions(c *gin.Context, params api.ListSubscriptionsParams) {
	if !s.ownsSubscriptions(c) {
		return
	}
	ctx, limit := c.Request.Context(), limitOf(params.Limit)
	list, err := s.Subscriptions.List(ctx, value(params.Cursor), limit+1)
	out := api.SubscriptionList{Data: []api.Subscription{}}
	if err == nil {
		list, out.NextCursor = cut(list, limit, func(sub subscriptions.Subscription) string { return sub.ID })
	}
	for _, sub := range list {
		var view api.Subscription
		if err == nil {
			view, err = s.subscriptionView(ctx, sub)
		}
		out.Data = append(out.Data, view)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, out)
}

func (s *server) answerSubscription(c *gin.Context, status int) func(subscriptions.Subscription, error) {
	return func(sub subscriptions.Subscription, err error) {
		var view api.Subscription
		if err == nil {
			view, err = s.subscriptionView(c.Request.Context(), sub)
		}
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answerVersioned(c, status, sub.Version, view)
	}
}

// GetSubscription implements GET /v1/subscriptions/{subscription_id}.
func (s *server) GetSubscription(c *gin.Context, id string) {
	if s.ownsSubscriptions(c) {
		s.answerSubscription(c, http.StatusOK)(s.Subscriptions.Get(c.Request.Context(), id))
	}
}

// creator names the caller in records.
func creator(p auth.Principal) string {
	if p.AgentID != "" {
		return string(p.AgentID)
	}
	return p.TokenID
}

// CreateSubscription implements POST /v1/subscriptions.
func (s *server) CreateSubscription(c *gin.Context, _ api.CreateSubscriptionParams) {
	var in api.SubscriptionDraft
	if !s.ownsSubscriptions(c) || !s.decode(c, &in) {
		return
	}
	s.answerSubscription(c, http.StatusCreated)(s.Subscriptions.Create(c.Request.Context(), subscriptions.Draft{
		Name: value(in.Name), URL: in.URL, Events: in.Events, Channels: typed[threads.ChannelID](in.Channels),
		Enabled: in.Enabled == nil || *in.Enabled, Secret: value(in.Secret), CreatedBy: creator(caller(c)),
	}))
}

// UpdateSubscription implements PATCH /v1/subscriptions/{subscription_id}.
func (s *server) UpdateSubscription(c *gin.Context, id string, params api.UpdateSubscriptionParams) {
	var in api.SubscriptionChange
	if !s.ownsSubscriptions(c) || !s.decode(c, &in) {
		return
	}
	version, err := expected(in.Version, params.IfMatch)
	if err != nil {
		s.fail(c, err)
		return
	}
	change := subscriptions.Change{IfVersion: version, Name: in.Name, URL: in.URL, Events: in.Events, Enabled: in.Enabled}
	if in.Channels != nil {
		list := typed[threads.ChannelID](in.Channels)
		change.Channels = &list
	}
	s.answerSubscription(c, http.StatusOK)(s.Subscriptions.Update(c.Request.Context(), id, change))
}

// DeleteSubscription implements DELETE /v1/subscriptions/{subscription_id}.
func (s *server) DeleteSubscription(c *gin.Context, id string) {
	if !s.ownsSubscriptions(c) {
		return
	}
	if err := s.Subscriptions.Delete(c.Request.Context(), id); err != nil {
		s.fail(c, err)
		return
	}
	gone(c)
}

// TestSubscription implements POST /v1/subscriptions/{subscription_id}/test.
func (s *server) TestSubscription(c *gin.Context, id string, _ api.TestSubscriptionParams) {
	if !s.ownsSubscriptions(c) {
		return
	}
	tried, err := s.Subscribers.Try(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, triedView(tried))
}

// defaultOverlap is for how long the former secret of a subscription signs as
// well.
const defaultOverlap = 24 * time.Hour

// RotateSubscriptionSecret implements POST
// /v1/subscriptions/{subscription_id}/rotate-secret.
func (s *server) RotateSubscriptionSecret(c *gin.Context, id string, _ api.RotateSubscriptionSecretParams) {
	var in api.SecretRotation
	if !s.ownsSubscriptions(c) || !s.decode(c, &in) {
		return
	}
	overlap, err := defaultOverlap, error(nil)
	if in.Overlap != nil {
		overlap, err = readDuration("overlap", *in.Overlap)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerSubscription(c, http.StatusOK)(s.Subscriptions.Rotate(c.Request.Context(), id, value(in.Secret), overlap))
}

// ListSubscriptionDeliveries implements GET
// /v1/subscriptions/{subscription_id}/deliveries.
func (s *server) ListSubscriptionDeliveries(c *gin.Context, id string, params api.ListSubscriptionDeliveriesParams) {
	if !s.ownsSubscriptions(c) {
		return
	}
	ctx := c.Request.Context()
	sub, err := s.Subscriptions.Get(ctx, id)
	var list []spool.Event
	next := ""
	if err == nil {
		list, next, err = s.Subscriptions.Deliveries(ctx, id, spool.State(value(params.State)), value(params.Cursor), limitOf(params.Limit))
	}
	out := api.SubscriptionDeliveryList{Data: make([]api.SubscriptionDelivery, len(list)), NextCursor: nextCursor(next)}
	for i, e := range list {
		if err == nil {
			out.Data[i], err = s.subscriptionDeliveryView(ctx, sub, e)
		}
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, out)
}

func (s *server) answerDelivery(c *gin.Context, status int, id string, e spool.Event, err error) {
	ctx := c.Request.Context()
	var sub subscriptions.Subscription
	if err == nil {
		sub, err = s.Subscriptions.Get(ctx, id)
	}
	var view api.SubscriptionDelivery
	if err == nil {
		view, err = s.subscriptionDeliveryView(ctx, sub, e)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, status, view)
}

// GetSubscriptionDelivery implements GET
// /v1/subscriptions/{subscription_id}/deliveries/{delivery_id}.
func (s *server) GetSubscriptionDelivery(c *gin.Context, id, delivery string) {
	if s.ownsSubscriptions(c) {
		e, err := s.Subscriptions.Delivery(c.Request.Context(), id, delivery)
		s.answerDelivery(c, http.StatusOK, id, e, err)
	}
}

// ReplaySubscriptionDelivery implements POST
// /v1/subscriptions/{subscription_id}/deliveries/{delivery_id}/replay.
func (s *server) ReplaySubscriptionDelivery(c *gin.Context, id, delivery string, _ api.ReplaySubscriptionDeliveryParams) {
	if s.ownsSubscriptions(c) {
		e, err := s.Subscriptions.Replay(c.Request.Context(), id, delivery)
		s.answerDelivery(c, http.StatusAccepted, id, e, err)
	}
}

// ReplaySubscriptionDeliveries implements POST
// /v1/subscriptions/{subscription_id}/deliveries/replay.
func (s *server) ReplaySubscriptionDeliveries(c *gin.Context, id string, _ api.ReplaySubscriptionDeliveriesParams) {
	var in api.ReplayRange
	if !s.ownsSubscriptions(c) || !s.decode(c, &in) {
		return
	}
	n, err := s.Subscriptions.ReplayRange(c.Request.Context(), id, in.From.Time, in.To.Time, typed[spool.State](in.States))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.ReplayResult{Replayed: n})
}
