package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/minio/minio-go/v7"
)

// SetupError is a bucket that will not do until somebody changes something.
type SetupError struct {
	// Code is what the server calls it, such as "AccessDenied".
	Code string
	// Why says what is wrong and what to do.
	Why string
}

// Error says what is wrong and what to do.
func (e *SetupError) Error() string { return e.Why }

// remedies by the codes of the S3 API. A %s is the bucket.
var remedies = map[string]string{
	"NoSuchBucket":                 "there is no bucket %s at this endpoint and region: make it, or correct THREADHUB_MEDIA_S3_BUCKET",
	"AccessDenied":                 "the access key may not do this in bucket %s: let it have s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket",
	"AllAccessDisabled":            "the bucket %s is disabled: choose another one",
	"InvalidAccessKeyId":           "the server does not know the access key for bucket %s: correct THREADHUB_MEDIA_S3_ACCESS_KEY",
	"SignatureDoesNotMatch":        "the secret key is not that of the access key for bucket %s: correct THREADHUB_MEDIA_S3_SECRET_KEY",
	"AuthorizationHeaderMalformed": "the bucket %s is in another region: correct THREADHUB_MEDIA_S3_REGION",
	"PermanentRedirect":            "the bucket %s is at another endpoint: correct THREADHUB_MEDIA_S3_ENDPOINT and THREADHUB_MEDIA_S3_REGION",
	"RequestTimeTooSkewed":         "this machine's clock is too far off for bucket %s: set it right and keep it so (NTP)",
	"InvalidBucketName":            "%s is no name of a bucket: correct THREADHUB_MEDIA_S3_BUCKET",
}

// explain turns what the library answers into this package's errors.
func (s *S3) explain(ctx context.Context, op, name string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s %s in bucket %s: %w", op, name, s.bucket, ctx.Err())
	}
	answer := minio.ToErrorResponse(err)
	switch {
	case answer.Code == minio.NoSuchKey:
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	case remedies[answer.Code] != "":
		return fmt.Errorf("%s %s: %w", op, name, &SetupError{answer.Code, fmt.Sprintf(remedies[answer.Code], s.bucket)})
	case answer.StatusCode >= 400 && answer.StatusCode < 500 && answer.StatusCode != http.StatusTooManyRequests:
		return fmt.Errorf("%s %s in bucket %s: the server answers %d %s: %w", op, name, s.bucket, answer.StatusCode, answer.Code, err)
	}
	return fmt.Errorf("%s %s in bucket %s: %w: %w", op, name, s.bucket, ErrAway, err)
}

// Check puts, reads, lists and removes a small file, as the hub will. The error
// is a [*SetupError] when the settings or the rights have to be changed, and
// wraps [ErrAway] when the server did not answer.
func (s *S3) Check(ctx context.Context) error {
	name, want := "checks/"+rand.Text(), []byte("threadhub was here")
	if err := s.Put(ctx, name, bytes.NewReader(want)); err != nil {
		return err
	}
	got, err := s.Read(ctx, name)
	if err == nil && !bytes.Equal(got, want) {
		err = errors.New("the bucket answers other bytes than were put: is the endpoint one that speaks S3?")
	}
	for _, e := range s.List(ctx, name) {
		err = errors.Join(err, e)
	}
	return errors.Join(err, s.Remove(ctx, name))
}
