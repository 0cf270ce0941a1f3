package storetest

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/directory"
	"threadhub/internal/journal"
	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/workers"
)

// idsEach is how many identifiers each goroutine of together may mint.
const idsEach = 2_000

// together runs fn n times at once and waits for all. Each has a fixture of
// its own, whose identifiers are nobody else's, also when a case calls together
// again; an error fails the case.
func (f *fixture) together(n int, fn func(i int, f *fixture) error) {
	f.t.Helper()
	errs := make([]error, n)
	var wait sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		own := &fixture{t: f.t, s: f.s, ctx: f.ctx, n: f.n + i*idsEach}
		wait.Go(func() {
			<-begin
			errs[i] = fn(i, own)
		})
	}
	f.n += n * idsEach
	close(begin)
	wait.Wait()
	for _, err := range errs {
		require.NoError(f.t, err)
	}
}

// write does what the hub does with a customer's message: read the slot,
// decide, commit, and again when somebody else was faster.
func (f *fixture) write(slot threads.Slot, key string) error {
	for range 500 {
		now, err := f.s.Current(f.ctx, []threads.Slot{slot})
		if err != nil {
			return err
		}
		seen, err := f.s.Seen(f.ctx, slot.Channel, []threads.MessageKey{threads.MessageKey(key)})
		if err != nil || len(seen) > 0 {
			return err
		}
		change := create(f.conversation(slot.Channel, slot.Contact))
		if c, ok := now[slot]; ok && c.State.Status == threads.StatusClosed {
			change = f.followUp(c)
		} else if ok {
			change = next(c, nil)
		}
		change.Messages, change.Unseen = []threads.Message{f.message(&change.Conversation, key)}, true
		err = f.s.Commit(f.ctx, []threads.Change{change})[0]
		if !isLost(err) {
			return err
		}
	}
	return fmt.Errorf("message %s lost 500 races", key)
}

// requireMessages expects that the slot's newest conversation, of the ordinal
// given, holds n messages, each with a sequence of its own.
func (f *fixture) requireMessages(slot threads.Slot, ordinal, n int) threads.Conversation {
	f.t.Helper()
	now, err := f.s.Current(f.ctx, []threads.Slot{slot})
	require.NoError(f.t, err)
	c := now[slot]
	require.Equal(f.t, ordinal, c.Ordinal)
	require.Equal(f.t, n, c.MessageCount)
	list, more, err := f.s.Messages(f.ctx, c.ID, threads.MessagePage{Limit: n + 1})
	require.NoError(f.t, err)
	require.False(f.t, more)
	require.Len(f.t, list, n)
	for i, m := range list {
		require.EqualValues(f.t, i+1, m.Sequence)
	}
	return c
}

var concurrentTests = append([]test{
	{"fifty first messages at once are one conversation", func(t *testing.T, f *fixture) {
		slot := threads.Slot{Channel: channelA, Contact: "ct_1"}
		f.together(50, func(i int, f *fixture) error { return f.write(slot, fmt.Sprint("m", i)) })
		f.requireMessages(slot, 1, 50)
	}},
	{"a message that arrives twenty times at once is stored once", func(t *testing.T, f *fixture) {
		slot := threads.Slot{Channel: channelA, Contact: "ct_1"}
		f.together(20, func(_ int, f *fixture) error { return f.write(slot, "m") })
		f.requireMessages(slot, 1, 1)
	}},
	{"messages after a close make one follow-up", func(t *testing.T, f *fixture) {
		first, _ := f.closedConversation("ct_1")
		f.together(30, func(i int, f *fixture) error { return f.write(first.Slot(), fmt.Sprint("m", i)) })
		c := f.requireMessages(first.Slot(), 2, 30)
		require.Equal(t, c.ID, f.read(first.ID).State.Successor)
	}},
	{"of reopening and following up one wins", func(t *testing.T, f *fixture) {
		for round := range 15 {
			first, end := f.closedConversation(threads.ContactID(fmt.Sprint("ct_", round)))
			var reopened, followed atomic.Int32
			f.together(8, func(i int, f *fixture) error {
				change, won := f.followUp(end.Conversation), &followed
				if i%2 == 0 {
					change = next(end.Conversation, func(c *threads.Conversation) { c.State.Status = threads.StatusOpen })
					won = &reopened
				}
				err := f.s.Commit(f.ctx, []threads.Change{change})[0]
				if err == nil {
					won.Add(1)
				}
				if isLost(err) {
					return nil
				}
				return err
			})
			require.EqualValues(t, 1, reopened.Load()+followed.Load())
			now, err := f.s.Current(f.ctx, []threads.Slot{first.Slot()})
			require.NoError(t, err)
			require.NotEqual(t, threads.StatusClosed, now[first.Slot()].State.Status)
			require.EqualValues(t, followed.Load(), now[first.Slot()].Ordinal-1)
		}
	}},
	{"whoever claims an identity first owns it for all", func(t *testing.T, f *fixture) {
		shared := threads.Identity{Channel: channelA, Peer: "peer"}
		owners := make([]threads.ContactID, 20)
		f.together(len(owners), func(i int, f *fixture) error {
			c := f.contact(channelA, "peer", normalize.PeerID(fmt.Sprint("own-", i)))
			got, err := f.s.Claim(f.ctx, c)
			owners[i] = got[shared]
			return err
		})
		for _, o := range owners {
			require.Equal(t, owners[0], o)
		}
		_, err := f.s.Contact(f.ctx, owners[0])
		require.NoError(t, err)
	}},
	{"seen never misses what the conversation counts", func(t *testing.T, f *fixture) {
		const n = 60
		slot := threads.Slot{Channel: channelA, Contact: "ct_1"}
		keys := make([]threads.MessageKey, n)
		for i := range keys {
			keys[i] = threads.MessageKey(fmt.Sprint("m", i))
		}
		f.together(4, func(i int, f *fixture) error {
			for k := range n {
				if i == 0 {
					if err := f.write(slot, string(keys[k])); err != nil {
						return err
					}
					continue
				}
				now, err := f.s.Current(f.ctx, []threads.Slot{slot})
				if err != nil {
					return err
				}
				seen, err := f.s.Seen(f.ctx, channelA, keys)
				if err == nil && len(seen) < now[slot].MessageCount {
					err = fmt.Errorf("%d seen, %d counted", len(seen), now[slot].MessageCount)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}},
	{"savers of one message take turns", func(t *testing.T, f *fixture) {
		c := f.conversation(channelA, "ct_1")
		m := f.message(&c, "m")
		f.commit(create(c, m))
		f.together(8, func(i int, f *fixture) error {
			for done := 0; done < 5; {
				now, err := f.s.Message(f.ctx, m.ID)
				if err != nil {
					return err
				}
				now.Reactions = append(now.Reactions, threads.Reaction{Emoji: fmt.Sprint(i), At: start})
				now.Version++
				switch err = f.s.SaveMessage(f.ctx, now); {
				case err == nil:
					done++
				case !isLost(err):
					return err
				}
			}
			return nil
		})
		require.Len(t, f.readMessage(m.ID).Reactions, 40)
	}},
}, slices.Concat(concurrentWorkTests, concurrentSpoolTests)...)

var concurrentWorkTests = []test{
	{"each journal entry is one worker's", func(t *testing.T, f *fixture) {
		const n = 120
		var handled sync.Map
		var left atomic.Int32
		left.Store(n)
		f.together(8, func(i int, f *fixture) error {
			if i < 2 { // two accept, the others work
				for range n / 2 {
					if err := f.s.Journal().Append(f.ctx, []journal.Entry{f.entry("ch_a", i)}); err != nil {
						return err
					}
				}
				return nil
			}
			for left.Load() > 0 {
				list, err := f.s.Journal().Claim(f.ctx, fmt.Sprint("w", i), after(100), time.Hour, 7)
				if err != nil {
					return err
				}
				results := make([]journal.Result, len(list))
				for k, e := range list {
					if _, twice := handled.LoadOrStore(e.ID, i); twice {
						return fmt.Errorf("%s was claimed twice", e.ID)
					}
					results[k] = done(e)
				}
				if err := f.s.Journal().Finish(f.ctx, results); err != nil {
					return err
				}
				left.Add(-int32(len(list)))
			}
			return nil
		})
		f.requireBacklog(0, time.Time{})
	}},
	{"each lane's deliveries go one at a time, in order, once", func(t *testing.T, f *fixture) {
		const lanes, each = 6, 8
		seconds := make([]int, each)
		want := map[threads.ContactID][]threads.MessageID{}
		for i := range lanes {
			contact := threads.ContactID(fmt.Sprint("ct_", i))
			want[contact] = deliveryIDs(f.queued(channelA, contact, seconds...))
		}
		var mu sync.Mutex
		got, open := map[threads.ContactID][]threads.MessageID{}, map[threads.ContactID]bool{}
		total := 0
		note := func(d threads.Delivery, begins bool) error {
			mu.Lock()
			defer mu.Unlock()
			if open[d.ContactID] == begins {
				return fmt.Errorf("two deliveries of %s at once", d.ContactID)
			}
			if open[d.ContactID] = begins; begins {
				got[d.ContactID] = append(got[d.ContactID], d.MessageID)
				total++
			}
			return nil
		}
		finished := func() bool {
			mu.Lock()
			defer mu.Unlock()
			return total == lanes*each
		}
		f.together(6, func(i int, f *fixture) error {
			for !finished() {
				list, err := f.s.ClaimDeliveries(f.ctx, fmt.Sprint("w", i), after(100), time.Hour, workers.Room{All: 2})
				if err != nil {
					return err
				}
				for _, d := range list {
					if err := note(d, true); err != nil {
						return err
					}
					if _, err := f.s.BeginCalls(f.ctx, []threads.MessageID{d.MessageID}); err != nil {
						return err
					}
					if err := note(d, false); err != nil {
						return err
					}
					f.settle(d)
				}
			}
			return nil
		})
		require.Equal(t, want, got)
	}},
	{"one of many requests under a key begins", func(t *testing.T, f *fixture) {
		var begun atomic.Int32
		f.together(20, func(i int, f *fixture) error {
			_, stored, err := f.s.Begin(f.ctx, request("k", 0), keep, abandoned)
			if stored {
				begun.Add(1)
			}
			return err
		})
		require.EqualValues(t, 1, begun.Load())
	}},
	{"one of many takes over an abandoned request", func(t *testing.T, f *fixture) {
		f.begin(request("k", 0), nil)
		var begun atomic.Int32
		f.together(20, func(i int, f *fixture) error {
			_, stored, err := f.s.Begin(f.ctx, request("k", 100), keep, abandoned)
			if stored {
				begun.Add(1)
			}
			return err
		})
		require.EqualValues(t, 1, begun.Load())
	}},
	{"one of many gets the name, one of many the version", func(t *testing.T, f *fixture) {
		require.NoError(t, f.s.Put(f.ctx, document("ag_shared", "", 1, "x")))
		var named, changed atomic.Int32
		f.together(16, func(i int, f *fixture) error {
			d, won, lost := document(fmt.Sprint("ag_", i), "ada", 1, "x"), &named, directory.ErrTaken
			if i%2 == 0 {
				d, won, lost = document("ag_shared", "", 2, fmt.Sprint(i)), &changed, directory.ErrConflict
			}
			err := f.s.Put(f.ctx, d)
			if err == nil {
				won.Add(1)
				return nil
			}
			return onlyIf(err, lost)
		})
		require.EqualValues(t, 1, named.Load())
		require.EqualValues(t, 1, changed.Load())
	}},
}
