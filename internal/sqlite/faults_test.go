package sqlite

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/directory"
	"threadhub/internal/idempotency"
	"threadhub/internal/journal"
	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/workers"
)

var bg = context.Background()

// calls are all methods that reach a database, with arguments that do.
func calls(s *Store) map[string]func(context.Context) error {
	j := s.Journal()
	slot := threads.Slot{Channel: "ch_1", Contact: "ct_1"}
	return map[string]func(context.Context) error{
		"owners":       func(ctx context.Context) error { _, err := s.Owners(ctx, []threads.Identity{{}}); return err },
		"claim":        func(ctx context.Context) error { _, err := s.Claim(ctx, threads.Contact{ID: "ct_1"}); return err },
		"contact":      func(ctx context.Context) error { _, err := s.Contact(ctx, "ct_1"); return err },
		"save contact": func(ctx context.Context) error { return s.SaveContact(ctx, threads.Contact{ID: "ct_1", Version: 1}) },
		"current":      func(ctx context.Context) error { _, err := s.Current(ctx, []threads.Slot{slot}); return err },
		"conversation": func(ctx context.Context) error { _, err := s.Conversation(ctx, "cv_1"); return err },
		"seen":         func(ctx context.Context) error { _, err := s.Seen(ctx, "ch_1", []threads.MessageKey{"k"}); return err },
		"commit":       func(ctx context.Context) error { return s.Commit(ctx, []threads.Change{sending(7)})[0] },
		"message":      func(ctx context.Context) error { _, err := s.Message(ctx, "msg_1"); return err },
		"by external": func(ctx context.Context) error {
			_, err := s.MessagesByExternal(ctx, "ch_1", []normalize.PlatformID{"p"})
			return err
		},
		"save message": func(ctx context.Context) error { return s.SaveMessage(ctx, threads.Message{ID: "msg_1", Version: 1}) },
		"due":          func(ctx context.Context) error { _, err := s.Due(ctx, restartTime, 1); return err },
		"next due":     func(ctx context.Context) error { _, err := s.NextDue(ctx); return err },
		"park":         func(ctx context.Context) error { return s.Park(ctx, threads.Parked{ID: "x"}) },
		"parked for": func(ctx context.Context) error {
			_, err := s.ParkedFor(ctx, map[threads.ChannelID][]normalize.PlatformID{"ch_1": {"p"}})
			return err
		},
		"parked before": func(ctx context.Context) error { _, err := s.ParkedBefore(ctx, restartTime, 1); return err },
		"unpark":        func(ctx context.Context) error { return s.Unpark(ctx, []string{"x"}) },
		"list": func(ctx context.Context) error {
			_, _, err := s.Conversations(ctx, threads.Filter{}, threads.Page{})
			return err
		},
		"count": func(ctx context.Context) error { _, err := s.CountConversations(ctx, []threads.Filter{{}}); return err },
		"messages": func(ctx context.Context) error {
			_, _, err := s.Messages(ctx, "cv_1", threads.MessagePage{})
			return err
		},
		"transitions": func(ctx context.Context) error { _, _, err := s.Transitions(ctx, "cv_1", threads.Page{}); return err },
		"contacts":    func(ctx context.Context) error { _, _, err := s.Contacts(ctx, "", threads.Page{}); return err },
		"claim deliveries": func(ctx context.Context) error {
			_, err := s.ClaimDeliveries(ctx, "w", restartTime, time.Second, workers.Room{All: 1})
			return err
		},
		"begin calls": func(ctx context.Context) error { _, err := s.BeginCalls(ctx, []threads.MessageID{"msg_1"}); return err },
		"settle calls": func(ctx context.Context) error {
			_, err := s.SettleCalls(ctx, []workers.DeliveryResult{{}})
			return err
		},
		"next delivery": func(ctx context.Context) error { _, err := s.NextDelivery(ctx); return err },
		"backlog":       func(ctx context.Context) error { _, err := s.DeliveryBacklog(ctx); return err },
		"get":           func(ctx context.Context) error { _, err := s.Get(ctx, "k", "i"); return err },
		"find":          func(ctx context.Context) error { _, err := s.Find(ctx, "k", "u"); return err },
		"documents":     func(ctx context.Context) error { _, err := s.List(ctx, "k", "", 1); return err },
		"put":           func(ctx context.Context) error { return s.Put(ctx, directory.Document{Kind: "k", ID: "i", Version: 1}) },
		"delete":        func(ctx context.Context) error { return s.Delete(ctx, "k", "i") },
		"begin": func(ctx context.Context) error {
			_, _, err := s.Begin(ctx, idempotency.Record{Key: "k", CreatedAt: restartTime}, time.Hour, time.Hour)
			return err
		},
		"complete":      func(ctx context.Context) error { return s.Complete(ctx, idempotency.Record{Key: "k", Status: 200}) },
		"forget":        func(ctx context.Context) error { return s.Forget(ctx, "k") },
		"expire":        func(ctx context.Context) error { return s.Expire(ctx, restartTime) },
		"ping":          s.Ping,
		"append":        func(ctx context.Context) error { return j.Append(ctx, []journal.Entry{pendingEntry("ev_7")}) },
		"claim entries": func(ctx context.Context) error { _, err := j.Claim(ctx, "w", restartTime, time.Second, 1); return err },
		"finish": func(ctx context.Context) error {
			return j.Finish(ctx, []journal.Result{{ID: "ev_7", State: journal.Done}})
		},
		"oldest":          func(ctx context.Context) error { _, err := j.Oldest(ctx); return err },
		"journal backlog": func(ctx context.Context) error { _, err := j.Backlog(ctx); return err },
		"entry":           func(ctx context.Context) error { _, err := j.Entry(ctx, "ev_7"); return err },
		"entries":         func(ctx context.Context) error { _, err := j.Entries(ctx, "ch_1", "", 1); return err },
		"quarantine":      func(ctx context.Context) error { return j.Quarantine(ctx, []journal.Item{{ID: "x"}}) },
		"items":           func(ctx context.Context) error { _, err := j.Items(ctx, "", "", 1); return err },
		"trim":            func(ctx context.Context) error { _, err := j.Trim(ctx, "ch_1", restartTime, 1); return err },
		"trim items":      func(ctx context.Context) error { _, err := j.TrimItems(ctx, "ch_1", restartTime, 1); return err },
		"blank":           func(ctx context.Context) error { _, _, err := j.Blank(ctx, "ch_1", "", restartTime, 1); return err },
		"next channel":    func(ctx context.Context) error { _, err := j.NextChannel(ctx, ""); return err },
		"kept":            func(ctx context.Context) error { _, err := s.Kept(ctx, ""); return err },
		"spent":           func(ctx context.Context) error { _, err := s.Spent(ctx, threads.Share{}, 1); return err },
		"count spent":     func(ctx context.Context) error { _, err := s.CountSpent(ctx, threads.Share{}, 1); return err },
		"drop dead letters": func(ctx context.Context) error {
			_, err := s.DropDeadLetters(ctx, "ch_1", "msg_1", 1)
			return err
		},
	}
}

func TestAClosedStoreSaysSo(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "again")
	for name, call := range calls(s) {
		require.ErrorIs(t, call(t.Context()), ErrClosed, name)
	}
}

func TestACancelledContextReachesNoDatabase(t *testing.T) {
	s := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range calls(s) {
		require.ErrorIs(t, call(ctx), context.Canceled, name)
	}
	_, err := s.Conversation(t.Context(), "cv_7")
	require.ErrorIs(t, err, threads.ErrNotFound)
	_, err = s.Journal().Entry(t.Context(), "ev_7")
	require.ErrorIs(t, err, journal.ErrNotFound)
}

// onWriter changes a setting of a writer's connection while it has nothing to
// do: the test is its only caller.
func onWriter(t *testing.T, w *writer, pragma string) {
	t.Helper()
	require.NoError(t, w.conn.script("PRAGMA "+pragma))
}

func TestAFullDiskFailsWritesWholeAndHealsAlone(t *testing.T) {
	s := open(t, t.TempDir())
	j := s.Journal()
	require.NoError(t, j.Append(t.Context(), []journal.Entry{pendingEntry("ev_0")}))
	for _, w := range []*writer{s.write, s.journal.write} {
		onWriter(t, w, "max_page_count = 1") // as few as the file has now
	}
	big := pendingEntry("ev_1")
	big.Body = []byte(strings.Repeat("x", 100_000))
	err := j.Append(t.Context(), []journal.Entry{pendingEntry("ev_2"), big})
	require.ErrorContains(t, err, "append to journal")
	require.ErrorContains(t, err, "full")

	change := sending(1)
	change.Messages[1].Content.Text = string(big.Body)
	errs := s.Commit(t.Context(), []threads.Change{sending(2), change})
	require.ErrorContains(t, errs[1], "full")
	require.ErrorContains(t, errs[0], "full", "its neighbour in the transaction is not confirmed either")

	for _, w := range []*writer{s.write, s.journal.write} {
		onWriter(t, w, "max_page_count = 1073741823")
	}
	for _, id := range []string{"ev_1", "ev_2"} {
		_, err := j.Entry(t.Context(), id)
		require.ErrorIs(t, err, journal.ErrNotFound)
	}
	require.NoError(t, j.Append(t.Context(), []journal.Entry{pendingEntry("ev_2"), big}))
	for _, err := range s.Commit(t.Context(), []threads.Change{sending(2), change}) {
		require.NoError(t, err)
	}
}

func TestAFileThatCannotBeWrittenFailsWritesAndStillReads(t *testing.T) {
	s := open(t, t.TempDir())
	require.NoError(t, s.Commit(t.Context(), []threads.Change{sending(1)})[0])
	onWriter(t, s.write, "query_only = ON")
	require.ErrorContains(t, s.Commit(t.Context(), []threads.Change{sending(2)})[0], "readonly")
	require.ErrorContains(t, s.Ping(t.Context()), "ping threadhub.db")
	_, err := s.Conversation(t.Context(), "cv_1")
	require.NoError(t, err)
	onWriter(t, s.write, "query_only = OFF")
	require.NoError(t, s.Ping(t.Context()))
	require.NoError(t, s.Commit(t.Context(), []threads.Change{sending(2)})[0])
}

func TestAFileThatSomebodyLocksFailsWritesUntilItIsFree(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	onWriter(t, s.journal.write, "busy_timeout = 1")
	other, err := dial(fmt.Sprint(dir, "/", journalFile), 100, false)
	require.NoError(t, err)
	require.NoError(t, other.script("BEGIN IMMEDIATE"))
	err = s.Journal().Append(t.Context(), []journal.Entry{pendingEntry("ev_1")})
	require.ErrorContains(t, err, "locked")
	require.NoError(t, s.Commit(t.Context(), []threads.Change{sending(1)})[0], "the other file is not concerned")
	require.NoError(t, other.script("ROLLBACK"))
	require.NoError(t, other.close())
	require.NoError(t, s.Journal().Append(t.Context(), []journal.Entry{pendingEntry("ev_1")}))
}

func TestAChangeOfTheWrongVersionIsRefused(t *testing.T) {
	s := open(t, t.TempDir())
	wrong := sending(1)
	wrong.Expected = 1
	errs := s.Commit(t.Context(), []threads.Change{wrong, sending(2)})
	require.ErrorContains(t, errs[0], "version")
	require.NoError(t, errs[1])
}

func TestAContactThatLostAllItsIdentitiesIsNotKept(t *testing.T) {
	s := open(t, t.TempDir())
	id := threads.Identity{Channel: "ch_1", Peer: "p"}
	for _, c := range []threads.ContactID{"ct_1", "ct_2"} {
		owners, err := s.Claim(t.Context(), threads.Contact{ID: c, Identities: []threads.Identity{id}})
		require.NoError(t, err)
		require.Equal(t, threads.ContactID("ct_1"), owners[id])
	}
	_, err := s.Contact(t.Context(), "ct_2")
	require.ErrorIs(t, err, threads.ErrNotFound)
}
