package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

// listed is a stored conversation that changed at the given second.
func (f *fixture) listed(second int, edit func(*threads.Conversation)) threads.Conversation {
	f.t.Helper()
	c := f.conversation(channelA, threads.ContactID(f.id("ct")))
	c.CreatedAt = start.Add(time.Duration(second) * time.Second)
	c.UpdatedAt = c.CreatedAt
	if edit != nil {
		edit(&c)
	}
	f.commit(create(c))
	return c
}

// walk reads a list of conversations to its end, calling between after each
// page.
func (f *fixture) walk(filter threads.Filter, limit int, between func(page int)) []threads.ConversationID {
	f.t.Helper()
	var got []threads.ConversationID
	p := threads.Page{Limit: limit}
	for n := 0; ; n++ {
		require.Less(f.t, n, 100, "the list does not end")
		list, cursor, err := f.s.Conversations(f.ctx, filter, p)
		require.NoError(f.t, err)
		require.LessOrEqual(f.t, len(list), limit)
		got = append(got, ids(list)...)
		if p.After = cursor; cursor == "" {
			return got
		}
		if between != nil {
			between(n)
		}
	}
}

var listTests = []test{
	{"each sort has its order, whatever the size of the pages", func(t *testing.T, f *fixture) {
		waiting := func(second int) func(*threads.Conversation) {
			return func(c *threads.Conversation) { c.State.QueuedAt = start.Add(time.Duration(second) * time.Minute) }
		}
		counting := func(second int) func(*threads.Conversation) {
			return func(c *threads.Conversation) {
				c.State.Status, c.State.CloseDueAt = threads.StatusSolved, start.Add(time.Duration(second)*time.Minute)
			}
		}
		a, b := f.listed(5, waiting(9)), f.listed(3, counting(8))
		c, d := f.listed(4, waiting(7)), f.listed(1, counting(6))
		change := next(d, func(c *threads.Conversation) { c.UpdatedAt = start.Add(time.Minute) })
		f.commit(change)
		for sort, want := range map[threads.Sort][]threads.Conversation{
			"": {d, a, c, b}, threads.SortUpdated: {d, a, c, b},
			threads.SortCreated: {a, c, b, d}, threads.SortOldest: {d, b, c, a},
			threads.SortCloseDue: {d, b}, threads.SortWaiting: {c, a},
		} {
			for limit := 1; limit <= 5; limit++ {
				require.Equalf(t, ids(want), f.walk(threads.Filter{Sort: sort}, limit, nil), "sort %q, %d a page", sort, limit)
			}
		}
		list, _, err := f.s.Conversations(f.ctx, threads.Filter{}, threads.Page{Limit: 1})
		require.NoError(t, err)
		same(t, []threads.Conversation{change.Conversation}, list)
	}},
	{"conversations of the same instant are each answered once", func(t *testing.T, f *fixture) {
		want := map[threads.ConversationID]bool{}
		for range 7 {
			want[f.listed(1, nil).ID] = true
		}
		for _, sort := range []threads.Sort{threads.SortUpdated, threads.SortCreated, threads.SortOldest} {
			for limit := 1; limit <= 4; limit++ {
				got := f.walk(threads.Filter{Sort: sort}, limit, nil)
				require.Len(t, got, len(want))
				for _, id := range got {
					require.True(t, want[id])
				}
			}
		}
	}},
	{"a cursor stays right while conversations change and come", func(t *testing.T, f *fixture) {
		all := make([]threads.Conversation, 10)
		for i := range all {
			all[i] = f.listed(i, nil)
		}
		later := start.Add(time.Hour)
		got := f.walk(threads.Filter{}, 2, func(page int) {
			switch page {
			case 0: // one that was answered, one that was not, and a new one: all go to the front
				f.commit(next(all[9], func(c *threads.Conversation) { c.UpdatedAt = later }))
				f.commit(next(all[2], func(c *threads.Conversation) { c.UpdatedAt = later }))
				f.listed(2000, nil)
			case 1: // the one the cursor names
				f.commit(next(all[6], func(c *threads.Conversation) { c.UpdatedAt = later }))
			}
		})
		var want []threads.Conversation
		for _, i := range []int{9, 8, 7, 6, 5, 4, 3, 1, 0} {
			want = append(want, all[i])
		}
		require.Equal(t, ids(want), got)
	}},
	{"a cursor that is not of the list is refused", func(t *testing.T, f *fixture) {
		for range 3 {
			f.listed(1, nil)
		}
		_, mine, err := f.s.Conversations(f.ctx, threads.Filter{}, threads.Page{Limit: 1})
		require.NoError(t, err)
		require.NotEmpty(t, mine)
		for _, cursor := range []threads.Cursor{"x", "%%%", "bm90IGEgY3Vyc29y", "{\"$gt\":\"\"}", "\x00"} {
			page := threads.Page{After: cursor, Limit: 1}
			_, _, err = f.s.Conversations(f.ctx, threads.Filter{}, page)
			require.ErrorIsf(t, err, threads.ErrCursor, "%q", cursor)
			_, _, err = f.s.Contacts(f.ctx, "", page)
			require.ErrorIsf(t, err, threads.ErrCursor, "%q", cursor)
			_, _, err = f.s.Transitions(f.ctx, "cv_1", page)
			require.ErrorIsf(t, err, threads.ErrCursor, "%q", cursor)
		}
		_, _, err = f.s.Conversations(f.ctx, threads.Filter{Sort: threads.SortOldest}, threads.Page{After: mine, Limit: 1})
		require.ErrorIs(t, err, threads.ErrCursor, "of another order")
		_, _, err = f.s.Contacts(f.ctx, "", threads.Page{After: mine, Limit: 1})
		require.ErrorIs(t, err, threads.ErrCursor, "of another list")
	}},
	{"a sort that does not exist is refused", func(t *testing.T, f *fixture) {
		_, _, err := f.s.Conversations(f.ctx, threads.Filter{Sort: "subject; drop"}, threads.Page{Limit: 1})
		require.Error(t, err)
	}},
	{"contacts are listed newest first, in pages, and searched by what names them", func(t *testing.T, f *fixture) {
		var want []threads.ContactID
		for i := range 5 {
			c := f.contact(channelA, normalize.PeerID(fmt.Sprint("peer-x", i)))
			c.Name, c.Username, c.Phone = fmt.Sprint("Name ", i), fmt.Sprint("user", i), fmt.Sprint("+4915550", i)
			_, err := f.s.Claim(f.ctx, c)
			require.NoError(t, err)
			want = append([]threads.ContactID{c.ID}, want...)
		}
		for limit := 1; limit <= 6; limit++ {
			require.Equal(t, want, f.contacts("", limit))
		}
		for q, i := range map[string]int{"name 3": 3, "NAME 3": 3, "ser2": 2, "+49155501": 1, "peer-x4": 4} {
			require.Equalf(t, []threads.ContactID{want[4-i]}, f.contacts(q, 2), "%q", q)
		}
		require.Len(t, f.contacts("user", 2), 5)
		require.Empty(t, f.contacts("nobody", 2))
	}},
	{"a contact is found by its new name once it is saved", func(t *testing.T, f *fixture) {
		c := f.claimed(channelA, "peer-1")
		c.Name, c.Version = "Zoë", 2
		require.NoError(t, f.s.SaveContact(f.ctx, c))
		require.Equal(t, []threads.ContactID{c.ID}, f.contacts("ZOË", 5))
		require.Empty(t, f.contacts("beispiel", 5))
	}},
}

// contacts walks the list of contacts that match.
func (f *fixture) contacts(q string, limit int) []threads.ContactID {
	f.t.Helper()
	var got []threads.ContactID
	p := threads.Page{Limit: limit}
	for {
		list, cursor, err := f.s.Contacts(f.ctx, q, p)
		require.NoError(f.t, err)
		for _, c := range list {
			got = append(got, c.ID)
		}
		if p.After = cursor; cursor == "" {
			return got
		}
	}
}
