package httpapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/internal/directory"
	"threadhub/internal/queuebook"
	"threadhub/threads"
	"threadhub/threads/routing"
)

// ListQueues implements GET /v1/queues.
func (s *server) ListQueues(c *gin.Context, params api.ListQueuesParams) {
	queues, err := s.Queues.List(c.Request.Context())
	from := 0
	if err == nil {
		from, err = queueAfter(queues, value(params.Cursor))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	page, next := cut(queues[from:], limitOf(params.Limit), queueCursor)
	out := api.QueueList{Data: []api.Queue{}, NextCursor: next}
	for _, q := range page {
		if seesQueue(caller(c), q) {
			out.Data = append(out.Data, queueView(q, caller(c)))
		}
	}
	s.answer(c, http.StatusOK, out)
}

// seesQueue tells whether the caller may see a queue: who is limited to channels
// sees those for all of them and those for theirs.
func seesQueue(p auth.Principal, q queuebook.Queue) bool {
	return len(q.When.Channels) == 0 || slices.ContainsFunc(q.When.Channels, p.SeesChannel)
}

// queueCursor names a queue with its place: if the queue is deleted meanwhile
// the list goes on where it was.
func queueCursor(q queuebook.Queue) string { return strconv.Itoa(q.Position) + "." + string(q.ID) }

// queueAfter is the index of the first queue after the cursor.
func queueAfter(queues []queuebook.Queue, cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	place, id, _ := strings.Cut(cursor, ".")
	position, err := strconv.Atoi(place)
	if err != nil || position < 1 || id == "" {
		return 0, threads.ErrCursor
	}
	if i := slices.IndexFunc(queues, func(q queuebook.Queue) bool { return string(q.ID) == id }); i >= 0 {
		return i + 1, nil
	}
	return min(position-1, len(queues)), nil
}

func (s *server) answerQueue(c *gin.Context, status int) func(queuebook.Queue, error) {
	return func(q queuebook.Queue, err error) {
		if err == nil && !seesQueue(caller(c), q) {
			err = directory.ErrNotFound
		}
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answerVersioned(c, status, q.Version, queueView(q, caller(c)))
	}
}

// GetQueue implements GET /v1/queues/{queue_id}.
func (s *server) GetQueue(c *gin.Context, id string) {
	s.answerQueue(c, http.StatusOK)(s.Queues.Get(c.Request.Context(), threads.QueueID(id)))
}

// writesQueues refuses a caller who sees only some channels or groups: a queue,
// and its place among the others, is about all of them.
func (s *server) writesQueues(c *gin.Context) bool {
	if !caller(c).Limited() {
		return true
	}
	s.refuse(c, problem(http.StatusForbidden, codeForbidden, "a token that is limited to channels or groups may not change queues"))
	return false
}

// CreateQueue implements POST /v1/queues.
func (s *server) CreateQueue(c *gin.Context, _ api.CreateQueueParams) {
	var in api.QueueDraft
	if !s.writesQueues(c) || !s.decode(c, &in) {
		return
	}
	q := routing.Queue{
		Name: in.Name, Enabled: in.Enabled == nil || *in.Enabled, When: queueConditions(value(in.Conditions)),
		Groups: typed[threads.GroupID](in.Groups), Overflow: typed[threads.GroupID](in.OverflowGroups),
		Required: skillsOf(in.RequiredSkills), Preferred: skillsOf(in.PreferredSkills), Method: routing.Method(value(in.Method)),
	}
	relax, overflow, err := queueDelays(in.RelaxAfter, in.OverflowAfter)
	if err != nil {
		s.fail(c, err)
		return
	}
	q.RelaxAfter, q.OverflowAfter = value(relax), value(overflow)
	s.answerQueue(c, http.StatusCreated)(s.Queues.Create(c.Request.Context(), queuebook.Draft{Queue: q, Position: in.Position}))
}

// UpdateQueue implements PATCH /v1/queues/{queue_id}.
func (s *server) UpdateQueue(c *gin.Context, id string, params api.UpdateQueueParams) {
	var in api.QueueChange
	if !s.writesQueues(c) || !s.decode(c, &in) {
		return
	}
	change, err := queueChange(in)
	if err == nil {
		change.IfVersion, err = expected(in.Version, params.IfMatch)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerQueue(c, http.StatusOK)(s.Queues.Update(c.Request.Context(), threads.QueueID(id), change))
}

// DeleteQueue implements DELETE /v1/queues/{queue_id}.
func (s *server) DeleteQueue(c *gin.Context, id string) {
	if !s.writesQueues(c) {
		return
	}
	if err := s.Queues.Delete(c.Request.Context(), threads.QueueID(id)); err != nil {
		s.fail(c, err)
		return
	}
	gone(c)
}

func queueChange(in api.QueueChange) (queuebook.Change, error) {
	c := queuebook.Change{Name: in.Name, Enabled: in.Enabled, Position: in.Position, Method: given[routing.Method](in.Method)}
	var err error
	if c.RelaxAfter, c.OverflowAfter, err = queueDelays(in.RelaxAfter, in.OverflowAfter); err != nil {
		return c, err
	}
	if in.Conditions != nil {
		when := queueConditions(*in.Conditions)
		c.When = &when
	}
	if in.Groups != nil {
		groups := typed[threads.GroupID](in.Groups)
		c.Groups = &groups
	}
	if in.OverflowGroups != nil {
		groups := typed[threads.GroupID](in.OverflowGroups)
		c.Overflow = &groups
	}
	if in.RequiredSkills != nil {
		skills := skillsOf(in.RequiredSkills)
		c.Required = &skills
	}
	if in.PreferredSkills != nil {
		skills := skillsOf(in.PreferredSkills)
		c.Preferred = &skills
	}
	return c, nil
}

func queueDelays(relax, overflow *string) (r, o *time.Duration, err error) {
	read := func(field string, text *string) *time.Duration {
		if text == nil || err != nil {
			return nil
		}
		var d time.Duration
		if d, err = readDuration(field, *text); err != nil {
			return nil
		}
		return &d
	}
	return read("relax_after", relax), read("overflow_after", overflow), err
}

func skillsOf(in *[]api.QueueSkill) []routing.Skill {
	return convert(value(in), func(s api.QueueSkill) routing.Skill {
		return routing.Skill{Name: routing.Canonical(s.Name), Level: value(s.Level)}
	})
}

func queueConditions(in api.QueueConditions) routing.Conditions {
	out := routing.Conditions{
		Channels: typed[threads.ChannelID](in.ChannelIds), Tags: value(in.Tags), Languages: value(in.Languages),
		Styles: typed[threads.StyleName](in.Styles), Priorities: typed[string](in.Priorities),
	}
	if h := in.BusinessHours; h != nil {
		out.Hours = &routing.Hours{ScheduleID: h.ScheduleID, Open: h.State == api.BusinessHoursConditionStateOpen}
	}
	return out
}
