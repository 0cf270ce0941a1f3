package httpapi

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/threads"
)

// notClosed lists the states of conversations that still go on.
func notClosed() []threads.Status {
	return []threads.Status{
		threads.StatusNew, threads.StatusOpen, threads.StatusPending, threads.StatusOnHold, threads.StatusSolved,
	}
}

// tally collects what to count and where to put it.
type tally struct {
	filters []threads.Filter
	put     []func(int)
}

func (t *tally) add(p auth.Principal, f threads.Filter, put func(int)) {
	f, some := scope(p, f)
	if !some {
		put(0)
		return
	}
	t.filters, t.put = append(t.filters, f), append(t.put, put)
}

// CountConversations implements GET /v1/conversations/counts.
func (s *server) CountConversations(c *gin.Context) {
	ctx, p := c.Request.Context(), caller(c)
	out := api.ConversationCounts{ByStatus: map[string]int{}, ByChannel: map[string]int{}}
	var t tally
	t.add(p, threads.Filter{Statuses: notClosed()}, func(n int) { out.All = n })
	t.add(p, threads.Filter{Statuses: notClosed(), Unread: true}, func(n int) { out.Unread = n })
	t.add(p, threads.Filter{Sort: threads.SortWaiting}, func(n int) { out.Queue = n })
	if p.AgentID != "" {
		t.add(p, threads.Filter{
			Statuses:  []threads.Status{threads.StatusOpen, threads.StatusPending, threads.StatusOnHold},
			Assignees: []threads.AgentID{p.AgentID},
		}, func(n int) { out.Mine = n })
	}
	for _, status := range threads.Statuses {
		t.add(p, threads.Filter{Statuses: []threads.Status{status}}, func(n int) { out.ByStatus[string(status)] = n })
	}
	if err := s.countChannels(ctx, p, &t, out.ByChannel); err != nil {
		s.fail(c, err)
		return
	}
	counts, err := s.Records.CountConversations(ctx, t.filters)
	if err != nil {
		s.fail(c, err)
		return
	}
	for i, n := range counts {
		t.put[i](n)
	}
	s.answer(c, http.StatusOK, out)
}

// wholePage is how many records one read of a whole list takes.
const wholePage = 200

func (s *server) countChannels(ctx context.Context, p auth.Principal, t *tally, into map[string]int) error {
	after := threads.ChannelID("")
	for {
		list, err := s.Channels.List(ctx, after, wholePage)
		if err != nil {
			return err
		}
		for _, ch := range list {
			after = ch.ID
			if p.SeesChannel(ch.ID) {
				t.add(p, threads.Filter{Statuses: notClosed(), Channels: []threads.ChannelID{ch.ID}}, func(n int) { into[string(ch.ID)] = n })
			}
		}
		if len(list) < wholePage {
			return nil
		}
	}
}
