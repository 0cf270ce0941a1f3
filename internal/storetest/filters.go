package storetest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

// gallery is a set of conversations that differ in everything one can filter by.
func gallery(f *fixture) map[string]threads.Conversation {
	return map[string]threads.Conversation{
		"new": f.listed(1, func(c *threads.Conversation) {
			c.UnreadCount, c.Tags = 2, []string{"vip", "refund"}
			c.Contact.Name, c.Subject = "Grace Hopper", "Lost parcel"
		}),
		"open": f.listed(2, func(c *threads.Conversation) {
			c.State.Status, c.State.Assignee, c.State.Group = threads.StatusOpen, "ag_1", "gr_1"
			c.Tags = []string{"refund"}
			c.Contact.ExternalID = "4915550001"
		}),
		"pending": f.listed(3, func(c *threads.Conversation) {
			c.State.Status, c.State.Assignee, c.State.Group = threads.StatusPending, "ag_2", "gr_1"
			c.State.Style, c.UnreadCount = threads.LiveChat, 1
			c.State.ReopenCount = 2
		}),
		"closed": f.listed(4, func(c *threads.Conversation) {
			c.State.Status, c.State.Assignee, c.State.Group = threads.StatusClosed, "ag_1", "gr_2"
			c.State.Style, c.State.ReopenCount = threads.LiveChatReturning, 1
			c.Subject = "Ärger über Straße"
		}),
		"elsewhere": f.listed(5, func(c *threads.Conversation) {
			c.ChannelID, c.State.Status, c.FollowUpOf = channelB, threads.StatusSolved, "cv_before"
			c.State.CloseDueAt = after(100)
			c.Contact.ID, c.Contact.Name = "ct_known", "Grace Jones"
		}),
	}
}

// filterCases name the conversations of the gallery that match, newest first.
var filterCases = []struct {
	name   string
	filter threads.Filter
	want   []string
}{
	{"no filter answers all", threads.Filter{}, []string{"elsewhere", "closed", "pending", "open", "new"}},
	{"one status", threads.Filter{Statuses: []threads.Status{threads.StatusOpen}}, []string{"open"}},
	{"closed alone", threads.Filter{Statuses: []threads.Status{threads.StatusClosed}}, []string{"closed"}},
	{"several statuses", threads.Filter{Statuses: []threads.Status{threads.StatusNew, threads.StatusPending, threads.StatusClosed}}, []string{"closed", "pending", "new"}},
	{"a channel", threads.Filter{Channels: []threads.ChannelID{channelB}}, []string{"elsewhere"}},
	{"several channels", threads.Filter{Channels: []threads.ChannelID{channelB, channelA, "ch_none"}}, []string{"elsewhere", "closed", "pending", "open", "new"}},
	{"a contact", threads.Filter{Contacts: []threads.ContactID{"ct_known", "ct_none"}}, []string{"elsewhere"}},
	{"an assignee", threads.Filter{Assignees: []threads.AgentID{"ag_1"}}, []string{"closed", "open"}},
	{"nobody assigned", threads.Filter{Assignees: []threads.AgentID{""}}, []string{"elsewhere", "new"}},
	{"an assignee or nobody", threads.Filter{Assignees: []threads.AgentID{"", "ag_2"}}, []string{"elsewhere", "pending", "new"}},
	{"a group", threads.Filter{Groups: []threads.GroupID{"gr_1"}}, []string{"pending", "open"}},
	{"styles", threads.Filter{Styles: []threads.StyleName{threads.LiveChat, threads.LiveChatReturning}}, []string{"closed", "pending"}},
	{"a tag", threads.Filter{Tags: []string{"vip"}}, []string{"new"}},
	{"any of several tags", threads.Filter{Tags: []string{"refund", "none"}}, []string{"open", "new"}},
	{"part of a tag is not the tag", threads.Filter{Tags: []string{"ref", "vi"}}, nil},
	{"unread", threads.Filter{Unread: true}, []string{"pending", "new"}},
	{"what follows a conversation", threads.Filter{FollowUpOf: "cv_before"}, []string{"elsewhere"}},
	{"what follows and of a contact", threads.Filter{FollowUpOf: "cv_before", Contacts: []threads.ContactID{"ct_none"}}, nil},
	{"a slot", threads.Filter{Slot: threads.Slot{Channel: channelB, Contact: "ct_known"}}, []string{"elsewhere"}},
	{"a slot of a contact on another channel", threads.Filter{Slot: threads.Slot{Channel: channelA, Contact: "ct_known"}}, nil},
	{"reopened", threads.Filter{Reopened: new(true)}, []string{"closed", "pending"}},
	{"reopened, the oldest first", threads.Filter{Reopened: new(true), Sort: threads.SortOldest}, []string{"pending", "closed"}},
	{"reopened and not closed", threads.Filter{Reopened: new(true), Statuses: []threads.Status{threads.StatusPending}}, []string{"pending"}},
	{"reopened on a channel by a contact", threads.Filter{Reopened: new(true), Contacts: []threads.ContactID{"ct_known"}}, nil},
	{"never reopened", threads.Filter{Reopened: new(false)}, []string{"elsewhere", "open", "new"}},
	{"closing soon", threads.Filter{CloseDueBefore: after(101)}, []string{"elsewhere"}},
	{"closing soon, the soonest first", threads.Filter{CloseDueBefore: after(101), Sort: threads.SortCloseDue}, []string{"elsewhere"}},
	{"closing soon, the oldest first", threads.Filter{CloseDueBefore: after(101), Sort: threads.SortOldest}, []string{"elsewhere"}},
	{"closing soon and waiting", threads.Filter{CloseDueBefore: after(101), Sort: threads.SortWaiting}, nil},
	{"closing soon and solved", threads.Filter{CloseDueBefore: after(101), Statuses: []threads.Status{threads.StatusSolved}}, []string{"elsewhere"}},
	{"closing at that time is not before it", threads.Filter{CloseDueBefore: after(100)}, nil},
	{"a name", threads.Filter{Query: "grace"}, []string{"elsewhere", "new"}},
	{"a part of a subject in another case", threads.Filter{Query: "LOST p"}, []string{"new"}},
	{"a part of an external id", threads.Filter{Query: "15550"}, []string{"open"}},
	{"a search in another alphabet's case", threads.Filter{Query: "ÄRGER ÜBER"}, []string{"closed"}},
	{"a search that nothing matches", threads.Filter{Query: "gracehopper"}, nil},
	{"a search does not reach over two fields", threads.Filter{Query: "hopperpeer"}, nil},
	{"all at once", threads.Filter{
		Statuses: []threads.Status{threads.StatusOpen, threads.StatusNew}, Channels: []threads.ChannelID{channelA},
		Assignees: []threads.AgentID{"ag_1"}, Groups: []threads.GroupID{"gr_1"}, Styles: []threads.StyleName{threads.SocialMessaging},
		Tags: []string{"refund"}, Query: "ada",
	}, []string{"open"}},
	{"all but one", threads.Filter{Statuses: []threads.Status{threads.StatusOpen}, Tags: []string{"vip"}}, nil},
}

var filterTests = []test{
	{"filters select what they say, in lists and in counts", func(t *testing.T, f *fixture) {
		all := gallery(f)
		var filters []threads.Filter
		for _, c := range filterCases {
			filters = append(filters, c.filter)
		}
		counts, err := f.s.CountConversations(f.ctx, filters)
		require.NoError(t, err)
		require.Len(t, counts, len(filterCases))
		for i, c := range filterCases {
			t.Run(c.name, func(t *testing.T) {
				want := []threads.ConversationID{}
				for _, name := range c.want {
					want = append(want, all[name].ID)
				}
				list, _, err := f.s.Conversations(f.ctx, c.filter, threads.Page{Limit: 10})
				require.NoError(t, err)
				require.Equal(t, want, ids(list))
				require.Equal(t, len(want), counts[i])
			})
		}
	}},
	{"a filter follows the conversation's changes", func(t *testing.T, f *fixture) {
		c := f.listed(1, func(c *threads.Conversation) { c.Tags, c.UnreadCount = []string{"old"}, 1 })
		f.commit(next(c, func(c *threads.Conversation) {
			c.Tags, c.UnreadCount, c.Subject = []string{"new"}, 0, "another"
			c.State.Status, c.State.Assignee, c.State.Group, c.State.Style = threads.StatusOpen, "ag_1", "gr_1", threads.LiveChat
			c.Contact.Name, c.State.ReopenCount = "renamed", 1
		}))
		counts, err := f.s.CountConversations(f.ctx, []threads.Filter{
			{Tags: []string{"old"}},
			{Unread: true},
			{Statuses: []threads.Status{threads.StatusNew}},
			{Query: "beispiel"},
			{Tags: []string{"new"}},
			{Query: "another"},
			{Query: "renamed"},
			{Assignees: []threads.AgentID{"ag_1"}},
			{Groups: []threads.GroupID{"gr_1"}},
			{Styles: []threads.StyleName{threads.LiveChat}},
			{Reopened: new(true)},
		})
		require.NoError(t, err)
		require.Equal(t, []int{0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1}, counts)
	}},
}

// nasty are texts that mean something to one database or another.
var nasty = []string{
	"%", "_", "a%b", "a_b", `\`, `a\%`, "'", "''", `"`, "a'b\"c", ";--", "' OR 1=1 --", ".*", "^a", "a$", "(", "[", "a|b", "a+",
	"$ne", "$where", `{"$gt":""}`, "a.b", "$", "\u0000", "a\u0000b", "🦊", "e\u0301", "مرحبا", "\u202e", "\n", "?1", ":a", "@x",
}

var literalTests = []test{
	{"a search takes its text as it is", func(t *testing.T, f *fixture) {
		plain := f.listed(1, func(c *threads.Conversation) { c.Contact.Name, c.Contact.ExternalID = "plain", "x" })
		for i, text := range nasty {
			c := f.listed(i+2, func(c *threads.Conversation) {
				c.Contact.Name, c.Contact.ExternalID = "say:"+text+":end", "x"
			})
			list, _, err := f.s.Conversations(f.ctx, threads.Filter{Query: "say:" + text + ":END"}, threads.Page{Limit: 10})
			require.NoError(t, err)
			require.Equalf(t, []threads.ConversationID{c.ID}, ids(list), "%q", text)
			n, err := f.s.CountConversations(f.ctx, []threads.Filter{{Query: text, Contacts: []threads.ContactID{plain.Contact.ID}}})
			require.NoError(t, err)
			require.Equalf(t, []int{0}, n, "%q in plain", text)
		}
	}},
	{"ids, keys, tags and names are taken as they are", func(t *testing.T, f *fixture) {
		for _, text := range nasty {
			channel, contact := threads.ChannelID("ch_"+text), threads.ContactID("ct_"+text)
			c := f.conversation(channel, contact)
			c.ID, c.Tags, c.State.Assignee = threads.ConversationID("cv_"+text), []string{"tag" + text}, threads.AgentID(text)
			m := f.message(&c, text)
			m.ID, m.Content.Text = threads.MessageID("msg_"+text), text
			m.ExternalIDs = []normalize.PlatformID{normalize.PlatformID(text)}
			m.Metadata = map[string]string{"k" + strings.ReplaceAll(text, "\u0000", ""): text}
			f.commit(create(c, m))

			same(t, c, f.read(c.ID))
			same(t, m, f.readMessage(m.ID))
			now, err := f.s.Current(f.ctx, []threads.Slot{c.Slot()})
			require.NoError(t, err)
			same(t, c, now[c.Slot()])
			seen, err := f.s.Seen(f.ctx, channel, []threads.MessageKey{m.Key})
			require.NoError(t, err)
			require.Equal(t, map[threads.MessageKey]threads.MessageID{m.Key: m.ID}, seen)
			found, err := f.s.MessagesByExternal(f.ctx, channel, m.ExternalIDs)
			require.NoError(t, err)
			same(t, m, found[m.ExternalIDs[0]])
			list, _, err := f.s.Conversations(f.ctx, threads.Filter{
				Channels: []threads.ChannelID{channel}, Contacts: []threads.ContactID{contact}, Assignees: []threads.AgentID{threads.AgentID(text)},
			}, threads.Page{Limit: 5})
			require.NoError(t, err)
			require.Equalf(t, []threads.ConversationID{c.ID}, ids(list), "%q", text)
			owners, err := f.s.Claim(f.ctx, f.contact(channel, normalize.PeerID(text)))
			require.NoError(t, err)
			require.Len(t, owners, 1)
		}
	}},
	{"tags are taken as they are", func(t *testing.T, f *fixture) {
		for _, text := range nasty {
			c := f.listed(1, func(c *threads.Conversation) { c.Tags = []string{"x", "tag" + text + "end"} })
			list, _, err := f.s.Conversations(f.ctx, threads.Filter{Tags: []string{"tag" + text + "end"}}, threads.Page{Limit: 5})
			require.NoError(t, err)
			require.Equalf(t, []threads.ConversationID{c.ID}, ids(list), "%q", text)
		}
	}},
}
