package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/threads"
	"threadhub/threads/routing"
)

// Routing says who would get what; routing.Dispatcher does.
type Routing interface {
	Simulate(ctx context.Context, w routing.Waiting) (threads.RoutingDecision, error)
	Line(ctx context.Context, p threads.Page) ([]routing.Position, threads.Cursor, error)
}

// DeclineConversation implements POST /v1/conversations/{conversation_id}/decline.
func (s *server) DeclineConversation(c *gin.Context, id string, _ api.DeclineConversationParams) {
	if caller(c).AgentID == "" {
		s.refuse(c, problem(http.StatusUnprocessableEntity, codeAgentRequired, "the token acts as no agent: use an agent's token"))
		return
	}
	s.act(c, id, s.Conversations.Decline)
}

// ListRoutingDecisions implements GET /v1/conversations/{conversation_id}/routing.
func (s *server) ListRoutingDecisions(c *gin.Context, id string, params api.ListRoutingDecisionsParams) {
	ctx := c.Request.Context()
	conv, err := s.conversation(ctx, caller(c), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	list, next, err := s.Records.RoutingDecisions(ctx, conv.ID, pageOf(params.Limit, params.Cursor))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.RoutingDecisionList{Data: convert(list, decisionView), NextCursor: nextCursor(next)})
}

// ListQueue implements GET /v1/queue.
func (s *server) ListQueue(c *gin.Context, params api.ListQueueParams) {
	line, next, err := s.Routing.Line(c.Request.Context(), pageOf(params.Limit, params.Cursor))
	if err != nil {
		s.fail(c, err)
		return
	}
	now := s.now()
	out := api.QueueItemList{Data: []api.QueueItem{}, NextCursor: nextCursor(next)}
	for _, pos := range line {
		if sees(caller(c), pos.Conversation) {
			out.Data = append(out.Data, queueItemView(pos, now))
		}
	}
	s.answer(c, http.StatusOK, out)
}

// SimulateRouting implements POST /v1/routing/simulate.
func (s *server) SimulateRouting(c *gin.Context, _ api.SimulateRoutingParams) {
	var in api.RoutingSimulation
	if !s.decode(c, &in) {
		return
	}
	w, err := s.imagined(c, in)
	if err != nil {
		s.fail(c, err)
		return
	}
	d, err := s.Routing.Simulate(c.Request.Context(), w)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, decisionView(d))
}

// imagined is the conversation that a simulation is about.
func (s *server) imagined(c *gin.Context, in api.RoutingSimulation) (routing.Waiting, error) {
	ctx, p := c.Request.Context(), caller(c)
	described := in.ChannelID != nil || in.Style != nil || in.Priority != nil || in.Tags != nil || in.Language != nil ||
		in.GroupID != nil || in.PreviousAgentID != nil || in.Weight != nil
	if in.ConversationID != nil {
		if described {
			return routing.Waiting{}, invalid(fieldError{"conversation_id", "goes without a description: give one of the two"})
		}
		conv, err := s.conversation(ctx, p, *in.ConversationID)
		if errors.Is(err, threads.ErrNotFound) {
			return routing.Waiting{}, invalid(fieldError{"conversation_id", "there is no such conversation"})
		}
		if err != nil {
			return routing.Waiting{}, err
		}
		contact, err := s.Records.Contact(ctx, conv.Contact.ID)
		if err != nil && !errors.Is(err, threads.ErrNotFound) {
			return routing.Waiting{}, err
		}
		w := routing.WaitingOf(conv, contact.Locale)
		if w.Previous == "" {
			w.Previous = conv.State.Assignee
		}
		if !conv.State.Waits() {
			w.QueuedAt = s.now()
		}
		return w, nil
	}
	w := routing.Waiting{
		Channel: threads.ChannelID(value(in.ChannelID)), Style: threads.StyleName(value(in.Style)), Group: threads.GroupID(value(in.GroupID)),
		Priority: string(value(in.Priority)), Tags: value(in.Tags), Language: value(in.Language),
		Previous: threads.AgentID(value(in.PreviousAgentID)), QueuedAt: s.now(),
	}
	if in.Waited != nil {
		waited, err := readDuration("waited", *in.Waited)
		if err != nil {
			return w, err
		}
		w.QueuedAt = w.QueuedAt.Add(-waited)
	}
	info, err := s.Channels.ChannelInfo(ctx, w.Channel)
	if errors.Is(err, threads.ErrNotFound) || (err == nil && !p.SeesChannel(w.Channel)) {
		return w, invalid(fieldError{"channel_id", "there is no such channel: name one, or a conversation_id"})
	}
	if err != nil {
		return w, err
	}
	if w.Style == "" {
		w.Style = info.Style.Name
	}
	if in.GroupID == nil {
		w.Group = info.Group
	}
	if w.Weight = info.Weight; in.Weight != nil {
		w.Weight = *in.Weight
	}
	if w.Weight < 0 || w.Weight > threads.MaxWeight || in.Weight != nil && w.Weight == 0 {
		return w, invalid(fieldError{"weight", fmt.Sprintf("must be a whole number from 1 to %d", threads.MaxWeight)})
	}
	return w, s.groupExists(c, "group_id", string(w.Group))
}

// SendHeartbeat implements POST /v1/agents/{agent_id}/heartbeat.
func (s *server) SendHeartbeat(c *gin.Context, id string, _ api.SendHeartbeatParams) {
	ctx, agent := c.Request.Context(), threads.AgentID(id)
	if p := caller(c); !p.Admin() && p.AgentID != agent {
		s.refuse(c, problem(http.StatusForbidden, codeForbidden, "agents may speak only for themselves"))
		return
	}
	_, err := s.Auth.Agent(ctx, agent)
	if err == nil {
		err = s.Auth.Heartbeat(ctx, agent, false)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	gone(c)
}

// pulse notes that an agent's stream is open. A failure is no reason to end it.
func (s *server) pulse(ctx context.Context, p auth.Principal, exact bool) {
	if p.AgentID == "" {
		return
	}
	if err := s.Auth.Heartbeat(ctx, p.AgentID, exact); err != nil {
		s.Logger.WarnContext(ctx, "a heartbeat was not stored", "agent", p.AgentID, "error", err)
	}
}

// warnings says what about the assignment of a conversation by hand may not
// have been meant.
func (s *server) warnings(ctx context.Context, conv threads.Conversation) (*[]api.Warning, error) {
	id := conv.State.Assignee
	if id == "" {
		return nil, nil
	}
	staff, err := s.staff(ctx, func(a auth.Agent) bool { return a.ID == id })
	if err != nil || len(staff) == 0 {
		return nil, err
	}
	a := staff[0]
	var out []api.Warning
	warn := func(code api.WarningCode, field, message string) {
		out = append(out, api.Warning{Code: code, Field: field, Message: message})
	}
	switch a.presence {
	case auth.Offline:
		warn(api.WarningCodeAgentOffline, "assignee_id", a.Name+" is offline and may not see it before they are back")
	case auth.Away:
		warn(api.WarningCodeAgentAway, "assignee_id", a.Name+" is away")
	}
	if a.over() > 0 && conv.State.Load() == threads.LoadFull {
		warn(api.WarningCodeOverCapacity, "assignee_id", a.Name+" holds more than their capacity: they get nothing new until there is room")
	}
	if g := conv.State.Group; g != "" && !slices.Contains(a.Groups, g) {
		warn(api.WarningCodeNotInGroup, "assignee_id", a.Name+" is not in the conversation's group: it goes back to the group when it is reopened")
	}
	if len(out) == 0 {
		return nil, nil
	}
	return &out, nil
}

// member is an agent with how they are there and what they hold.
type member struct {
	auth.Agent
	presence auth.Availability
	since    time.Time
	load     int
	offers   []threads.Conversation
}

// over is how many more they have than they may.
func (m member) over() int { return max(0, m.load-m.Capacity.Messaging) }

// staff answers the agents for which want holds, as they are at the moment.
func (s *server) staff(ctx context.Context, want func(auth.Agent) bool) ([]member, error) {
	all, err := s.Auth.Roster(ctx)
	if err != nil {
		return nil, err
	}
	var agents []auth.Agent
	for _, a := range all {
		if want(a) {
			agents = append(agents, a)
		}
	}
	return s.members(ctx, agents)
}

// members answers what the agents hold and how they are there.
func (s *server) members(ctx context.Context, agents []auth.Agent) ([]member, error) {
	if len(agents) == 0 {
		return nil, nil
	}
	set, err := s.Settings.Routing(ctx)
	if err != nil {
		return nil, err
	}
	all, err := s.Auth.Roster(ctx)
	if err != nil {
		return nil, err
	}
	seen := make(map[threads.AgentID]time.Time, len(all))
	for _, a := range all {
		seen[a.ID] = a.SeenAt
	}
	ids := convert(agents, func(a auth.Agent) threads.AgentID { return a.ID })
	held, err := s.Records.Tallies(ctx, ids)
	if err != nil {
		return nil, err
	}
	offered, err := s.offeredTo(ctx, held)
	if err != nil {
		return nil, err
	}
	now := s.now()
	return convert(agents, func(a auth.Agent) member {
		if at := seen[a.ID]; at.After(a.StatusAt) {
			a.SeenAt = at
		}
		m := member{Agent: a, load: held[a.ID].Load(set.CountInactive), offers: offered[a.ID]}
		m.presence, m.since = a.Presence(now, set.OfflineAfter)
		return m
	}), nil
}

// offersListed bounds the offers that a page of agents is shown with.
const offersListed = 1000

func (s *server) offeredTo(ctx context.Context, held map[threads.AgentID]threads.Tally) (map[threads.AgentID][]threads.Conversation, error) {
	var asked []threads.AgentID
	for id, t := range held {
		if t.Offered > 0 {
			asked = append(asked, id)
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	list, err := s.Records.OfferedTo(ctx, asked, offersListed)
	if err != nil {
		return nil, err
	}
	out := map[threads.AgentID][]threads.Conversation{}
	for _, c := range list {
		out[c.State.Offer.Agent] = append(out[c.State.Offer.Agent], c)
	}
	return out, nil
}

// checkSkills refuses skills that cannot be read.
func checkSkills(skills *[]string) error {
	for i, text := range value(skills) {
		if _, err := routing.ParseSkill(text); err != nil {
			return invalid(fieldError{"skills[" + strconv.Itoa(i) + "]", err.Error()})
		}
	}
	return nil
}
