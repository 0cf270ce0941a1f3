package media_test

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/blob"
	"threadhub/internal/blob/blobtest"
	"threadhub/internal/media"
	"threadhub/threads"
)

// far opens libraries of several processes on one bucket.
func far(t *testing.T, m *museum, b *blobtest.Bucket) *media.Library {
	return newLibrary(t, m, 0, func(o *media.Options) {
		o.Store, o.Far, o.Logger = b.Open(t), true, slog.New(slog.DiscardHandler)
	})
}

func TestProcessesShareABucket(t *testing.T) {
	m, b := newMuseum(t), blobtest.NewBucket(t)
	one, other := far(t, m, b), far(t, m, b)
	m.put("r1", "hello")
	require.Equal(t, "hello", read(t, one, message("1", "r1")))
	require.Equal(t, "hello", read(t, other, message("1", "r1")))
	require.EqualValues(t, 1, m.gets.Load())
	u, err := one.Save(t.Context(), "plan.pdf", strings.NewReader("%PDF-1.7 and so on"))
	require.NoError(t, err)
	body, ok, err := other.Own(t.Context(), other.Address(u))
	require.NoError(t, err)
	require.True(t, ok)
	got, err := io.ReadAll(body)
	require.NoError(t, err)
	require.NoError(t, body.Close())
	require.Equal(t, "%PDF-1.7 and so on", string(got))
	require.NoError(t, other.Erase(t.Context(), []threads.Message{*showing("2", one, u)}))
	_, err = one.Upload(t.Context(), u.ID)
	require.ErrorIs(t, err, media.ErrNoUpload)
}

func TestStatesOfAPageAreAskedForOnce(t *testing.T) {
	m, b := newMuseum(t), blobtest.NewBucket(t)
	l := far(t, m, b)
	m.put("r1", "hello")
	here, there := message("1", "r1"), message("2", "r2")
	read(t, l, here)
	page := []threads.Message{*here, *there}
	l.Look(t.Context(), page)
	asked := b.Requests.Load()
	l.Look(t.Context(), page)
	require.Equal(t, media.Available, l.State(here, 0))
	require.Equal(t, media.Remote, l.State(there, 0))
	require.Equal(t, asked, b.Requests.Load())
	m.put("r2", "now it is there")
	read(t, l, there)
	require.Equal(t, media.Available, l.State(there, 0), "what changed here is known here at once")
}

func TestABucketThatIsAwayTakesNothingWithIt(t *testing.T) {
	m, b := newMuseum(t), blobtest.NewBucket(t)
	l := far(t, m, b)
	m.put("r1", "hello")
	read(t, l, message("1", "r1"))
	u, err := l.Save(t.Context(), "a.txt", strings.NewReader("text"))
	require.NoError(t, err)
	b.Away.Store(true)
	_, err = l.Attachment(t.Context(), message("1", "r1"), 0)
	require.ErrorIs(t, err, blob.ErrAway)
	_, err = l.Save(t.Context(), "b.txt", strings.NewReader("text"))
	require.ErrorIs(t, err, blob.ErrAway)
	_, ok, err := l.Own(t.Context(), l.Address(u))
	require.True(t, ok)
	require.ErrorIs(t, err, blob.ErrAway)
	require.NotErrorIs(t, err, media.ErrNoUpload, "a message that shows it is tried again")
	require.ErrorIs(t, l.Erase(t.Context(), []threads.Message{*message("1", "r1")}), blob.ErrAway, "it is not taken for done")
	require.Equal(t, media.Remote, l.State(message("3", "r3"), 0))
	b.Away.Store(false)
	require.Equal(t, "hello", read(t, l, message("1", "r1")))
	require.NoError(t, l.Erase(t.Context(), []threads.Message{*message("1", "r1")}))
}
