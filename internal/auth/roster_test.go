package auth

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/directory"
	"threadhub/threads"
)

// staffed is a service whose roster is read again only when it changes, with how
// often it told so.
func staffed(c *clock, fresh time.Duration) (s *Service, store *directory.Memory, told *int) {
	store, told = &directory.Memory{}, new(int)
	return New(Options{Store: store, Now: c.Now, RosterFresh: fresh, Changed: func() { *told++ }}), store, told
}

func TestTheRosterIsReadAgainOnlyWhenItMayHaveChanged(t *testing.T) {
	ctx, c := context.Background(), newClock()
	s, store, told := staffed(c, 0)
	bea, err := s.CreateAgent(ctx, AgentDraft{Name: "Bea", Email: "bea@example.org"})
	require.NoError(t, err)
	names := func() (list []string) {
		agents, err := s.Roster(ctx)
		require.NoError(t, err)
		for _, a := range agents {
			list = append(list, a.Name+" "+string(a.Availability))
		}
		return list
	}
	require.Equal(t, []string{"Bea offline"}, names())
	store.Err = context.DeadlineExceeded
	require.Equal(t, []string{"Bea offline"}, names(), "from memory")
	s.ForgetRoster()
	_, err = s.Roster(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	store.Err = nil
	_, err = s.SetAvailability(ctx, bea.ID, Online)
	require.NoError(t, err)
	_, err = s.CreateAgent(ctx, AgentDraft{Name: "Cyd", Email: "cyd@example.org"})
	require.NoError(t, err)
	require.Equal(t, []string{"Bea online", "Cyd offline"}, names())
	require.NoError(t, s.DeleteAgent(ctx, bea.ID))
	require.Equal(t, []string{"Cyd offline"}, names())
	require.Equal(t, 4, *told)

	other := New(Options{Store: store, Now: c.Now})
	shared, _, _ := staffed(c, time.Second)
	shared.agents, shared.seen = s.agents, s.seen
	list, err := shared.Roster(ctx)
	require.NoError(t, err)
	require.Len(t, list, 1)
	_, err = other.CreateAgent(ctx, AgentDraft{Name: "Dan", Email: "dan@example.org"})
	require.NoError(t, err)
	list, err = shared.Roster(ctx)
	require.NoError(t, err)
	require.Len(t, list, 1, "another process changed it a moment ago")
	c.wait(time.Second)
	list, err = shared.Roster(ctx)
	require.NoError(t, err)
	require.Len(t, list, 2)
}

func TestPresence(t *testing.T) {
	said := time.Date(2030, 3, 4, 12, 0, 0, 0, time.UTC)
	const grace = 2 * time.Minute
	for _, c := range []struct {
		name string
		a    Agent
		in   time.Duration
		want Availability
		at   time.Duration
	}{
		{"online as they said, and never seen", Agent{Availability: Online}, time.Hour, Online, 0},
		{"online and seen", Agent{Availability: Online, SeenAt: said.Add(time.Minute)}, 3*time.Minute - 1, Online, 0},
		{"online and not seen for long", Agent{Availability: Online, SeenAt: said.Add(time.Minute)}, 3 * time.Minute, Offline, 3 * time.Minute},
		{"away and not seen for long", Agent{Availability: Away, SeenAt: said.Add(time.Minute)}, time.Hour, Offline, 3 * time.Minute},
		{"offline as they said, though seen", Agent{Availability: Offline, SeenAt: said.Add(time.Minute)}, time.Minute, Offline, 0},
	} {
		c.a.StatusAt = said
		is, since := c.a.Presence(said.Add(c.in), grace)
		require.Equal(t, c.want, is, c.name)
		require.Equal(t, said.Add(c.at), since, c.name)
		is, _ = c.a.Presence(said.Add(24*time.Hour), 0)
		require.Equal(t, c.a.Availability, is, "without a grace nobody goes by themselves")
	}
}

func TestSignsOfABrowserAreStoredNowAndThen(t *testing.T) {
	ctx, c := context.Background(), newClock()
	s, _, told := staffed(c, 0)
	bea, err := s.CreateAgent(ctx, AgentDraft{Name: "Bea", Email: "bea@example.org"})
	require.NoError(t, err)
	seen := func() time.Time {
		agents, err := s.Roster(ctx)
		require.NoError(t, err)
		s.ForgetRoster()
		again, err := s.Roster(ctx)
		require.NoError(t, err)
		require.Equal(t, agents, again, "memory and store agree")
		return agents[0].SeenAt
	}
	require.True(t, seen().IsZero())
	c.wait(time.Second)
	first := c.Now().UTC()
	require.NoError(t, s.Heartbeat(ctx, bea.ID, false))
	require.Equal(t, first, seen())
	c.wait(19 * time.Second)
	require.NoError(t, s.Heartbeat(ctx, bea.ID, false))
	require.Equal(t, first, seen(), "not worth a write")
	require.NoError(t, s.Heartbeat(ctx, bea.ID, true))
	require.Equal(t, first.Add(19*time.Second), seen(), "exactly")
	before := *told
	c.wait(time.Minute)
	require.NoError(t, s.Heartbeat(ctx, bea.ID, false))
	require.Equal(t, before+1, *told, "they may have been taken for gone")
	c.wait(time.Second)
	_, err = s.SetAvailability(ctx, bea.ID, Online)
	require.NoError(t, err)
	require.True(t, seen().IsZero(), "what they say makes it void")
}

func TestGroupsThatAnAgentLeavesAreRemembered(t *testing.T) {
	ctx := context.Background()
	s, _, _ := staffed(newClock(), 0)
	var groups []threads.GroupID
	for _, name := range []string{"a", "b", "c"} {
		g, err := s.CreateGroup(ctx, name)
		require.NoError(t, err)
		groups = append(groups, g.ID)
	}
	bea, err := s.CreateAgent(ctx, AgentDraft{Name: "Bea", Email: "bea@example.org", Groups: groups})
	require.NoError(t, err)
	change := func(to ...threads.GroupID) []threads.GroupID {
		a, err := s.UpdateAgent(ctx, bea.ID, AgentChange{Groups: &to})
		require.NoError(t, err)
		return a.Left
	}
	require.Equal(t, groups[1:], change(groups[0]))
	require.Equal(t, groups[2:], change(groups[0], groups[1]), "one is theirs again")
	require.NoError(t, s.DeleteGroup(ctx, groups[0]))
	a, err := s.Agent(ctx, bea.ID)
	require.NoError(t, err)
	require.ElementsMatch(t, []threads.GroupID{groups[0], groups[2]}, a.Left)
	require.NoError(t, s.HandedBack(ctx, bea.ID, []threads.GroupID{groups[2]}))
	a, err = s.Agent(ctx, bea.ID)
	require.NoError(t, err)
	require.Equal(t, groups[:1], a.Left)
	require.NoError(t, s.HandedBack(ctx, "ag_9", groups), "deleted in the meantime")
}
