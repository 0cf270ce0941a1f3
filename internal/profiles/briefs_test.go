package profiles

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/directory"
	"threadhub/internal/sqlite"
	"threadhub/threads"
)

// shelf is a store that is away for what the desk says.
type shelf struct {
	directory.Store
	desk *desk
}

func (s shelf) List(ctx context.Context, kind, after string, limit int) ([]directory.Document, error) {
	if err := s.desk.fault("List"); err != nil {
		return nil, err
	}
	return s.Store.List(ctx, kind, after, limit)
}

func (s shelf) Put(ctx context.Context, doc directory.Document) error {
	if err := s.desk.fault("Put"); err != nil {
		return err
	}
	return s.Store.Put(ctx, doc)
}

func (s shelf) Delete(ctx context.Context, kind, id string) error {
	if err := s.desk.fault("Delete"); err != nil {
		return err
	}
	return s.Store.Delete(ctx, kind, id)
}

// noted runs a test with a desk over a real embedded store, whose keeper does
// not run yet.
func noted(t *testing.T, test func(d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store, err := sqlite.Open(context.Background(), t.TempDir(), sqlite.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		d := newDesk(t, nil)
		d.store = shelf{store, d}
		d.process()
		test(d)
	})
}

// notes lists the contacts of the notes that are in the store.
func (d *desk) notes() (of []threads.ContactID) {
	d.t.Helper()
	items, err := directory.NewCollection[note](d.store.(shelf).Store, NoteKind, nil).List(context.Background(), "", 10_000)
	require.NoError(d.t, err)
	for _, item := range items {
		of = append(of, item.Value.Contact)
	}
	return of
}

// due makes a note of a change to come.
func (d *desk) due(id threads.ContactID) string {
	d.t.Helper()
	n, err := d.keeper.Due(context.Background(), id)
	require.NoError(d.t, err)
	return n
}

// refreshes has refreshes of conversations come to this.
func (d *desk) refreshes(fn func(ctx context.Context, p page) (threads.Cursor, error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refresh = fn
}

func pageOf(id threads.ContactID, after threads.Cursor) page {
	return page{id, threads.Page{After: after, Limit: briefsPage}}
}

func TestAllConversationsShowAChangeBeforeItsNoteGoes(t *testing.T) {
	noted(t, func(d *desk) {
		d.refreshes(func(_ context.Context, p page) (threads.Cursor, error) {
			if len(d.notes()) != 1 {
				t.Error("the note went before the change was shown")
			}
			return map[threads.Cursor]threads.Cursor{"": "second", "second": "third"}[p.After], nil
		})
		d.start()
		n := d.due("ct_1")
		d.pass(30 * time.Second)
		require.Equal(t, []threads.ContactID{"ct_1"}, d.notes())
		require.Empty(t, d.seen().refreshed, "the change is not made yet")
		d.keeper.Changed(n, "ct_1")
		require.Equal(t, []page{pageOf("ct_1", ""), pageOf("ct_1", "second"), pageOf("ct_1", "third")}, d.seen().refreshed)
		require.Empty(t, d.notes())
		require.Empty(t, d.logged())
	})
}

func TestEachChangeHasANoteOfItsOwn(t *testing.T) {
	noted(t, func(d *desk) {
		d.start()
		first, second := d.due("ct_1"), d.due("ct_1")
		d.keeper.Changed(first, "ct_1")
		synctest.Wait()
		require.Equal(t, []threads.ContactID{"ct_1"}, d.notes())
		d.keeper.Changed(second, "ct_1")
		synctest.Wait()
		require.Empty(t, d.notes())
	})
}

func TestAChangeThatCannotBeNotedIsTold(t *testing.T) {
	noted(t, func(d *desk) {
		d.breaks("Put", errAway)
		_, err := d.keeper.Due(context.Background(), "ct_1")
		require.ErrorIs(t, err, errAway)
	})
}

func TestAnErrorLeavesTheNoteForLater(t *testing.T) {
	for name, c := range map[string]struct {
		broken    string
		refreshed []page // until the note was left
	}{
		"a conversation cannot be changed": {"RefreshBriefs", []page{pageOf("ct_1", ""), pageOf("ct_1", "second")}},
		"the note cannot be taken away":    {"Delete", []page{pageOf("ct_1", ""), pageOf("ct_1", "second"), pageOf("ct_1", "third")}},
	} {
		t.Run(name, func(t *testing.T) {
			noted(t, func(d *desk) {
				d.breaks(c.broken, errAway)
				d.refreshes(func(_ context.Context, p page) (threads.Cursor, error) {
					switch p.After {
					case "":
						return "second", nil
					case "second":
						return "third", d.fault("RefreshBriefs")
					}
					return "", nil
				})
				d.start()
				d.keeper.Changed(d.due("ct_1"), "ct_1")
				require.Equal(t, c.refreshed, d.seen().refreshed)
				require.Equal(t, []threads.ContactID{"ct_1"}, d.notes())
				require.Contains(t, d.logged(), errAway.Error())
				d.breaks(c.broken, nil)
				d.pass(noteRests - time.Second)
				require.Len(t, d.notes(), 1)
				d.pass(time.Second)
				require.Empty(t, d.notes())
				require.Equal(t, []page{pageOf("ct_1", ""), pageOf("ct_1", "second"), pageOf("ct_1", "third")}, d.seen().refreshed[len(c.refreshed):], "all of it again")
			})
		})
	}
}

// TestANoteIsLeftToWhoMadeItForAMinute: and then taken over, so that a process
// that died leaves no old name.
func TestANoteIsLeftToWhoMadeItForAMinute(t *testing.T) {
	noted(t, func(d *desk) {
		d.due("ct_old") // by a process that dies
		d.pass(50 * time.Second)
		d.due("ct_young")
		d.start()
		require.Empty(t, d.seen().refreshed)
		d.pass(notesEvery)
		require.Equal(t, []page{pageOf("ct_old", "")}, d.seen().refreshed)
		require.Equal(t, []threads.ContactID{"ct_young"}, d.notes())
		d.pass(noteRests - notesEvery)
		require.Equal(t, []page{pageOf("ct_old", ""), pageOf("ct_young", "")}, d.seen().refreshed)
		require.Empty(t, d.notes())
		d.pass(time.Hour)
		require.Len(t, d.seen().refreshed, 2)
	})
}

func TestANoteThatTwoProcessesSeeToIsNoTrouble(t *testing.T) {
	noted(t, func(d *desk) {
		d.due("ct_1")
		d.pass(noteRests)
		d.refreshes(func(context.Context, page) (threads.Cursor, error) {
			time.Sleep(time.Second)
			return "", nil
		})
		d.start()
		d.start()
		d.pass(time.Second)
		require.Len(t, d.seen().refreshed, 2)
		require.Empty(t, d.notes())
		require.Empty(t, d.logged())
	})
}

func TestNotesThatStayHoldUpNoOthers(t *testing.T) {
	noted(t, func(d *desk) {
		d.breaks("RefreshBriefs", errAway)
		d.refreshes(func(_ context.Context, p page) (threads.Cursor, error) {
			if p.contact == "ct_1" {
				return "", nil
			}
			return "", d.fault("RefreshBriefs")
		})
		for range notesPage + 1 {
			d.due("ct_poison")
		}
		d.due("ct_1")
		d.pass(noteRests)
		d.start()
		require.NotContains(t, d.notes(), threads.ContactID("ct_1"))
		require.Len(t, d.notes(), notesPage+1)
	})
}

func TestChangesThatAreTooManyAreFoundLater(t *testing.T) {
	noted(t, func(d *desk) {
		d.store = shelf{&directory.Memory{}, d} // so many are slow to write
		d.process()
		for range briefsWaiting {
			d.keeper.Changed(d.due("ct_1"), "ct_1")
		}
		d.keeper.Changed(d.due("ct_late"), "ct_late")
		d.run(d.keeper)
		require.Equal(t, []threads.ContactID{"ct_late"}, d.notes())
		d.pass(noteRests)
		require.Empty(t, d.notes())
	})
}

func TestNotesThatCannotBeReadAreReadLater(t *testing.T) {
	noted(t, func(d *desk) {
		d.due("ct_1")
		d.pass(noteRests)
		d.breaks("List", errAway)
		d.start()
		require.Equal(t, 1, strings.Count(d.logged(), errAway.Error()))
		d.breaks("List", nil)
		d.pass(notesEvery)
		require.Empty(t, d.notes())
	})
}

func TestAnEndWithinARefreshLeavesTheNoteAndIsNoTrouble(t *testing.T) {
	noted(t, func(d *desk) {
		d.refreshes(func(ctx context.Context, _ page) (threads.Cursor, error) {
			<-ctx.Done()
			return "", ctx.Err()
		})
		stop := d.start()
		for range briefPlaces + 1 {
			d.keeper.Changed(d.due("ct_1"), "ct_1")
		}
		require.Len(t, d.seen().refreshed, briefPlaces, "so many at once")
		stop()
		require.Len(t, d.notes(), briefPlaces+1)
		require.Empty(t, d.logged())
	})
}
