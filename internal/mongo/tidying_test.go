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

// leftovers reads, past the store, what commits have left in a conversation.
func leftovers(t *testing.T, uri string, id threads.ConversationID) (pending, unsettled bool) {
	t.Helper()
	var doc struct {
		Pending     map[string]bson.Raw `bson:"pending"`
		UnsettledAt *time.Time          `bson:"unsettled_at"`
	}
	found := direct(t, uri).Collection("conversations").FindOne(t.Context(), bson.D{{Key: "_id", Value: id}})
	require.NoError(t, found.Decode(&doc))
	return len(doc.Pending) > 0, doc.UnsettledAt != nil
}

func settle(t *testing.T, s *mongo.Store, c threads.Conversation) {
	t.Helper()
	require.NoError(t, s.Settle(t.Context(), map[threads.ConversationID]int64{c.ID: c.Version}))
}

// unsettled asks what was not announced, which tidies first.
func unsettled(t *testing.T, s *mongo.Store) []threads.Conversation {
	t.Helper()
	list, err := s.Unsettled(t.Context(), noon.Add(time.Hour), 10)
	require.NoError(t, err)
	return list
}

func TestWhatCommitsLeaveIsTidiedByItself(t *testing.T) {
	server := mongotest.Start(t)
	uri := server.Database(t)
	conversations := direct(t, uri).Collection("conversations")
	gone := func(id threads.ConversationID, wantUnsettled bool) func() bool {
		return func() bool {
			n, err := conversations.CountDocuments(t.Context(), bson.D{
				{Key: "_id", Value: id},
				{Key: "pending.v1", Value: bson.D{{Key: "$exists", Value: false}}},
				{Key: "unsettled_at", Value: bson.D{{Key: "$exists", Value: wantUnsettled}}},
			})
			return err == nil && n == 1
		}
	}
	s := server.OpenAt(t, uri, mongo.Options{TidyEvery: soon})

	told := first("ann", 1)
	commit(t, s, told)
	settle(t, s, told.Conversation)
	require.Eventually(t, gone(told.Conversation.ID, false), time.Minute, 5*time.Millisecond, "once it is announced")

	untold := first("bob", 1)
	commit(t, s, untold)
	require.Eventually(t, gone(untold.Conversation.ID, true), time.Minute, 5*time.Millisecond, "although nobody hears of it")
	require.Len(t, unsettled(t, s), 1)

	last := first("cat", 1)
	closing, err := mongo.Open(t.Context(), uri, mongo.Options{TidyEvery: untilAsked})
	require.NoError(t, err)
	commit(t, closing, last)
	settle(t, closing, last.Conversation)
	require.NoError(t, closing.Close())
	require.True(t, gone(last.Conversation.ID, false)(), "when the store is closed")
}

func TestAProcessThatNeverTidiesLosesNothing(t *testing.T) {
	server := mongotest.Start(t)
	uri := server.Database(t)
	writer := server.OpenAt(t, uri, mongo.Options{TidyEvery: untilAsked})
	other := server.OpenAt(t, uri, mongo.Options{})
	one := first("ann", 1)
	commit(t, writer, one)
	settle(t, writer, one.Conversation)
	pending, marked := leftovers(t, uri, one.Conversation.ID)
	require.True(t, pending && marked, "this is what a death leaves")

	require.Len(t, unsettled(t, other), 1, "it is announced again")
	pending, _ = leftovers(t, uri, one.Conversation.ID)
	require.False(t, pending)
	require.Equal(t, []threads.MessageID{one.Messages[0].ID}, messages(t, other, one.Conversation.ID))
	log, _, err := other.Transitions(t.Context(), one.Conversation.ID, threads.Page{})
	require.NoError(t, err)
	require.Len(t, log, 1)
	require.ErrorIs(t, other.Commit(t.Context(), []threads.Change{one})[0], threads.ErrSeen)

	two := then(one.Conversation)
	two.Unseen = true
	commit(t, other, two)
	require.Len(t, unsettled(t, writer), 1, "what tidies late leaves a later commit unsettled")
	require.Equal(t, []threads.MessageID{one.Messages[0].ID, two.Messages[0].ID}, messages(t, writer, one.Conversation.ID))
	require.ErrorIs(t, writer.Commit(t.Context(), []threads.Change{two})[0], threads.ErrConflict, "it comes too late")
}

func TestCommitsOnTopOfWhatIsNotTidied(t *testing.T) {
	server := mongotest.Start(t)
	uri := server.Database(t)
	s := server.OpenAt(t, uri, mongo.Options{TidyEvery: untilAsked})
	one := first("ann", 1)
	commit(t, s, one)
	settle(t, s, one.Conversation)
	two := then(current(t, s, one))
	commit(t, s, two)
	settle(t, s, one.Conversation) // late, and of no use any more
	require.Len(t, unsettled(t, s), 1)
	answer := reply(current(t, s, one))
	commit(t, s, answer)
	settle(t, s, two.Conversation)
	require.Len(t, unsettled(t, s), 1)

	settle(t, s, answer.Conversation)
	require.Empty(t, unsettled(t, s))
	pending, _ := leftovers(t, uri, one.Conversation.ID)
	require.False(t, pending)
	require.Equal(t, []threads.MessageID{one.Messages[0].ID, two.Messages[0].ID, answer.Messages[0].ID}, messages(t, s, one.Conversation.ID))
}

func TestWhatIsDeletedOneDayDoesNotLingerInItsConversation(t *testing.T) {
	server := mongotest.Start(t)
	uri := server.Database(t)
	s := server.OpenAt(t, uri, mongo.Options{TidyEvery: untilAsked})
	plain, answered, ruled := first("ann", 1), first("bob", 1), first("cat", 1)
	answered.Deliveries = reply(answered.Conversation).Deliveries
	ruled.RuleRuns = []threads.RuleRun{{ID: "rr_1", Rule: "rl_1", ConversationID: ruled.Conversation.ID, Version: 1}}
	commit(t, s, plain, answered, ruled)
	for _, c := range []struct {
		name   string
		change threads.Change
		want   bool
	}{
		{"messages and log", plain, true}, {"a delivery", answered, false}, {"what a rule did", ruled, false},
	} {
		pending, _ := leftovers(t, uri, c.change.Conversation.ID)
		require.Equal(t, c.want, pending, c.name)
	}

	_, _, err := s.Transitions(t.Context(), plain.Conversation.ID, threads.Page{})
	require.NoError(t, err)
	pending, _ := leftovers(t, uri, plain.Conversation.ID)
	require.False(t, pending, "who reads the rows clears them, also to erase them")
}
