package sqlite

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/workers"
)

// deliver claims what is due, begins the calls and settles them as sent, and
// answers the messages.
func deliver(s *Store, owner string, limit int) ([]threads.Message, error) {
	claimed, err := s.ClaimDeliveries(bg, owner, restartTime, time.Minute, workers.Room{All: limit})
	if err != nil {
		return nil, err
	}
	ids := make([]threads.MessageID, len(claimed))
	results := make([]workers.DeliveryResult, len(claimed))
	for i, d := range claimed {
		ids[i] = d.MessageID
		results[i] = workers.DeliveryResult{Delivery: d, Message: threads.MessagePatch{
			Status: threads.MessageSent, IDs: []normalize.PlatformID{normalize.PlatformID("p-" + d.MessageID)},
		}}
	}
	if _, err := s.BeginCalls(bg, ids); err != nil {
		return nil, err
	}
	return s.SettleCalls(bg, results)
}

// statements are those that a connection has prepared since the last look.
func statements(c *conn) []string {
	list := slices.Sorted(maps.Keys(c.stmts))
	for _, s := range c.stmts {
		_ = s.Close()
	}
	clear(c.stmts)
	return list
}

func TestDeliveringReadsRowsOnlyOfAnEarlierProcess(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, Options{Readers: 1})
	require.NoError(t, err)
	var changes []threads.Change
	for i := range 5 {
		changes = append(changes, sending(i))
	}
	for _, err := range s.Commit(t.Context(), changes) {
		require.NoError(t, err)
	}
	statements(s.write.conn)
	statements(s.read.all[0])
	sent, err := deliver(s, "w", 4)
	require.NoError(t, err)
	require.Len(t, sent, 4)
	writes := []string{"BEGIN IMMEDIATE", "COMMIT", sqlAdvance, sqlAddExternal, sqlDropDelivery}
	require.ElementsMatch(t, writes, statements(s.write.conn), "in all of it, once for each message")
	require.Empty(t, statements(s.read.all[0]))
	for _, m := range sent {
		stored, err := s.Message(t.Context(), m.ID)
		require.NoError(t, err)
		requireSame(t, stored, m)
		require.Equal(t, threads.MessageSent, stored.Status)
		require.EqualValues(t, 3, stored.Version)
	}
	require.NoError(t, s.Close())

	s = open(t, dir)
	statements(s.write.conn)
	sent, err = deliver(s, "w", 4)
	require.NoError(t, err)
	require.Len(t, sent, 1)
	require.ElementsMatch(t, append(writes, sqlToAdvance), statements(s.write.conn))
	found, err := s.MessagesByExternal(t.Context(), "ch_1", sent[0].ExternalIDs)
	require.NoError(t, err)
	requireSame(t, sent[0], found[sent[0].ExternalIDs[0]])
	require.Empty(t, s.lanes.channels)
}

func TestADeliveryWithoutItsMessageIsRefused(t *testing.T) {
	s := open(t, t.TempDir())
	c := sending(1)
	c.Messages = c.Messages[:1]
	errs := s.Commit(t.Context(), []threads.Change{c, sending(2)})
	require.ErrorContains(t, errs[0], "without the message")
	require.NoError(t, errs[1])
}

func TestAClaimWhoseReadingFailsLeavesTheLanesFree(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, Options{})
	require.NoError(t, err)
	require.NoError(t, s.Commit(t.Context(), []threads.Change{sending(1)})[0])
	require.NoError(t, s.Close())
	s = open(t, dir)
	doc := func(sql string) {
		require.NoError(t, s.write.do(t.Context(), func(t *tx) error {
			_, err := t.exec(sql)
			return err
		}))
	}
	doc("UPDATE deliveries SET doc = '!' || doc")
	_, err = s.ClaimDeliveries(t.Context(), "w", restartTime, time.Minute, workers.Room{All: 5})
	require.ErrorContains(t, err, "claim deliveries: decode")
	doc("UPDATE deliveries SET doc = substr(doc, 2)")
	list, err := s.ClaimDeliveries(t.Context(), "w2", restartTime, time.Minute, workers.Room{All: 5})
	require.NoError(t, err)
	require.Len(t, list, 1)
}

func TestADeliveryThatWasSettledDuringItsClaimIsLeftOut(t *testing.T) {
	s := open(t, t.TempDir())
	require.NoError(t, s.Commit(t.Context(), []threads.Change{sending(1)})[0])
	found := s.lanes.claim("w", millis(restartTime), millis(restartTime)+1, workers.Room{All: 1})
	require.Len(t, found, 1)
	_, err := s.SettleCalls(t.Context(), []workers.DeliveryResult{{
		Delivery: *found[0].copy, Message: threads.MessagePatch{Status: threads.MessageSent},
	}})
	require.NoError(t, err)
	found[0].copy = nil
	list, err := s.deliveries(t.Context(), found)
	require.NoError(t, err)
	require.Empty(t, list)
}

func TestManyWhoCommitAndDeliverAtOnceLeaveNothingBehind(t *testing.T) {
	s := open(t, t.TempDir())
	const committers, each, workers = 3, 40, 3
	var all sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	sent := map[threads.MessageID]int{}
	note := func(list []threads.Message, err error) (goOn bool) {
		mu.Lock()
		defer mu.Unlock()
		for _, m := range list {
			sent[m.ID]++
		}
		if err != nil {
			errs = append(errs, err)
		}
		return len(errs) == 0 && len(sent) < committers*each
	}
	for i := range committers {
		all.Go(func() {
			for n := range each {
				note(nil, s.Commit(bg, []threads.Change{sending(n*committers + i)})[0])
			}
		})
	}
	for i := range workers {
		all.Go(func() {
			for note(deliver(s, fmt.Sprint("w", i), 8)) {
				runtime.Gosched()
			}
		})
	}
	all.Wait()
	require.NoError(t, errors.Join(errs...))
	for id, n := range sent {
		require.Equal(t, 1, n, id)
	}
	requireSound(t, s.lanes)
	rows := newLanes()
	require.NoError(t, s.read.with(bg, rows.load))
	require.Empty(t, rows.byID)
	require.Empty(t, s.lanes.byID)
	require.Empty(t, s.lanes.channels)
	require.Zero(t, s.lanes.kept.bytes)
}
