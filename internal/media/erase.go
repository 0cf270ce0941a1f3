package media

import (
	"context"
	"strings"

	"golang.org/x/sync/errgroup"

	"threadhub/threads"
)

// erasedAtOnce is how many files are erased at the same time: each takes a few
// questions, which a bucket answers from far away.
const erasedAtOnce = 8

// Erase removes the files of messages: what is known of their attachments, the
// uploads they show, and the bytes, unless something else that is kept has the
// same. It may be repeated.
func (l *Library) Erase(ctx context.Context, messages []threads.Message) error {
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(erasedAtOnce)
	for i := range messages {
		for n, att := range messages[i].Content.Attachments {
			kind, id := attachments, AttachmentID(messages[i].ID, n)
			l.glimpses.forget(id)
			if key, ok := l.ours(att.URL); ok {
				upload, _, _ := strings.Cut(key, ".")
				kind, id = uploads, upload
			}
			all.Go(func() error { return l.shelf.forget(ctx, kind, id) })
		}
	}
	return all.Wait()
}
