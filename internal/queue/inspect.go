package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Inspection is how a Redis looks.
type Inspection struct {
	Version string
	// TooOld tells that the queue needs a later version.
	TooOld bool
	// Evicts is its memory policy, when that lets it drop what the queue keeps;
	// "" when it does not.
	Evicts string
	// Ahead is by how much its clock is ahead of this one.
	Ahead time.Duration
}

// Inspect asks a Redis what matters to the queue. Its error does not repeat the
// address, which may hold a password.
func Inspect(ctx context.Context, address string) (in Inspection, err error) {
	c, err := ringClient(address)
	if err != nil {
		return in, fmt.Errorf("inspect Redis: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	before := time.Now()
	at, err := c.Time(ctx).Result()
	if err != nil {
		return in, fmt.Errorf("inspect Redis: %w", err)
	}
	in.Ahead = at.Sub(before.Add(time.Since(before) / 2))
	text, err := c.Info(ctx).Result()
	if err != nil {
		return in, fmt.Errorf("inspect Redis: %w", err)
	}
	info := infoOf(text)
	in.Version, in.TooOld = info["redis_version"], tooOld(info["redis_version"])
	if evicts(info) {
		in.Evicts = info["maxmemory_policy"]
	}
	return in, nil
}

// infoOf reads the answer to INFO.
func infoOf(text string) map[string]string {
	info := map[string]string{}
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[k] = v
		}
	}
	return info
}
