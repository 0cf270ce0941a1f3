package blobtest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"
	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/blob"
)

// Bucket is a bucket on a server of its own, which lets in only requests that
// are signed with the right key.
type Bucket struct {
	blob.S3Options
	// Server has the bucket and nothing else.
	Server *httptest.Server
	// Away makes the server answer 503, Denied 403 to whatever would change
	// something.
	Away, Denied atomic.Bool
	// Requests counts what was asked.
	Requests atomic.Int64
}

// lister reads an empty delimiter as none, as S3 does.
type lister struct{ *s3mem.Backend }

// ListBucket implements the server's storage.
func (l lister) ListBucket(ctx context.Context, name string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage) (*gofakes3.ObjectList, error) {
	if prefix != nil && prefix.Delimiter == "" {
		plain := *prefix
		plain.HasDelimiter = false
		prefix = &plain
	}
	return l.Backend.ListBucket(ctx, name, prefix, page)
}

// clock tells a later time to each object than to the one before.
type clock struct {
	mu   sync.Mutex
	last time.Time
}

// Now answers the time, or one shortly after it.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = later(time.Now(), c.last.Add(10*time.Millisecond))
	return c.last
}

// Since implements the server's clock.
func (c *clock) Since(t time.Time) time.Duration { return time.Since(t) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// NewBucket runs a server with a bucket until the test ends.
func NewBucket(t *testing.T) *Bucket {
	t.Helper()
	const access, secret = "AKHUBTESTKEY00000001", "a-secret-of-the-tests"
	backend := s3mem.New(s3mem.WithTimeSource(new(clock)))
	require.NoError(t, backend.CreateBucket(t.Context(), "hub-files"))
	speaks := gofakes3.New(lister{backend}, gofakes3.WithV4Auth(map[string]string{access: secret}), gofakes3.WithoutVersioning()).Server()
	b := &Bucket{}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.Requests.Add(1)
		switch {
		case b.Away.Load():
			w.WriteHeader(http.StatusServiceUnavailable)
		case b.Denied.Load() && r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`))
		default:
			speaks.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(b.Server.Close)
	b.S3Options = blob.S3Options{
		Endpoint: b.Server.URL, Region: "us-east-1", Bucket: "hub-files", Prefix: "media/of hub",
		AccessKey: access, SecretKey: connectors.NewSecret(secret), Lookup: blob.LookupPath,
	}
	return b
}

// Open answers the store in the bucket.
func (b *Bucket) Open(t *testing.T) *blob.S3 {
	t.Helper()
	s, err := blob.OpenS3(b.S3Options)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}
