package httpapi

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/internal/directory"
	"threadhub/threads"
)

func (s *server) answerAgent(c *gin.Context, status int) func(auth.Agent, error) {
	return func(a auth.Agent, err error) {
		var m []member
		if err == nil {
			m, err = s.members(c.Request.Context(), []auth.Agent{a})
		}
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answerVersioned(c, status, a.Version, agentView(m[0]))
	}
}

// ListAgents implements GET /v1/agents.
func (s *server) ListAgents(c *gin.Context, params api.ListAgentsParams) {
	ctx, limit := c.Request.Context(), limitOf(params.Limit)
	agents, err := s.Auth.Agents(ctx, threads.AgentID(value(params.Cursor)), limit+1)
	if err != nil {
		s.fail(c, err)
		return
	}
	agents, next := cut(agents, limit, func(a auth.Agent) string { return string(a.ID) })
	members, err := s.members(ctx, agents)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.AgentList{Data: convert(members, agentView), NextCursor: next})
}

// CreateAgent implements POST /v1/agents.
func (s *server) CreateAgent(c *gin.Context, _ api.CreateAgentParams) {
	if !s.unlimited(c) {
		return
	}
	var in api.AgentDraft
	if !s.decode(c, &in) {
		return
	}
	if err := checkSkills(in.Skills); err != nil {
		s.fail(c, err)
		return
	}
	draft := auth.AgentDraft{
		Name: in.Name, Email: in.Email, Role: auth.Role(value(in.Role)), Skills: value(in.Skills), Groups: typed[threads.GroupID](in.Groups),
	}
	if in.Capacity != nil {
		draft.Capacity = &auth.Capacity{Messaging: in.Capacity.Messaging}
	}
	limits, err := s.limits(c, in.Limits)
	if err != nil {
		s.fail(c, err)
		return
	}
	draft.Limits = value(limits)
	s.answerAgent(c, http.StatusCreated)(s.Auth.CreateAgent(c.Request.Context(), draft))
}

// limits reads what an agent is limited to, nil when nothing is said of it.
func (s *server) limits(c *gin.Context, in *api.LimitsDraft) (*auth.Limits, error) {
	if in == nil {
		return nil, nil
	}
	limits := &auth.Limits{Channels: typed[threads.ChannelID](in.Channels), Groups: typed[threads.GroupID](in.Groups)}
	if err := s.channelsExist(c, "limits.channels", limits.Channels); err != nil {
		return nil, err
	}
	return limits, nil
}

// channelsExist refuses a list with a channel that is not there.
func (s *server) channelsExist(c *gin.Context, field string, ids []threads.ChannelID) error {
	for _, id := range ids {
		_, err := s.Channels.Get(c.Request.Context(), id)
		if errors.Is(err, directory.ErrNotFound) {
			return invalid(fieldError{field, fmt.Sprintf("there is no channel %q", id)})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// GetAgent implements GET /v1/agents/{agent_id}.
func (s *server) GetAgent(c *gin.Context, id string) {
	s.answerAgent(c, http.StatusOK)(s.Auth.Agent(c.Request.Context(), threads.AgentID(id)))
}

// UpdateAgent implements PATCH /v1/agents/{agent_id}.
func (s *server) UpdateAgent(c *gin.Context, id string, params api.UpdateAgentParams) {
	if !s.unlimited(c) {
		return
	}
	var in api.AgentChange
	if !s.decode(c, &in) {
		return
	}
	version, err := expected(in.Version, params.IfMatch)
	if err == nil {
		err = checkSkills(in.Skills)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	limits, err := s.limits(c, in.Limits)
	if err != nil {
		s.fail(c, err)
		return
	}
	change := auth.AgentChange{IfVersion: version, Name: in.Name, Email: in.Email, Skills: in.Skills, Limits: limits}
	if in.Role != nil {
		role := auth.Role(*in.Role)
		change.Role = &role
	}
	if in.Groups != nil {
		groups := typed[threads.GroupID](in.Groups)
		change.Groups = &groups
	}
	if in.Capacity != nil {
		change.Capacity = &auth.Capacity{Messaging: in.Capacity.Messaging}
	}
	s.answerAgent(c, http.StatusOK)(s.Auth.UpdateAgent(c.Request.Context(), threads.AgentID(id), change))
}

// DeleteAgent implements DELETE /v1/agents/{agent_id}.
func (s *server) DeleteAgent(c *gin.Context, id string) {
	if !s.unlimited(c) {
		return
	}
	if err := s.Auth.DeleteAgent(c.Request.Context(), threads.AgentID(id)); err != nil {
		s.fail(c, err)
		return
	}
	gone(c)
}

// SetAgentAvailability implements PUT /v1/agents/{agent_id}/availability.
func (s *server) SetAgentAvailability(c *gin.Context, id string, _ api.SetAgentAvailabilityParams) {
	var in api.AvailabilityChange
	if !s.decode(c, &in) {
		return
	}
	if p := caller(c); !p.Admin() && p.AgentID != threads.AgentID(id) {
		s.refuse(c, problem(http.StatusForbidden, codeForbidden, "agents may set only their own availability"))
		return
	}
	s.answerAgent(c, http.StatusOK)(s.Auth.SetAvailability(c.Request.Context(), threads.AgentID(id), auth.Availability(in.Status)))
}

func (s *server) answerGroup(c *gin.Context, status int) func(auth.Group, error) {
	return func(g auth.Group, err error) {
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answerVersioned(c, status, g.Version, groupView(g))
	}
}

// ListGroups implements GET /v1/groups.
func (s *server) ListGroups(c *gin.Context, params api.ListGroupsParams) {
	limit := limitOf(params.Limit)
	groups, err := s.Auth.Groups(c.Request.Context(), threads.GroupID(value(params.Cursor)), limit+1)
	if err != nil {
		s.fail(c, err)
		return
	}
	groups, next := cut(groups, limit, func(g auth.Group) string { return string(g.ID) })
	s.answer(c, http.StatusOK, api.GroupList{Data: convert(groups, groupView), NextCursor: next})
}

// CreateGroup implements POST /v1/groups.
func (s *server) CreateGroup(c *gin.Context, _ api.CreateGroupParams) {
	if !s.unlimited(c) {
		return
	}
	var in api.GroupDraft
	if !s.decode(c, &in) {
		return
	}
	s.answerGroup(c, http.StatusCreated)(s.Auth.CreateGroup(c.Request.Context(), in.Name))
}

// GetGroup implements GET /v1/groups/{group_id}.
func (s *server) GetGroup(c *gin.Context, id string) {
	s.answerGroup(c, http.StatusOK)(s.Auth.Group(c.Request.Context(), threads.GroupID(id)))
}

// UpdateGroup implements PATCH /v1/groups/{group_id}.
func (s *server) UpdateGroup(c *gin.Context, id string, params api.UpdateGroupParams) {
	if !s.unlimited(c) {
		return
	}
	var in api.GroupChange
	if !s.decode(c, &in) {
		return
	}
	version, err := expected(in.Version, params.IfMatch)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerGroup(c, http.StatusOK)(s.Auth.UpdateGroup(c.Request.Context(), threads.GroupID(id), auth.GroupChange{IfVersion: version, Name: in.Name}))
}

// DeleteGroup implements DELETE /v1/groups/{group_id}.
func (s *server) DeleteGroup(c *gin.Context, id string) {
	if !s.unlimited(c) {
		return
	}
	ctx := c.Request.Context()
	err := s.Channels.LeaveGroup(ctx, threads.GroupID(id))
	if err == nil {
		err = s.Auth.DeleteGroup(ctx, threads.GroupID(id))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	gone(c)
}
