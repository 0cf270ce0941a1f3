package simulate

import (
	"bytes"
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

// Bare is what the hub is measured against: a webhook endpoint that only
// verifies and decodes, and an endpoint for replies that only decodes and calls
// the platform. Nothing is stored.
type Bare struct {
	Kind     string `enum:"telegram,whatsapp" default:"telegram" help:"Whose webhooks to take."`
	Addr     string `default:"127.0.0.1:0" help:"Address to listen on."`
	Secret   string `required:"" help:"Telegram's secret token or WhatsApp's app secret."`
	Platform string `help:"Base address of the platform that replies go to."`
}

// Run serves POST /webhooks/bare and POST /sends/… until ctx ends and writes
// its base address to out first.
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

// Handler answers webhooks with 200, 401 for a wrong signature and 400 for a
// body that is not the platform's, and replies with 202, or with 502 when the
// platform did not take them.
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
	// As many connections are kept as replies are under way, which is also what
	// the hub does.
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	r.POST("/sends/*path", func(c *gin.Context) { c.Status(b.send(client, c)) })
	return r
}

// send passes a reply on to the platform, at the path after /sends, and answers
// the status for whoever sent it.
func (b Bare) send(client *http.Client, c *gin.Context) int {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, bareBody))
	if err != nil {
		return http.StatusRequestEntityTooLarge
	}
	var reply struct {
		Text json.RawMessage `json:"text"`
	}
	if json.Unmarshal(body, &reply) != nil || reply.Text == nil {
		return http.StatusBadRequest
	}
	req, err := http.NewRequestWithContext(c.Request.Context(), http.MethodPost, b.Platform+c.Param("path"), bytes.NewReader(body))
	if err != nil {
		return http.StatusBadRequest
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", c.GetHeader("Authorization"))
	resp, err := client.Do(req)
	if err != nil {
		return http.StatusBadGateway
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		return http.StatusBadGateway
	}
	return http.StatusAccepted
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
