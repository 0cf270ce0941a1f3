package storetest

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/journal"
)

var redactTests = []test{
	{"an entry that is redacted tells that it came and nothing else; one that waits is left alone", func(t *testing.T, f *fixture) {
		j := f.s.Journal()
		done, kept, pending := f.entry("ch_a", 1), f.entry("ch_a", 2), f.entry("ch_a", 3)
		require.NoError(t, j.Append(f.ctx, []journal.Entry{done, kept, pending}))
		require.NoError(t, j.Finish(f.ctx, []journal.Result{{ID: done.ID, State: journal.Done, Events: 1}, {ID: kept.ID, State: journal.Done, Events: 1}}))
		require.NoError(t, j.Redact(f.ctx, []string{done.ID, pending.ID, "ev_none"}))
		require.NoError(t, j.Redact(f.ctx, nil))
		got, err := j.Entry(f.ctx, done.ID)
		require.NoError(t, err)
		same(t, journal.Entry{ID: done.ID, ChannelID: done.ChannelID, ReceivedAt: done.ReceivedAt, Method: done.Method, State: journal.Done, Events: 1}, got)
		for _, want := range []journal.Entry{kept, pending} {
			got, err := j.Entry(f.ctx, want.ID)
			require.NoError(t, err)
			require.Equal(t, want.Body, got.Body)
			require.Equal(t, want.URL, got.URL)
		}
	}},
	{"quarantined items are dropped by id", func(t *testing.T, f *fixture) {
		j := f.s.Journal()
		item := func(id string) journal.Item {
			return journal.Item{ID: id, EntryID: "ev_1", ChannelID: "ch_a", Kind: "unknown", Event: json.RawMessage(`{}`), At: after(1)}
		}
		require.NoError(t, j.Quarantine(f.ctx, []journal.Item{item("ev_1/0"), item("ev_1/1")}))
		require.NoError(t, j.DropItems(f.ctx, []string{"ev_1/0", "ev_none"}))
		require.NoError(t, j.DropItems(f.ctx, nil))
		left, err := j.Items(f.ctx, "ch_a", "", 10)
		require.NoError(t, err)
		require.Len(t, left, 1)
		require.Equal(t, "ev_1/1", left[0].ID)
	}},
}
