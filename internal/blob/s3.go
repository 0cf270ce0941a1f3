package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"threadhub/connectors"
	"threadhub/internal/egress"
)

// MaxObject is how many bytes a file in a bucket may have: as many as one
// request may bring.
const MaxObject = 5 << 30

// Lookup is how a bucket is named in addresses.
type Lookup string

// Lookups.
const (
	LookupAuto Lookup = "auto" // by host at the clouds known to need it, else by path
	LookupPath Lookup = "path" // https://s3.example.com/bucket
	LookupHost Lookup = "host" // https://bucket.s3.example.com
)

// S3Options say where a bucket is and who may use it. Prefix may be empty; all
// else is required.
type S3Options struct {
	// Endpoint is the server's address, such as https://s3.example.com. It is
	// the operator's own and may be in a private network.
	Endpoint, Region, Bucket string
	// Prefix begins the names of all objects, without a slash at either end.
	Prefix    string
	AccessKey string
	SecretKey connectors.Secret
	Lookup    Lookup
}

// S3 is a bucket, or the part of one under a prefix.
type S3 struct {
	core      minio.Core
	bucket    string
	prefix    string // "" or with a slash at its end
	transport *egress.OperatorTransport
}

const (
	// tries is how often a request is made that fails for a reason that may pass.
	tries = 3
	// answerWithin is how long the server may take to begin an answer.
	answerWithin = 30 * time.Second
)

// OpenS3 answers the store. It asks the server nothing: see [S3.Check].
func OpenS3(o S3Options) (*S3, error) {
	u, err := url.Parse(o.Endpoint)
	if err != nil {
		return nil, errors.New("bucket: the endpoint is no address")
	}
	lookup := map[Lookup]minio.BucketLookupType{LookupPath: minio.BucketLookupPath, LookupHost: minio.BucketLookupDNS}[o.Lookup]
	transport := egress.NewOperatorTransport()
	transport.ResponseHeaderTimeout = answerWithin
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(o.AccessKey, o.SecretKey.Reveal(), ""), Secure: u.Scheme == "https", Transport: transport,
		Region: o.Region, BucketLookup: lookup, MaxRetries: tries,
	})
	if err != nil {
		return nil, fmt.Errorf("bucket: %w", err)
	}
	s := &S3{core: minio.Core{Client: client}, bucket: o.Bucket, transport: transport}
	if o.Prefix != "" {
		s.prefix = o.Prefix + "/"
	}
	return s, nil
}

// Put implements [Store]: in one request, whose signature covers the SHA-256 of
// the bytes, so that the server keeps exactly these or nothing. No parts can be
// left behind.
func (s *S3) Put(ctx context.Context, name string, r io.ReadSeeker) error {
	if err := check("put", name); err != nil {
		return err
	}
	_, err := r.Seek(0, io.SeekStart)
	var size int64
	sum := sha256.New()
	if err == nil {
		size, err = io.Copy(sum, reader{ctx, r})
	}
	if err == nil {
		_, err = r.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	_, err = s.core.PutObject(ctx, s.bucket, s.prefix+name, r, size, "", hex.EncodeToString(sum.Sum(nil)), minio.PutObjectOptions{
		ContentType: "application/octet-stream",
	})
	return s.explain(ctx, "put", name, err)
}

// Open implements [Store]. What is read is fetched as it is read, from where it
// is read.
func (s *S3) Open(ctx context.Context, name string) (File, error) {
	if err := check("open", name); err != nil {
		return nil, err
	}
	o, err := s.core.Client.GetObject(ctx, s.bucket, s.prefix+name, minio.GetObjectOptions{})
	if err == nil {
		if _, err = o.Stat(); err != nil { // the first that the server is asked
			_ = o.Close()
		}
	}
	if err != nil {
		return nil, s.explain(ctx, "open", name, err)
	}
	return o, nil
}

// Read implements [Store].
func (s *S3) Read(ctx context.Context, name string) ([]byte, error) {
	if err := check("read", name); err != nil {
		return nil, err
	}
	body, _, _, err := s.core.GetObject(ctx, s.bucket, s.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, s.explain(ctx, "read", name, err)
	}
	var b bytes.Buffer
	_, err = b.ReadFrom(body)
	if err = errors.Join(err, body.Close()); err != nil {
		return nil, s.explain(ctx, "read", name, err)
	}
	return b.Bytes(), nil
}

// Stat implements [Store].
func (s *S3) Stat(ctx context.Context, name string) (Entry, error) {
	if err := check("stat", name); err != nil {
		return Entry{}, err
	}
	info, err := s.core.StatObject(ctx, s.bucket, s.prefix+name, minio.StatObjectOptions{})
	if err != nil {
		return Entry{}, s.explain(ctx, "stat", name, err)
	}
	return Entry{Name: name, Size: info.Size, Time: info.LastModified}, nil
}

// Touch implements [Store]: an object's time is that of its last Put, and
// writing it anew for each reader would cost more than it is worth.
func (s *S3) Touch(context.Context, string) {}

// Remove implements [Store].
func (s *S3) Remove(ctx context.Context, name string) error {
	if err := check("remove", name); err != nil {
		return err
	}
	err := s.explain(ctx, "remove", name, s.core.RemoveObject(ctx, s.bucket, s.prefix+name, minio.RemoveObjectOptions{}))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// List implements [Store], a thousand with each request.
func (s *S3) List(ctx context.Context, prefix string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		options := minio.ListObjectsOptions{Prefix: s.prefix + prefix, Recursive: true}
		for info := range s.core.ListObjectsIter(ctx, s.bucket, options) {
			if info.Err != nil {
				yield(Entry{}, s.explain(ctx, "list", prefix, info.Err))
				return
			}
			if !yield(Entry{Name: info.Key[len(s.prefix):], Size: info.Size, Time: info.LastModified}, nil) {
				return
			}
		}
	}
}

// Close implements [Store].
func (s *S3) Close() { s.transport.CloseIdleConnections() }
