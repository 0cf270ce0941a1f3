package app

import (
	"context"
	"encoding/json"
	"fmt"

	"threadhub/internal/bus"
	"threadhub/internal/httpapi"
	"threadhub/internal/subscriptions"
	"threadhub/internal/webchat"
	"threadhub/threads"
)

// live is the bus as the API's event streams see it.
type live struct {
	bus bus.Bus
	end <-chan struct{} // closed when the hub stops
}

// Subscribe implements [httpapi.Live].
func (l live) Subscribe(ctx context.Context, after string) (httpapi.Subscription, error) {
	sub, reset, err := l.bus.Subscribe(ctx, after)
	if err != nil {
		return httpapi.Subscription{}, fmt.Errorf("subscribe: %w", err)
	}
	events := make(chan httpapi.Event)
	go l.translate(ctx, sub, events)
	return httpapi.Subscription{Events: events, Reset: reset, Position: sub.Position}, nil
}

// translate hands events on until the listener goes, falls behind or the hub
// stops.
func (l live) translate(ctx context.Context, sub *bus.Subscription, out chan<- httpapi.Event) {
	defer close(out)
	defer sub.Close()
	for {
		var e httpapi.Event
		select {
		case <-ctx.Done():
			return
		case <-l.end:
			return
		case raw, ok := <-sub.Events():
			if !ok {
				return
			}
			if webchat.Private(raw) || !read(raw, &e) {
				continue // of another version of the hub
			}
			e.ID = raw.ID
		}
		select {
		case out <- e:
		case <-ctx.Done():
			return
		case <-l.end:
			return
		}
	}
}

// read takes an event off the bus.
func read(raw bus.Event, e *httpapi.Event) bool {
	switch raw.Type {
	case string(subscriptions.ChannelHealth):
		var news channelNews
		if json.Unmarshal(raw.Data, &news) != nil {
			return false
		}
		e.Notice, e.Channel = threads.Notice{Type: news.Type, At: news.At}, news.Channel
		return true
	case string(httpapi.EventViewing):
		var news viewNews
		if json.Unmarshal(raw.Data, &news) != nil || news.Viewing == nil {
			return false
		}
		e.Notice, e.Viewing = threads.Notice{Type: news.Type, At: news.At, Author: &news.Viewing.By}, news.Viewing
		return true
	}
	return json.Unmarshal(raw.Data, &e.Notice) == nil
}
