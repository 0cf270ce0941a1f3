package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/journal"
	"threadhub/normalize"
	"threadhub/threads"
)

// over makes a conversation that was closed at the second given.
func (f *fixture) over(channel threads.ChannelID, style threads.StyleName, second int) threads.Conversation {
	f.t.Helper()
	c := f.conversation(channel, threads.ContactID(f.id("ct")))
	c.State.Style, c.State.Status, c.State.ClosedAt = style, threads.StatusClosed, after(second)
	f.commit(create(c))
	return c
}

func (f *fixture) spent(s threads.Share, limit int) []threads.ConversationID {
	f.t.Helper()
	list, err := f.s.Spent(f.ctx, s, limit)
	require.NoError(f.t, err)
	n, err := f.s.CountSpent(f.ctx, s, limit)
	require.NoError(f.t, err)
	require.Len(f.t, list, n)
	return ids(list)
}

// channelsKept walks through those that something is kept of.
func (f *fixture) channelsKept() (list []threads.ChannelID) {
	f.t.Helper()
	for after := threads.ChannelID(""); ; {
		id, err := f.s.Kept(f.ctx, after)
		require.NoError(f.t, err)
		if id == "" {
			return list
		}
		list, after = append(list, id), id
	}
}

var retentionTests = []test{
	{"what was closed before a time is found by channel and style, the first closed first, until it is erased", func(t *testing.T, f *fixture) {
		late := f.over(channelA, threads.LiveChat, 9)
		early := f.over(channelA, threads.LiveChat, 3)
		middle := f.over(channelA, threads.LiveChat, 5)
		f.over(channelA, threads.SocialMessaging, 1)
		f.over(channelB, threads.LiveChat, 1)
		f.stored(channelA, "ct_open")
		share := threads.Share{Channel: channelA, Style: threads.LiveChat, Before: after(9)}
		require.Equal(t, []threads.ConversationID{early.ID, middle.ID}, f.spent(share, 10))
		require.Equal(t, []threads.ConversationID{early.ID}, f.spent(share, 1))
		require.Empty(t, f.spent(share, 0))
		require.NoError(t, f.s.EraseConversation(f.ctx, early.Purged(after(20))))
		require.Equal(t, []threads.ConversationID{middle.ID}, f.spent(share, 10))
		require.NoError(t, f.s.EraseConversation(f.ctx, middle.Erased("ct_x", after(20))))
		share.Before = after(10)
		require.Equal(t, []threads.ConversationID{late.ID}, f.spent(share, 10))
	}},
	{"what comes into an erased conversation makes it one to erase again", func(t *testing.T, f *fixture) {
		c := f.over(channelA, threads.LiveChat, 1)
		left := c.Purged(after(2))
		require.NoError(t, f.s.EraseConversation(f.ctx, left))
		share := threads.Share{Channel: channelA, Style: threads.LiveChat, Before: after(9)}
		require.Empty(t, f.spent(share, 10))
		f.commit(next(left, func(c *threads.Conversation) { c.ErasedAt, c.Subject = time.Time{}, "again" }))
		require.Equal(t, []threads.ConversationID{c.ID}, f.spent(share, 10))
	}},
	{"one that is erased and keeps its contact keeps its place: what comes next follows it", func(t *testing.T, f *fixture) {
		c, m := f.closed("ct_1", "a")
		require.NoError(t, f.s.EraseConversation(f.ctx, c.Purged(after(9))))
		require.ErrorIs(t, f.s.EraseConversation(f.ctx, c.Purged(after(9))), threads.ErrConflict, "once")
		now, err := f.s.Current(f.ctx, []threads.Slot{c.Slot()})
		require.NoError(t, err)
		left := now[c.Slot()]
		same(t, c.Purged(after(9)), left)
		require.Equal(t, []any{"", c.Contact.Name, m.ContactID}, []any{left.Subject, left.Contact.Name, left.Contact.ID})
		follow := f.conversation(channelA, "ct_1")
		follow.Ordinal, follow.FollowUpOf = 2, c.ID
		before := left
		before.State.Successor, before.Version = follow.ID, left.Version+1
		change := create(follow)
		change.Previous = &before
		f.commit(change)
		now, err = f.s.Current(f.ctx, []threads.Slot{c.Slot()})
		require.NoError(t, err)
		require.Equal(t, follow.ID, now[c.Slot()].ID)
		require.Empty(t, f.spent(threads.Share{Channel: channelA, Style: c.State.Style, Before: after(99)}, 10), "it stays erased")
		list, _, err := f.s.Conversations(f.ctx, threads.Filter{Contacts: []threads.ContactID{"ct_1"}}, threads.Page{})
		require.NoError(t, err)
		require.Len(t, list, 2)
	}},
	{"the channels of which something is kept are told one by one, registered or not", func(t *testing.T, f *fixture) {
		require.Empty(t, f.channelsKept())
		a := f.over(channelA, threads.LiveChat, 1)
		f.over(channelB, threads.LiveChat, 1)
		f.over(channelB, threads.SocialMessaging, 1)
		f.stored("ch_c", "ct_open")
		require.Equal(t, []threads.ChannelID{channelA, channelB}, f.channelsKept())
		require.NoError(t, f.s.EraseConversation(f.ctx, a.Purged(after(2))))
		require.Equal(t, []threads.ChannelID{channelB}, f.channelsKept())
	}},
	{"dead letters of a channel leave their list before an id, and their messages stay", func(t *testing.T, f *fixture) {
		failed := threads.MessagePatch{Status: threads.MessageFailed, Error: &normalize.Failure{Reason: normalize.ReasonGone}}
		d := f.queuedAs("ct_a", func(int, *threads.Delivery) {}, 1, 2, 3)
		for _, one := range d {
			f.ends(one, failed)
		}
		n, err := f.s.DropDeadLetters(f.ctx, channelB, "msg_~", 10)
		require.NoError(t, err)
		require.Zero(t, n, "another channel's")
		n, err = f.s.DropDeadLetters(f.ctx, channelA, d[2].MessageID, 1)
		require.NoError(t, err)
		require.Equal(t, 1, n, "no more than the limit")
		n, err = f.s.DropDeadLetters(f.ctx, channelA, d[2].MessageID, 10)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Equal(t, []threads.MessageID{d[2].MessageID}, f.letters(threads.DeadLetterFilter{}))
		require.Equal(t, threads.MessageFailed, f.readMessage(d[0].MessageID).Status)
	}},
	{"a dead letter that is erased is none any more", func(t *testing.T, f *fixture) {
		d := f.queuedAs("ct_a", func(int, *threads.Delivery) {}, 1)
		f.ends(d[0], threads.MessagePatch{Status: threads.MessageUnknown})
		require.Len(t, f.letters(threads.DeadLetterFilter{}), 1)
		require.NoError(t, f.s.EraseMessages(f.ctx, []threads.Message{f.readMessage(d[0].MessageID).Erased("ct_a", start)}))
		require.Empty(t, f.letters(threads.DeadLetterFilter{}))
	}},
}

var trimTests = []test{
	{"trimming removes old entries of a channel that are not pending, up to the limit", func(t *testing.T, f *fixture) {
		j := f.s.Journal()
		list := f.appended("ch_a", 1, 2, 3, 4)
		other := f.appended("ch_b", 1)
		f.finish(done(list[0]), journal.Result{ID: list[1].ID, State: journal.Quarantined}, done(list[3]), done(other[0]))
		for _, want := range []int{1, 1, 0} {
			n, err := j.Trim(f.ctx, "ch_a", after(4), 1)
			require.NoError(t, err)
			require.Equal(t, want, n)
		}
		for channel, want := range map[string][]string{"ch_a": {list[3].ID, list[2].ID}, "ch_b": {other[0].ID}} {
			left, err := j.Entries(f.ctx, channel, "", 10)
			require.NoError(t, err)
			require.Equal(t, want, entryIDs(left))
		}
	}},
	{"trimming removes old items of a channel, up to the limit", func(t *testing.T, f *fixture) {
		j := f.s.Journal()
		require.NoError(t, j.Quarantine(f.ctx, []journal.Item{
			{ID: "ev_1/0", ChannelID: "ch_a", At: after(1)},
			{ID: "ev_2/0", ChannelID: "ch_a", At: after(9)},
			{ID: "ev_3/0", ChannelID: "ch_a", At: after(2)},
			{ID: "ev_4/0", ChannelID: "ch_b", At: after(1)},
		}))
		for _, want := range []int{1, 1, 0} {
			n, err := j.TrimItems(f.ctx, "ch_a", after(9), 1)
			require.NoError(t, err)
			require.Equal(t, want, n)
		}
		items, err := j.Items(f.ctx, "", "", 10)
		require.NoError(t, err)
		require.Len(t, items, 2)
		require.Equal(t, []string{"ev_4/0", "ev_2/0"}, []string{items[0].ID, items[1].ID})
	}},
	{"old entries are redacted in their order, and none that waited is passed for good", func(t *testing.T, f *fixture) {
		j := f.s.Journal()
		list := f.appended("ch_a", 1, 2, 3, 4)
		f.finish(done(list[0]), done(list[2]), done(list[3]))
		n, last, err := j.Blank(f.ctx, "ch_a", "", after(4), 1)
		require.NoError(t, err)
		require.Equal(t, []any{1, list[0].ID}, []any{n, last})
		n, last, err = j.Blank(f.ctx, "ch_a", last, after(4), 10)
		require.NoError(t, err)
		require.Equal(t, []any{1, list[0].ID}, []any{n, last}, "the third, but not past the second, which waits")
		f.finish(done(list[1]))
		n, last, err = j.Blank(f.ctx, "ch_a", last, after(4), 10)
		require.NoError(t, err)
		require.Equal(t, []any{2, list[2].ID}, []any{n, last})
		for i, held := range []bool{false, false, false, true} {
			e, err := j.Entry(f.ctx, list[i].ID)
			require.NoError(t, err)
			require.Equal(t, !held, e.Redacted())
		}
		again, err := j.Reopen(f.ctx, []string{list[0].ID, list[3].ID})
		require.NoError(t, err)
		require.Equal(t, 1, again, "what was redacted cannot be worked again")
	}},
	{"the channels of the journal are told one by one", func(t *testing.T, f *fixture) {
		j := f.s.Journal()
		f.appended("ch_a", 1)
		f.appended("ch_c", 1, 2)
		require.NoError(t, j.Quarantine(f.ctx, []journal.Item{{ID: "ev_1/0", ChannelID: "ch_b", At: after(1)}, {ID: "ev_2/0", ChannelID: "ch_c", At: after(1)}}))
		var list []string
		for after := ""; ; {
			id, err := j.NextChannel(f.ctx, after)
			require.NoError(t, err)
			if id == "" {
				break
			}
			list, after = append(list, id), id
		}
		require.Equal(t, []string{"ch_a", "ch_b", "ch_c"}, list)
	}},
}
