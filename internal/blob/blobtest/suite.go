// Package blobtest holds every store of files to one behaviour, and runs a
// server that speaks S3 for tests.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/blob"
)

// Suite tests a store. open answers an empty one.
func Suite(t *testing.T, open func(t *testing.T) blob.Store) {
	for name, test := range map[string]func(*testing.T, blob.Store){
		"what is put is read":                        putAndRead,
		"any part of a file is read":                 parts,
		"a later file takes the place of an earlier": replace,
		"a file that is not there":                   missing,
		"names that lead elsewhere are refused":      badNames,
		"a put that breaks off leaves what there was": func(t *testing.T, s blob.Store) {
			brokenOff(t, s)
		},
		"files are listed by the beginning of their names": list,
		"a list is longer than one answer of a server":     longList,
		"a list that ends early":                           shortList,
		"a removed file is gone":                           remove,
		"many put the same at once":                        together,
		"a call whose context has ended does nothing":      ended,
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			t.Cleanup(s.Close)
			test(t, s)
		})
	}
}

func put(t *testing.T, s blob.Store, name, content string) {
	t.Helper()
	require.NoError(t, s.Put(t.Context(), name, strings.NewReader(content)))
}

func names(t *testing.T, s blob.Store, prefix string) []string {
	t.Helper()
	list := []string{}
	for e, err := range s.List(t.Context(), prefix) {
		require.NoError(t, err)
		list = append(list, e.Name)
	}
	slices.Sort(list)
	return list
}

func putAndRead(t *testing.T, s blob.Store) {
	for name, content := range map[string]string{"a": "", "b/c": "hello", "b/d/e f+%.x": "ü\x00\xff", "large": strings.Repeat("0123456789", 2<<20)} {
		before := time.Now().Add(-time.Minute)
		put(t, s, name, content)
		got, err := s.Read(t.Context(), name)
		require.NoError(t, err)
		require.True(t, content == string(got), "%s: %d bytes of %d", name, len(got), len(content))
		e, err := s.Stat(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, name, e.Name)
		require.EqualValues(t, len(content), e.Size)
		require.True(t, e.Time.After(before) && e.Time.Before(time.Now().Add(time.Minute)), e.Time)
	}
}

func parts(t *testing.T, s blob.Store) {
	content := strings.Repeat("abcdefghij", 100<<10)
	put(t, s, "f", content)
	f, err := s.Open(t.Context(), "f")
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	end, err := f.Seek(0, io.SeekEnd)
	require.NoError(t, err)
	require.EqualValues(t, len(content), end)
	for _, at := range []int64{0, 7, 500003, end - 3, end} {
		_, err := f.Seek(at, io.SeekStart)
		require.NoError(t, err)
		part, err := io.ReadAll(io.LimitReader(f, 1000))
		require.NoError(t, err)
		require.Equal(t, content[at:min(at+1000, end)], string(part))
	}
}

func replace(t *testing.T, s blob.Store) {
	put(t, s, "n", "the first, which is longer")
	put(t, s, "n", "the second")
	got, err := s.Read(t.Context(), "n")
	require.NoError(t, err)
	require.Equal(t, "the second", string(got))
	s.Touch(t.Context(), "n")
	require.Equal(t, []string{"n"}, names(t, s, ""))

	// What was read in part already is put from its beginning.
	r := strings.NewReader("this and all of it")
	_, err = r.Seek(10, io.SeekStart)
	require.NoError(t, err)
	require.NoError(t, s.Put(t.Context(), "n", r))
	got, err = s.Read(t.Context(), "n")
	require.NoError(t, err)
	require.Equal(t, "this and all of it", string(got))
}

func missing(t *testing.T, s blob.Store) {
	put(t, s, "there/a", "x")
	for _, name := range []string{"no", "there/b", "there/a/b", "nowhere/a"} {
		_, err := s.Open(t.Context(), name)
		require.Error(t, err, name)
		_, err = s.Read(t.Context(), name)
		require.Error(t, err, name)
		_, err = s.Stat(t.Context(), name)
		require.Error(t, err, name)
		if name != "there/a/b" { // on a disk "a" is no folder
			require.ErrorIs(t, err, fs.ErrNotExist, name)
			require.NoError(t, s.Remove(t.Context(), name), name)
		}
		s.Touch(t.Context(), name)
	}
	require.Empty(t, names(t, s, "nowhere/"))
	require.Empty(t, names(t, s, "nowhere"))
}

func badNames(t *testing.T, s blob.Store) {
	for _, name := range []string{"", ".", "..", "../x", "/x", "a//b", "a/../../x", "a/"} {
		require.ErrorIs(t, s.Put(t.Context(), name, strings.NewReader("x")), fs.ErrInvalid, name)
		_, err := s.Open(t.Context(), name)
		require.ErrorIs(t, err, fs.ErrInvalid, name)
		_, err = s.Read(t.Context(), name)
		require.ErrorIs(t, err, fs.ErrInvalid, name)
		_, err = s.Stat(t.Context(), name)
		require.ErrorIs(t, err, fs.ErrInvalid, name)
		require.ErrorIs(t, s.Remove(t.Context(), name), fs.ErrInvalid, name)
	}
}

// broken fails after n bytes, or the second time that it is read to there.
type broken struct {
	*bytes.Reader
	after int64
}

var errBroken = errors.New("the line was cut")

func (b *broken) Read(p []byte) (int, error) {
	at, _ := b.Seek(0, io.SeekCurrent)
	if at >= b.after {
		return 0, errBroken
	}
	return b.Reader.Read(p[:min(int64(len(p)), b.after-at)])
}

func brokenOff(t *testing.T, s blob.Store) {
	put(t, s, "n", "as it was")
	for _, name := range []string{"n", "m"} {
		err := s.Put(t.Context(), name, &broken{bytes.NewReader(make([]byte, 3<<20)), 2 << 20})
		require.ErrorIs(t, err, errBroken)
	}
	got, err := s.Read(t.Context(), "n")
	require.NoError(t, err)
	require.Equal(t, "as it was", string(got))
	require.Equal(t, []string{"n"}, names(t, s, ""))
}

func list(t *testing.T, s blob.Store) {
	for _, name := range []string{"a/1", "a/2", "ab/1", "ab/c/1", "b"} {
		put(t, s, name, name)
	}
	for prefix, want := range map[string][]string{
		"":      {"a/1", "a/2", "ab/1", "ab/c/1", "b"},
		"a":     {"a/1", "a/2", "ab/1", "ab/c/1"},
		"a/":    {"a/1", "a/2"},
		"ab/":   {"ab/1", "ab/c/1"},
		"ab/c":  {"ab/c/1"},
		"ab/1":  {"ab/1"},
		"b":     {"b"},
		"other": {},
	} {
		require.Equal(t, want, names(t, s, prefix), "prefix %q", prefix)
	}
	for e, err := range s.List(t.Context(), "ab/c") {
		require.NoError(t, err)
		require.EqualValues(t, len("ab/c/1"), e.Size)
		require.False(t, e.Time.IsZero())
	}
}

func longList(t *testing.T, s blob.Store) {
	var wg sync.WaitGroup
	work := make(chan int)
	for range 8 {
		wg.Go(func() {
			for i := range work {
				if err := s.Put(t.Context(), "x/"+string(rune('a'+i%26))+"/"+strings.Repeat("y", i/26+1), strings.NewReader("")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	const many = 1100
	for i := range many {
		work <- i
	}
	close(work)
	wg.Wait()
	require.Len(t, names(t, s, "x/"), many)
}

func shortList(t *testing.T, s blob.Store) {
	for _, name := range []string{"a", "b", "c"} {
		put(t, s, name, name)
	}
	n := 0
	for _, err := range s.List(t.Context(), "") {
		require.NoError(t, err)
		n++
		break
	}
	require.Equal(t, 1, n)
}

func remove(t *testing.T, s blob.Store) {
	put(t, s, "a/1", "x")
	put(t, s, "a/2", "x")
	require.NoError(t, s.Remove(t.Context(), "a/1"))
	require.NoError(t, s.Remove(t.Context(), "a/1"), "again")
	_, err := s.Open(t.Context(), "a/1")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.Equal(t, []string{"a/2"}, names(t, s, ""))
}

func together(t *testing.T, s blob.Store) {
	content := strings.Repeat("the same ", 10<<10)
	errs := make(chan error, 16)
	for range cap(errs) {
		go func() { errs <- s.Put(context.WithoutCancel(t.Context()), "n", strings.NewReader(content)) }()
	}
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
	got, err := s.Read(t.Context(), "n")
	require.NoError(t, err)
	require.True(t, content == string(got))
	require.Equal(t, []string{"n"}, names(t, s, ""))
}

func ended(t *testing.T, s blob.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Put(ctx, "n", strings.NewReader("x")), context.Canceled)
	require.Empty(t, names(t, s, ""))
}
