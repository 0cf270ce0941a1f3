package httpapi

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/channels"
	"threadhub/internal/directory"
	"threadhub/internal/retention"
	"threadhub/threads"
)

// ListConnectors implements GET /v1/connectors.
func (s *server) ListConnectors(c *gin.Context) {
	list := api.ConnectorList{Data: make([]api.Connector, len(s.Kinds)), NextCursor: nextCursor("")}
	for i, k := range s.Kinds {
		v, err := connectorView(k)
		if err != nil {
			s.fail(c, err)
			return
		}
		list.Data[i] = v
	}
	s.answer(c, http.StatusOK, list)
}

// ListChannels implements GET /v1/channels. A caller who is limited to some
// channels gets those; the rest is skipped page by page.
func (s *server) ListChannels(c *gin.Context, params api.ListChannelsParams) {
	limit := limitOf(params.Limit)
	list, err := s.Channels.List(c.Request.Context(), threads.ChannelID(value(params.Cursor)), limit+1)
	if err != nil {
		s.fail(c, err)
		return
	}
	list, next := cut(list, limit, func(ch channels.Channel) string { return string(ch.ID) })
	out := api.ChannelList{Data: []api.Channel{}, NextCursor: next}
	for _, ch := range list {
		if caller(c).SeesChannel(ch.ID) {
			out.Data = append(out.Data, s.channelView(ch))
		}
	}
	s.answer(c, http.StatusOK, out)
}

// CreateChannel implements POST /v1/channels.
func (s *server) CreateChannel(c *gin.Context, _ api.CreateChannelParams) {
	var in api.ChannelDraft
	if !s.decode(c, &in) {
		return
	}
	style, err := s.styleOf(c.Request.Context(), "style", in.Style)
	if err != nil {
		s.fail(c, err)
		return
	}
	group, _ := in.GroupID.Get()
	if err := s.groupExists(c, "group_id", group); err != nil {
		s.fail(c, err)
		return
	}
	sendFor, err := sendForOf(in.SendFor)
	if err != nil {
		s.fail(c, err)
		return
	}
	var keep retention.Policy
	retain, err := retentionChange(in.Retention)
	if err != nil {
		s.fail(c, err)
		return
	}
	if retain != nil {
		retain(&keep)
	}
	ch, err := s.Channels.Create(c.Request.Context(), channels.Draft{
		Weight: in.Weight, SendFor: value(sendFor), Retention: keep,
		Kind: in.Kind, Name: in.Name, Credentials: in.Credentials, Settings: value(in.Settings),
		Style: style, GroupID: threads.GroupID(group), Enabled: in.Enabled,
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerVersioned(c, http.StatusCreated, ch.Version, s.channelView(ch))
}

// sendForOf reads how long messages are tried; nil when it is left out.
func sendForOf(given *api.Duration) (*time.Duration, error) {
	if given == nil {
		return nil, nil //nolint:nilnil // nothing was said
	}
	d, err := readDuration("send_for", *given)
	return &d, err
}

// channel answers a channel that the caller may see.
func (s *server) channel(c *gin.Context, id string) (channels.Channel, error) {
	if !caller(c).SeesChannel(threads.ChannelID(id)) {
		return channels.Channel{}, directory.ErrNotFound
	}
	return s.Channels.Get(c.Request.Context(), threads.ChannelID(id))
}

// GetChannel implements GET /v1/channels/{channel_id}.
func (s *server) GetChannel(c *gin.Context, id string) {
	ch, err := s.channel(c, id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerVersioned(c, http.StatusOK, ch.Version, s.channelView(ch))
}

// UpdateChannel implements PATCH /v1/channels/{channel_id}.
func (s *server) UpdateChannel(c *gin.Context, id string, params api.UpdateChannelParams) {
	var in api.ChannelChange
	if !s.decode(c, &in) {
		return
	}
	change, err := s.channelChange(c, in, params.IfMatch)
	if err != nil {
		s.fail(c, err)
		return
	}
	if _, err = s.channel(c, id); err != nil {
		s.fail(c, err)
		return
	}
	ch, err := s.Channels.Update(c.Request.Context(), threads.ChannelID(id), change)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerVersioned(c, http.StatusOK, ch.Version, s.channelView(ch))
}

func (s *server) channelChange(c *gin.Context, in api.ChannelChange, ifMatch *string) (channels.Change, error) {
	change := channels.Change{Name: in.Name, Weight: in.Weight, Settings: value(in.Settings), Enabled: in.Enabled, Credentials: value(in.Credentials)}
	var err error
	if change.IfVersion, err = expected(in.Version, ifMatch); err != nil {
		return change, err
	}
	if change.Style, err = s.styleOf(c.Request.Context(), "style", in.Style); err != nil {
		return change, err
	}
	if change.SendFor, err = sendForOf(in.SendFor); err != nil {
		return change, err
	}
	if change.Retention, err = retentionChange(in.Retention); err != nil {
		return change, err
	}
	if in.Overlap != nil {
		overlap, err := readDuration("overlap", *in.Overlap)
		if err != nil {
			return change, err
		}
		change.Overlap = &overlap
	}
	if in.GroupID.IsSpecified() {
		group, _ := in.GroupID.Get()
		id := threads.GroupID(group)
		change.GroupID = &id
		return change, s.groupExists(c, "group_id", group)
	}
	return change, nil
}

// DeleteChannel implements DELETE /v1/channels/{channel_id}.
func (s *server) DeleteChannel(c *gin.Context, id string, params api.DeleteChannelParams) {
	_, err := s.channel(c, id)
	if err == nil {
		err = s.Channels.Delete(c.Request.Context(), threads.ChannelID(id), value(params.Force))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	gone(c)
}

// CheckChannel implements POST /v1/channels/{channel_id}/check.
func (s *server) CheckChannel(c *gin.Context, id string, _ api.CheckChannelParams) {
	_, err := s.channel(c, id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerCheck(c)(s.Channels.Check(c.Request.Context(), threads.ChannelID(id)))
}

// RegisterChannelWebhook implements POST /v1/channels/{channel_id}/webhook.
func (s *server) RegisterChannelWebhook(c *gin.Context, id string, _ api.RegisterChannelWebhookParams) {
	ch, err := s.channel(c, id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerCheck(c)(s.Channels.RegisterWebhook(c.Request.Context(), ch.ID, s.channelView(ch).WebhookURL))
}

func (s *server) answerCheck(c *gin.Context) func(channels.CheckResult, error) {
	return func(r channels.CheckResult, err error) {
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answer(c, http.StatusOK, api.ChannelCheck{OK: r.OK, Detail: r.Detail})
	}
}
