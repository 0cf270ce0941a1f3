package directory

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type flock struct {
	Birds []string `json:"birds"`
}

// sheet is one whose view is a line of its birds, on a clock that stands.
func sheet(store Store, now *time.Time, fresh time.Duration) *Sheet[flock, string] {
	return NewSheet(SheetOptions[flock, string]{
		Store: store, Kind: "flock", What: "birds", Now: func() time.Time { return *now }, Fresh: fresh,
		View: func(i Item[flock]) string { return strings.Join(i.Value.Birds, " ") },
	})
}

func settle(name string) func(*flock) error {
	return func(f *flock) error {
		f.Birds = append(f.Birds, name)
		return nil
	}
}

func TestASheetIsOneDocument(t *testing.T) {
	ctx, store, now := context.Background(), &Memory{}, time.Unix(0, 0)
	s := sheet(store, &now, 0)
	item, err := s.Read(ctx)
	require.NoError(t, err)
	require.Zero(t, item.Version)
	held, err := s.Held(ctx)
	require.NoError(t, err)
	require.Empty(t, held)

	item, err = s.Edit(ctx, settle("robin"))
	require.NoError(t, err)
	require.EqualValues(t, 1, item.Version)
	item, err = s.Edit(ctx, settle("wren"))
	require.NoError(t, err)
	require.EqualValues(t, 2, item.Version)
	held, err = s.Held(ctx)
	require.NoError(t, err)
	require.Equal(t, "robin wren", held, "a change is held at once")

	no := errors.New("no")
	_, err = s.Edit(ctx, func(f *flock) error { f.Birds = nil; return no })
	require.Equal(t, no, err, "as it is")
	stored, err := sheet(store, &now, 0).Held(ctx)
	require.NoError(t, err)
	require.Equal(t, "robin wren", stored)
}

func TestWhoEditsASheetAtOnceLosesNothing(t *testing.T) {
	ctx, store, now := context.Background(), &Memory{}, time.Unix(0, 0)
	s, other := sheet(store, &now, 0), sheet(store, &now, 0)
	tries := 0
	_, err := s.Edit(ctx, func(f *flock) error {
		if tries++; tries == 1 {
			_, err := other.Edit(ctx, settle("wren"))
			require.NoError(t, err)
		}
		return settle("robin")(f)
	})
	require.NoError(t, err)
	require.Equal(t, 2, tries)
	held, err := s.Held(ctx)
	require.NoError(t, err)
	require.Equal(t, "wren robin", held)
}

func TestAnOlderSheetNeverReplacesANewerOne(t *testing.T) {
	ctx, now := context.Background(), time.Unix(0, 0)
	s := sheet(&Memory{}, &now, 0)
	old, err := s.Read(ctx)
	require.NoError(t, err)
	_, err = s.Edit(ctx, settle("robin"))
	require.NoError(t, err)
	s.hold(old, now)
	held, err := s.Held(ctx)
	require.NoError(t, err)
	require.Equal(t, "robin", held, "a slow reader does not undo a change")
}

func TestASheetIsReadAgainWhenItMayBeOld(t *testing.T) {
	ctx, store, now := context.Background(), &Memory{}, time.Unix(0, 0)
	s := sheet(store, &now, time.Second)
	_, err := s.Held(ctx)
	require.NoError(t, err)
	_, err = sheet(store, &now, 0).Edit(ctx, settle("robin"))
	require.NoError(t, err)
	store.Err = errors.New("away")
	held, err := s.Held(ctx)
	require.NoError(t, err, "what is held does without the store")
	require.Empty(t, held)
	now = now.Add(time.Second)
	_, err = s.Held(ctx)
	require.ErrorIs(t, err, store.Err)
	_, err = s.Edit(ctx, settle("wren"))
	require.ErrorContains(t, err, "birds: ")
	store.Err = nil
	held, err = s.Held(ctx)
	require.NoError(t, err)
	require.Equal(t, "robin", held)
}

func TestPlacesInAnOrderedList(t *testing.T) {
	one, three, far := 1, 3, 9
	list := func() []string { return []string{"a", "b", "c"} }
	require.Equal(t, []string{"a", "b", "c", "x"}, InsertAt(list(), nil, "x"))
	require.Equal(t, []string{"x", "a", "b", "c"}, InsertAt(list(), &one, "x"))
	require.Equal(t, []string{"a", "b", "c", "x"}, InsertAt(list(), &far, "x"))
	require.Equal(t, []string{"a", "x", "c"}, ReplaceAt(list(), 1, nil, "x"))
	require.Equal(t, []string{"x", "a", "c"}, ReplaceAt(list(), 1, &one, "x"))
	require.Equal(t, []string{"b", "c", "x"}, ReplaceAt(list(), 0, &three, "x"))
	require.Equal(t, []string{"b", "c", "x"}, ReplaceAt(list(), 0, &far, "x"))
}
