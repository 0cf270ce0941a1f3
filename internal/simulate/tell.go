package simulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// Tell brings one act to the hub, once, the way its platform does. id is the
// platform's id of a message that it created; ok is false where the platform
// has no such act.
func Tell(ctx context.Context, client *http.Client, ch Channel, act Act) (id string, ok bool, err error) {
	if carrier, isCarrier := ch.Platform.(Carrier); isCarrier {
		if id, ok, err = carrier.Carry(ctx, client, ch.Webhook, act); ok || err != nil {
			return id, ok, err
		}
	}
	hook, id, ok := ch.Platform.Webhook(act)
	if !ok {
		return "", false, nil
	}
	hook.As = ch.Public
	_, err = newPost(client, slog.New(slog.DiscardHandler)).once(ctx, ch.Webhook, hook)
	return id, true, err
}

// errUnproved says that an answer does not prove the address.
var errUnproved = errors.New("the answer does not prove that the address is the channel's")

// Ask has the platform ask whether a webhook's address is the business's, where
// it does that. Its error says what was answered instead.
func Ask(ctx context.Context, client *http.Client, ch Channel) error {
	asks, ok := ch.Platform.(Handshaker)
	if !ok {
		return nil
	}
	hook, right := asks.Handshake()
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	hook.As = ch.Public
	req, err := hook.Request(ctx, ch.Webhook, time.Now())
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("simulate: handshake: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	switch {
	case err != nil:
		return fmt.Errorf("simulate: handshake: %w", err)
	case !right(resp.StatusCode, body):
		return fmt.Errorf("simulate: handshake: %w: %s: %.200s", errUnproved, resp.Status, body)
	}
	return nil
}
