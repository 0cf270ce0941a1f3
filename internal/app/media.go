package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"threadhub/internal/blob"
	"threadhub/internal/config"
	"threadhub/internal/media"
)

// openMedia opens the library of files. Processes that do not share its files
// keep copies of their own and fetch nothing ahead: another one would be asked
// for it.
func (h *Hub) openMedia(ctx context.Context) error {
	cfg := h.Config
	files, scratch, err := h.openFiles(ctx)
	if err != nil {
		return err
	}
	h.media = media.Open(media.Options{
		Store: files, Far: cfg.FilesInBucket(), Scratch: scratch, Space: cfg.MediaMB << 20, MaxFile: cfg.MediaFileMB << 20,
		PublicURL: cfg.BaseURL(), Channels: h.channels, Carrier: h.tokens, Now: time.Now, Logger: h.Logger,
	})
	policy := media.Policy(cfg.MediaFetch)
	if !cfg.MongoDBURI.Empty() && cfg.MediaDir == "" && !cfg.FilesInBucket() {
		policy = media.Nothing
	}
	h.eager = media.NewEager(h.media, policy)
	return nil
}

// openFiles opens where files are kept, and names a directory for those that
// are coming in. A bucket that has to be set up differently keeps the hub from
// starting; one that does not answer does not, since messages come and go
// without files too.
func (h *Hub) openFiles(ctx context.Context) (files blob.Store, scratch string, err error) {
	if !h.Config.FilesInBucket() {
		dir, err := blob.OpenDir(mediaDir(h.Config))
		return dir, filepath.Join(mediaDir(h.Config), incoming), err
	}
	bucket, err := openBucket(h.Config)
	if err != nil {
		return nil, "", err
	}
	err = checkBucket(ctx, bucket)
	var wrong *blob.SetupError
	switch {
	case errors.As(err, &wrong):
		bucket.Close()
		return nil, "", fmt.Errorf("files of messages: %w", wrong)
	case err != nil:
		h.Logger.WarnContext(ctx, "the bucket of files could not be checked; files are not to be had until it answers", "error", err)
	}
	scratch = filepath.Join(h.Config.DataDir, incoming)
	if err := os.MkdirAll(scratch, 0o700); err != nil {
		bucket.Close()
		return nil, "", fmt.Errorf("data directory: %w", err)
	}
	return bucket, scratch, nil
}

func openBucket(cfg config.Server) (*blob.S3, error) {
	return blob.OpenS3(blob.S3Options{
		Endpoint: cfg.MediaS3Endpoint, Region: cfg.MediaS3Region, Bucket: cfg.MediaS3Bucket, Prefix: cfg.MediaS3Prefix,
		AccessKey: cfg.MediaS3AccessKey, SecretKey: cfg.MediaS3SecretKey, Lookup: blob.Lookup(cfg.MediaS3Lookup),
	})
}

// bucketWithin bounds the check of a bucket.
const bucketWithin = 20 * time.Second

func checkBucket(ctx context.Context, b *blob.S3) error {
	ctx, cancel := context.WithTimeout(ctx, bucketWithin)
	defer cancel()
	return b.Check(ctx)
}

// ownFile opens what the hub itself serves, for the egress, which is opened
// first.
func (h *Hub) ownFile(ctx context.Context, address string) (io.ReadCloser, bool, error) {
	f, ok, err := h.media.Own(ctx, address)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		h.Logger.WarnContext(ctx, "an uploaded file could not be read", "error", err)
	}
	return f, ok, err
}
