package httpapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/normalize"
	"threadhub/threads"
)

// knownChannels remembers channels for the length of one answer.
type knownChannels struct {
	channels Channels
	known    map[threads.ChannelID]*threads.ChannelInfo
}

func (s *server) knownChannels() *knownChannels {
	return &knownChannels{channels: s.Channels, known: map[threads.ChannelID]*threads.ChannelInfo{}}
}

// of answers a channel, nil when it is no longer there.
func (k *knownChannels) of(ctx context.Context, id threads.ChannelID) (*threads.ChannelInfo, error) {
	if info, ok := k.known[id]; ok {
		return info, nil
	}
	info, err := k.channels.ChannelInfo(ctx, id)
	if errors.Is(err, threads.ErrNotFound) {
		k.known[id] = nil
		return nil, nil //nolint:nilnil // a deleted channel is not an error
	}
	if err != nil {
		return nil, fmt.Errorf("channel of a conversation: %w", err)
	}
	k.known[id] = &info
	return &info, nil
}

func (s *server) conversationView(ctx context.Context, c threads.Conversation) (api.Conversation, error) {
	return s.conversationOn(ctx, s.knownChannels(), c, s.now())
}

func (s *server) conversationOn(ctx context.Context, known *knownChannels, c threads.Conversation, now time.Time) (api.Conversation, error) {
	info, err := known.of(ctx, c.ChannelID)
	if err != nil {
		return api.Conversation{}, err
	}
	business, err := s.measure(ctx, c)
	if info == nil {
		return conversationView(c, nil, business, now), err
	}
	view := conversationView(c, &info.Caps, business, now)
	view.ChannelTrouble = ptr(info.Trouble)
	return view, err
}

func (s *server) conversationViews(ctx context.Context, list []threads.Conversation) ([]api.Conversation, error) {
	known := s.knownChannels()
	now := s.now()
	out := make([]api.Conversation, len(list))
	for i, c := range list {
		var err error
		if out[i], err = s.conversationOn(ctx, known, c, now); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func conversationView(c threads.Conversation, caps *normalize.Capabilities, business threads.Measure, now time.Time) api.Conversation {
	st := c.State
	return api.Conversation{
		ID: string(c.ID), ChannelID: string(c.ChannelID), Contact: contactBriefView(c.Contact),
		Status: api.ConversationStatus(st.Status), Style: chosenStyleView(threads.Style{Name: st.Style, Close: st.Close, Presence: st.Presence}, st.StyleRule), Session: sessionView(st),
		AssigneeID: orNull(string(st.Assignee)), GroupID: orNull(string(st.Group)), Weight: st.Places(),
		Priority: priorityView(c.Priority), Tags: convert(c.Tags, text[string]), Subject: orNull(c.Subject),
		FollowUpOf: orNull(string(c.FollowUpOf)), SuccessorID: orNull(string(st.Successor)),
		ReopenCount: st.ReopenCount, UnreadCount: c.UnreadCount, MessageCount: c.MessageCount,
		LastMessage: pick(c.LastMessage, previewView),
		CreatedAt:   timeView(c.CreatedAt), UpdatedAt: timeView(c.UpdatedAt),
		FirstReplyAt: timeOrNull(st.FirstReplyAt), LastCustomerMessageAt: timeOrNull(st.LastCustomerMessageAt),
		QueuedAt: timeOrNull(st.QueuedAt), Offer: offerView(st.Offer), InactiveDueAt: timeOrNull(st.Silence.InactiveDueAt), LadderDueAt: timeOrNull(st.Silence.StepDueAt),
		SessionEndedAt: timeOrNull(st.SessionEndedAt), SolvedAt: timeOrNull(st.SolvedAt), ClosedAt: timeOrNull(st.ClosedAt), ErasedAt: timeOrNull(c.ErasedAt),
		CloseDueAt: timeOrNull(st.CloseDueAt), ReplyWindow: replyWindow(c, caps, now),
		NeedsAttention: st.NeedsAttention, Metrics: metricsView(c.ReadMetrics(now, business)), Version: c.Version,
	}
}

func contactBriefView(c threads.ContactBrief) api.ContactBrief {
	return api.ContactBrief{
		ID: string(c.ID), Name: orNull(c.Name), ExternalID: string(c.ExternalID), AvatarURL: orNull(c.AvatarURL),
	}
}

// sessionView is the session as clients see it: that of a closed conversation
// is over, however it ended.
func sessionView(st threads.State) api.Session {
	switch {
	case st.Status == threads.StatusClosed:
		return api.SessionEnded
	case st.Session == "":
		return api.SessionActive
	}
	return api.Session(st.Session)
}

func priorityView(p string) api.Priority {
	if p == "" {
		return api.PriorityNormal
	}
	return api.Priority(p)
}

func previewView(p threads.Preview) api.MessagePreview {
	return api.MessagePreview{
		ID: string(p.ID), Type: api.MessageType(p.Type), Text: orNull(p.Text),
		Direction: api.Direction(p.Direction), Author: authorView(p.Author), At: timeView(p.At),
	}
}

// mediaTypes in the order they are listed.
var mediaTypes = [...]normalize.MessageType{
	normalize.TypeImage, normalize.TypeAudio, normalize.TypeVideo, normalize.TypeFile, normalize.TypeSticker,
}

// carried lists the message types that a channel can carry.
func carried(caps *normalize.Capabilities) []api.MessageType {
	types := []api.MessageType{}
	add := func(can bool, t normalize.MessageType) {
		if can {
			types = append(types, api.MessageType(t))
		}
	}
	add(caps.Text.Max > 0, normalize.TypeText)
	for _, t := range mediaTypes {
		_, can := caps.Media[t]
		add(can, t)
	}
	add(caps.Location, normalize.TypeLocation)
	add(caps.Contacts, normalize.TypeContact)
	add(caps.Templates, normalize.TypeTemplate)
	return types
}

// replyWindow says what may be sent now: everything the channel carries while
// the platform's window is open, then what the platform still allows. On a
// channel that is gone nothing may be sent.
func replyWindow(c threads.Conversation, caps *normalize.Capabilities, now time.Time) api.ReplyWindow {
	if caps == nil {
		return api.ReplyWindow{Until: timeOrNull(time.Time{}), Allowed: []api.MessageType{}}
	}
	r := threads.ReplyWindow(c, *caps, threads.AuthorAgent, now)
	allowed := carried(caps)
	if !r.Open {
		allowed = convert(r.After, func(t normalize.MessageType) api.MessageType { return api.MessageType(t) })
	}
	view := api.ReplyWindow{Open: r.Open, Until: timeOrNull(r.Until), Allowed: allowed}
	if r.Counted {
		view.MessagesLeft = &r.Left
	}
	return view
}

func transitionView(t threads.Transition) api.Transition {
	from := null[api.ConversationStatus]()
	if t.From != "" {
		from = nullable.NewNullableWithValue(api.ConversationStatus(t.From))
	}
	return api.Transition{
		ID: t.ID, From: from, To: api.ConversationStatus(t.To), Cause: string(t.Cause), Actor: authorView(t.Actor), At: timeView(t.At),
		Style: chosenStyleView(threads.Style{Name: t.Style, Close: t.Policy}, t.StyleRule), Generation: t.Generation,
		RuleID: ptr(string(t.Rule)), Session: sessionChangeView(t), Detail: orNull(t.Detail),
	}
}

// sessionChangeView is nil when the line is not about the session.
func sessionChangeView(t threads.Transition) *api.SessionChange {
	if t.SessionTo == "" {
		return nil
	}
	return &api.SessionChange{From: api.Session(t.SessionFrom), To: api.Session(t.SessionTo)}
}

func contactView(c threads.Contact, sees func(threads.ChannelID) bool) api.Contact {
	identities := []api.ContactIdentity{}
	for _, id := range c.Identities {
		if sees(id.Channel) {
			identities = append(identities, api.ContactIdentity{ChannelID: string(id.Channel), ExternalID: string(id.Peer)})
		}
	}
	consents := make(map[string]api.ContactConsents, len(c.Consents))
	for category, status := range c.Consents {
		consents[category] = api.ContactConsents(status)
	}
	return api.Contact{
		ID: string(c.ID), Name: orNull(c.Name), Username: orNull(c.Username), Phone: orNull(c.Phone),
		Locale: orNull(c.Locale), AvatarURL: orNull(c.AvatarURL), Group: c.Group, Identities: identities, Consents: consents,
		Tags:      convert(c.Tags, text[string]),
		CreatedAt: timeView(c.CreatedAt), UpdatedAt: timeView(c.UpdatedAt), Version: c.Version,
	}
}
