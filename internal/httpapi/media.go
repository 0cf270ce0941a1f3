package httpapi

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"threadhub/api"
	"threadhub/internal/media"
	"threadhub/normalize"
	"threadhub/threads"
)

// Media keeps the files of messages; media.Library does.
type Media interface {
	State(m *threads.Message, i int) media.State
	Attachment(ctx context.Context, m *threads.Message, i int) (*media.Item, error)
	Save(ctx context.Context, name string, r io.Reader) (media.Upload, error)
	Look(ctx context.Context, messages []threads.Message)
	Upload(ctx context.Context, id string) (media.Upload, error)
	Address(u media.Upload) string
	Ours(address string) bool
	Limit() int64
	File(ctx context.Context, key string) (*media.Item, error)
}

const attachmentsPath = "/v1/attachments/"

// uploadTime is how long the body of an upload may take to come.
const uploadTime = 10 * time.Minute

// takeFile prepares a body that is a file. Under an idempotency key it is read
// at once, so that a repetition with another file is noticed by its hash.
func (s *server) takeFile(c *gin.Context) {
	// The server's own bound is meant for small bodies. Not every writer, as
	// those of tests, has a connection to set it on.
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(uploadTime))
	if c.GetHeader("Idempotency-Key") == "" {
		c.Next()
		return
	}
	f, err := os.CreateTemp("", "threadhub-*")
	if err != nil {
		s.fail(c, fmt.Errorf("take a file: %w", err))
		return
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}()
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, sum), io.LimitReader(c.Request.Body, s.Media.Limit()+1))
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		s.refuse(c, problem(http.StatusBadRequest, codeBadJSON, "the body could not be read to its end"))
		return
	}
	c.Request.Body = io.NopCloser(f)
	c.Set(keyBody, sum.Sum(nil))
	c.Next()
}

// CreateUpload implements POST /v1/uploads.
func (s *server) CreateUpload(c *gin.Context, params api.CreateUploadParams) {
	if enc := c.GetHeader("Content-Encoding"); enc != "" && enc != "identity" {
		s.refuse(c, problem(http.StatusUnsupportedMediaType, codeMediaType, "send the file without Content-Encoding"))
		return
	}
	if strings.HasPrefix(c.ContentType(), "multipart/") {
		s.refuse(c, problem(http.StatusUnsupportedMediaType, codeMediaType, "send the file itself as the body, not a form: curl --data-binary @file"))
		return
	}
	u, err := s.Media.Save(c.Request.Context(), value(params.Name), c.Request.Body)
	switch {
	case errors.Is(err, media.ErrTooLarge):
		s.refuse(c, problem(http.StatusRequestEntityTooLarge, codeMediaTooLarge, "the file is larger than this hub takes: raise THREADHUB_MEDIA_FILE_MB, or send a link"))
	case errors.Is(err, media.ErrEmpty):
		s.refuse(c, invalid(fieldError{"", "the body is the file: it has no bytes"}))
	case errors.Is(err, media.ErrFull):
		s.refuse(c, problem(http.StatusInsufficientStorage, codeStorageFull, "there is no room for the file: raise THREADHUB_MEDIA_MB"))
	case err != nil:
		s.fail(c, err)
	default:
		s.answer(c, http.StatusCreated, api.Upload{ID: u.ID, Name: u.Name, MIME: u.MIME, Size: u.Size, ExpiresAt: timeView(u.ExpiresAt)})
	}
}

// probes is how many addresses are looked at together.
const probes = 8

// probe looks at the addresses that a client gave for files: whether anybody may
// fetch them, and how large the files are.
func (s *server) probe(ctx context.Context, field string, list []normalize.Attachment) error {
	var all errgroup.Group
	all.SetLimit(probes)
	for i := range list {
		a := &list[i]
		if a.URL == "" || s.Media.Ours(a.URL) {
			continue
		}
		all.Go(func() error {
			size, err := s.Probe(ctx, a.URL)
			if err != nil {
				return invalid(fieldError{
					fmt.Sprintf("%s[%d].url", field, i),
					"is no address that the hub may fetch: give one that is on the public internet, or upload the file",
				})
			}
			a.Size = max(size, a.Size)
			return nil
		})
	}
	return all.Wait()
}

// resolveUploads puts the address of each upload into the draft and answers
// the sizes that are known.
func (s *server) resolveUploads(ctx context.Context, field string, list []api.AttachmentDraft) (map[int]int64, error) {
	sizes := map[int]int64{}
	for i := range list {
		a := &list[i]
		at := fmt.Sprintf("%s[%d]", field, i)
		switch {
		case a.UploadID == nil && a.URL == nil:
			return nil, invalid(fieldError{at, "url or upload_id is required"})
		case a.UploadID == nil:
			continue
		case a.URL != nil:
			return nil, invalid(fieldError{at, "url and upload_id cannot be combined"})
		}
		u, err := s.Media.Upload(ctx, *a.UploadID)
		if errors.Is(err, media.ErrNoUpload) {
			return nil, invalid(fieldError{at + ".upload_id", "there is no such upload, or its time is over: upload the file again"})
		}
		if err != nil {
			return nil, err
		}
		address := s.Media.Address(u)
		a.URL = &address
		if a.MIME == nil {
			// Without its parameters: platforms compare types by name.
			kind, _, _ := mime.ParseMediaType(u.MIME)
			a.MIME = &kind
		}
		if a.Name == nil {
			a.Name = &u.Name
		}
		sizes[i] = u.Size
	}
	return sizes, nil
}

// GetAttachment implements GET /v1/attachments/{attachment_id}.
func (s *server) GetAttachment(c *gin.Context, id string, params api.GetAttachmentParams) {
	ctx := c.Request.Context()
	message, i, ok := media.ParseAttachmentID(id)
	if !ok {
		s.refuse(c, notFound("there is no such attachment"))
		return
	}
	m, err := s.Records.Message(ctx, message)
	if err == nil {
		_, err = s.conversation(ctx, caller(c), string(m.ConversationID))
	}
	if errors.Is(err, threads.ErrNotFound) || err == nil && i >= len(m.Content.Attachments) {
		s.refuse(c, notFound("there is no such attachment"))
		return
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	item, err := s.Media.Attachment(ctx, &m, i)
	if err != nil {
		s.failMedia(c, err)
		return
	}
	c.Header("Cache-Control", "private, max-age=86400")
	serveItem(c, item, value(params.Download))
}

func (s *server) failMedia(c *gin.Context, err error) {
	var e *media.Error
	switch {
	case errors.Is(err, media.ErrFull):
		s.refuse(c, problem(http.StatusInsufficientStorage, codeStorageFull, "there is no room for the file: raise THREADHUB_MEDIA_MB"))
	case !errors.As(err, &e):
		s.fail(c, err)
	case e.Gone:
		s.refuse(c, problem(http.StatusGone, codeMediaGone, e.Why+"; ask the contact to send it again, or a smaller one where it was too large"))
	case e.TooLarge:
		s.refuse(c, problem(http.StatusRequestEntityTooLarge, codeMediaTooLarge, e.Why))
	default:
		c.Header("Retry-After", strconv.Itoa(max(1, int(e.After.Round(time.Second).Seconds()))))
		s.refuse(c, problem(http.StatusServiceUnavailable, codeUnavailable, e.Why))
	}
}

// GetFile implements GET /files/{key}, which platforms call.
func (s *server) GetFile(c *gin.Context, key string) {
	item, err := s.Media.File(c.Request.Context(), key)
	if errors.Is(err, media.ErrNoUpload) {
		s.refuse(c, notFound("there is no such file, or its time is over"))
		return
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "private, max-age=3600")
	c.Header("X-Robots-Tag", "noindex")
	serveItem(c, item, false)
}

// inline are the types that a browser may show in place: none of them can hold
// a script.
var inline = []string{
	"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif", "image/heic",
	"audio/mpeg", "audio/ogg", "audio/mp4", "audio/x-m4a", "audio/aac", "audio/wav", "audio/x-wav", "audio/webm", "audio/amr", "audio/flac", "application/ogg",
	"video/mp4", "video/webm", "video/quicktime", "video/3gpp", "video/ogg",
}

// serveItem answers a file. Its type is what its bytes show, never what
// somebody said.
func serveItem(c *gin.Context, item *media.Item, download bool) {
	defer func() { _ = item.File.Close() }()
	kind, _, err := mime.ParseMediaType(item.MIME)
	if err != nil {
		kind = "application/octet-stream"
	}
	disposition := "inline"
	if download || !slices.Contains(inline, kind) {
		disposition = "attachment"
	}
	params := map[string]string{}
	if item.Name != "" {
		params["filename"] = media.CleanName(item.Name)
	}
	if d := mime.FormatMediaType(disposition, params); d != "" {
		disposition = d
	}
	h := c.Writer.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", disposition)
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
	h.Set("ETag", `"`+item.Blob+`"`)
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, item.File)
}
