package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/journal"
)

// entry is an accepted webhook, received at the second given.
func (f *fixture) entry(channel string, second int) journal.Entry {
	return journal.Entry{
		ID: f.id("ev"), ChannelID: channel, ReceivedAt: after(second), Method: "POST",
		URL: "https://hub.example.test/webhooks/" + channel, Header: map[string]string{"X-Kind.Name": "v$1"},
		Body: []byte(fmt.Sprintf(`{"n":%d,"raw":"\u0000"}`, f.n) + "\x00\xff"), State: journal.Pending,
	}
}

// appended stores an entry per second given.
func (f *fixture) appended(channel string, seconds ...int) []journal.Entry {
	f.t.Helper()
	list := make([]journal.Entry, len(seconds))
	for i, s := range seconds {
		list[i] = f.entry(channel, s)
	}
	require.NoError(f.t, f.s.Journal().Append(f.ctx, list))
	return list
}

// claimEntries leases up to limit entries for the owner.
func (f *fixture) claimEntries(owner string, at time.Time, limit int) []journal.Entry {
	f.t.Helper()
	list, err := f.s.Journal().Claim(f.ctx, owner, at, term, limit)
	require.NoError(f.t, err)
	return list
}

// finish records what became of entries.
func (f *fixture) finish(results ...journal.Result) {
	f.t.Helper()
	require.NoError(f.t, f.s.Journal().Finish(f.ctx, results))
}

func done(e journal.Entry) journal.Result {
	return journal.Result{ID: e.ID, State: journal.Done, Events: 1}
}

func entryIDs(list []journal.Entry) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = e.ID
	}
	return out
}

var journalTests = []test{
	{"an entry reads back as appended", func(t *testing.T, f *fixture) {
		j := f.s.Journal()
		full := f.entry("ch_a", 1)
		full.Elsewhere = []string{"acct-1", "acct-2"}
		bare := journal.Entry{ID: f.id("ev"), ChannelID: "ch_a", ReceivedAt: after(2), Method: "GET", State: journal.Pending}
		require.NoError(t, j.Append(f.ctx, []journal.Entry{full, bare}))
		for _, want := range []journal.Entry{full, bare} {
			got, err := j.Entry(f.ctx, want.ID)
			require.NoError(t, err)
			same(t, want, got)
			require.Equal(t, time.UTC, got.ReceivedAt.Location())
		}
		_, err := j.Entry(f.ctx, "ev_none")
		require.ErrorIs(t, err, journal.ErrNotFound)
	}},
	{"appending nothing is no error", func(t *testing.T, f *fixture) {
		require.NoError(t, f.s.Journal().Append(f.ctx, nil))
		require.NoError(t, f.s.Journal().Finish(f.ctx, nil))
		require.NoError(t, f.s.Journal().Quarantine(f.ctx, nil))
	}},
	{"a large body reads back whole", func(t *testing.T, f *fixture) {
		e := f.entry("ch_a", 1)
		e.Body = make([]byte, 1<<20)
		for i := range e.Body {
			e.Body[i] = byte(i * 7)
		}
		require.NoError(t, f.s.Journal().Append(f.ctx, []journal.Entry{e}))
		got, err := f.s.Journal().Entry(f.ctx, e.ID)
		require.NoError(t, err)
		require.Equal(t, e.Body, got.Body)
	}},
	{"oldest and backlog count what is pending, claimed or not", func(t *testing.T, f *fixture) {
		j := f.s.Journal()
		f.requireBacklog(0, time.Time{})
		list := f.appended("ch_a", 5, 3, 9)
		f.requireBacklog(3, after(3))
		f.claimEntries("w1", after(10), 10)
		f.requireBacklog(3, after(3))
		f.finish(done(list[1]))
		f.requireBacklog(2, after(5))
		f.finish(journal.Result{ID: list[0].ID, State: journal.Pending, RetryAt: after(100)})
		f.requireBacklog(2, after(5))
		f.finish(journal.Result{ID: list[0].ID, State: journal.Quarantined, Reason: "poison"}, done(list[2]))
		f.requireBacklog(0, time.Time{})
		require.Empty(t, f.claimEntries("w1", after(1000), 10))
		got, err := j.Entry(f.ctx, list[0].ID)
		require.NoError(t, err)
		require.Equal(t, journal.Quarantined, got.State)
		require.Equal(t, "poison", got.Reason)
	}},
	{"channels that are left out of a claim wait for another", func(t *testing.T, f *fixture) {
		a, b := f.appended("ch_a", 1, 2, 3, 4), f.appended("ch_b", 5, 6)
		c := f.appended("ch_c", 0)
		list, err := f.s.Journal().Claim(f.ctx, "w1", after(10), term, 2, "ch_a", "ch_none")
		require.NoError(t, err)
		require.Equal(t, []string{c[0].ID, b[0].ID}, entryIDs(list))
		list, err = f.s.Journal().Claim(f.ctx, "w1", after(10), term, 9, "ch_a", "ch_b")
		require.NoError(t, err)
		require.Empty(t, list)
		require.Equal(t, entryIDs(append(a, b[1])), entryIDs(f.claimEntries("w2", after(10), 9)))
	}},
	{"entries that are done with are opened again, without their items", func(t *testing.T, f *fixture) {
		j := f.s.Journal()
		list := f.appended("ch_a", 1, 2, 3, 4)
		f.claimEntries("w1", after(10), 3)
		item := func(e journal.Entry, i int) journal.Item {
			return journal.Item{ID: fmt.Sprintf("%s/%d", e.ID, i), EntryID: e.ID, ChannelID: "ch_a", Kind: "malformed", Reason: "x", At: after(5)}
		}
		require.NoError(t, j.Quarantine(f.ctx, []journal.Item{item(list[0], 0), item(list[0], 1), item(list[1], 0)}))
		f.finish(journal.Result{ID: list[0].ID, State: journal.Quarantined, Reason: "x", Events: 2}, journal.Result{ID: list[1].ID, State: journal.Quarantined, Reason: "x"}, done(list[2]))
		n, err := j.Reopen(f.ctx, []string{list[0].ID, list[2].ID, list[3].ID, "ev_none"})
		require.NoError(t, err)
		require.Equal(t, 2, n, "the fourth is pending anyway")
		f.requireBacklog(3, after(1))
		items, err := j.Items(f.ctx, "ch_a", "", 10)
		require.NoError(t, err)
		require.Len(t, items, 1, "those of another entry stay")
		got := f.claimEntries("w2", after(11), 10)
		require.Equal(t, []string{list[0].ID, list[2].ID, list[3].ID}, entryIDs(got))
		want := list[0]
		same(t, want, got[0])
		n, err = j.Reopen(f.ctx, []string{list[0].ID})
		require.NoError(t, err)
		require.Zero(t, n, "somebody has it")
		f.finish(done(list[0]))
		n, err = j.Reopen(f.ctx, nil)
		require.NoError(t, err)
		require.Zero(t, n)
	}},
	{"a channel's entries are listed newest first, without bodies, in pages", func(t *testing.T, f *fixture) {
		j := f.s.Journal()
		mine := f.appended("ch_a", 1, 2, 3, 4, 5)
		f.appended("ch_b", 6)
		f.finish(journal.Result{ID: mine[4].ID, State: journal.Done, Events: 3})
		got, err := j.Entries(f.ctx, "ch_a", "", 3)
		require.NoError(t, err)
		require.Equal(t, []string{mine[4].ID, mine[3].ID, mine[2].ID}, entryIDs(got))
		require.Equal(t, 3, got[0].Events)
		want := mine[3]
		want.Body = nil
		same(t, want, got[1])
		got, err = j.Entries(f.ctx, "ch_a", mine[2].ID, 3)
		require.NoError(t, err)
		require.Equal(t, []string{mine[1].ID, mine[0].ID}, entryIDs(got))
		got, err = j.Entries(f.ctx, "ch_none", "", 3)
		require.NoError(t, err)
		require.Empty(t, got)
	}},
	{"items are kept once and listed newest first, of one channel or all", func(t *testing.T, f *fixture) {
		j := f.s.Journal()
		var items []journal.Item
		for i := range 5 {
			items = append(items, journal.Item{
				ID: fmt.Sprintf("ev_%03d/0", i), EntryID: fmt.Sprintf("ev_%03d", i), ChannelID: []string{"ch_a", "ch_b"}[i%2],
				Kind: "unknown", Reason: "no such thing", Event: json.RawMessage(`{"$k":{"a.b":[1,null,"\u0000"]}}`), At: after(i),
			})
		}
		require.NoError(t, j.Quarantine(f.ctx, items))
		require.NoError(t, j.Quarantine(f.ctx, items[:2]))
		for _, c := range []struct {
			channel, before string
			limit           int
			want            []int
		}{
			{"", "", 10, []int{4, 3, 2, 1, 0}},
			{"", "", 2, []int{4, 3}},
			{"", items[3].ID, 2, []int{2, 1}},
			{"ch_a", "", 10, []int{4, 2, 0}},
			{"ch_a", items[4].ID, 1, []int{2}},
			{"ch_none", "", 10, nil},
		} {
			want := []journal.Item{}
			for _, i := range c.want {
				want = append(want, items[i])
			}
			got, err := j.Items(f.ctx, c.channel, c.before, c.limit)
			require.NoError(t, err)
			same(t, want, append([]journal.Item{}, got...))
		}
	}},
}

var journalLeaseTests = []test{
	{"a claim answers the oldest by receipt, with bodies, up to the limit", func(t *testing.T, f *fixture) {
		list := f.appended("ch_a", 3, 1)
		list = append(list, f.appended("ch_b", 2)...)
		same(t, []journal.Entry{list[1], list[2]}, f.claimEntries("w1", after(10), 2))
		same(t, []journal.Entry{list[0]}, f.claimEntries("w1", after(10), 2))
		require.Empty(t, f.claimEntries("w1", after(10), 2))
	}},
	{"what is claimed is nobody else's until the lease ends", func(t *testing.T, f *fixture) {
		list := f.appended("ch_a", 1)
		require.Len(t, f.claimEntries("w1", after(10), 10), 1)
		require.Empty(t, f.claimEntries("w2", after(10).Add(term-time.Millisecond), 10))
		require.Empty(t, f.claimEntries("w1", after(10).Add(term-time.Millisecond), 10), "nor its owner's again")
		require.Equal(t, entryIDs(list), entryIDs(f.claimEntries("w2", after(10).Add(term), 10)))
	}},
	{"finishing ends the lease", func(t *testing.T, f *fixture) {
		list := f.appended("ch_a", 1, 2)
		f.claimEntries("w1", after(10), 10)
		f.finish(done(list[0]), journal.Result{ID: list[1].ID, State: journal.Pending, Reason: "store away", RetryAt: after(11)})
		got := f.claimEntries("w2", after(11), 10)
		require.Equal(t, []string{list[1].ID}, entryIDs(got))
		require.Equal(t, 1, got[0].Attempts)
		require.Equal(t, "store away", got[0].Reason)
	}},
	{"an entry is not claimed before its retry, and does not hold up those behind it", func(t *testing.T, f *fixture) {
		list := f.appended("ch_a", 1, 2)
		f.claimEntries("w1", after(10), 1)
		f.finish(journal.Result{ID: list[0].ID, State: journal.Pending, RetryAt: after(30)})
		require.Equal(t, []string{list[1].ID}, entryIDs(f.claimEntries("w1", after(29), 10)))
		require.Equal(t, []string{list[0].ID}, entryIDs(f.claimEntries("w1", after(30), 10)))
	}},
	{"each failed attempt counts, success does not", func(t *testing.T, f *fixture) {
		e := f.appended("ch_a", 1)[0]
		for i := range 3 {
			f.claimEntries("w1", after(10+i), 1)
			f.finish(journal.Result{ID: e.ID, State: journal.Pending, RetryAt: after(10 + i)})
		}
		f.finish(journal.Result{ID: e.ID, State: journal.Done, Events: 2})
		got, err := f.s.Journal().Entry(f.ctx, e.ID)
		require.NoError(t, err)
		require.Equal(t, 3, got.Attempts)
		require.Equal(t, 2, got.Events)
		require.Equal(t, journal.Done, got.State)
	}},
	{"a finished entry can be made pending again", func(t *testing.T, f *fixture) {
		e := f.appended("ch_a", 1)[0]
		f.claimEntries("w1", after(10), 1)
		f.finish(done(e))
		f.finish(journal.Result{ID: e.ID, State: journal.Pending})
		require.Equal(t, []string{e.ID}, entryIDs(f.claimEntries("w1", after(10), 10)))
	}},
	{"finishing what is not there is no error", func(t *testing.T, f *fixture) {
		f.finish(journal.Result{ID: "ev_none", State: journal.Done})
	}},
}

// requireBacklog expects so many pending entries, the oldest of the given time.
func (f *fixture) requireBacklog(n int, oldest time.Time) {
	f.t.Helper()
	got, err := f.s.Journal().Backlog(f.ctx)
	require.NoError(f.t, err)
	require.Equal(f.t, n, got)
	at, err := f.s.Journal().Oldest(f.ctx)
	require.NoError(f.t, err)
	require.Equal(f.t, oldest, at)
}
