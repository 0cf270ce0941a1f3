package media

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
	"unicode"

	"github.com/gabriel-vasile/mimetype"

	"threadhub/internal/ident"
)

// UploadKept is how long an upload can be fetched from its address. A message
// is tried for a day, and some platforms fetch what it shows later still.
const UploadKept = 7 * 24 * time.Hour

// forGood is when a file ends that is never dropped.
var forGood = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// filesPath is where uploads are served.
const filesPath = "/files/"

// Upload is a file that an agent handed over.
type Upload struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	MIME      string    `json:"mime"`
	Size      int64     `json:"size"`
	Blob      string    `json:"blob"`
	Secret    string    `json:"secret"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Errors of uploads.
var (
	// ErrNoUpload: it is unknown, or its time is over.
	ErrNoUpload = fmt.Errorf("no such upload: %w", fs.ErrNotExist)
	// ErrTooLarge: the file has more bytes than a file may have.
	ErrTooLarge = errors.New("the file is too large")
	// ErrEmpty: the file has no bytes.
	ErrEmpty = errors.New("the file is empty")
)

// Save keeps an upload durably. Its type is what its bytes show. The errors
// are ErrTooLarge, ErrEmpty, ErrFull and those of the store.
func (l *Library) Save(ctx context.Context, name string, r io.Reader) (Upload, error) {
	return l.save(ctx, name, r, l.MaxFile, UploadKept)
}

// Take is Save of a file that comes from outside: it has at most limit bytes
// and goes after kept, unless Keep is called before.
func (l *Library) Take(ctx context.Context, name string, r io.Reader, limit int64, kept time.Duration) (Upload, error) {
	return l.save(ctx, name, r, min(limit, l.MaxFile), kept)
}

// Keep keeps an upload for good: no other copy of it exists, so nothing makes
// room by dropping it. The error is ErrNoUpload when its time is over.
func (l *Library) Keep(ctx context.Context, id string) error {
	u, err := l.Upload(ctx, id)
	if err != nil || u.ExpiresAt.Equal(forGood) {
		return err
	}
	before := ref{blob: u.Blob, kind: uploads, hash: noteName(u.ID), until: u.ExpiresAt}
	u.ExpiresAt = forGood
	if err := l.keepUpload(ctx, u); err != nil {
		return err
	}
	return l.shelf.Remove(ctx, before.name())
}

func (l *Library) keepUpload(ctx context.Context, u Upload) error {
	return l.shelf.write(ctx, uploads, u.ID, u.Blob, u.ExpiresAt, u)
}

func (l *Library) save(ctx context.Context, name string, r io.Reader, limit int64, kept time.Duration) (Upload, error) {
	tmp, err := os.CreateTemp(l.Scratch, "threadhub-*")
	if err != nil {
		return Upload{}, fmt.Errorf("take an upload: %w", err)
	}
	defer func() {
		_ = tmp.Close()
		_ = os.Remove(tmp.Name())
	}()
	var secret [16]byte
	_, _ = rand.Read(secret[:]) // never fails
	u := Upload{
		ID: ident.New("up"), Name: CleanName(name), Secret: hex.EncodeToString(secret[:]),
		ExpiresAt: l.Now().UTC().Add(kept).Truncate(time.Millisecond),
	}
	u.Blob, u.Size, err = digest(io.TeeReader(io.LimitReader(r, limit+1), tmp))
	switch {
	case err != nil:
		return Upload{}, fmt.Errorf("take an upload: %w", err)
	case u.Size > limit:
		return Upload{}, ErrTooLarge
	case u.Size == 0:
		return Upload{}, ErrEmpty
	}
	if u.MIME, err = sniff(tmp); err != nil {
		return Upload{}, fmt.Errorf("take an upload: %w", err)
	}
	if err := l.keepUpload(ctx, u); err != nil {
		return Upload{}, err
	}
	if err := l.shelf.put(ctx, u.Blob, tmp, u.Size); err != nil {
		// Nobody knows the upload: what was noted of it may go.
		return Upload{}, errors.Join(err, l.shelf.forget(context.WithoutCancel(ctx), uploads, u.ID))
	}
	return u, nil
}

func sniff(f io.ReadSeeker) (string, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	kind, err := mimetype.DetectReader(f)
	if err != nil {
		return "", err
	}
	_, err = f.Seek(0, io.SeekStart)
	return kind.String(), err
}

// CleanName is the last step of a name, without what no file name should hold:
// control characters, and those that turn the direction of the text, which make
// an "exe" look like a "jpg".
func CleanName(name string) string {
	name = path.Base(strings.ReplaceAll(name, "\\", "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	if name == "." || name == "/" || name == "" {
		return "file"
	}
	return name
}

// Limit is how many bytes a file may have.
func (l *Library) Limit() int64 { return l.MaxFile }

// Upload answers an upload whose time is not over; ErrNoUpload otherwise.
func (l *Library) Upload(ctx context.Context, id string) (Upload, error) {
	u, err := l.known(ctx, id)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !l.Now().Before(u.ExpiresAt) {
		return Upload{}, ErrNoUpload
	}
	return u, err
}

// Address is where platforms fetch the upload, without a token.
func (l *Library) Address(u Upload) string {
	return l.PublicURL + filesPath + u.ID + "." + u.Secret + extension(u)
}

// extension lets platforms that go by an address's ending see what it is.
func extension(u Upload) string {
	ext := strings.ToLower(path.Ext(u.Name))
	if len(ext) > 1 && len(ext) <= 8 && strings.Trim(ext[1:], "abcdefghijklmnopqrstuvwxyz0123456789") == "" {
		return ext
	}
	if kind := mimetype.Lookup(u.MIME); kind != nil {
		return kind.Extension()
	}
	return ""
}

// File opens what is served under the last step of an upload's address;
// ErrNoUpload when it is unknown, wrong or over.
func (l *Library) File(ctx context.Context, key string) (*Item, error) {
	parts := strings.Split(key, ".")
	if len(parts) < 2 {
		return nil, ErrNoUpload
	}
	u, err := l.Upload(ctx, parts[0])
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(u.Secret), []byte(parts[1])) != 1 {
		return nil, ErrNoUpload
	}
	f, err := l.shelf.open(ctx, u.Blob)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoUpload
	}
	if err != nil {
		return nil, fmt.Errorf("open an upload: %w", err)
	}
	return &Item{File: f, Blob: u.Blob, Name: u.Name, MIME: u.MIME, Size: u.Size}, nil
}

// Ours tells whether the address is that of an upload.
func (l *Library) Ours(address string) bool {
	_, ok := l.ours(address)
	return ok
}

// ours answers the last step of an address that is an upload's.
func (l *Library) ours(address string) (key string, ok bool) {
	return strings.CutPrefix(address, l.PublicURL+filesPath)
}

// Own opens an upload by its address (see egress.Own).
func (l *Library) Own(ctx context.Context, address string) (io.ReadCloser, bool, error) {
	key, ok := l.ours(address)
	if !ok {
		return nil, false, nil
	}
	item, err := l.File(ctx, key)
	if err != nil {
		return nil, true, err
	}
	return item.File, true, nil
}
