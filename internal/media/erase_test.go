package media_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/blob"
	"threadhub/internal/media"
	"threadhub/normalize"
	"threadhub/threads"
)

// kept lists what is in the store, notes and references included.
func kept(t *testing.T, s blob.Store, prefix string) (list []string) {
	t.Helper()
	for e, err := range s.List(t.Context(), prefix) {
		require.NoError(t, err)
		list = append(list, e.Name)
	}
	return list
}

// of opens a library and answers the store below it too.
func of(t *testing.T, m *museum, at place, change ...func(*media.Options)) (l *media.Library, s blob.Store) {
	l = newLibrary(t, m, 0, append(change, at(t), func(o *media.Options) { s = o.Store })...)
	return l, s
}

// showing is a message that shows an upload.
func showing(id string, l *media.Library, u media.Upload) *threads.Message {
	return &threads.Message{ID: threads.MessageID("msg_" + id), Direction: threads.Outbound, Content: normalize.Message{
		Type: normalize.TypeFile, Attachments: []normalize.Attachment{{Type: normalize.TypeFile, URL: l.Address(u)}},
	}}
}

func TestErasedFilesGoUnlessSomethingElseHasTheSame(t *testing.T) {
	onBoth(t, func(t *testing.T, at place) {
		m := newMuseum(t)
		l, s := of(t, m, at)
		m.put("r1", "a photo")
		m.put("r2", "a photo") // of somebody else, with the same bytes
		m.put("r3", "another one")
		mine, theirs, alone := message("1", "r1"), message("2", "r2"), message("3", "r3")
		for _, msg := range []*threads.Message{mine, theirs, alone} {
			read(t, l, msg)
		}
		u, err := l.Save(t.Context(), "plan.pdf", strings.NewReader("%PDF-1.7 and so on"))
		require.NoError(t, err)
		sent := showing("4", l, u)
		require.Len(t, kept(t, s, "blobs/"), 3)
		require.Len(t, kept(t, s, ""), 3+4+4, "files, notes and references")
		gone := []threads.Message{*mine, *alone, *sent, *message("5", "never fetched")}
		require.NoError(t, l.Erase(t.Context(), gone))
		require.NoError(t, l.Erase(t.Context(), gone), "again")
		require.Len(t, kept(t, s, ""), 1+1+1)
		require.Equal(t, media.Remote, l.State(mine, 0))
		require.Equal(t, media.Failed, l.State(sent, 0))
		m.away.Store(true)
		require.Equal(t, "a photo", read(t, l, theirs))
		require.NoError(t, l.Erase(t.Context(), []threads.Message{*theirs}))
		require.Empty(t, kept(t, s, ""))
	})
}

func TestWhatIsErasedByManyAtOnceIsGone(t *testing.T) {
	onBoth(t, func(t *testing.T, at place) {
		m := newMuseum(t)
		l, s := of(t, m, at)
		m.put("r", "a photo that many have")
		var all []threads.Message
		for i := range 20 {
			all = append(all, *message(strconv.Itoa(i), "r"))
			read(t, l, &all[i])
		}
		require.Len(t, kept(t, s, "blobs/"), 1)
		errs := make(chan error, 4)
		for i := range cap(errs) {
			go func() { errs <- l.Erase(context.WithoutCancel(t.Context()), all[i*5:i*5+5]) }()
		}
		for range cap(errs) {
			require.NoError(t, <-errs)
		}
		require.Empty(t, kept(t, s, ""))
	})
}

func TestAFileThatChangedAtThePlatformLeavesNothingBehind(t *testing.T) {
	onBoth(t, func(t *testing.T, at place) {
		m := newMuseum(t)
		l, s := of(t, m, at)
		m.put("r", "first")
		msg := message("1", "r")
		read(t, l, msg)
		for _, name := range kept(t, s, "blobs/") {
			require.NoError(t, s.Remove(t.Context(), name), "as if to make room")
		}
		m.put("r", "second")
		require.Equal(t, "second", read(t, l, msg))
		require.NoError(t, l.Erase(t.Context(), []threads.Message{*msg}))
		require.Empty(t, kept(t, s, ""))
	})
}

func TestUploadsAreDroppedWhenTheirTimeIsOverAndKeptOnesNever(t *testing.T) {
	onBoth(t, func(t *testing.T, at place) {
		now := time.Now()
		l, s := of(t, newMuseum(t), at, func(o *media.Options) { o.Now = func() time.Time { return now } })
		save := func(letter string) (media.Upload, error) {
			return l.Save(t.Context(), letter+".txt", strings.NewReader(strings.Repeat(letter, 90<<10)))
		}
		first, err := save("a")
		require.NoError(t, err)
		require.NoError(t, l.Keep(t.Context(), first.ID))
		require.NoError(t, l.Keep(t.Context(), first.ID), "again")
		require.Len(t, kept(t, s, "refs/"), 1)
		letters := "bcdefghijk"
		for _, letter := range letters {
			_, err := save(string(letter))
			require.NoError(t, err)
		}
		_, err = save("l")
		require.ErrorIs(t, err, media.ErrFull, "all may still be fetched")
		require.Len(t, kept(t, s, "uploads/"), 1+len(letters), "what was refused is not noted")
		now = now.Add(media.UploadKept)
		last, err := save("m")
		require.NoError(t, err)
		require.Equal(t, media.Available, l.State(showing("1", l, first), 0))
		require.Equal(t, media.Available, l.State(showing("2", l, last), 0))
		require.Len(t, kept(t, s, "uploads/"), len(kept(t, s, "blobs/")), "of what was dropped nothing is left")
		require.Len(t, kept(t, s, "refs/"), len(kept(t, s, "blobs/")))
	})
}
