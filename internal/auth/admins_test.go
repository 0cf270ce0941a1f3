package auth

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/directory"
)

func TestTheLastAdminWhoCanSignInStays(t *testing.T) {
	ctx := t.Context()
	s := people(&directory.Memory{}, newClock())
	ada := account(t, s, "ada", RoleAdmin)
	invited, err := s.CreateAgent(ctx, AgentDraft{Name: "leo", Email: "leo@example.org", Role: RoleAdmin})
	require.NoError(t, err)
	demote := func(a Agent) error {
		_, err := s.UpdateAgent(ctx, a.ID, AgentChange{Role: new(RoleAgent)})
		return err
	}
	require.ErrorIs(t, demote(ada), ErrLastAdmin, "who is only invited cannot sign in")
	require.ErrorIs(t, s.DeleteAgent(ctx, ada.ID), ErrLastAdmin)
	still, err := s.Agent(ctx, ada.ID)
	require.NoError(t, err)
	require.Equal(t, RoleAdmin, still.Role)
	_, _, err = s.SignIn(ctx, "ada@example.org", goodPassword, home)
	require.NoError(t, err, "a refused removal takes nothing away")
	require.NoError(t, s.DeleteAgent(ctx, invited.ID))

	bea := account(t, s, "bea", RoleAgent)
	require.ErrorIs(t, demote(ada), ErrLastAdmin)
	_, err = s.UpdateAgent(ctx, bea.ID, AgentChange{Role: new(RoleAdmin)})
	require.NoError(t, err)
	require.NoError(t, demote(ada))
	require.ErrorIs(t, demote(bea), ErrLastAdmin)
	require.NoError(t, s.DeleteAgent(ctx, ada.ID))
	require.ErrorIs(t, s.DeleteAgent(ctx, bea.ID), ErrLastAdmin)
}

func TestAChangeThatFailsDemotesNobody(t *testing.T) {
	ctx := t.Context()
	s := people(&directory.Memory{}, newClock())
	ada, bea := account(t, s, "ada", RoleAdmin), account(t, s, "bea", RoleAdmin)
	_, err := s.UpdateAgent(ctx, ada.ID, AgentChange{Role: new(RoleAgent), Email: new("bea@example.org")})
	require.ErrorIs(t, err, directory.ErrTaken)
	_, err = s.UpdateAgent(ctx, ada.ID, AgentChange{Role: new(RoleAgent), IfVersion: new(int64(99))})
	require.ErrorIs(t, err, directory.ErrConflict)
	require.NoError(t, s.DeleteAgent(ctx, bea.ID), "ada is an admin still")
	require.ErrorIs(t, s.DeleteAgent(ctx, ada.ID), ErrLastAdmin)
}

func TestTwoAdminsWhoRemoveEachOtherAtOnce(t *testing.T) {
	for range 20 {
		ctx := t.Context()
		s := people(&directory.Memory{}, newClock())
		ada, bea := account(t, s, "ada", RoleAdmin), account(t, s, "bea", RoleAdmin)
		var errs [2]error
		var all sync.WaitGroup
		all.Go(func() { errs[0] = s.DeleteAgent(ctx, ada.ID) })
		all.Go(func() { _, errs[1] = s.UpdateAgent(ctx, bea.ID, AgentChange{Role: new(RoleAgent)}) })
		all.Wait()
		require.True(t, (errs[0] == nil) != (errs[1] == nil), "%v", errs)
		admins, err := s.Admins(ctx)
		require.NoError(t, err)
		require.Len(t, admins, 1)
	}
}

func TestAnAdminWhomTheListForgotCountsAgain(t *testing.T) {
	ctx, c := t.Context(), newClock()
	s := people(&directory.Memory{}, c)
	ada, bea := account(t, s, "ada", RoleAdmin), account(t, s, "bea", RoleAdmin)
	require.NoError(t, s.tryRelease(ctx, ada.ID)) // and then the process died
	require.ErrorIs(t, s.DeleteAgent(ctx, bea.ID), ErrLastAdmin, "ada may be on the way out")
	c.wait(2 * leaving)
	require.NoError(t, s.DeleteAgent(ctx, bea.ID))
	require.ErrorIs(t, s.DeleteAgent(ctx, ada.ID), ErrLastAdmin)
}
