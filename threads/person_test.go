package threads_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

// dying is a store whose process dies at a save of a contact.
type dying struct {
	threads.Store
	left int // saves that still come through
}

var errDied = errors.New("the process died")

func (d *dying) SaveContact(ctx context.Context, c threads.Contact) error {
	if d.left--; d.left < 0 {
		return errDied
	}
	return d.Store.SaveContact(ctx, c)
}

// process is the threading of another process, over the store.
func (d *desk) process(store threads.Store) *threads.Service {
	return threads.NewService(threads.Options{
		Store: store, Channels: d, Roster: d, Announce: d, Logger: slog.New(slog.DiscardHandler), Now: d.clock,
	})
}

// named makes contacts of the names.
func (d *desk) named(names ...string) (ids []threads.ContactID) {
	d.t.Helper()
	for _, name := range names {
		d.take(d.message(normalize.PeerID(name), "first-of-"+name, "hello", d.clock()))
		one := threads.Identity{Channel: channel, Peer: normalize.PeerID(name)}
		owners, err := d.store.Owners(context.Background(), []threads.Identity{one})
		require.NoError(d.t, err)
		ids = append(ids, owners[one])
	}
	return ids
}

func (d *desk) person(id threads.ContactID) []threads.ContactID {
	d.t.Helper()
	p, err := threads.PersonOf(context.Background(), d.store, id)
	require.NoError(d.t, err)
	return p.IDs()
}

func newPeople(t *testing.T) *desk {
	t.Helper()
	style, known := threads.DefaultStyle(threads.SocialMessaging)
	require.True(t, known)
	return newDesk(t, style)
}

func TestAMergeThatStopsAnywhereHasNotHappenedOrHas(t *testing.T) {
	for _, undo := range []bool{false, true} {
		for left := range 3 {
			t.Run(fmt.Sprintf("undo %t, after %d saves", undo, left), func(t *testing.T) {
				d, ctx := newPeople(t), context.Background()
				ids := d.named("ana", "bob", "carla")
				a, b, c := ids[0], ids[1], ids[2]
				_, err := d.Merge(ctx, b, c)
				require.NoError(t, err)
				do := d.process(&dying{d.store, left}).Merge
				want := []threads.ContactID{a, b, c}
				if undo {
					_, err = d.Merge(ctx, a, b)
					require.NoError(t, err)
					do = d.process(&dying{d.store, left}).Unmerge
					want = []threads.ContactID{a}
				}
				_, err = do(ctx, a, b)
				if left < 2 {
					require.ErrorIs(t, err, errDied)
				}
				require.Contains(t, [][]threads.ContactID{{a}, {a, b, c}}, d.person(a), "all of it or nothing")
				require.Contains(t, [][]threads.ContactID{{b, c}, {a, b, c}}, d.person(c))
				again := d.Merge
				if undo {
					again = d.Unmerge
				}
				for range 2 {
					_, err = again(ctx, a, b)
					require.NoError(t, err)
					require.Equal(t, want, d.person(a))
				}
			})
		}
	}
}

func TestMergesFromAllSidesMakeOnePersonWhileMessagesComeIn(t *testing.T) {
	d, ctx := newPeople(t), context.Background()
	names := []string{"ana", "bob", "carla", "dan"}
	ids := d.named(names...)
	var all sync.WaitGroup
	for i := range ids {
		for j := range ids {
			if i == j {
				continue
			}
			all.Go(func() {
				// Somebody is always faster: whoever lost asks again.
				for {
					_, err := d.process(d.store).Merge(ctx, ids[i], ids[j])
					if !errors.Is(err, threads.ErrConflict) {
						if err != nil {
							t.Error(err)
						}
						return
					}
				}
			})
		}
		all.Go(func() {
			for n := range 5 {
				arrival := d.message(normalize.PeerID(names[i]), fmt.Sprintf("%s-%d", names[i], n), "still here", d.clock())
				if err := errors.Join(d.process(d.store).Ingest(ctx, []threads.Arrival{arrival})...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	whole := d.person(ids[0])
	require.ElementsMatch(t, ids, whole)
	for _, id := range ids {
		require.Equal(t, whole, d.person(id), "the same from everywhere")
	}
	list, _, err := d.store.Conversations(ctx, threads.Filter{Contacts: whole}, threads.Page{})
	require.NoError(t, err)
	require.Len(t, list, len(ids))
	for _, conv := range list {
		require.Equal(t, 6, conv.MessageCount, "each goes on in their own")
	}
	for i := len(whole) - 1; i > 0; i-- { // whoever was merged last first
		_, err := d.Unmerge(ctx, whole[0], whole[i])
		require.NoError(t, err)
	}
	require.Equal(t, whole[:1], d.person(whole[0]))
}

func TestAPersonHasBounds(t *testing.T) {
	d, ctx := newPeople(t), context.Background()
	names := make([]string, 21)
	for i := range names {
		names[i] = fmt.Sprint("p", i)
	}
	ids := d.named(names...)
	for _, id := range ids[1:20] {
		_, err := d.Merge(ctx, ids[0], id)
		require.NoError(t, err)
	}
	_, err := d.Merge(ctx, ids[0], ids[20])
	var refused *threads.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, threads.RefusedMerge, refused.Code)
	require.Len(t, d.person(ids[19]), 20)
}
