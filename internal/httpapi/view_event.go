package httpapi

import (
	"context"
	"encoding/json"
	"fmt"

	"threadhub/api"
	"threadhub/internal/subscriptions"
	"threadhub/threads"
)

// eventView shows an event with its records; of a contact only the identities
// on channels that are seen.
func (s *server) eventView(ctx context.Context, e Event, sees func(threads.ChannelID) bool) (api.Event, error) {
	view := api.Event{ID: e.ID, Type: string(e.Type), At: timeView(e.At), AgentID: ptr(string(e.Agent))}
	if e.Conversation != nil {
		conv, err := s.conversationView(ctx, *e.Conversation)
		if err != nil {
			return view, err
		}
		view.Conversation = &conv
	}
	if e.Message != nil {
		m := s.messageView(*e.Message)
		view.Message = &m
	}
	if e.Contact != nil {
		contact := contactView(*e.Contact, sees)
		view.Contact = &contact
	}
	if e.Author != nil {
		by := authorView(*e.Author)
		view.Author = &by
	}
	if e.Channel != nil {
		ch := s.channelView(*e.Channel)
		view.Channel = &ch
	}
	if e.Viewing != nil {
		view.Viewing = viewingView(*e.Viewing)
	}
	return view, nil
}

// newsView shows what subscribers are told.
func (s *server) newsView(ctx context.Context, id string, n subscriptions.News, sees func(threads.ChannelID) bool) (api.Event, error) {
	view, err := s.eventView(ctx, Event{ID: id, Notice: n.Notice, Channel: n.Channel}, sees)
	if b := n.Subscription; b != nil {
		view.Subscription = &api.SubscriptionBrief{ID: b.ID, Name: b.Name, Reason: b.Reason}
	}
	return view, err
}

// NewRenderer answers how events are written for subscribers: as the streams of
// the API show them. Of the parts it takes those that views are made from.
func NewRenderer(d Deps) subscriptions.Renderer {
	s := &server{Deps: d}
	return func(ctx context.Context, id string, n subscriptions.News, sees func(threads.ChannelID) bool) ([]byte, error) {
		view, err := s.newsView(ctx, id, n, sees)
		if err != nil {
			return nil, fmt.Errorf("event %s: %w", id, err)
		}
		return json.Marshal(view)
	}
}
