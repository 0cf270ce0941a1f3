package simulate

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// bareBody bounds a webhook's body, as the hub does.
const bareBody = 1 << 20

// Bare is a webhook endpoint that only verifies and decodes: nothing is
// stored. It is the limit that the hub's accept path is measured against.
type Bare struct {
	Kind   string `enum:"telegram,whatsapp" default:"telegram" help:"Whose webhooks to take."`
	Addr   string `default:"127.0.0.1:0" help:"Address to listen on."`
	Secret string `required:"" help:"Telegram's secret token or WhatsApp's app secret."`
}

// Run serves POST /webhooks/bare until ctx ends and writes its base address to
// out first.
func (b Bare) Run(ctx context.Context, out io.Writer) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", b.Addr)
	if err != nil {
		return fmt.Errorf("bare: listen: %w", err)
	}
	if _, err := fmt.Fprintln(out, "http://"+ln.Addr().String()); err != nil {
		return fmt.Errorf("bare: %w", err)
	}
	srv := &http.Server{Handler: b.Handler(), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("bare: serve: %w", err)
	}
	return nil
}

// Handler is the endpoint: 200, 401 for a wrong signature, 400 for a body that
// is not the platform's.
func (b Bare) Handler() http.Handler {
	// Gin takes its mode from the process; this one serves nothing else.
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	verify, decode := b.verifyTelegram, decodeTelegram
	if b.Kind == kindWhatsApp {
		verify, decode = b.verifyWhatsApp, decodeWhatsApp
	}
	r.POST("/webhooks/bare", func(c *gin.Context) {
		body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, bareBody))
		switch {
		case err != nil:
			c.Status(http.StatusRequestEntityTooLarge)
		case !verify(c.Request.Header, body):
			c.Status(http.StatusUnauthorized)
		case decode(body) != nil:
			c.Status(http.StatusBadRequest)
		default:
			c.Status(http.StatusOK)
		}
	})
	return r
}

func (b Bare) verifyTelegram(h http.Header, _ []byte) bool {
	got := h.Get("X-Telegram-Bot-Api-Secret-Token")
	return subtle.ConstantTimeCompare([]byte(got), []byte(b.Secret)) == 1
}

func (b Bare) verifyWhatsApp(h http.Header, body []byte) bool {
	mac := hmac.New(sha256.New, []byte(b.Secret))
	_, _ = mac.Write(body)
	want := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	return hmac.Equal([]byte(h.Get("X-Hub-Signature-256")), []byte(want))
}

func decodeTelegram(body []byte) error {
	var update struct {
		ID      int64      `json:"update_id"`
		Message *tgMessage `json:"message"`
	}
	return json.Unmarshal(body, &update)
}

func decodeWhatsApp(body []byte) error {
	var hook struct {
		Entry []struct {
			ID      string `json:"id"`
			Changes []struct {
				Field string `json:"field"`
				Value struct {
					Messages []struct {
						From      string `json:"from"`
						ID        string `json:"id"`
						Timestamp string `json:"timestamp"`
						Type      string `json:"type"`
						Text      struct {
							Body string `json:"body"`
						} `json:"text"`
					} `json:"messages"`
				} `json:"value"`
			} `json:"changes"`
		} `json:"entry"`
	}
	return json.Unmarshal(body, &hook)
}
