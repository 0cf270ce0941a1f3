package sqlite

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
	"threadhub/workers"
)

// put adds a delivery that may go at the time at, which is also its age.
func put(o *lanes, channel, contact, id string, at int64) *waiting {
	w := &waiting{id: threads.MessageID(id), createdAt: at, notBefore: at}
	o.add(w, threads.ChannelID(channel), threads.ContactID(contact))
	return w
}

// claimIDs claims for a term of 10 and answers what it got.
func claimIDs(o *lanes, now int64, limit int, paused ...threads.ChannelID) []string {
	room := workers.Room{All: limit, Left: map[threads.ChannelID]int{}}
	for _, id := range paused {
		room.Left[id] = 0
	}
	list := []string{}
	for _, c := range o.claim("w", now, now+10, room) {
		list = append(list, string(c.id))
	}
	return list
}

// end settles a delivery for good.
func end(o *lanes, w *waiting) {
	w.free()
	o.remove(w)
	o.arrange(w.lane)
}

// describe is all that memory knows of the rows, a line each.
func describe(o *lanes) []string {
	lines := []string{}
	for _, c := range o.channels {
		for _, l := range c.lanes {
			for i, w := range l.list {
				lines = append(lines, fmt.Sprintf("%s %s %04d: %s seq %d created %d not before %d in flight %t first %t",
					c.id, l.contact, i, w.id, w.seq, w.createdAt, w.notBefore, w.inFlight, w == l.first))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// requireSound expects that what memory keeps more than once agrees.
func requireSound(t require.TestingT, o *lanes) {
	waitingOf, piles := 0, 0
	for _, c := range o.channels {
		require.NotEmpty(t, c.lanes)
		piles += c.ready.Len()
		for _, l := range c.lanes {
			pile := &o.asleep
			if l.ready {
				pile = &c.ready
			}
			require.Same(t, l, pile.list[l.place])
			require.True(t, slices.IsSortedFunc(l.list, func(a, b *waiting) int { return cmp.Compare(a.id, b.id) }))
			inFlight := 0
			for _, w := range l.list {
				require.Same(t, w, o.byID[w.id])
				require.Same(t, w, o.times.list[w.place])
				require.Same(t, l, w.lane)
				if w.inFlight {
					inFlight++
				}
			}
			require.Equal(t, inFlight, l.inFlight)
			waitingOf += len(l.list)
			if l.lease != nil {
				require.Contains(t, o.byID, l.lease.message)
			}
		}
		piles += len(c.lanes) - c.ready.Len()
	}
	require.Len(t, o.byID, waitingOf)
	require.Len(t, o.times.list, waitingOf)
	lanes, bytes := 0, 0
	for _, c := range o.channels {
		lanes += len(c.lanes)
	}
	require.Equal(t, lanes, piles)
	for at := o.kept.order.Front(); at != nil; at = at.Next() {
		w := at.Value.(*waiting)
		require.Same(t, w, o.byID[w.id])
		bytes += w.copies.size()
	}
	require.Equal(t, bytes, o.kept.bytes)
}

func TestADeliveryThatComesLateGoesFirstUnlessTheOtherIsOnItsWay(t *testing.T) {
	for _, c := range []struct {
		name     string
		inFlight bool
		want     []string
	}{
		{"nothing is on its way", false, []string{"m1", "m2", "m3"}},
		{"the second was in flight before the first came", true, []string{"m2", "m1", "m3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newLanes()
			second := put(o, "a", "x", "m2", 2)
			put(o, "a", "x", "m3", 3)
			second.setInFlight(c.inFlight)
			o.arrange(second.lane)
			put(o, "a", "x", "m1", 1)
			requireSound(t, o)
			for _, want := range c.want {
				require.Equal(t, []string{want}, claimIDs(o, 10, 5))
				require.Empty(t, claimIDs(o, 10, 5))
				end(o, o.byID[threads.MessageID(want)])
				requireSound(t, o)
			}
			require.Empty(t, o.channels)
		})
	}
}

func TestALaneThatWasLeasedBeforeTheLateOneCameStaysLeased(t *testing.T) {
	o := newLanes()
	second := put(o, "a", "x", "m2", 2)
	require.Equal(t, []string{"m2"}, claimIDs(o, 5, 5))
	put(o, "a", "x", "m1", 1)
	require.Empty(t, claimIDs(o, 14, 5))
	end(o, second)
	require.Equal(t, []string{"m1"}, claimIDs(o, 14, 5))
}

func TestAClockThatIsSetBackChangesNothing(t *testing.T) {
	o := newLanes()
	put(o, "a", "x", "m1", 100)
	put(o, "a", "y", "m2", 50)
	require.Equal(t, []string{"m2"}, claimIDs(o, 200, 1), "both were due")
	require.Empty(t, claimIDs(o, 99, 5), "one is leased, the other is not due any more")
	requireSound(t, o)
	require.Equal(t, []string{"m1"}, claimIDs(o, 100, 5))
	require.Equal(t, []string{"m2"}, claimIDs(o, 210, 1), "the lease has ended")
	requireSound(t, o)
}

func TestWhatIsGivenBackIsFreeForTheNext(t *testing.T) {
	o := newLanes()
	put(o, "a", "x", "m1", 1)
	got := o.claim("w", 5, 15, workers.Room{All: 5})
	o.release("somebody else", got)
	require.Empty(t, claimIDs(o, 5, 5))
	o.release("w", got)
	require.Equal(t, []string{"m1"}, claimIDs(o, 5, 5))
	require.Nil(t, o.byID["m1"].copies)
}

// count makes a pile count its comparisons.
func count[T any](p *pile[T], n *int) {
	before := p.before
	p.before = func(a, b T) bool { *n++; return before(a, b) }
}

// workOfOthers queues deliveries on a channel that is paused and answers how
// many comparisons a hundred deliveries on another channel take, from commit to
// end.
func workOfOthers(t *testing.T, queued int) int {
	o := newLanes()
	put(o, "free", "nobody", "m", 1_000_000) // so that the channel stays
	for i := range queued {
		put(o, "paused", fmt.Sprint("ct_", i%(queued/2)), fmt.Sprintf("a%06d", i), int64(i))
	}
	const now = 500_000
	require.Empty(t, claimIDs(o, now, 10, "paused"))
	n := 0
	for i := range 100 {
		w := put(o, "free", "ct", fmt.Sprintf("b%06d", i), now)
		if i == 0 {
			count(&o.asleep, &n)
			count(&o.times, &n)
			for _, c := range o.channels {
				count(&c.ready, &n)
			}
		}
		require.Equal(t, []string{string(w.id)}, claimIDs(o, now, 10, "paused"))
		end(o, w)
	}
	requireSound(t, o)
	return n
}

func TestWhatWaitsOnAPausedChannelDoesNotSlowTheOthers(t *testing.T) {
	few, many := workOfOthers(t, 20), workOfOthers(t, 20_000)
	require.Less(t, many, 100*60, "a few dozen comparisons each, where a walk would take thousands")
	require.Less(t, many, 10*few)
}

func TestTheOldestCopiesGoWhenThereIsTooMuch(t *testing.T) {
	o := newLanes()
	var list []*waiting
	for i := range 4 {
		w := put(o, "a", "x", fmt.Sprint("m", i), 1)
		o.kept.put(w, copies{delivery: &threads.Delivery{MessageID: w.id}, deliverySize: keptBytes / 3})
		list = append(list, w)
		requireSound(t, o)
	}
	have := map[threads.MessageID]bool{}
	for _, w := range list {
		have[w.id] = w.copies != nil
	}
	require.Equal(t, map[threads.MessageID]bool{"m0": false, "m1": true, "m2": true, "m3": true}, have)

	o.kept.put(list[1], copies{deliverySize: keptBytes + 1})
	require.Nil(t, list[1].copies, "too large to be kept at all")
	o.kept.put(list[0], copies{deliverySize: keptBytes})
	requireSound(t, o)
	require.Equal(t, keptBytes, o.kept.bytes)
	require.Equal(t, 1, o.kept.order.Len())
	require.Len(t, slices.Collect(maps.Keys(o.byID)), 4)
}
