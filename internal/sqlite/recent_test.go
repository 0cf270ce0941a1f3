package sqlite

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
)

func remembered(id string, version int64) threads.Conversation {
	return threads.Conversation{
		ID: threads.ConversationID(id), ChannelID: "ch_1", Contact: threads.ContactBrief{ID: "ct_1"}, Version: version,
	}
}

func TestMemoryOfConversationsNeverGoesBack(t *testing.T) {
	r := newRecent()
	slot := remembered("cv_1", 1).Slot()

	// A reader was told version 1; before it has decoded that, version 2 is written.
	ticket := r.expect([]threads.Slot{slot})
	r.committed(&threads.Change{Conversation: remembered("cv_1", 2), Expected: 1})
	r.found(ticket, []threads.Slot{slot}, map[threads.Slot]threads.Conversation{slot: remembered("cv_1", 1)})
	have, ok := r.conversation("cv_1")
	require.True(t, ok)
	require.EqualValues(t, 2, have.Version)
	_, ok = r.last(slot)
	require.False(t, ok, "nobody has told that it is the slot's last")

	// A second reader comes while the first is still at it.
	old := r.expect([]threads.Slot{slot})
	r.committed(&threads.Change{Conversation: remembered("cv_1", 3), Expected: 2})
	young := r.expect([]threads.Slot{slot})
	r.found(old, []threads.Slot{slot}, map[threads.Slot]threads.Conversation{slot: remembered("cv_1", 2)})
	r.found(young, []threads.Slot{slot}, map[threads.Slot]threads.Conversation{slot: remembered("cv_1", 3)})
	have, ok = r.last(slot)
	require.True(t, ok)
	require.EqualValues(t, 3, have.Version)
	require.Empty(t, r.expected)
}

func TestTheNextConversationTakesTheSlot(t *testing.T) {
	r := newRecent()
	r.committed(&threads.Change{Conversation: remembered("cv_1", 1)})
	previous := remembered("cv_1", 2)
	r.committed(&threads.Change{Conversation: remembered("cv_2", 1), Previous: &previous})
	_, ok := r.conversation("cv_1")
	require.False(t, ok, "its link to the next is in the file")
	// Somebody tags the old one.
	r.committed(&threads.Change{Conversation: remembered("cv_1", 3), Expected: 2})
	have, ok := r.last(previous.Slot())
	require.True(t, ok)
	require.EqualValues(t, "cv_2", have.ID)
}

func TestMemoryOfConversationsIsBounded(t *testing.T) {
	r := newRecent()
	for i := range recentConversations + 10 {
		c := remembered(fmt.Sprint("cv_", i), 1)
		c.Contact.ID = threads.ContactID(fmt.Sprint("ct_", i))
		r.committed(&threads.Change{Conversation: c})
	}
	require.Equal(t, recentConversations, r.byID.Len())
	require.Len(t, r.current, recentConversations)
}
