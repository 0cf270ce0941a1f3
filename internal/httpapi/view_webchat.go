package httpapi

import (
	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/internal/webchat"
	"threadhub/normalize"
	"threadhub/threads"
)

// messageRecord is a message as it is stored.
type messageRecord = threads.Message

func visitorConversationView(c threads.Conversation) api.WebchatConversation {
	state := api.WebchatConversationStateOpen
	if webchat.Ended(c) {
		state = api.WebchatConversationStateEnded
	}
	return api.WebchatConversation{ID: string(c.ID), State: state}
}

// visitorAuthorView tells visitors the name of an agent and nothing else.
func visitorAuthorView(a threads.Author) api.WebchatAuthor {
	view := api.WebchatAuthor{Type: api.WebchatAuthorTypeSystem, Name: null[string]()}
	switch a.Type {
	case threads.AuthorContact:
		view.Type = api.WebchatAuthorTypeVisitor
	case threads.AuthorAgent, threads.AuthorExternal:
		view.Type, view.Name = api.WebchatAuthorTypeAgent, orNull(a.Name)
	}
	return view
}

// visitorStatus: what is stored for a visitor is sent.
func visitorStatus(m messageRecord) api.WebchatMessageStatus {
	switch {
	case m.Direction == threads.Inbound:
		return api.WebchatMessageStatusReceived
	case m.Status == threads.MessageRead:
		return api.WebchatMessageStatusRead
	case m.Status == threads.MessageDelivered:
		return api.WebchatMessageStatusDelivered
	}
	return api.WebchatMessageStatusSent
}

func addVisitorContent(view *api.WebchatMessage, m normalize.Message) {
	if m.Location != nil {
		l := locationView(*m.Location)
		view.Location = &l
	}
	if len(m.Contacts) > 0 {
		cards := convert(m.Contacts, cardView)
		view.Contacts = &cards
	}
	if m.Reply != nil {
		choice := choiceView(*m.Reply)
		view.Choice = &choice
	}
	if m.List != nil {
		list := listView(*m.List)
		view.List = &list
	}
	if q := m.ReplyTo; q != nil && q.ID != "" {
		view.ReplyTo = &struct {
			ID   string                    `json:"id"`
			Text nullable.Nullable[string] `json:"text"`
		}{string(q.ID), orNull(q.Text)}
	}
}

func appendTo[T any](list *[]T, v T) *[]T {
	if list == nil {
		list = new([]T)
	}
	*list = append(*list, v)
	return list
}
