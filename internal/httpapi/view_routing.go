package httpapi

import (
	"time"

	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/internal/queuebook"
	"threadhub/threads"
	"threadhub/threads/routing"
)

func agentView(m member) api.Agent {
	return api.Agent{
		ID: string(m.ID), Name: m.Name, Email: m.Email, Role: api.AgentRole(m.Role),
		Skills: convert(m.Skills, text[string]), Groups: convert(m.Groups, text[threads.GroupID]),
		Limits:   api.Limits{Channels: convert(m.Limits.Channels, text[threads.ChannelID]), Groups: convert(m.Limits.Groups, text[threads.GroupID])},
		Capacity: api.Capacity{Messaging: m.Capacity.Messaging}, Availability: api.Availability(m.presence), AvailabilitySince: timeView(m.since),
		Load: m.load, OverCapacity: m.over(), Offers: convert(m.offers, agentOfferView),
		CreatedAt: timeView(m.CreatedAt), UpdatedAt: timeView(m.UpdatedAt), Version: m.Version,
	}
}

func agentOfferView(c threads.Conversation) api.AgentOffer {
	o := c.State.Offer
	return api.AgentOffer{ConversationID: string(c.ID), OfferedAt: timeView(o.At), ExpiresAt: timeView(o.Until)}
}

// offerView is null where nothing is offered.
func offerView(o threads.Offer) nullable.Nullable[api.Offer] {
	if o.Agent == "" {
		return null[api.Offer]()
	}
	return nullable.NewNullableWithValue(api.Offer{AgentID: string(o.Agent), OfferedAt: timeView(o.At), ExpiresAt: timeView(o.Until)})
}

func queueItemView(p routing.Position, now time.Time) api.QueueItem {
	c := p.Conversation
	out := api.QueueItem{
		Position: p.Place, ConversationID: string(c.ID), ChannelID: string(c.ChannelID), Contact: contactBriefView(c.Contact),
		Status: api.ConversationStatus(c.State.Status), Style: api.StyleName(c.State.Style), Priority: priorityView(c.Priority),
		Tags: convert(c.Tags, text[string]), Subject: orNull(c.Subject), GroupID: orNull(string(c.State.Group)),
		QueuedAt: timeView(c.State.QueuedAt), WaitingSeconds: int64(max(0, now.Sub(c.State.QueuedAt)) / time.Second),
		EstimateSeconds: null[int64](), QueueID: orNull(string(p.Decision.Queue)), QueueName: orNull(p.Decision.QueueName),
		PreviousAgentID: orNull(string(c.State.Previous)), Offer: offerView(c.State.Offer),
		Reason: api.WaitingReason{Code: api.WaitingReasonCode(p.Decision.Why), Detail: p.Decision.Detail},
	}
	if p.Estimate != nil {
		out.EstimateSeconds = nullable.NewNullableWithValue(int64(*p.Estimate / time.Second))
	}
	return out
}

func decisionView(d threads.RoutingDecision) api.RoutingDecision {
	by := d.ByReason
	if by == nil {
		by = map[string]int{}
	}
	return api.RoutingDecision{
		ID: orNull(string(d.ID)), ConversationID: orNull(string(d.ConversationID)), At: timeView(d.At), Outcome: api.RoutingDecisionOutcome(d.Outcome),
		AgentID: orNull(string(d.Agent)), Why: string(d.Why), Detail: d.Detail, QueueID: orNull(string(d.Queue)), QueueName: orNull(d.QueueName),
		Mode: orNull(api.RoutingMode(d.Mode)), Method: orNull(api.RoutingMethod(d.Method)), QueuedAt: timeOrNull(d.QueuedAt), Weight: max(d.Places, 1),
		Candidates: convert(d.Candidates, candidateView), Excluded: convert(d.Excluded, exclusionView),
		Eligible: d.Eligible, ExcludedByReason: by,
	}
}

func candidateView(c threads.RoutingCandidate) api.RoutingCandidate {
	return api.RoutingCandidate{
		AgentID: string(c.Agent), Load: c.Load, Offers: c.Offers, Capacity: c.Max, Spare: c.Max - c.Load, PreferredSkills: c.Preferred,
		LastAt: timeOrNull(c.LastAt), Overflow: c.Overflow, Passed: c.Passed,
	}
}

func exclusionView(e threads.RoutingExclusion) api.RoutingExclusion {
	return api.RoutingExclusion{AgentID: string(e.Agent), Reason: api.RoutingExclusionReason(e.Reason), Detail: orNull(e.Detail)}
}

func queueView(q queuebook.Queue, p auth.Principal) api.Queue {
	method := null[api.RoutingMethod]()
	if q.Method != "" {
		method = nullable.NewNullableWithValue(api.RoutingMethod(q.Method))
	}
	return api.Queue{
		ID: string(q.ID), Name: q.Name, Enabled: q.Enabled, Position: q.Position, Conditions: queueConditionsView(q.When, p),
		Groups: convert(q.Groups, text[threads.GroupID]), RequiredSkills: convert(q.Required, skillView), PreferredSkills: convert(q.Preferred, skillView),
		RelaxAfter: durationText(q.RelaxAfter), OverflowGroups: convert(q.Overflow, text[threads.GroupID]), OverflowAfter: durationText(q.OverflowAfter),
		Method: method, CreatedAt: timeView(q.CreatedAt), UpdatedAt: timeView(q.UpdatedAt), Version: q.Version,
	}
}

func skillView(s routing.Skill) api.Skill {
	level := max(s.Level, routing.MinLevel)
	return api.Skill{Name: s.Name, Level: &level}
}

func queueConditionsView(w routing.Conditions, p auth.Principal) api.QueueConditions {
	var channels []string
	for _, id := range w.Channels {
		if p.SeesChannel(id) {
			channels = append(channels, string(id))
		}
	}
	out := api.QueueConditions{
		ChannelIds: listed(channels), Tags: listed(w.Tags), Languages: listed(w.Languages),
	}
	if len(w.Styles) > 0 {
		styles := convert(w.Styles, func(s threads.StyleName) api.StyleName { return api.StyleName(s) })
		out.Styles = &styles
	}
	if len(w.Priorities) > 0 {
		priorities := convert(w.Priorities, func(p string) api.Priority { return api.Priority(p) })
		out.Priorities = &priorities
	}
	if h := w.Hours; h != nil {
		out.BusinessHours = &api.BusinessHoursCondition{ScheduleID: h.ScheduleID, State: api.BusinessHoursConditionStateClosed}
		if h.Open {
			out.BusinessHours.State = api.BusinessHoursConditionStateOpen
		}
	}
	return out
}

func routingView(s routing.Settings) api.Routing {
	return api.Routing{
		Mode: api.RoutingMode(s.Mode), Method: api.RoutingMethod(s.Method), OfferTimeout: durationText(s.OfferTimeout), CountInactive: s.CountInactive,
		ReturnTo: api.ReturnTo(s.ReturnTo), ReturnAway: s.ReturnAway, OfflineAfter: durationText(s.OfflineAfter),
		Leave: api.LeavePolicy(s.Leave), LeaveAfter: durationText(s.LeaveAfter),
	}
}

// routingChange reads what is to change of the settings of routing.
func routingChange(in api.RoutingChange) (func(*routing.Settings), error) {
	var offer, offline, leave *time.Duration
	for _, d := range []struct {
		field string
		text  *string
		into  **time.Duration
	}{
		{"offer_timeout", in.OfferTimeout, &offer}, {"offline_after", in.OfflineAfter, &offline}, {"leave_after", in.LeaveAfter, &leave},
	} {
		if d.text == nil {
			continue
		}
		v, err := readDuration("routing."+d.field, *d.text)
		if err != nil {
			return nil, err
		}
		*d.into = &v
	}
	return func(s *routing.Settings) {
		put(&s.OfferTimeout, offer)
		put(&s.OfflineAfter, offline)
		put(&s.LeaveAfter, leave)
		put(&s.ReturnAway, in.ReturnAway)
		if in.Mode != nil {
			s.Mode = routing.Mode(*in.Mode)
		}
		if in.Method != nil {
			s.Method = routing.Method(*in.Method)
		}
		if in.ReturnTo != nil {
			s.ReturnTo = routing.ReturnTo(*in.ReturnTo)
		}
		if in.Leave != nil {
			s.Leave = routing.Leave(*in.Leave)
		}
	}, nil
}

// put sets a field where there is something to set.
func put[T any](field *T, v *T) {
	if v != nil {
		*field = *v
	}
}
