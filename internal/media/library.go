package media

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"threadhub/connectors"
	"threadhub/internal/blob"
	"threadhub/internal/channels"
	"threadhub/internal/egress"
	"threadhub/normalize"
	"threadhub/threads"
)

// Carrier carries the calls that fetch media (tokens.Keeper).
type Carrier interface {
	Fetch(ctx context.Context, t egress.Target, call *connectors.Call, limit int64) (*egress.File, *connectors.Response, error)
	// FetchPublic fetches from an address that came from outside.
	FetchPublic(ctx context.Context, t egress.Target, address string, limit int64) (*egress.File, error)
}

// Channels opens registered channels (channels.Registry).
type Channels interface {
	Open(ctx context.Context, id threads.ChannelID) (*channels.Opened, error)
}

// Options are what a [Library] works with. All but Far, Space and MaxFile are required.
type Options struct {
	// Store is where files are kept. The library closes it.
	Store blob.Store
	// Far is set when asking the store takes a while: what was learned of
	// attachments is then believed for a moment.
	Far bool
	// Scratch is a directory for files that are coming in.
	Scratch string
	// Space is how many bytes the files may take up, 0 for any number; MaxFile
	// how many one may have, 0 for 100 MiB.
	Space, MaxFile int64
	// PublicURL is the hub's address as platforms call it, without a slash at
	// its end.
	PublicURL string
	Channels  Channels
	Carrier   Carrier
	Now       func() time.Time
	Logger    *slog.Logger
}

// Library keeps media. It is safe for concurrent use.
type Library struct {
	Options
	shelf    *shelf
	glimpses *glimpses
	flights  singleflight.Group
	places   chan struct{}
}

const (
	// fetches is how many files are fetched at once.
	fetches = 8
	// fetchTime is how long fetching one may take, all steps.
	fetchTime = 3 * time.Minute
	// goneFor is how long it is believed that the platform has no file.
	goneFor = time.Hour
)

// Open answers the library over a store.
func Open(o Options) *Library {
	o.MaxFile = cmp.Or(o.MaxFile, 100<<20)
	l := &Library{Options: o, shelf: &shelf{Store: o.Store, space: o.Space, now: o.Now}, places: make(chan struct{}, fetches)}
	if o.Far {
		l.glimpses = newGlimpses(o.Now)
	}
	return l
}

// Close gives the store's connections back.
func (l *Library) Close() { l.Store.Close() }

// Item is a file, opened. Close its File.
type Item struct {
	File blob.File
	Blob string // the SHA-256 of its bytes, in hexadecimal
	Name string
	MIME string // as its bytes show
	Size int64
}

// Error is an attachment that cannot be had.
type Error struct {
	// Gone is set when it will not come back: the platform dropped it.
	Gone bool
	// TooLarge is set when it has more bytes than the hub keeps of a file.
	TooLarge bool
	// After is when to try again, for one that is neither.
	After time.Duration
	Why   string
}

// Error says why.
func (e *Error) Error() string { return e.Why }

// note is what is known of an attachment.
type note struct {
	ID   string `json:"id"`
	Blob string `json:"blob,omitempty"`
	MIME string `json:"mime,omitempty"`
	Size int64  `json:"size,omitempty"`
	// Failed is why it cannot be had, as of At.
	Failed   string    `json:"failed,omitempty"`
	TooLarge bool      `json:"too_large,omitempty"`
	At       time.Time `json:"at"`
}

// AttachmentID names the i-th attachment of a message.
func AttachmentID(id threads.MessageID, i int) string {
	return "att_" + strings.TrimPrefix(string(id), "msg_") + "_" + strconv.Itoa(i)
}

// ParseAttachmentID takes the name apart again.
func ParseAttachmentID(id string) (m threads.MessageID, i int, ok bool) {
	rest, ok := strings.CutPrefix(id, "att_")
	at := strings.LastIndexByte(rest, '_')
	if !ok || at <= 0 {
		return "", 0, false
	}
	i, err := strconv.Atoi(rest[at+1:])
	return threads.MessageID("msg_" + rest[:at]), i, err == nil && i >= 0 && AttachmentID(threads.MessageID("msg_"+rest[:at]), i) == id
}

// State says what is known of an attachment, without asking anybody.
type State string

// States of an attachment.
const (
	Remote    State = "remote"    // the platform keeps it; it is fetched when asked for
	Available State = "available" // it is here
	Failed    State = "failed"    // the platform has it no more, or it is too large
)

// note answers what is known of an attachment; ok is false when that is nothing
// that can still be believed.
func (l *Library) note(ctx context.Context, id string) (n note, ok bool, err error) {
	err = l.shelf.note(ctx, attachments, id, &n)
	if errors.Is(err, fs.ErrNotExist) {
		return n, false, nil
	}
	ok = err == nil && n.ID == id && (n.Failed != "" || isBlob(n.Blob)) && (n.Failed == "" || l.Now().Sub(n.At) < goneFor)
	return n, ok, err
}

// Attachment opens the i-th attachment of m, fetched from the platform if it is
// not here. Whoever asks for the same one meanwhile waits for the same fetch.
// The error is an [*Error], ctx's, or one of the store. The file is read while
// ctx lasts.
func (l *Library) Attachment(ctx context.Context, m *threads.Message, i int) (*Item, error) {
	att := m.Content.Attachments[i]
	if key, ok := l.ours(att.URL); ok {
		return l.uploaded(ctx, key)
	}
	id := AttachmentID(m.ID, i)
	for range 2 { // a file may be dropped between the fetch and its use
		n, ok, err := l.note(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("look for an attachment: %w", err)
		}
		if ok {
			if n.Failed != "" {
				return nil, &Error{Gone: !n.TooLarge, TooLarge: n.TooLarge, Why: n.Failed}
			}
			f, err := l.shelf.open(ctx, n.Blob)
			if err == nil {
				return &Item{File: f, Blob: n.Blob, Name: att.Name, MIME: n.MIME, Size: n.Size}, nil
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("open an attachment: %w", err)
			}
		}
		if err := l.fetchOnce(ctx, id, m, att); err != nil {
			return nil, err
		}
	}
	return nil, &Error{After: time.Minute, Why: "the media directory has no room for the file"}
}

// uploaded opens the file of an outbound message that was uploaded. It stays
// readable here after its public address has ended, as long as it is kept.
func (l *Library) uploaded(ctx context.Context, key string) (*Item, error) {
	u, err := l.known(ctx, key)
	if err == nil {
		var f blob.File
		if f, err = l.shelf.open(ctx, u.Blob); err == nil {
			return &Item{File: f, Blob: u.Blob, Name: u.Name, MIME: u.MIME, Size: u.Size}, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Gone: true, Why: "the uploaded file is no longer kept"}
	}
	return nil, fmt.Errorf("open an upload: %w", err)
}

// known answers what is kept of the upload with this key, its time over or not;
// fs.ErrNotExist for nothing.
func (l *Library) known(ctx context.Context, key string) (u Upload, err error) {
	id, _, _ := strings.Cut(key, ".")
	err = l.shelf.note(ctx, uploads, id, &u)
	if err == nil && u.ID != id {
		err = fs.ErrNotExist
	}
	return u, err
}

// fetchOnce fetches an attachment and notes where it is. The fetch goes on
// when its caller leaves: the next one finds it done.
func (l *Library) fetchOnce(ctx context.Context, id string, m *threads.Message, att normalize.Attachment) error {
	done := l.flights.DoChan(id, func() (any, error) {
		work, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
		defer cancel()
		select {
		case l.places <- struct{}{}:
			defer func() { <-l.places }()
		case <-work.Done():
			return nil, &Error{After: 10 * time.Second, Why: "too many files are being fetched"}
		}
		return nil, l.bring(work, id, m, att)
	})
	select {
	case <-ctx.Done():
		return &Error{After: 5 * time.Second, Why: "the file is still being fetched"}
	case res := <-done:
		return res.Err
	}
}

// bring fetches, keeps and notes.
func (l *Library) bring(ctx context.Context, id string, m *threads.Message, att normalize.Attachment) error {
	n := note{ID: id, At: l.Now().UTC()}
	f, err := l.fetch(ctx, m.ChannelID, att)
	var failed *Error
	if errors.As(err, &failed) && (failed.Gone || failed.TooLarge) {
		n.Failed, n.TooLarge = failed.Why, failed.TooLarge
		if e := l.keepNote(ctx, n); e != nil {
			l.Logger.WarnContext(ctx, "a missing attachment could not be noted", "attachment", id, "error", e)
		}
		return err
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if n.Blob, n.Size, err = digest(f.Open()); err != nil {
		return err
	}
	n.MIME = f.Sniff()
	if err := l.keepNote(ctx, n); err != nil {
		return err
	}
	defer l.glimpses.forget(id)
	return l.shelf.put(ctx, n.Blob, f.Open(), n.Size)
}

func (l *Library) keepNote(ctx context.Context, n note) error {
	defer l.glimpses.forget(n.ID)
	return l.shelf.write(ctx, attachments, n.ID, n.Blob, time.Time{}, n)
}
