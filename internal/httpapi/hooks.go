package httpapi

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"threadhub/connectors"
	"threadhub/internal/accept"
	"threadhub/threads"
)

// Desk takes webhooks in; accept.Desk does.
type Desk interface {
	Take(ctx context.Context, id threads.ChannelID, req *connectors.Request) (connectors.Reply, error)
}

// maxWebhook bounds a webhook's body. Platforms' batches stay well below.
const maxWebhook = 1 << 20

// NewWebhook returns the handler platforms deliver to: 200 only for what is
// verified and durable. publicURL is the hub's address as platforms call it,
// without a slash at its end.
func NewWebhook(desk Desk, publicURL string, logger *slog.Logger) gin.HandlerFunc {
	s := &server{Deps: Deps{Logger: logger}}
	return func(c *gin.Context) {
		body, refused := readWebhook(c)
		if refused != nil {
			s.refuse(c, refused)
			return
		}
		reply, err := desk.Take(c.Request.Context(), threads.ChannelID(c.Param("channel_id")), &connectors.Request{
			Method: c.Request.Method, URL: publicURL + c.Request.URL.RequestURI(), Query: c.Request.URL.Query(),
			Header: c.Request.Header, Body: body, RemoteIP: c.ClientIP(),
		})
		if err != nil {
			p := webhookProblem(err)
			if p.Status >= http.StatusInternalServerError {
				logger.ErrorContext(c.Request.Context(), "webhook not stored", "channel", c.Param("channel_id"), "request_id", c.GetString(keyRequestID), "error", err)
			}
			s.refuse(c, p)
			return
		}
		c.Data(reply.Status, reply.ContentType, reply.Body)
	}
}

// readWebhook reads the whole body, and no more than a webhook may have,
// before anything else is done with the request.
func readWebhook(c *gin.Context) ([]byte, *problemError) {
	if enc := c.GetHeader("Content-Encoding"); enc != "" && enc != "identity" {
		return nil, problem(http.StatusUnsupportedMediaType, codeMediaType, "compressed webhooks are not taken: send the body as it is")
	}
	if c.Request.ContentLength > maxWebhook {
		return nil, problem(http.StatusRequestEntityTooLarge, codeTooLarge, "a webhook may have 1 MiB")
	}
	body, err := readWhole(http.MaxBytesReader(c.Writer, c.Request.Body, maxWebhook), c.Request.ContentLength)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, problem(http.StatusRequestEntityTooLarge, codeTooLarge, "a webhook may have 1 MiB")
	case err != nil:
		return nil, problem(http.StatusBadRequest, codeBadJSON, "the body could not be read to its end")
	}
	return body, nil
}

// readWhole reads a body to its end. It waits in memory until it is worked, so it
// takes no more of that than its length where that is told.
func readWhole(r io.Reader, length int64) ([]byte, error) {
	if length < 0 {
		return io.ReadAll(r)
	}
	body := make([]byte, length)
	_, err := io.ReadFull(r, body)
	return body, err
}

// webhookProblem says to a platform, and to whoever sets one up, what is wrong
// without helping a forger.
func webhookProblem(err error) *problemError {
	switch {
	case errors.Is(err, threads.ErrNotFound):
		return notFound("there is no such channel: check the webhook URL")
	case errors.Is(err, connectors.ErrSignature):
		return problem(http.StatusUnauthorized, codeUnauthenticated, "the request is not signed as this channel's platform signs: check the channel's credentials")
	case errors.Is(err, connectors.ErrMalformed):
		return problem(http.StatusBadRequest, "malformed_webhook", "the body is not in the platform's format")
	case errors.Is(err, accept.ErrMethod):
		return methodNotAllowed()
	}
	return unavailable()
}
