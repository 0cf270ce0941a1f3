package sqlite

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
)

func TestAMessageWhoseTimeChangesIsReadInItsNewPlace(t *testing.T) {
	s := open(t, t.TempDir())
	c := sending(1)
	require.NoError(t, s.Commit(t.Context(), []threads.Change{c})[0])
	first := c.Messages[0]
	first.Version, first.SentAt = 2, restartTime.Add(time.Hour)
	require.NoError(t, s.SaveMessage(t.Context(), first))
	require.ErrorIs(t, s.SaveMessage(t.Context(), first), threads.ErrConflict)
	list, _, err := s.Messages(t.Context(), c.Conversation.ID, threads.MessagePage{})
	require.NoError(t, err)
	require.Equal(t, []threads.Message{c.Messages[1], first}, list)
	list, _, err = s.Messages(t.Context(), c.Conversation.ID, threads.MessagePage{Before: first.ID})
	require.NoError(t, err)
	require.Equal(t, c.Messages[1:], list)
}
