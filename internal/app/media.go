package app

import (
	"cmp"
	"context"
	"io"
	"path/filepath"
	"time"

	"threadhub/internal/media"
)

// openMedia opens the library of files. Processes that do not share its
// directory keep copies of their own and fetch nothing ahead: another one
// would be asked for it.
func (h *Hub) openMedia(context.Context) (err error) {
	cfg := h.Config
	h.media, err = media.Open(media.Options{
		Dir: cmp.Or(cfg.MediaDir, filepath.Join(cfg.DataDir, "media")), Space: cfg.MediaMB << 20, MaxFile: cfg.MediaFileMB << 20,
		PublicURL: cfg.BaseURL(), Channels: h.channels, Carrier: h.tokens, Now: time.Now, Logger: h.Logger,
	})
	policy := media.Policy(cfg.MediaFetch)
	if !cfg.MongoDBURI.Empty() && cfg.MediaDir == "" {
		policy = media.Nothing
	}
	h.eager = media.NewEager(h.media, policy)
	return err
}

// ownFile opens what the hub itself serves, for the egress, which is opened
// first.
func (h *Hub) ownFile(ctx context.Context, address string) (io.ReadCloser, bool, error) {
	return h.media.Own(ctx, address)
}
