package telegram

import (
	"fmt"
	"time"

	"threadhub/connectors"
)

// secretHeader holds the secret given to setWebhook. Telegram signs nothing:
// neither body nor time (Bot API, setWebhook).
const secretHeader = "X-Telegram-Bot-Api-Secret-Token"

// Verify compares the secret token, in constant time, with the current and the
// previous one.
func (b *bot) Verify(req *connectors.Request, _ time.Time) error {
	got := req.Header.Values(secretHeader)
	if len(got) != 1 || got[0] == "" {
		return fmt.Errorf("telegram: one %s header is needed: %w", secretHeader, connectors.ErrSignature)
	}
	// Both are always compared, so that the time does not tell which it was.
	current := b.secret.Equal(got[0]) && !b.secret.Empty()
	previous := b.previous.Equal(got[0]) && !b.previous.Empty()
	if !current && !previous {
		return fmt.Errorf("telegram: %w", connectors.ErrSignature)
	}
	return nil
}
