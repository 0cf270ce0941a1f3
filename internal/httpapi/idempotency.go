package httpapi

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"threadhub/internal/crashpoint"
	"threadhub/internal/idempotency"
)

const (
	// keyKept is how long an answer is remembered.
	keyKept = 24 * time.Hour
	// keyAbandoned is when a request without an answer counts as dead. Every
	// handler is cut off well before it.
	keyAbandoned = 2 * requestTime
	// keyWrite bounds the note of an answer, which is made even when the
	// client has gone.
	keyWrite = 5 * time.Second
	maxKey   = 255
)

const replayedHeader = "Idempotency-Replayed"

// idempotent answers a request that repeats an earlier one under the same key
// with that one's answer. A request that failed through our own fault is
// forgotten, so that it may be repeated.
func (s *server) idempotent(c *gin.Context) {
	key := c.GetHeader("Idempotency-Key")
	op := s.operation(c)
	_, given := c.Request.Header["Idempotency-Key"]
	if !given || !op.mutating || op.access.public {
		c.Next()
		return
	}
	if !visible(key) {
		s.refuse(c, invalid(fieldError{"Idempotency-Key", "must be 1 to 255 visible ASCII characters"}))
		return
	}
	name := sha256.Sum256([]byte(caller(c).TokenID + "\x00" + key))
	record := idempotency.Record{Key: hex.EncodeToString(name[:]), Fingerprint: fingerprint(c), CreatedAt: s.now()}
	known, first, err := s.Idempotency.Begin(c.Request.Context(), record, keyKept, keyAbandoned)
	switch {
	case err != nil:
		s.fail(c, fmt.Errorf("idempotency: %w", err))
	case first:
		s.answerOnce(c, record, key)
	case known.Fingerprint != record.Fingerprint:
		s.refuse(c, problem(http.StatusUnprocessableEntity, codeKeyMismatch, "the Idempotency-Key was used for another request"))
	case known.Status == 0:
		c.Header("Retry-After", "1")
		s.refuse(c, problem(http.StatusConflict, codeKeyInProgress, "the first request under this Idempotency-Key is still under way"))
	default:
		s.replay(c, known, key)
	}
}

func visible(key string) bool {
	if key == "" || len(key) > maxKey {
		return false
	}
	for i := range len(key) {
		if key[i] < 0x21 || key[i] > 0x7E {
			return false
		}
	}
	return true
}

func fingerprint(c *gin.Context) string {
	h := sha256.New()
	for _, part := range []string{c.Request.Method, c.Request.URL.Path, c.Request.URL.RawQuery, c.GetHeader("If-Match")} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	data, _ := c.Get(keyBody)
	body, _ := data.([]byte)
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// answerOnce lets the handler run and notes what it answered.
func (s *server) answerOnce(c *gin.Context, record idempotency.Record, key string) {
	writer := &recorder{ResponseWriter: c.Writer}
	c.Writer = writer
	done := false
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), keyWrite)
		defer cancel()
		crashpoint.At(crashpoint.AnswerUnnoted)
		record.Status = writer.Status()
		if !done || record.Status >= http.StatusInternalServerError || record.Status == http.StatusTooManyRequests {
			if err := s.Idempotency.Forget(ctx, record.Key); err != nil {
				s.Logger.WarnContext(ctx, "idempotency key cannot be freed, it frees itself later", "error", err)
			}
			return
		}
		if err := s.keep(ctx, c, record, key, writer); err != nil {
			s.Logger.WarnContext(ctx, "answer cannot be noted under its idempotency key", "error", err)
		}
	}()
	c.Next()
	done = true // not after a panic
}

// kept is what is remembered of an answer.
type kept struct {
	ETag string `json:"etag,omitempty"`
	Body []byte `json:"body"`
}

func (s *server) keep(ctx context.Context, c *gin.Context, record idempotency.Record, key string, w *recorder) error {
	plain, err := json.Marshal(kept{ETag: w.Header().Get("ETag"), Body: w.body.Bytes()})
	if err != nil {
		return err
	}
	sealer, err := answerSealer(c, key)
	if err != nil {
		return err
	}
	nonce := make([]byte, sealer.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	record.ContentType = w.Header().Get("Content-Type")
	record.Body = sealer.Seal(nonce, nonce, plain, []byte(record.Key))
	return s.Idempotency.Complete(ctx, record)
}

func (s *server) replay(c *gin.Context, known idempotency.Record, key string) {
	answer, err := reveal(c, known, key)
	if err != nil {
		// The same token id with another secret: not the same caller.
		s.refuse(c, problem(http.StatusUnprocessableEntity, codeKeyMismatch, "the Idempotency-Key was used for another request"))
		return
	}
	if answer.ETag != "" {
		c.Header("ETag", answer.ETag)
	}
	c.Header(replayedHeader, "true")
	c.Abort()
	c.Data(known.Status, known.ContentType, answer.Body)
}

func reveal(c *gin.Context, known idempotency.Record, key string) (answer kept, err error) {
	sealer, err := answerSealer(c, key)
	if err != nil {
		return kept{}, err
	}
	if len(known.Body) < sealer.NonceSize() {
		return kept{}, fmt.Errorf("noted answer is too short")
	}
	nonce, sealed := known.Body[:sealer.NonceSize()], known.Body[sealer.NonceSize():]
	plain, err := sealer.Open(nil, nonce, sealed, []byte(known.Key))
	if err != nil {
		return kept{}, err
	}
	return answer, json.Unmarshal(plain, &answer)
}

// answerSealer encrypts noted answers under what only the caller has, the
// token: an answer may hold a new token's secret, which the store must not be
// able to tell.
func answerSealer(c *gin.Context, key string) (cipher.AEAD, error) {
	sum := sha256.Sum256([]byte("threadhub idempotency\x00" + c.GetString(keyBearer) + "\x00" + key))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// recorder keeps a copy of the body that is written.
type recorder struct {
	gin.ResponseWriter
	body bytes.Buffer
}

// Write writes and keeps data.
func (r *recorder) Write(data []byte) (int, error) {
	r.body.Write(data)
	return r.ResponseWriter.Write(data)
}

// WriteString writes and keeps data.
func (r *recorder) WriteString(data string) (int, error) {
	r.body.WriteString(data)
	return r.ResponseWriter.WriteString(data)
}

// clientKey names the caller's request to the conversation service, which
// recognises a repetition even when this one dies before its answer is noted.
func clientKey(c *gin.Context) string {
	key := c.GetHeader("Idempotency-Key")
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(caller(c).TokenID + "\x00" + fingerprint(c) + "\x00" + key))
	return "api:" + hex.EncodeToString(sum[:])
}
