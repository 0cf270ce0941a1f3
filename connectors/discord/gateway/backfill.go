package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"threadhub/connectors"
)

// maxTries is how often a channel's history is asked for before it is left for
// the next connection.
const maxTries = 5

// backfill looks through the channels in which messages may have been missed,
// while the connection brings the new ones, until there are none. What it does
// not get to is left for the next connection, of this process or another.
func (l *link) backfill(ctx context.Context) {
	for pass := 0; ; pass++ {
		var trouble error
		missed := l.memory.missed()
		for _, channel := range sorted(missed) {
			if err := l.look(ctx, channel, missed[channel]); err != nil {
				trouble = err
			}
			if ctx.Err() != nil {
				return
			}
		}
		if trouble == nil {
			l.host.Report(true, connected)
			return
		}
		l.host.Report(true, connected+"; messages missed before could not be fetched yet: "+trouble.Error())
		if !sleep(ctx, l.client.timing.pause(pass)) {
			return
		}
	}
}

// look hands over a channel's messages after one, oldest first, page by page.
func (l *link) look(ctx context.Context, channel, after string) error {
	for {
		page, err := l.page(ctx, channel, after)
		if err != nil {
			return err
		}
		for _, m := range page {
			if err := l.found(ctx, channel, m); err != nil {
				return err
			}
			after = m.id
			l.memory.caughtUp(channel, after, false)
		}
		if len(page) < HistoryPage {
			l.memory.caughtUp(channel, "", true)
			return nil
		}
	}
}

// past is a message of a channel's history.
type past struct {
	id  string
	raw json.RawMessage
}

// found hands a message over, in the form in which it would have come.
func (l *link) found(ctx context.Context, channel string, m past) error {
	if !l.client.Wanted("MESSAGE_CREATE", m.raw) {
		return nil
	}
	raw, err := json.Marshal(frame{Event: "MESSAGE_CREATE", Data: m.raw})
	if err != nil {
		return fmt.Errorf("a message of channel %s: %w", channel, err)
	}
	if err := l.host.Deliver(ctx, l.request(raw)); err != nil {
		return fmt.Errorf("a message of channel %s could not be stored: %w", channel, err)
	}
	return nil
}

// page asks for messages after one, again and later where that helps. Where it
// does not, the channel being gone or closed to us, there are none.
func (l *link) page(ctx context.Context, channel, after string) ([]past, error) {
	why := ""
	for try := range maxTries {
		if !sleep(ctx, l.client.timing.history<<min(try, 5)) {
			return nil, ctx.Err()
		}
		call := l.client.History(channel, after)
		resp, err := l.host.Do(ctx, call)
		if err != nil {
			why = err.Error()
			continue
		}
		switch o := l.client.Judge(call, resp); o.Verdict {
		case connectors.Done:
			return readPage(resp.Body, after)
		case connectors.Refuse:
			return nil, nil
		default:
			why = fmt.Sprintf("Discord answered %d", resp.Status)
			if !sleep(ctx, min(o.After, time.Minute)) {
				return nil, ctx.Err()
			}
		}
	}
	return nil, fmt.Errorf("history of channel %s: %s", channel, why)
}

// readPage puts the messages in order: Discord answers the newest first. Those
// that are not after the one asked for would have it go round in a circle.
func readPage(body []byte, after string) ([]past, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	var page []past
	for _, raw := range list {
		var d direct
		if json.Unmarshal(raw, &d) == nil && d.ID != "" && later(d.ID, after) {
			page = append(page, past{d.ID, raw})
		}
	}
	slices.SortFunc(page, func(a, b past) int { return order(a.id, b.id) })
	return page, nil
}
