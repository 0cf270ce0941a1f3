package blob_test

import (
	"context"
	"errors"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/connectors"
	"threadhub/internal/blob"
	"threadhub/internal/blob/blobtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestADirectoryKeepsFiles(t *testing.T) {
	blobtest.Suite(t, func(t *testing.T) blob.Store {
		d, err := blob.OpenDir(t.TempDir())
		require.NoError(t, err)
		return d
	})
}

func TestABucketKeepsFiles(t *testing.T) {
	blobtest.Suite(t, func(t *testing.T) blob.Store { return blobtest.NewBucket(t).Open(t) })
}

func TestABucketWithoutAPrefixKeepsFiles(t *testing.T) {
	b := blobtest.NewBucket(t)
	b.Prefix = ""
	require.NoError(t, b.Open(t).Put(t.Context(), "a/1", strings.NewReader("x")))
	b.Prefix = "a"
	got, err := b.Open(t).Read(t.Context(), "1")
	require.NoError(t, err)
	require.Equal(t, "x", string(got))
}

func TestADirectoryIsForItsOwnerAndLeavesNothingHalf(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "media")
	d, err := blob.OpenDir(dir)
	require.NoError(t, err)
	require.NoError(t, d.Put(t.Context(), "a/b", strings.NewReader("x")))
	for _, path := range []string{"", "a", "incoming"} {
		info, err := os.Stat(filepath.Join(dir, path))
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, path)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, d.Put(ctx, "c", strings.NewReader("x")))
	left, err := os.ReadDir(filepath.Join(dir, "incoming"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestASoundBucketPassesItsCheckAndKeepsNothingOfIt(t *testing.T) {
	b := blobtest.NewBucket(t)
	s := b.Open(t)
	require.NoError(t, s.Check(t.Context()))
	for e, err := range s.List(t.Context(), "") {
		require.NoError(t, err)
		require.Fail(t, "left behind: "+e.Name)
	}
}

func TestABucketThatWillNotDoSaysWhatToChange(t *testing.T) {
	tests := map[string]struct {
		change func(*blobtest.Bucket)
		code   string
		says   string
	}{
		"no such bucket":       {func(b *blobtest.Bucket) { b.Bucket = "another" }, "NoSuchBucket", "THREADHUB_MEDIA_S3_BUCKET"},
		"an unknown key":       {func(b *blobtest.Bucket) { b.AccessKey = "AKNOBODY" }, "InvalidAccessKeyId", "THREADHUB_MEDIA_S3_ACCESS_KEY"},
		"another secret":       {func(b *blobtest.Bucket) { b.SecretKey = connectors.NewSecret("hush") }, "SignatureDoesNotMatch", "THREADHUB_MEDIA_S3_SECRET_KEY"},
		"a key without rights": {func(b *blobtest.Bucket) { b.Denied.Store(true) }, "AccessDenied", "s3:PutObject"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := blobtest.NewBucket(t)
			tt.change(b)
			err := b.Open(t).Check(t.Context())
			var wrong *blob.SetupError
			require.ErrorAs(t, err, &wrong)
			require.Equal(t, tt.code, wrong.Code)
			require.Contains(t, wrong.Why, tt.says)
			require.NotErrorIs(t, err, blob.ErrAway)
			require.NotContains(t, err.Error(), "hush")
		})
	}
}

func TestAServerInTroubleIsAway(t *testing.T) {
	b := blobtest.NewBucket(t)
	s := b.Open(t)
	b.Away.Store(true)
	err := s.Check(t.Context())
	require.ErrorIs(t, err, blob.ErrAway)
	require.Greater(t, b.Requests.Load(), int64(1), "it is tried again")
	b.Away.Store(false)
	require.NoError(t, s.Check(t.Context()))

	gone := httptest.NewServer(nil)
	gone.Close()
	b.Endpoint = gone.URL
	err = b.Open(t).Check(t.Context())
	require.ErrorIs(t, err, blob.ErrAway)
	var refused *net.OpError
	require.True(t, errors.As(err, &refused), err)
}
