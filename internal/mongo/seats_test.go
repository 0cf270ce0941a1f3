package mongo_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"threadhub/internal/mongo"
	"threadhub/internal/mongo/mongotest"
	"threadhub/threads"
)

// queued is a conversation in the store that waits.
func queued(t *testing.T, s *mongo.Store, contact string) threads.Conversation {
	t.Helper()
	c := first(contact, 1)
	c.Conversation.State.QueuedAt = noon
	commit(t, s, c)
	return c.Conversation
}

// given is the change that gives it to the agent, who may hold one.
func given(c threads.Conversation, agent threads.AgentID) threads.Change {
	expected := c.Version
	c.Version++
	c.State.Status, c.State.Assignee, c.State.QueuedAt = threads.StatusOpen, agent, time.Time{}
	return threads.Change{Conversation: c, Expected: expected, Seat: &threads.Seat{Agent: agent, Max: 1}}
}

func TestAPlaceThatADeadWriterTookIsNeitherLostNorGivenTwice(t *testing.T) {
	server := mongotest.Start(t)
	uri := server.Database(t)
	s := server.OpenAt(t, uri, mongo.Options{})
	ann, ben := queued(t, s, "ann"), queued(t, s, "ben")
	require.Error(t, dies(t, server, uri, given(ann, "ag_1"), "update", "conversations"))
	require.ErrorIs(t, s.Commit(t.Context(), []threads.Change{given(ben, "ag_1")})[0], threads.ErrFull, "the writer may yet come back")

	t.Run("whoever gives the same conversation has the place", func(t *testing.T) {
		commit(t, s, given(ann, "ag_1"))
		require.ErrorIs(t, s.Commit(t.Context(), []threads.Change{given(ben, "ag_1")})[0], threads.ErrFull)
		done := given(ann, "ag_1").Conversation
		done.Version, done.State.Status = done.Version+1, threads.StatusSolved
		commit(t, s, threads.Change{Conversation: done, Expected: done.Version - 1})
		commit(t, s, given(ben, "ag_1"))
	})

	t.Run("after a while the place is free, and the writer comes too late", func(t *testing.T) {
		cal, dan := queued(t, s, "cal"), queued(t, s, "dan")
		require.Error(t, dies(t, server, uri, given(cal, "ag_2"), "update", "conversations"))
		agePlaces(t, uri)
		commit(t, s, given(dan, "ag_2"))
		require.ErrorIs(t, s.Commit(t.Context(), []threads.Change{given(cal, "ag_2")})[0], threads.ErrFull)
		late := given(cal, "ag_2")
		late.Seat = nil // what is left of the writer's commit: the place it had taken
		require.ErrorIs(t, s.Commit(t.Context(), []threads.Change{late})[0], threads.ErrConflict)
		again, err := s.Conversation(t.Context(), cal.ID)
		require.NoError(t, err)
		require.Equal(t, cal.State, again.State, "it waits on")
	})
}

// agePlaces makes every place that was taken one of long ago.
func agePlaces(t *testing.T, uri string) {
	t.Helper()
	seats := direct(t, uri).Collection("seats")
	_, err := seats.UpdateMany(t.Context(), bson.D{}, bson.D{{Key: "$set", Value: bson.D{{Key: "holds.0.at", Value: noon.AddDate(-20, 0, 0)}}}})
	require.NoError(t, err)
}
