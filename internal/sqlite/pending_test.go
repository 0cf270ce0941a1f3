package sqlite

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/internal/journal"
)

// journalModel drives a journal with operations drawn at random and compares
// what memory has with the rows after each.
type journalModel struct {
	*rapid.T
	dir   string
	s     *Store
	now   time.Time
	n     int
	until map[string]time.Time // of leases, by entry
	due   map[string]time.Time // of what waits to be tried again
	all   []journal.Entry
	done  map[string]bool
}

func TestWhatIsPendingIsWhatTheRowsSay(t *testing.T) {
	m := &journalModel{dir: t.TempDir(), now: restartTime}
	m.s = open(t, m.dir)
	rapid.Check(t, func(rt *rapid.T) {
		m.T = rt
		m.all, m.until, m.due, m.done = nil, map[string]time.Time{}, map[string]time.Time{}, map[string]bool{}
		rt.Repeat(map[string]func(*rapid.T){
			"append": m.append, "claim": m.claim, "finish": m.finish, "reopen": m.reopen,
			"wait": func(*rapid.T) {
				m.now = m.now.Add(time.Duration(rapid.IntRange(1, 8).Draw(rt, "seconds")) * time.Second)
			},
			"restart": func(*rapid.T) { m.restart(t) }, "": func(*rapid.T) { m.check() },
		})
		for _, e := range m.all {
			require.NoError(rt, m.s.Journal().Finish(bg, []journal.Result{{ID: e.ID, State: journal.Done}}))
			m.done[e.ID] = true
		}
		m.check()
		require.Zero(rt, m.s.journal.pending.backlog())
	})
}

func (m *journalModel) restart(t *testing.T) {
	if rapid.IntRange(0, 3).Draw(m.T, "not now") > 0 {
		return // opening a store takes longer than all else
	}
	require.NoError(m, m.s.Close())
	m.s = open(t, m.dir)
	clear(m.until)
}

func (m *journalModel) append(*rapid.T) {
	list := make([]journal.Entry, rapid.IntRange(1, 4).Draw(m.T, "n"))
	for i := range list {
		m.n++
		list[i] = journal.Entry{
			ID: fmt.Sprintf("ev_%08d", m.n), ChannelID: fmt.Sprint("ch_", rapid.IntRange(0, 2).Draw(m.T, "channel")), Method: "POST", URL: "u",
			ReceivedAt: m.now.Add(-time.Duration(rapid.IntRange(0, 3).Draw(m.T, "ago")) * time.Second), State: journal.Pending,
		}
	}
	if rapid.IntRange(0, 5).Draw(m.T, "refused") == 0 {
		list[len(list)-1].ID = list[0].ID // none of them is written, if there are two
	}
	if err := m.s.Journal().Append(bg, list); err == nil {
		m.all = append(m.all, list...)
	}
}

// claimable are the entries that a claim may have, in order.
func (m *journalModel) claimable(without []string) []journal.Entry {
	var list []journal.Entry
	for _, e := range m.all {
		if !m.done[e.ID] && !m.now.Before(m.until[e.ID]) && !m.now.Before(m.due[e.ID]) && !slices.Contains(without, e.ChannelID) {
			list = append(list, e)
		}
	}
	slices.SortStableFunc(list, func(a, b journal.Entry) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	return list
}

func (m *journalModel) claim(*rapid.T) {
	var without []string
	if rapid.Bool().Draw(m.T, "leave out") {
		without = []string{"ch_1"}
	}
	want := m.claimable(without)
	want = want[:min(len(want), rapid.IntRange(0, 5).Draw(m.T, "limit"))]
	term := time.Duration(rapid.IntRange(1, 9).Draw(m.T, "term")) * time.Second
	got, err := m.s.Journal().Claim(bg, "w", m.now, term, len(want), without...)
	require.NoError(m, err)
	require.Equal(m, ids(want), ids(got))
	for _, e := range got {
		m.until[e.ID] = m.now.Add(term)
		delete(m.due, e.ID)
	}
}

func ids(list []journal.Entry) []string {
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = e.ID
	}
	return names
}

// finish ends entries, claimed or not: a lease may have been lost.
func (m *journalModel) finish(*rapid.T) {
	var results []journal.Result
	for _, e := range m.all {
		if rapid.IntRange(0, 3).Draw(m.T, "this one") > 0 {
			continue
		}
		r := journal.Result{ID: e.ID, State: rapid.SampledFrom([]journal.State{journal.Done, journal.Quarantined, journal.Pending}).Draw(m.T, "state")}
		delete(m.until, e.ID)
		delete(m.due, e.ID)
		m.done[e.ID] = r.State != journal.Pending
		if r.State == journal.Pending {
			r.RetryAt = m.now.Add(time.Duration(rapid.IntRange(0, 4).Draw(m.T, "pause")) * time.Second)
			m.due[e.ID] = r.RetryAt
		}
		results = append(results, r)
	}
	require.NoError(m, m.s.Journal().Finish(bg, append(results, journal.Result{ID: "ev_none", State: journal.Done})))
}

func (m *journalModel) reopen(*rapid.T) {
	var list []string
	want := 0
	for _, e := range m.all {
		if rapid.IntRange(0, 3).Draw(m.T, "this one") == 0 {
			list = append(list, e.ID)
			if m.done[e.ID] {
				m.done[e.ID] = false
				want++
			}
		}
	}
	n, err := m.s.Journal().Reopen(bg, list)
	require.NoError(m, err)
	require.Equal(m, want, n)
}

// check compares memory with the rows, and both with the model.
func (m *journalModel) check() {
	rows, first := map[int64]string{}, int64(0)
	require.NoError(m, m.s.journal.read.with(bg, func(c *conn) error {
		return c.query("SELECT seq, id, again FROM entries WHERE state = 'pending' ORDER BY seq DESC", func(r row) error {
			rows[r.number(0)] = r.text(1)
			if r.number(2) == 0 {
				first = r.number(0)
			}
			return nil
		})
	}))
	p := m.s.journal.pending
	have := map[int64]bool{}
	for _, l := range p.lines {
		require.NotEmpty(m, l.list)
		require.True(m, slices.IsSortedFunc(l.list, earlier))
		for _, e := range l.list {
			have[e.seq] = true
		}
	}
	for seq := range p.taken {
		have[seq] = true
	}
	for seq := range p.later {
		have[seq] = true
	}
	require.ElementsMatch(m, slices.Collect(maps.Keys(rows)), slices.Collect(maps.Keys(have)))
	require.Equal(m, len(rows), p.backlog())
	require.LessOrEqual(m, m.s.journal.kept, p.worked())
	if first > 0 {
		require.LessOrEqual(m, p.worked(), first, "an opening store would not find it")
	}
	waiting := slices.DeleteFunc(slices.Clone(m.all), func(e journal.Entry) bool { return m.done[e.ID] })
	require.ElementsMatch(m, ids(waiting), slices.Collect(maps.Values(rows)))
	oldest := time.Time{}
	if len(waiting) > 0 {
		oldest = slices.MinFunc(waiting, func(a, b journal.Entry) int { return cmp.Compare(millis(a.ReceivedAt), millis(b.ReceivedAt)) }).ReceivedAt
	}
	got, err := m.s.Journal().Oldest(bg)
	require.NoError(m, err)
	require.True(m, oldest.Equal(got))
}
