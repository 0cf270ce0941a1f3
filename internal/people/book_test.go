package people

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/internal/directory"
	"threadhub/threads"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	errAway = errors.New("the store is away")
	errDied = errors.New("the process died")
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// shelf is a store of contacts alone.
type shelf struct {
	threads.Store
	list map[threads.ContactID]threads.Contact
}

func (s *shelf) Contact(_ context.Context, id threads.ContactID) (threads.Contact, error) {
	c, ok := s.list[id]
	if !ok {
		return c, threads.ErrNotFound
	}
	return c, nil
}

func (s *shelf) SaveContact(_ context.Context, c threads.Contact) error {
	if s.list[c.ID].Version != c.Version-1 {
		return threads.ErrConflict
	}
	s.list[c.ID] = c
	return nil
}

// drawer is a store of notes that may fail at what it is asked.
type drawer struct {
	directory.Memory
	fails map[string]error
}

func (d *drawer) Get(ctx context.Context, kind, id string) (directory.Document, error) {
	if err := d.fails["get"]; err != nil {
		return directory.Document{}, err
	}
	return d.Memory.Get(ctx, kind, id)
}

func (d *drawer) Put(ctx context.Context, doc directory.Document) error {
	verb := "update"
	if doc.Version == 1 {
		verb = "create"
	}
	if err := d.fails[verb]; err != nil {
		return err
	}
	return d.Memory.Put(ctx, doc)
}

func (d *drawer) Delete(ctx context.Context, kind, id string) error {
	if err := d.fails["delete"]; err != nil {
		return err
	}
	return d.Memory.Delete(ctx, kind, id)
}

type quiet struct{}

func (quiet) Announce(context.Context, []threads.Notice) error { return nil }

// desk is a book over the real merging of contacts, which are in memory. It
// implements Threads, and looks into the notes at each call.
type desk struct {
	t       *testing.T
	book    *Book
	drawer  *drawer
	shelf   *shelf
	service *threads.Service
	now     time.Time
	dies    bool             // instead of the next call
	asked   []string         // the calls that came through
	noted   map[string]Merge // what was noted at the latest call
}

// newDesk has the contacts ana, bob and carla, and club, which is a group.
func newDesk(t *testing.T) *desk {
	d := &desk{
		drawer: &drawer{fails: map[string]error{}}, shelf: &shelf{list: map[threads.ContactID]threads.Contact{}},
		t: t, now: noon,
	}
	for _, id := range []threads.ContactID{"ana", "bob", "carla", "club"} {
		d.shelf.list[id] = threads.Contact{ID: id, Group: id == "club", Version: 1}
	}
	clock := func() time.Time { return d.now }
	d.service = threads.NewService(threads.Options{Store: d.shelf, Announce: quiet{}, Now: clock, Logger: slog.New(slog.DiscardHandler)})
	d.book = NewBook(struct {
		directory.Store
		threads.Contacts
	}{d.drawer, d.shelf}, d, clock)
	return d
}

func (d *desk) Merge(ctx context.Context, into, contact threads.ContactID) (threads.Person, error) {
	if d.called("merge", into, contact) {
		return threads.Person{}, errDied
	}
	return d.service.Merge(ctx, into, contact)
}

func (d *desk) Unmerge(ctx context.Context, from, contact threads.ContactID) (threads.Person, error) {
	if d.called("unmerge", from, contact) {
		return threads.Person{}, errDied
	}
	return d.service.Unmerge(ctx, from, contact)
}

func (d *desk) called(what string, into, contact threads.ContactID) (dies bool) {
	d.asked = append(d.asked, what+" "+string(into)+" "+string(contact))
	d.noted = d.notes()
	dies, d.dies = d.dies, false
	return dies
}

// notes is what is noted now, by the contact that was merged.
func (d *desk) notes() map[string]Merge {
	d.t.Helper()
	items, err := directory.NewCollection[Merge](&d.drawer.Memory, "contact_merge", nil).List(context.Background(), "", 100)
	require.NoError(d.t, err)
	notes := map[string]Merge{}
	for _, item := range items {
		notes[item.ID] = item.Value
	}
	return notes
}

// merged merges on behalf of bea, and answers the person's contacts.
func (d *desk) merged(into, contact threads.ContactID) []threads.ContactID {
	d.t.Helper()
	p, err := d.book.Merge(context.Background(), into, contact, "bea")
	require.NoError(d.t, err)
	return p.IDs()
}

func (d *desk) person(id threads.ContactID) []threads.ContactID {
	d.t.Helper()
	p, err := threads.PersonOf(context.Background(), d.shelf, id)
	require.NoError(d.t, err)
	return p.IDs()
}

func TestAMergeIsNotedAndThenMade(t *testing.T) {
	d := newDesk(t)
	d.now = time.Date(2026, 3, 1, 13, 0, 0, 7_654_321, time.FixedZone("", 3600))
	require.Equal(t, []threads.ContactID{"ana", "bob"}, d.merged("ana", "bob"))
	want := map[string]Merge{"bob": {Into: "ana", By: "bea", At: noon.Add(7 * time.Millisecond)}}
	require.Equal(t, want, d.noted, "before it was made")
	require.Equal(t, want, d.notes(), "and after it")
	require.Equal(t, []threads.ContactID{"ana", "bob"}, d.person("bob"))
}

func TestAMergeThatIsRepeatedChangesNothing(t *testing.T) {
	for name, again := range map[string][2]threads.ContactID{
		"the same":                {"ana", "carla"},
		"the other way round":     {"carla", "ana"},
		"into one who was merged": {"bob", "carla"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.merged("ana", "bob")
			d.merged("ana", "carla")
			notes, calls := d.notes(), len(d.asked)
			d.now = d.now.Add(time.Hour)
			require.Equal(t, []threads.ContactID{"ana", "bob", "carla"}, d.merged(again[0], again[1]))
			require.Equal(t, notes, d.notes())
			require.Len(t, d.asked, calls)
		})
	}
}

func TestAMergeThatIsRefusedLeavesNoNote(t *testing.T) {
	for name, c := range map[string]struct {
		into, contact threads.ContactID
		gone          bool // who is to be merged
		asked         []string
	}{
		"with itself":            {"ana", "ana", false, []string{"merge ana ana"}},
		"of a group":             {"ana", "club", false, []string{"merge ana club"}},
		"into a group":           {"club", "ana", false, []string{"merge club ana"}},
		"of one who is erased":   {"ana", "none", true, []string{"merge ana none"}},
		"into one who is erased": {"none", "ana", true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			_, err := d.book.Merge(context.Background(), c.into, c.contact, "bea")
			if c.gone {
				require.ErrorIs(t, err, threads.ErrNotFound)
			} else {
				var refused *threads.RefusedError
				require.ErrorAs(t, err, &refused)
				require.Equal(t, threads.RefusedMerge, refused.Code)
			}
			require.Equal(t, c.asked, d.asked)
			require.Empty(t, d.notes())
		})
	}
}

func TestANoteThatStaysAfterARefusalIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		gone error
		told bool
	}{
		"the store is away":                     {errAway, true},
		"somebody else has taken the note away": {directory.ErrNotFound, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.drawer.fails["delete"] = c.gone
			_, err := d.book.Merge(context.Background(), "ana", "club", "bea")
			var refused *threads.RefusedError
			require.ErrorAs(t, err, &refused, "why there is no merge comes with it")
			require.Equal(t, c.told, errors.Is(err, c.gone))
		})
	}
}

func TestAMergeThatStoppedAfterItsNoteIsMadeByTheNext(t *testing.T) {
	d := newDesk(t)
	d.dies = true
	_, err := d.book.Merge(context.Background(), "ana", "bob", "bea")
	require.ErrorIs(t, err, errDied)
	note := map[string]Merge{"bob": {Into: "ana", By: "bea", At: noon}}
	require.Equal(t, note, d.notes(), "it may have been made")
	require.Equal(t, []threads.ContactID{"bob"}, d.person("bob"))
	d.now = d.now.Add(time.Hour)
	require.Equal(t, []threads.ContactID{"ana", "bob"}, d.merged("ana", "bob"))
	require.Equal(t, note, d.notes(), "the first one counts")
}

func TestAMergeIntoAnotherReplacesTheNote(t *testing.T) {
	d := newDesk(t)
	d.dies = true
	_, err := d.book.Merge(context.Background(), "ana", "bob", "bea")
	require.ErrorIs(t, err, errDied)
	d.now = d.now.Add(time.Hour)
	p, err := d.book.Merge(context.Background(), "carla", "bob", "ida")
	require.NoError(t, err)
	require.Equal(t, []threads.ContactID{"carla", "bob"}, p.IDs())
	want := map[string]Merge{"bob": {Into: "carla", By: "ida", At: noon.Add(time.Hour)}}
	require.Equal(t, want, d.noted, "before it was made")
	require.Equal(t, want, d.notes())
}

func TestAnUnmergeTakesTheNoteAwayFirst(t *testing.T) {
	d := newDesk(t)
	d.merged("ana", "bob")
	d.merged("ana", "carla")
	for _, again := range []string{"", "again"} {
		p, err := d.book.Unmerge(context.Background(), "ana", "bob")
		require.NoError(t, err, again)
		require.Equal(t, []threads.ContactID{"ana", "carla"}, p.IDs())
		require.Equal(t, map[string]Merge{"carla": {Into: "ana", By: "bea", At: noon}}, d.noted)
		require.Equal(t, []threads.ContactID{"bob"}, d.person("bob"))
	}
	require.Equal(t, []string{"unmerge ana bob", "unmerge ana bob"}, d.asked[2:])
}

func TestWhatIsRefusedLeavesTheNoteOfWhatWasDone(t *testing.T) {
	for name, do := range map[string]func(d *desk) error{
		"a merge into a group": func(d *desk) error {
			_, err := d.book.Merge(context.Background(), "club", "bob", "ida")
			return err
		},
		"an unmerge from another": func(d *desk) error {
			_, err := d.book.Unmerge(context.Background(), "carla", "bob")
			return err
		},
		"an unmerge from one who is erased": func(d *desk) error {
			_, err := d.book.Unmerge(context.Background(), "none", "bob")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.merged("ana", "bob")
			d.now = d.now.Add(time.Hour)
			require.Error(t, do(d))
			require.Equal(t, map[string]Merge{"bob": {Into: "ana", By: "bea", At: noon}}, d.notes())
			require.Equal(t, []threads.ContactID{"ana", "bob"}, d.person("bob"))
			require.Len(t, d.asked, 2, "it was refused, and not overlooked")
		})
	}
}

func TestNothingIsDoneThatIsNotNoted(t *testing.T) {
	merge := func(d *desk) error {
		_, err := d.book.Merge(context.Background(), "ana", "bob", "bea")
		return err
	}
	elsewhere := func(d *desk) {
		d.dies = true
		_, err := d.book.Merge(context.Background(), "carla", "bob", "bea")
		require.ErrorIs(d.t, err, errDied)
		d.asked = nil
	}
	for name, c := range map[string]struct {
		before func(d *desk)
		fails  string
		with   error
		do     func(d *desk) error
		says   string
	}{
		"a merge":                                {fails: "create", with: errAway, do: merge, says: "note a merge: "},
		"a merge whose note cannot be read":      {before: elsewhere, fails: "get", with: errAway, do: merge, says: "note a merge: "},
		"a merge into another":                   {before: elsewhere, fails: "update", with: errAway, do: merge, says: "note a merge: "},
		"a merge into another that is just made": {before: elsewhere, fails: "update", with: directory.ErrConflict, do: merge, says: "note a merge: "},
		"an unmerge": {fails: "delete", with: errAway, says: "note that a merge is undone: ", do: func(d *desk) error {
			_, err := d.book.Unmerge(context.Background(), "ana", "bob")
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			if c.before != nil {
				c.before(d)
			}
			d.drawer.fails[c.fails] = c.with
			err := c.do(d)
			require.ErrorIs(t, err, c.with)
			require.ErrorContains(t, err, c.says)
			require.Empty(t, d.asked)
		})
	}
}
