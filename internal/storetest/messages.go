package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

var messageTests = []test{
	{"a message key is stored once per channel", func(t *testing.T, f *fixture) {
		c := f.conversation(channelA, "ct_1")
		first := f.message(&c, "m1")
		f.commit(create(c, first))

		change := next(c, nil)
		again := f.message(&change.Conversation, "m1")
		fresh := f.message(&change.Conversation, "m2")
		change.Messages = []threads.Message{fresh, again}
		require.ErrorIs(t, f.commitErr(change), threads.ErrSeen)
		same(t, c, f.read(c.ID))
		same(t, first, f.readMessage(first.ID))
		f.noMessage(again)
		f.noMessage(fresh)

		elsewhere := f.conversation(channelB, "ct_1")
		f.commit(create(elsewhere, f.message(&elsewhere, "m1")))
	}},
	{"who has looked for a message is kept out when it was stored since", func(t *testing.T, f *fixture) {
		c := f.conversation(channelA, "ct_1")
		late, other := create(c, f.message(&c, "m1")), create(f.conversation(channelA, "ct_1"))
		late.Unseen, other.Unseen = true, true
		other.Messages = []threads.Message{f.message(&other.Conversation, "m1")}
		f.commit(other) // of the same slot
		require.True(t, isLost(f.commitErr(late)))
		f.noMessage(late.Messages[0])

		before := f.read(other.Conversation.ID)
		first, second := next(before, nil), next(before, nil)
		first.Messages, first.Unseen = []threads.Message{f.message(&first.Conversation, "m2")}, true
		second.Messages, second.Unseen = []threads.Message{f.message(&second.Conversation, "m2")}, true
		f.commit(first)
		require.True(t, isLost(f.commitErr(second)))
		f.noMessage(second.Messages[0])
		same(t, first.Conversation, f.read(before.ID))
	}},
	{"seen answers the stored keys of the channel alone", func(t *testing.T, f *fixture) {
		c := f.conversation(channelA, "ct_1")
		one, two := f.message(&c, "m1"), f.message(&c, "m2")
		f.commit(create(c, one, two))
		other := f.conversation(channelB, "ct_1")
		f.commit(create(other, f.message(&other, "m3")))

		seen, err := f.s.Seen(f.ctx, channelA, []threads.MessageKey{"m1", "m2", "m3", "m4"})
		require.NoError(t, err)
		require.Equal(t, map[threads.MessageKey]threads.MessageID{"m1": one.ID, "m2": two.ID}, seen)
		none, err := f.s.Seen(f.ctx, channelA, nil)
		require.NoError(t, err)
		require.Empty(t, none)
	}},
	{"committing the same change again changes nothing", func(t *testing.T, f *fixture) {
		c := f.conversation(channelA, "ct_1")
		m := f.message(&c, "m1")
		change := create(c, m)
		f.commit(change)
		err := f.commitErr(change)
		require.Error(t, err)
		require.True(t, isLost(err), "ErrConflict or ErrSeen, not %v", err)
		same(t, c, f.read(c.ID))
		same(t, m, f.readMessage(m.ID))
	}},
	{"messages are found by the platform's ids of every part, in both directions", func(t *testing.T, f *fixture) {
		c := f.conversation(channelA, "ct_1")
		in := f.message(&c, "m1")
		out, d := f.outbound(&c, start)
		f.commit(threads.Change{Conversation: c, Messages: []threads.Message{in, out}, Deliveries: []threads.Delivery{d}})
		out.ExternalIDs = []normalize.PlatformID{"part-1", "part-2"}
		out.Status, out.Version = threads.MessageSent, 2
		require.NoError(t, f.s.SaveMessage(f.ctx, out))

		found, err := f.s.MessagesByExternal(f.ctx, channelA, []normalize.PlatformID{"p-m1", "part-1", "part-2", "part-3"})
		require.NoError(t, err)
		require.Len(t, found, 3)
		same(t, in, found["p-m1"])
		same(t, out, found["part-1"])
		same(t, out, found["part-2"])

		none, err := f.s.MessagesByExternal(f.ctx, channelB, []normalize.PlatformID{"p-m1"})
		require.NoError(t, err)
		require.Empty(t, none)
		none, err = f.s.MessagesByExternal(f.ctx, channelA, nil)
		require.NoError(t, err)
		require.Empty(t, none)
	}},
	{"saving a message compares its version", func(t *testing.T, f *fixture) {
		c := f.conversation(channelA, "ct_1")
		m := f.message(&c, "m1")
		f.commit(create(c, m))
		m.Reactions = []threads.Reaction{{Emoji: "👍", Author: m.Author, At: start}}
		m.Version = 2
		require.NoError(t, f.s.SaveMessage(f.ctx, m))
		same(t, m, f.readMessage(m.ID))

		lost := m
		lost.Reactions = nil
		require.ErrorIs(t, f.s.SaveMessage(f.ctx, lost), threads.ErrConflict)
		lost.Version = 5
		require.ErrorIs(t, f.s.SaveMessage(f.ctx, lost), threads.ErrConflict)
		same(t, m, f.readMessage(m.ID))
	}},
	{"saving a message that is not stored is a conflict", func(t *testing.T, f *fixture) {
		c := f.conversation(channelA, "ct_1")
		m := f.message(&c, "m1")
		m.Version = 2
		require.ErrorIs(t, f.s.SaveMessage(f.ctx, m), threads.ErrConflict)
		f.noMessage(m)
	}},
	{"everything a message can hold reads back as given", func(t *testing.T, f *fixture) {
		c := f.conversation(channelA, "ct_1")
		m := f.message(&c, "m1")
		m.Content = normalize.Message{
			ID: "p-1", Type: normalize.TypeImage, Text: "caption",
			Author:      &normalize.Author{ID: "u1", Name: "member"},
			Attachments: []normalize.Attachment{{Type: normalize.TypeImage, MIME: "image/png", Size: 1 << 40, URL: "https://example.test/a?b=c&d", Width: 3, Height: 4}},
			Location:    &normalize.Location{Latitude: -33.5, Longitude: 151.25},
			Contacts:    []normalize.ContactCard{{Name: "x", Phones: []string{"+15550100"}}},
			Reply:       &normalize.Choice{Kind: normalize.ChoiceButton, ID: "b1", Title: "Yes"},
			ReplyTo:     &normalize.Quote{ID: "p-0", Text: "?"},
			Order:       &normalize.Order{Items: []normalize.OrderItem{{ProductID: "sku", Quantity: 2, Price: "9.90", Currency: "EUR"}}},
			Failure:     &normalize.Failure{Reason: normalize.ReasonGone, Code: "410"},
			Context:     map[string]string{"topic": "9", "$weird.key": "kept"},
			Template: &normalize.Template{Name: "t", Language: "de", Components: []any{
				map[string]any{"type": "body", "n": 1.5, "deep": []any{true, nil, "x"}},
			}},
		}
		m.Error = &normalize.Failure{Reason: normalize.ReasonWindow, Message: "too late"}
		m.Losses = []normalize.Loss{{Field: "buttons", Action: normalize.ActionSplit, Detail: "two of five"}}
		m.Metadata = map[string]string{"order.id": "12", "$set": "no operator"}
		m.DeliveredAt, m.ReadAt, m.EditedAt, m.DeletedAt = start.Add(1e6), start.Add(2e6), start.Add(3e6), start.Add(4e6)
		f.commit(create(c, m))
		same(t, m, f.readMessage(m.ID))
	}},
	{"a large message reads back whole", func(t *testing.T, f *fixture) {
		c := f.conversation(channelA, "ct_1")
		m := f.message(&c, "m1")
		m.Content.Text = strings.Repeat("großer Text 🦊 ", 60_000)
		f.commit(create(c, m))
		require.Equal(t, m.Content.Text, f.readMessage(m.ID).Content.Text)
	}},
}

var messagePageTests = []test{
	{"messages are read by platform time, then by receive order", func(t *testing.T, f *fixture) {
		c, all := f.talk(3, 1, 2, 2)
		got, more, err := f.s.Messages(f.ctx, c.ID, threads.MessagePage{Limit: 10})
		require.NoError(t, err)
		require.False(t, more)
		require.Equal(t, messageIDs([]threads.Message{all[1], all[2], all[3], all[0]}), messageIDs(got))
		same(t, all[1], got[0])
	}},
	{"pages forward begin after a message and say whether there is more", func(t *testing.T, f *fixture) {
		c, all := f.talk(1, 2, 3, 4, 5, 6, 7)
		var got []threads.MessageID
		page := threads.MessagePage{Limit: 3}
		for i := range 3 {
			list, more, err := f.s.Messages(f.ctx, c.ID, page)
			require.NoError(t, err)
			require.Equal(t, i < 2, more)
			got = append(got, messageIDs(list)...)
			page.After = list[len(list)-1].ID
		}
		require.Equal(t, messageIDs(all), got)
		list, more, err := f.s.Messages(f.ctx, c.ID, page)
		require.NoError(t, err)
		require.False(t, more)
		require.Empty(t, list)
	}},
	{"pages backward end before a message, in reading order", func(t *testing.T, f *fixture) {
		c, all := f.talk(1, 2, 3, 4, 5)
		list, more, err := f.s.Messages(f.ctx, c.ID, threads.MessagePage{Before: all[4].ID, Limit: 3})
		require.NoError(t, err)
		require.True(t, more)
		require.Equal(t, messageIDs(all[1:4]), messageIDs(list))
		list, more, err = f.s.Messages(f.ctx, c.ID, threads.MessagePage{Before: all[1].ID, Limit: 3})
		require.NoError(t, err)
		require.False(t, more)
		require.Equal(t, messageIDs(all[:1]), messageIDs(list))
		list, _, err = f.s.Messages(f.ctx, c.ID, threads.MessagePage{Before: all[0].ID, Limit: 3})
		require.NoError(t, err)
		require.Empty(t, list)
	}},
	{"a late message takes its place without moving the pages after it", func(t *testing.T, f *fixture) {
		c, all := f.talk(10, 20, 30, 40)
		change := next(c, nil)
		late := f.message(&change.Conversation, "late")
		late.SentAt = start.Add(15 * time.Second)
		change.Messages = []threads.Message{late}
		f.commit(change)
		list, _, err := f.s.Messages(f.ctx, c.ID, threads.MessagePage{After: all[1].ID, Limit: 10})
		require.NoError(t, err)
		require.Equal(t, messageIDs(all[2:]), messageIDs(list))
		list, _, err = f.s.Messages(f.ctx, c.ID, threads.MessagePage{Limit: 10})
		require.NoError(t, err)
		require.Equal(t, late.ID, list[1].ID)
	}},
	{"a message of another conversation is no place to start from", func(t *testing.T, f *fixture) {
		c, _ := f.talk(1, 2)
		other := f.conversation(channelA, "ct_other")
		m := f.message(&other, "other")
		f.commit(create(other, m))
		for _, p := range []threads.MessagePage{{Before: m.ID, Limit: 5}, {After: m.ID, Limit: 5}, {After: "msg_none", Limit: 5}} {
			_, _, err := f.s.Messages(f.ctx, c.ID, p)
			require.ErrorIs(t, err, threads.ErrNotFound)
		}
	}},
	{"an unknown conversation has no messages and no log", func(t *testing.T, f *fixture) {
		list, more, err := f.s.Messages(f.ctx, "cv_none", threads.MessagePage{Limit: 5})
		require.NoError(t, err)
		require.False(t, more)
		require.Empty(t, list)
		log, _, err := f.s.Transitions(f.ctx, "cv_none", threads.Page{Limit: 5})
		require.NoError(t, err)
		require.Empty(t, log)
	}},
}

// talk is a stored conversation with a message per second given.
func (f *fixture) talk(seconds ...int) (threads.Conversation, []threads.Message) {
	f.t.Helper()
	c := f.conversation(channelA, "ct_talk")
	all := make([]threads.Message, len(seconds))
	for i, s := range seconds {
		all[i] = f.message(&c, f.id("key"))
		all[i].SentAt = start.Add(time.Duration(s) * time.Second)
	}
	f.commit(create(c, all...))
	return c, all
}
