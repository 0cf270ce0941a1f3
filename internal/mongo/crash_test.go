package mongo_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"threadhub/internal/mongo"
	"threadhub/internal/mongo/mongotest"
	"threadhub/threads"
	"threadhub/workers"
)

// dies lets a writer of its own carry out the change on the database and die
// before the command. It answers the writer's error.
func dies(t *testing.T, server *mongotest.Server, uri string, c threads.Change, command, collection string) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d := &death{last: cancel}
	writer := server.OpenAt(t, uri, mongo.Options{Dialer: d})
	d.before(command, collection)
	err := writer.Commit(ctx, []threads.Change{c})[0]
	require.True(t, d.dead.Load(), "the writer sent no %s to %s", command, collection)
	return err
}

func TestTheNextReaderCompletesACommitWhoseWriterDied(t *testing.T) {
	server := mongotest.Start(t)
	readers := []struct {
		name string
		read func(t *testing.T, s *mongo.Store, c threads.Conversation)
	}{
		{"the slot's current conversation", func(t *testing.T, s *mongo.Store, c threads.Conversation) {
			require.Equal(t, c.Version, current(t, s, threads.Change{Conversation: c}).Version)
		}},
		{"the conversation", func(t *testing.T, s *mongo.Store, c threads.Conversation) {
			got, err := s.Conversation(t.Context(), c.ID)
			require.NoError(t, err)
			require.Equal(t, c.Version, got.Version)
		}},
		{"a list", func(t *testing.T, s *mongo.Store, c threads.Conversation) {
			list, _, err := s.Conversations(t.Context(), threads.Filter{}, threads.Page{})
			require.NoError(t, err)
			require.Len(t, list, 1)
		}},
		{"the sweep for what was not announced", func(t *testing.T, s *mongo.Store, c threads.Conversation) {
			list, err := s.Unsettled(t.Context(), noon.Add(time.Hour), 10)
			require.NoError(t, err)
			require.Len(t, list, 1)
		}},
		{"nothing but the messages", func(*testing.T, *mongo.Store, threads.Conversation) {}},
	}
	points := []struct{ command, collection string }{
		{"insert", "messages"},      // the commit stands, nothing is written out
		{"insert", "rule_runs"},     // the messages are there
		{"insert", "deliveries"},    // and what rules did
		{"update", "conversations"}, // all is there, and still pending
	}
	for _, at := range points {
		for _, r := range readers {
			t.Run(at.command+" "+at.collection+", then reading "+r.name, func(t *testing.T) {
				uri := server.Database(t)
				s := server.OpenAt(t, uri, mongo.Options{})
				c := first("ann", 1)
				c.Deliveries = reply(c.Conversation).Deliveries
				c.Messages = append(c.Messages, reply(c.Conversation).Messages...)
				c.RuleRuns = []threads.RuleRun{{ID: "rr_1", Rule: "rl_1", ConversationID: c.Conversation.ID, CallAt: noon, Version: 1}}

				err := dies(t, server, uri, c, at.command, at.collection)
				if at.collection == "conversations" {
					require.NoError(t, err, "the commit was complete")
				} else {
					require.Error(t, err)
				}

				r.read(t, s, c.Conversation)
				require.Equal(t, []threads.MessageID{c.Messages[0].ID, c.Messages[1].ID}, messages(t, s, c.Conversation.ID))
				log, _, err := s.Transitions(t.Context(), c.Conversation.ID, threads.Page{})
				require.NoError(t, err)
				require.Len(t, log, 1)
				calls, err := s.RuleCalls(t.Context(), noon, 10)
				require.NoError(t, err)
				require.Len(t, calls, 1)
				n, err := s.DeliveryBacklog(t.Context())
				require.NoError(t, err)
				require.Equal(t, 1, n)
				seen, err := s.Seen(t.Context(), "ch_1", []threads.MessageKey{c.Messages[0].Key})
				require.NoError(t, err)
				require.Len(t, seen, 1)

				errs := s.Commit(t.Context(), []threads.Change{c})
				require.ErrorIs(t, errs[0], threads.ErrSeen, "the writer's successor hears that it was done")
			})
		}
	}
}

func TestACommitOnTopOfPendingRowsDoesNotLoseThem(t *testing.T) {
	server := mongotest.Start(t)
	uri := server.Database(t)
	s := server.OpenAt(t, uri, mongo.Options{})
	one := first("ann", 1)
	require.Error(t, dies(t, server, uri, one, "insert", "messages"))

	two := then(one.Conversation)
	require.Error(t, dies(t, server, uri, two, "insert", "messages"))
	three := then(two.Conversation)
	commit(t, s, three)

	require.Equal(t, []threads.MessageID{one.Messages[0].ID, two.Messages[0].ID, three.Messages[0].ID},
		messages(t, s, one.Conversation.ID))
}

func TestOfTwoMessagesWithOneKeyAtOnceOneIsStored(t *testing.T) {
	server := mongotest.Start(t)
	s := server.Open(t)
	one, two := first("ann", 1), first("bob", 1)
	two.Messages[0].Key = one.Messages[0].Key
	// Neither finds the other's message before it commits.
	for _, err := range s.Commit(t.Context(), []threads.Change{one, two}) {
		require.NoError(t, err)
	}
	seen, err := s.Seen(t.Context(), "ch_1", []threads.MessageKey{one.Messages[0].Key})
	require.NoError(t, err)
	require.Equal(t, map[threads.MessageKey]threads.MessageID{one.Messages[0].Key: one.Messages[0].ID}, seen)
	require.Empty(t, messages(t, s, two.Conversation.ID))
}

func TestAFollowUpWhoseWriterDiedIsMadeByTheNext(t *testing.T) {
	server := mongotest.Start(t)
	setUp := func(t *testing.T) (string, *mongo.Store, threads.Conversation) {
		uri := server.Database(t)
		s := server.OpenAt(t, uri, mongo.Options{})
		c := first("ann", 1)
		end := closing(c.Conversation)
		commit(t, s, c)
		commit(t, s, end)
		return uri, s, end.Conversation
	}

	t.Run("before the predecessor was marked nothing has happened", func(t *testing.T) {
		uri, s, old := setUp(t)
		require.Error(t, dies(t, server, uri, following(old), "update", "conversations"))
		require.Equal(t, old.Version, current(t, s, following(old)).Version)
		commit(t, s, following(old))
	})

	t.Run("marked, the predecessor is current until its successor is there", func(t *testing.T) {
		uri, s, old := setUp(t)
		lost := following(old)
		require.Error(t, dies(t, server, uri, lost, "insert", "conversations"))

		marked := current(t, s, lost)
		require.Equal(t, old.ID, marked.ID)
		require.Equal(t, lost.Conversation.ID, marked.State.Successor)
		_, err := s.Conversation(t.Context(), lost.Conversation.ID)
		require.ErrorIs(t, err, threads.ErrNotFound)

		again := following(marked)
		commit(t, s, again)
		require.Equal(t, lost.Conversation.ID, current(t, s, again).ID)
		require.Len(t, messages(t, s, again.Conversation.ID), 1)
	})

	t.Run("whoever read the predecessor before it was marked may make the same successor", func(t *testing.T) {
		uri, s, old := setUp(t)
		lost := following(old)
		require.Error(t, dies(t, server, uri, lost, "insert", "conversations"))
		commit(t, s, lost)
		require.Equal(t, lost.Conversation.ID, current(t, s, lost).ID)
	})

	t.Run("but no other one", func(t *testing.T) {
		uri, s, old := setUp(t)
		require.Error(t, dies(t, server, uri, following(old), "insert", "conversations"))
		for _, from := range []threads.Conversation{old, current(t, s, following(old))} {
			other := following(from)
			other.Conversation.ID, other.Messages, other.Transitions = "cv_other", nil, nil
			other.Previous.State.Successor = "cv_other"
			require.ErrorIs(t, s.Commit(t.Context(), []threads.Change{other})[0], threads.ErrConflict)
		}
	})

	t.Run("with the successor there the predecessor is not current, whatever it says", func(t *testing.T) {
		uri, s, old := setUp(t)
		made := following(old)
		require.Error(t, dies(t, server, uri, made, "insert", "messages"))
		current := func() threads.ConversationID { return current(t, s, made).ID }
		marked := func() int64 {
			n, err := direct(t, uri).Collection("conversations").CountDocuments(t.Context(),
				bson.D{{Key: "current", Value: "ch_1/ct_ann"}})
			require.NoError(t, err)
			return n
		}
		require.EqualValues(t, 2, marked())
		require.Equal(t, made.Conversation.ID, current())
		require.EqualValues(t, 1, marked(), "the first one to read takes the mark away")
		require.Equal(t, made.Conversation.ID, current())
		require.Len(t, messages(t, s, made.Conversation.ID), 1)
	})
}

func TestADeliveryThatHasEndedIsNotClaimedAgain(t *testing.T) {
	server := mongotest.Start(t)
	claim := func(t *testing.T, s *mongo.Store) []threads.Delivery {
		list, err := s.ClaimDeliveries(t.Context(), "w1", noon, time.Minute, workers.Room{All: 10})
		require.NoError(t, err)
		return list
	}
	sent := func(d threads.Delivery) []workers.DeliveryResult {
		return []workers.DeliveryResult{{Delivery: d, Message: threads.MessagePatch{Status: threads.MessageSent, At: noon}}}
	}

	t.Run("when its row is written out once more", func(t *testing.T) {
		uri := server.Database(t)
		s := server.OpenAt(t, uri, mongo.Options{})
		c := first("ann", 1)
		out := reply(c.Conversation)
		c.Messages, c.Deliveries = out.Messages, out.Deliveries
		require.NoError(t, dies(t, server, uri, c, "update", "conversations"), "all is written out, and still pending")

		got := claim(t, s)
		require.Len(t, got, 1)
		_, err := s.SettleCalls(t.Context(), sent(got[0]))
		require.NoError(t, err)
		n, err := s.DeliveryBacklog(t.Context())
		require.NoError(t, err)
		require.Zero(t, n)

		_, err = s.Conversation(t.Context(), c.Conversation.ID)
		require.NoError(t, err)
		n, err = s.DeliveryBacklog(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, n, "completing the commit brought the row back: this is the case to withstand")

		require.Empty(t, claim(t, s))
		n, err = s.DeliveryBacklog(t.Context())
		require.NoError(t, err)
		require.Zero(t, n)
	})

	t.Run("when the worker died between message and row", func(t *testing.T) {
		uri := server.Database(t)
		s := server.OpenAt(t, uri, mongo.Options{})
		c := first("ann", 1)
		commit(t, s, c)
		commit(t, s, reply(c.Conversation))

		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		d := &death{last: cancel}
		worker := server.OpenAt(t, uri, mongo.Options{Dialer: d})
		got := claim(t, worker)
		require.Len(t, got, 1)
		d.before("delete", "deliveries")
		_, err := worker.SettleCalls(ctx, sent(got[0]))
		require.Error(t, err)

		later := noon.Add(2 * time.Minute) // the lease has run out
		list, err := s.ClaimDeliveries(t.Context(), "w2", later, time.Minute, workers.Room{All: 10})
		require.NoError(t, err)
		require.Empty(t, list)
		m, err := s.Message(t.Context(), got[0].MessageID)
		require.NoError(t, err)
		require.Equal(t, threads.MessageSent, m.Status)
	})
}
