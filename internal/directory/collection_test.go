package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type bird struct {
	Name string `json:"name"`
}

func birds(s Store) Collection[bird] {
	return NewCollection(s, "bird", func(b bird) string { return b.Name })
}

func TestACollectionKeepsTypedRecords(t *testing.T) {
	ctx, store := context.Background(), &Memory{}
	c := birds(store)
	robin, err := c.Create(ctx, "b1", bird{"robin"})
	require.NoError(t, err)
	require.Equal(t, Item[bird]{ID: "b1", Version: 1, Value: bird{"robin"}}, robin)
	wren, err := c.Create(ctx, "b2", bird{"wren"})
	require.NoError(t, err)

	_, err = c.Create(ctx, "b1", bird{"other"})
	require.ErrorIs(t, err, ErrConflict, "the id is in use")
	_, err = c.Create(ctx, "b3", bird{"wren"})
	require.ErrorIs(t, err, ErrTaken, "the name is in use")

	found, err := c.Find(ctx, "wren")
	require.NoError(t, err)
	require.Equal(t, wren, found)
	list, err := c.List(ctx, "b1", 10)
	require.NoError(t, err)
	require.Equal(t, []Item[bird]{wren}, list)

	robin.Value.Name = "thrush"
	changed, err := c.Update(ctx, robin)
	require.NoError(t, err)
	require.EqualValues(t, 2, changed.Version)
	_, err = c.Update(ctx, robin)
	require.ErrorIs(t, err, ErrConflict, "somebody else was faster")
	_, err = c.Find(ctx, "robin")
	require.ErrorIs(t, err, ErrNotFound, "the old name is free")

	require.NoError(t, c.Delete(ctx, "b1"))
	require.ErrorIs(t, c.Delete(ctx, "b1"), ErrNotFound)
	_, err = c.Get(ctx, "b1")
	require.ErrorIs(t, err, ErrNotFound)
}

func TestACollectionOfRecordsWithoutNames(t *testing.T) {
	ctx := context.Background()
	c := NewCollection[bird](&Memory{}, "bird", nil)
	for _, id := range []string{"b1", "b2"} {
		_, err := c.Create(ctx, id, bird{"same"})
		require.NoError(t, err)
	}
	_, err := c.Find(ctx, "")
	require.ErrorIs(t, err, ErrNotFound)
}

func TestACollectionPassesTheStoresTroubleOn(t *testing.T) {
	ctx, away := context.Background(), errors.New("away")
	c := birds(&Memory{Err: away})
	_, err := c.List(ctx, "", 1)
	require.ErrorIs(t, err, away)
	_, err = c.Create(ctx, "b1", bird{})
	require.ErrorIs(t, err, away)
	require.ErrorIs(t, c.Delete(ctx, "b1"), away)
}

func TestARecordThatCannotBeReadIsAnError(t *testing.T) {
	ctx, store := context.Background(), &Memory{}
	require.NoError(t, store.Put(ctx, Document{Kind: "bird", ID: "b1", Version: 1, Body: []byte(`{`)}))
	_, err := birds(store).List(ctx, "", 1)
	require.ErrorContains(t, err, "read bird b1")
}

func TestEveryRecordIsRewrittenOnce(t *testing.T) {
	ctx, store := context.Background(), &Memory{}
	c := NewCollection[bird](store, "bird", nil)
	for i := range 450 {
		_, err := c.Create(ctx, fmt.Sprintf("b%03d", i), bird{fmt.Sprint("old ", i%3)})
		require.NoError(t, err)
	}
	meddled := false
	n, err := c.Rewrite(ctx, func(item *Item[bird]) (int, error) {
		if item.ID == "b007" && !meddled { // somebody changes it meanwhile
			meddled = true
			other := *item
			other.Value.Name += "!"
			_, err := c.Update(ctx, other)
			require.NoError(t, err)
		}
		if item.ID == "b201" {
			require.NoError(t, c.Delete(ctx, item.ID)) // or removes it
		}
		name, old := strings.CutPrefix(item.Value.Name, "old ")
		if !old || name == "2" {
			return 0, nil
		}
		item.Value.Name = name
		return 1, nil
	})
	require.NoError(t, err)
	require.Equal(t, 299, n)
	got, err := c.Get(ctx, "b007")
	require.NoError(t, err)
	require.Equal(t, "1!", got.Value.Name)
	store.Err = errors.New("away")
	_, err = c.Rewrite(ctx, func(*Item[bird]) (int, error) { return 0, nil })
	require.ErrorIs(t, err, store.Err)
}
