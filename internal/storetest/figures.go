package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
)

// figures reads those of a period by conversation's contact, of which each case
// gives every conversation another.
func (f *fixture) figures(by threads.PeriodTime, from, to time.Time) map[threads.ContactID]threads.Figures {
	f.t.Helper()
	out := map[threads.ContactID]threads.Figures{}
	require.NoError(f.t, f.s.Figures(f.ctx, threads.Period{By: by, From: from, To: to}, func(got threads.Figures) error {
		require.NotContains(f.t, out, got.Contact, "answered twice")
		out[got.Contact] = got
		return nil
	}))
	return out
}

// solvedAt makes a conversation one that was solved at the given second, with
// metrics that say so.
func solvedAt(second int) func(*threads.Conversation) {
	return func(c *threads.Conversation) {
		before := c.State
		c.State.Status, c.State.Assignee, c.State.SolvedAt = threads.StatusSolved, "ag_1", after(second)
		c.Metrics = c.Metrics.Advance(before, c.State, threads.Input{
			Kind: threads.InSetStatus, ReceivedAt: c.State.SolvedAt, Status: threads.StatusSolved,
		}, nil)
	}
}

func reopened(c *threads.Conversation) {
	c.State.Status, c.State.SolvedAt = threads.StatusOpen, time.Time{}
	c.State.ReopenCount++
}

// want are the figures of the conversations, by contact.
func want(list ...threads.Conversation) map[threads.ContactID]threads.Figures {
	out := map[threads.ContactID]threads.Figures{}
	for _, c := range list {
		out[c.Contact.ID] = threads.FiguresOf(c)
	}
	return out
}

var figuresTests = []test{
	{"the figures of a period are those of the conversations that began in it", func(t *testing.T, f *fixture) {
		all := make([]threads.Conversation, 6)
		for i := range all {
			all[i] = f.listed(i*10, nil)
		}
		require.Equal(t, want(all[1:4]...), f.figures(threads.ByCreated, after(10), after(40)), "the beginning counts, the end does not")
		require.Equal(t, want(all...), f.figures(threads.ByCreated, after(-100), after(100)))
		require.Empty(t, f.figures(threads.ByCreated, after(1), after(10)))
		require.Empty(t, f.figures(threads.ByCreated, after(40), after(10)), "an end before the beginning")
		require.Empty(t, f.figures(threads.BySolved, after(-100), after(100)))
	}},
	{"figures follow every commit of their conversation", func(t *testing.T, f *fixture) {
		c := f.listed(1, nil)
		check := func(solved bool) {
			t.Helper()
			require.Equal(t, want(c), f.figures(threads.ByCreated, after(1), after(2)))
			if solved {
				require.Equal(t, want(c), f.figures(threads.BySolved, c.State.SolvedAt, c.State.SolvedAt.Add(time.Millisecond)))
				return
			}
			require.Empty(t, f.figures(threads.BySolved, after(0), after(10_000)))
		}
		for _, step := range []struct {
			edit   func(*threads.Conversation)
			solved bool
		}{
			{nil, false},
			{func(c *threads.Conversation) { c.State.Assignee, c.State.Group = "ag_2", "gr_2" }, false},
			{solvedAt(60), true},
			{func(c *threads.Conversation) { c.Tags = []string{"x"} }, true},
			{reopened, false},
			{solvedAt(90), true},
			{func(c *threads.Conversation) { c.State.Status, c.State.ClosedAt = threads.StatusClosed, after(100) }, true},
		} {
			change := next(c, step.edit)
			f.commit(change)
			c = change.Conversation
			check(step.solved)
		}
	}},
	{"a commit that is refused leaves the figures alone", func(t *testing.T, f *fixture) {
		c := f.listed(1, nil)
		f.commit(next(c, nil))
		require.ErrorIs(t, f.commitErr(next(c, solvedAt(60))), threads.ErrConflict)
		require.Equal(t, want(c), f.figures(threads.ByCreated, after(0), after(100)))
		require.Empty(t, f.figures(threads.BySolved, after(0), after(100)))
	}},
	{"conversations of one instant are each answered once, by either time", func(t *testing.T, f *fixture) {
		var all []threads.Conversation
		for range 5 {
			c := f.listed(1, solvedAt(2))
			all = append(all, c)
		}
		require.Equal(t, want(all...), f.figures(threads.ByCreated, after(1), after(2)))
		require.Equal(t, want(all...), f.figures(threads.BySolved, after(2), after(3)))
	}},
	{"an error of the reader's ends the reading", func(t *testing.T, f *fixture) {
		for range 3 {
			f.listed(1, nil)
		}
		enough, calls := errors.New("enough"), 0
		err := f.s.Figures(f.ctx, threads.Period{By: threads.ByCreated, From: after(0), To: after(10)}, func(threads.Figures) error {
			calls++
			return enough
		})
		require.ErrorIs(t, err, enough)
		require.Equal(t, 1, calls)
		require.Len(t, f.figures(threads.ByCreated, after(0), after(10)), 3, "and does no harm")
	}},
	{"a period by a time that does not exist is refused", func(t *testing.T, f *fixture) {
		err := f.s.Figures(f.ctx, threads.Period{By: "updated", From: after(0), To: after(1)}, func(threads.Figures) error { return nil })
		require.Error(t, err)
	}},
}
