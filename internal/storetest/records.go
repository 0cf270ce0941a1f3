package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/directory"
	"threadhub/internal/idempotency"
)

// document is a record of the kind "agent".
func document(id, unique string, version int64, body string) directory.Document {
	return directory.Document{Kind: "agent", ID: id, Unique: unique, Version: version, Body: []byte(body)}
}

var directoryTests = []test{
	{"a document reads back as put, by id and by name", func(t *testing.T, f *fixture) {
		d := document("ag_1", "ada@example.test", 1, "{\"$x\":1}\x00\xff")
		require.NoError(t, f.s.Put(f.ctx, d))
		got, err := f.s.Get(f.ctx, "agent", "ag_1")
		require.NoError(t, err)
		require.Equal(t, d, got)
		got, err = f.s.Find(f.ctx, "agent", "ada@example.test")
		require.NoError(t, err)
		require.Equal(t, d, got)
	}},
	{"what is not there is not found", func(t *testing.T, f *fixture) {
		require.NoError(t, f.s.Put(f.ctx, document("ag_1", "", 1, "x")))
		for _, get := range []func() error{
			func() error { _, err := f.s.Get(f.ctx, "agent", "ag_2"); return err },
			func() error { _, err := f.s.Get(f.ctx, "group", "ag_1"); return err },
			func() error { _, err := f.s.Find(f.ctx, "agent", "nobody"); return err },
			func() error { _, err := f.s.Find(f.ctx, "agent", ""); return err },
			func() error { return f.s.Delete(f.ctx, "agent", "ag_2") },
		} {
			require.ErrorIs(t, get(), directory.ErrNotFound)
		}
	}},
	{"putting compares versions", func(t *testing.T, f *fixture) {
		require.ErrorIs(t, f.s.Put(f.ctx, document("ag_1", "", 2, "x")), directory.ErrConflict, "there is none yet")
		require.NoError(t, f.s.Put(f.ctx, document("ag_1", "", 1, "one")))
		require.ErrorIs(t, f.s.Put(f.ctx, document("ag_1", "", 1, "again")), directory.ErrConflict)
		require.NoError(t, f.s.Put(f.ctx, document("ag_1", "", 2, "two")))
		require.ErrorIs(t, f.s.Put(f.ctx, document("ag_1", "", 2, "late")), directory.ErrConflict)
		require.ErrorIs(t, f.s.Put(f.ctx, document("ag_1", "", 4, "ahead")), directory.ErrConflict)
		got, err := f.s.Get(f.ctx, "agent", "ag_1")
		require.NoError(t, err)
		require.Equal(t, document("ag_1", "", 2, "two"), got)
	}},
	{"a unique name has one owner per kind", func(t *testing.T, f *fixture) {
		require.NoError(t, f.s.Put(f.ctx, document("ag_1", "ada", 1, "x")))
		require.ErrorIs(t, f.s.Put(f.ctx, document("ag_2", "ada", 1, "x")), directory.ErrTaken)
		require.NoError(t, f.s.Put(f.ctx, document("ag_2", "bob", 1, "x")))
		require.ErrorIs(t, f.s.Put(f.ctx, document("ag_2", "ada", 2, "x")), directory.ErrTaken)
		got, err := f.s.Get(f.ctx, "agent", "ag_2")
		require.NoError(t, err)
		require.Equal(t, document("ag_2", "bob", 1, "x"), got)

		group := document("gr_1", "ada", 1, "x")
		group.Kind = "group"
		require.NoError(t, f.s.Put(f.ctx, group), "another kind")
	}},
	{"a name given up is free", func(t *testing.T, f *fixture) {
		require.NoError(t, f.s.Put(f.ctx, document("ag_1", "ada", 1, "x")))
		require.NoError(t, f.s.Put(f.ctx, document("ag_1", "ada", 2, "same name")))
		require.NoError(t, f.s.Put(f.ctx, document("ag_1", "", 3, "none")))
		require.NoError(t, f.s.Put(f.ctx, document("ag_2", "ada", 1, "x")))
		require.NoError(t, f.s.Delete(f.ctx, "agent", "ag_2"))
		require.NoError(t, f.s.Put(f.ctx, document("ag_1", "ada", 4, "back")))
	}},
	{"documents without a name do not collide", func(t *testing.T, f *fixture) {
		for i := range 3 {
			require.NoError(t, f.s.Put(f.ctx, document(fmt.Sprint("ag_", i), "", 1, "x")))
		}
	}},
	{"a deleted document is gone and may be made again", func(t *testing.T, f *fixture) {
		require.NoError(t, f.s.Put(f.ctx, document("ag_1", "ada", 1, "x")))
		require.NoError(t, f.s.Put(f.ctx, document("ag_1", "ada", 2, "x")))
		require.NoError(t, f.s.Delete(f.ctx, "agent", "ag_1"))
		_, err := f.s.Get(f.ctx, "agent", "ag_1")
		require.ErrorIs(t, err, directory.ErrNotFound)
		require.ErrorIs(t, f.s.Put(f.ctx, document("ag_1", "ada", 3, "x")), directory.ErrConflict)
		require.NoError(t, f.s.Put(f.ctx, document("ag_1", "ada", 1, "x")))
	}},
	{"lists are in the order of ids, one kind at a time", func(t *testing.T, f *fixture) {
		for _, id := range []string{"ag_3", "ag_1", "ag_2", "ag_4"} {
			require.NoError(t, f.s.Put(f.ctx, document(id, "", 1, id)))
		}
		group := document("ag_0", "", 1, "x")
		group.Kind = "group"
		require.NoError(t, f.s.Put(f.ctx, group))
		for _, c := range []struct {
			after string
			limit int
			want  []string
		}{
			{"", 10, []string{"ag_1", "ag_2", "ag_3", "ag_4"}},
			{"", 2, []string{"ag_1", "ag_2"}},
			{"ag_2", 10, []string{"ag_3", "ag_4"}},
			{"ag_4", 10, nil},
		} {
			list, err := f.s.List(f.ctx, "agent", c.after, c.limit)
			require.NoError(t, err)
			var got []string
			for _, d := range list {
				require.Equal(t, d.ID, string(d.Body))
				got = append(got, d.ID)
			}
			require.Equal(t, c.want, got)
		}
	}},
	{"kinds, ids and names are taken as they are", func(t *testing.T, f *fixture) {
		for i, text := range nasty {
			d := directory.Document{Kind: "k" + text, ID: "id" + text, Unique: "name" + text, Version: 1, Body: []byte(text)}
			require.NoError(t, f.s.Put(f.ctx, d))
			got, err := f.s.Find(f.ctx, d.Kind, d.Unique)
			require.NoErrorf(t, err, "%d %q", i, text)
			require.Equal(t, d, got)
		}
	}},
}

const (
	keep      = 24 * time.Hour
	abandoned = time.Minute
)

// request is the beginning of an idempotent request at the second given.
func request(key string, second int) idempotency.Record {
	return idempotency.Record{Key: key, Fingerprint: "POST /v1/x", CreatedAt: after(second)}
}

// begin expects the request to be stored, or to find the record given.
func (f *fixture) begin(r idempotency.Record, found *idempotency.Record) {
	f.t.Helper()
	got, stored, err := f.s.Begin(f.ctx, r, keep, abandoned)
	require.NoError(f.t, err)
	require.Equal(f.t, found == nil, stored)
	if found != nil {
		same(f.t, *found, got)
	}
}

var idempotencyTests = []test{
	{"a key is begun once", func(t *testing.T, f *fixture) {
		r := request("tok/key", 0)
		f.begin(r, nil)
		f.begin(request("tok/key", 1), &r)
		f.begin(request("tok/key2", 1), nil)
	}},
	{"the answer is found again under its key", func(t *testing.T, f *fixture) {
		r := request("k", 0)
		f.begin(r, nil)
		r.Status, r.ContentType, r.Body = 202, "application/json", []byte("{\"a\":1}\x00\xff")
		require.NoError(t, f.s.Complete(f.ctx, r))
		other := request("k", 3600)
		other.Fingerprint = "another body"
		f.begin(other, &r)
	}},
	{"a key is free again once its record is too old", func(t *testing.T, f *fixture) {
		r := request("k", 0)
		f.begin(r, nil)
		r.Status = 200
		require.NoError(t, f.s.Complete(f.ctx, r))
		f.begin(request("k", int(keep/time.Second)), &r)
		fresh := request("k", int(keep/time.Second)+1)
		f.begin(fresh, nil)
		f.begin(request("k", int(keep/time.Second)+2), &fresh)
	}},
	{"a request that was abandoned is taken over", func(t *testing.T, f *fixture) {
		r := request("k", 0)
		f.begin(r, nil)
		f.begin(request("k", 60), &r)
		second := request("k", 61)
		f.begin(second, nil)
		f.begin(request("k", 62), &second)
	}},
	{"a forgotten request may be repeated, an answered one is not forgotten", func(t *testing.T, f *fixture) {
		r := request("k", 0)
		f.begin(r, nil)
		require.NoError(t, f.s.Forget(f.ctx, "k"))
		require.NoError(t, f.s.Forget(f.ctx, "k"))
		r = request("k", 1)
		f.begin(r, nil)
		r.Status = 200
		require.NoError(t, f.s.Complete(f.ctx, r))
		require.NoError(t, f.s.Forget(f.ctx, "k"))
		f.begin(request("k", 2), &r)
	}},
	{"expired records are gone", func(t *testing.T, f *fixture) {
		old, young := request("old", 0), request("young", 10)
		f.begin(old, nil)
		f.begin(young, nil)
		require.NoError(t, f.s.Expire(f.ctx, after(10)))
		f.begin(request("old", 11), nil)
		f.begin(request("young", 11), &young)
	}},
	{"keys are taken as they are", func(t *testing.T, f *fixture) {
		for _, text := range nasty {
			r := request(text, 0)
			f.begin(r, nil)
			f.begin(request(text, 1), &r)
		}
	}},
}
