package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

var conversationTests = []test{
	{"a commit stores conversation, messages, transitions and deliveries together", func(t *testing.T, f *fixture) {
		c := f.conversation(channelA, "ct_1")
		in := f.message(&c, "m1")
		out, d := f.outbound(&c, start)
		c.ReplyContext = map[string]string{"thread": "7"}
		c.Metrics = threads.Metrics{
			Until: start.UnixMilli(), Marks: 1<<13 | 1, Replies: 2, ScheduleID: "sc_1",
			Elapsed: threads.Totals{Age: 672 * time.Hour.Milliseconds(), FirstReply: 1}, Business: threads.Totals{Age: 1, Stretch: 1},
		}
		c.LastMessage = &threads.Preview{ID: in.ID, Type: normalize.TypeText, Text: "hello", Direction: threads.Inbound, Author: in.Author, At: start}
		tr := threads.Transition{
			ID: string(c.ID) + "/1/0", ConversationID: c.ID, To: threads.StatusNew, Cause: threads.CauseCustomerMessage,
			Actor: in.Author, At: start, Style: c.State.Style, Policy: c.State.Close,
		}
		f.commit(threads.Change{
			Conversation: c, Messages: []threads.Message{in, out},
			Transitions: []threads.Transition{tr}, Deliveries: []threads.Delivery{d},
		})

		same(t, c, f.read(c.ID))
		require.Equal(t, c.Metrics, f.read(c.ID).Metrics)
		same(t, in, f.readMessage(in.ID))
		same(t, out, f.readMessage(out.ID))
		log, cursor, err := f.s.Transitions(f.ctx, c.ID, threads.Page{Limit: 10})
		require.NoError(t, err)
		require.Empty(t, cursor)
		same(t, []threads.Transition{tr}, log)
		n, err := f.s.DeliveryBacklog(f.ctx)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Equal(t, time.UTC, f.read(c.ID).CreatedAt.Location())
	}},
	{"a conversation or message nobody made is not found", func(t *testing.T, f *fixture) {
		_, err := f.s.Conversation(f.ctx, "cv_none")
		require.ErrorIs(t, err, threads.ErrNotFound)
		_, err = f.s.Message(f.ctx, "msg_none")
		require.ErrorIs(t, err, threads.ErrNotFound)
	}},
	{"current answers the newest conversation of each slot and leaves empty slots out", func(t *testing.T, f *fixture) {
		first := f.stored(channelA, "ct_1")
		end := closed(first)
		f.commit(end)
		second := f.conversation(channelA, "ct_1")
		second.Ordinal, second.FollowUpOf = 2, first.ID
		f.commit(create(second))
		other := f.stored(channelB, "ct_1")
		gone := f.stored(channelA, "ct_2")
		f.commit(closed(gone))

		got, err := f.s.Current(f.ctx, []threads.Slot{
			{Channel: channelA, Contact: "ct_1"},
			{Channel: channelB, Contact: "ct_1"},
			{Channel: channelA, Contact: "ct_2"},
			{Channel: channelB, Contact: "ct_2"},
		})
		require.NoError(t, err)
		require.Len(t, got, 3)
		same(t, second, got[second.Slot()])
		same(t, other, got[other.Slot()])
		require.Equal(t, threads.StatusClosed, got[gone.Slot()].State.Status, "closed ones too")

		none, err := f.s.Current(f.ctx, nil)
		require.NoError(t, err)
		require.Empty(t, none)
	}},
	{"a commit on another version is a conflict and writes nothing", func(t *testing.T, f *fixture) {
		c := f.stored(channelA, "ct_1")
		change := next(c, func(c *threads.Conversation) { c.Subject = "first" })
		f.commit(change)

		late := next(c, func(c *threads.Conversation) { c.Subject = "second" })
		m := f.message(&late.Conversation, "m1")
		late.Messages = []threads.Message{m}
		require.ErrorIs(t, f.commitErr(late), threads.ErrConflict)
		same(t, change.Conversation, f.read(c.ID))
		f.noMessage(m)
	}},
	{"changing a conversation that nobody made is a conflict", func(t *testing.T, f *fixture) {
		c := f.conversation(channelA, "ct_1")
		require.ErrorIs(t, f.commitErr(next(c, nil)), threads.ErrConflict)
	}},
	{"making a conversation twice is a conflict", func(t *testing.T, f *fixture) {
		c := f.stored(channelA, "ct_1")
		c.Subject = "again"
		require.ErrorIs(t, f.commitErr(create(c)), threads.ErrConflict)
		require.Empty(t, f.read(c.ID).Subject)
	}},
	{"an ordinal that is taken is a conflict", func(t *testing.T, f *fixture) {
		first := f.stored(channelA, "ct_1")
		f.commit(closed(first))
		again := f.conversation(channelA, "ct_1")
		m := f.message(&again, "m1")
		require.ErrorIs(t, f.commitErr(create(again, m)), threads.ErrConflict)
		f.noConversation(again)
		f.noMessage(m)
	}},
	{"a second conversation that is not closed is a conflict", func(t *testing.T, f *fixture) {
		f.stored(channelA, "ct_1")
		second := f.conversation(channelA, "ct_1")
		second.Ordinal = 2
		m := f.message(&second, "m1")
		require.ErrorIs(t, f.commitErr(create(second, m)), threads.ErrConflict)
		f.noConversation(second)
		f.noMessage(m)
	}},
	{"every status but closed keeps a second conversation out", func(t *testing.T, f *fixture) {
		for i, status := range threads.Statuses {
			contact := threads.ContactID(f.id("ct"))
			c := f.conversation(channelA, contact)
			c.State.Status = status
			f.commit(create(c))
			second := f.conversation(channelA, contact)
			second.Ordinal = 2
			err := f.commitErr(create(second))
			if status == threads.StatusClosed {
				require.NoError(t, err)
			} else {
				require.ErrorIsf(t, err, threads.ErrConflict, "%d %s", i, status)
			}
		}
	}},
	{"a follow-up marks its predecessor in the same commit", func(t *testing.T, f *fixture) {
		first, end := f.closedConversation("ct_1")
		follow := f.followUp(end.Conversation)
		f.commit(follow)
		got := f.read(first.ID)
		require.Equal(t, follow.Conversation.ID, got.State.Successor)
		require.Equal(t, end.Conversation.Version+1, got.Version)
		same(t, follow.Previous, got)
	}},
	{"a closed conversation with a successor cannot be reopened", func(t *testing.T, f *fixture) {
		_, end := f.closedConversation("ct_1")
		f.commit(f.followUp(end.Conversation))
		reopen := next(end.Conversation, func(c *threads.Conversation) { c.State.Status = threads.StatusOpen })
		require.ErrorIs(t, f.commitErr(reopen), threads.ErrConflict)
		require.Equal(t, threads.StatusClosed, f.read(end.Conversation.ID).State.Status)
	}},
	{"a follow-up of a conversation that was reopened is a conflict and writes nothing", func(t *testing.T, f *fixture) {
		_, end := f.closedConversation("ct_1")
		follow := f.followUp(end.Conversation)
		reopen := next(end.Conversation, func(c *threads.Conversation) { c.State.Status = threads.StatusOpen })
		f.commit(reopen)
		require.ErrorIs(t, f.commitErr(follow), threads.ErrConflict)
		f.noConversation(follow.Conversation)
		same(t, reopen.Conversation, f.read(end.Conversation.ID))
	}},
	{"of two follow-ups one wins", func(t *testing.T, f *fixture) {
		first, end := f.closedConversation("ct_1")
		one, two := f.followUp(end.Conversation), f.followUp(end.Conversation)
		f.commit(one)
		require.ErrorIs(t, f.commitErr(two), threads.ErrConflict)
		f.noConversation(two.Conversation)
		require.Equal(t, one.Conversation.ID, f.read(first.ID).State.Successor)
	}},
	{"a follow-up goes on where the predecessor is marked already", func(t *testing.T, f *fixture) {
		first, end := f.closedConversation("ct_1")
		follow := f.followUp(end.Conversation)
		marked := threads.Change{Conversation: *follow.Previous, Expected: end.Conversation.Version}
		f.commit(marked)
		f.commit(follow)
		same(t, follow.Conversation, f.read(follow.Conversation.ID))
		same(t, marked.Conversation, f.read(first.ID))
	}},
	{"changes of one commit stand alone", func(t *testing.T, f *fixture) {
		stale := f.stored(channelA, "ct_1")
		f.commit(next(stale, nil))
		taken := f.conversation(channelA, "ct_2")
		seen := f.message(&taken, "m1")
		f.commit(create(taken, seen))

		conflict := next(stale, nil)
		twice := next(taken, nil)
		twice.Messages = []threads.Message{f.message(&twice.Conversation, "m2"), f.message(&twice.Conversation, "m1")}
		good, better := f.conversation(channelA, "ct_3"), f.conversation(channelB, "ct_3")
		m := f.message(&better, "m9")
		errs := f.s.Commit(f.ctx, []threads.Change{create(good), conflict, twice, create(better, m)})
		require.Len(t, errs, 4)
		require.NoError(t, errs[0])
		require.ErrorIs(t, errs[1], threads.ErrConflict)
		require.ErrorIs(t, errs[2], threads.ErrSeen)
		require.NoError(t, errs[3])

		same(t, good, f.read(good.ID))
		same(t, better, f.read(better.ID))
		same(t, m, f.readMessage(m.ID))
		same(t, taken, f.read(taken.ID))
		f.noMessage(twice.Messages[0])
	}},
	{"a commit of nothing answers nothing", func(t *testing.T, f *fixture) {
		require.Empty(t, f.s.Commit(f.ctx, nil))
	}},
	{"the log is read in the order of the commits, in pages", func(t *testing.T, f *fixture) {
		c := f.conversation(channelA, "ct_1")
		var want []string
		change := create(c)
		for v := range 12 {
			for i := range 2 {
				id := string(c.ID) + "/" + string(rune('a'+v)) + "/" + string(rune('0'+i))
				change.Transitions = append(change.Transitions, threads.Transition{
					ID: id, ConversationID: c.ID, From: threads.StatusSolved, To: threads.StatusOpen, Cause: threads.CauseAgent,
					At: start.Add(time.Duration(v) * time.Second), Style: threads.LiveChat, Generation: int64(v),
				})
				want = append(want, id)
			}
			f.commit(change)
			change = next(change.Conversation, nil)
		}
		f.stored(channelA, "ct_2")
		var got []string
		page := threads.Page{Limit: 5}
		for {
			log, cursor, err := f.s.Transitions(f.ctx, c.ID, page)
			require.NoError(t, err)
			require.LessOrEqual(t, len(log), 5)
			for _, tr := range log {
				got = append(got, tr.ID)
			}
			if page.After = cursor; cursor == "" {
				break
			}
		}
		require.Equal(t, want, got)
	}},
}

// closedConversation is a stored conversation and the change that closed it.
func (f *fixture) closedConversation(contact threads.ContactID) (threads.Conversation, threads.Change) {
	f.t.Helper()
	c := f.stored(channelA, contact)
	end := closed(c)
	f.commit(end)
	return c, end
}

// followUp is the change that makes the successor of a closed conversation.
func (f *fixture) followUp(previous threads.Conversation) threads.Change {
	c := f.conversation(previous.ChannelID, previous.Contact.ID)
	c.Ordinal, c.FollowUpOf = previous.Ordinal+1, previous.ID
	previous.State.Successor = c.ID
	previous.Version++
	return threads.Change{Conversation: c, Previous: &previous}
}

// noConversation expects that the conversation was not stored.
func (f *fixture) noConversation(c threads.Conversation) {
	f.t.Helper()
	_, err := f.s.Conversation(f.ctx, c.ID)
	require.ErrorIs(f.t, err, threads.ErrNotFound)
}

// noMessage expects that nothing of the message was stored.
func (f *fixture) noMessage(m threads.Message) {
	f.t.Helper()
	_, err := f.s.Message(f.ctx, m.ID)
	require.ErrorIs(f.t, err, threads.ErrNotFound)
	seen, err := f.s.Seen(f.ctx, m.ChannelID, []threads.MessageKey{m.Key})
	require.NoError(f.t, err)
	require.NotEqual(f.t, m.ID, seen[m.Key])
	found, err := f.s.MessagesByExternal(f.ctx, m.ChannelID, m.ExternalIDs)
	require.NoError(f.t, err)
	for _, x := range found {
		require.NotEqual(f.t, m.ID, x.ID)
	}
}
