package httpapi

import (
	"context"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/internal/journal"
	"threadhub/threads"
)

// mask takes a channel's secrets out of a text. When they are not known, the
// channel being gone or unreadable, nothing of the text may be shown.
func (s *server) mask(ctx context.Context, channel string, raw []byte) nullable.Nullable[string] {
	opened, err := s.Channels.Open(ctx, threads.ChannelID(channel))
	if err != nil || len(raw) == 0 {
		return null[string]()
	}
	shown := strings.ToValidUTF8(string(raw), string(utf8.RuneError))
	return nullable.NewNullableWithValue(opened.Target.Redactor.String(shown))
}

// maxRaw is how much of a webhook's body the event log shows, in bytes.
const maxRaw = 64 << 10

// ListChannelEvents implements GET /v1/channels/{channel_id}/events.
func (s *server) ListChannelEvents(c *gin.Context, id string, params api.ListChannelEventsParams) {
	ctx := c.Request.Context()
	if _, err := s.channel(c, id); err != nil {
		s.fail(c, err)
		return
	}
	limit := limitOf(params.Limit)
	entries, err := s.Webhooks.Entries(ctx, id, value(params.Cursor), limit+1)
	if err != nil {
		s.fail(c, err)
		return
	}
	entries, next := cut(entries, limit, func(e journal.Entry) string { return e.ID })
	out := api.ChannelEventList{Data: make([]api.ChannelEvent, len(entries)), NextCursor: next}
	for i, e := range entries {
		if out.Data[i], err = s.channelEvent(ctx, e); err != nil {
			s.fail(c, err)
			return
		}
	}
	s.answer(c, http.StatusOK, out)
}

func (s *server) channelEvent(ctx context.Context, e journal.Entry) (api.ChannelEvent, error) {
	v := api.ChannelEvent{
		ID: e.ID, ReceivedAt: timeView(e.ReceivedAt), Method: e.Method, Result: api.ChannelEventResult(e.State),
		Reason: orNull(e.Reason), Events: e.Events, Attempts: e.Attempts,
	}
	full, err := s.Webhooks.Entry(ctx, e.ID) // lists come without bodies
	if err != nil {
		return v, err
	}
	v.Raw = s.mask(ctx, e.ChannelID, full.Body)
	if raw, err := v.Raw.Get(); err == nil && len(raw) > maxRaw {
		v.Raw, v.RawTruncated = nullable.NewNullableWithValue(strings.ToValidUTF8(raw[:maxRaw], "")), true
	}
	return v, nil
}

// ListQuarantine implements GET /v1/quarantine.
func (s *server) ListQuarantine(c *gin.Context, params api.ListQuarantineParams) {
	ctx := c.Request.Context()
	limit := limitOf(params.Limit)
	items, err := s.Webhooks.Items(ctx, value(params.ChannelID), value(params.Cursor), limit+1)
	if err != nil {
		s.fail(c, err)
		return
	}
	items, next := cut(items, limit, func(i journal.Item) string { return i.ID })
	out := api.QuarantineList{Data: []api.QuarantineItem{}, NextCursor: next}
	for _, i := range items {
		if !caller(c).SeesChannel(threads.ChannelID(i.ChannelID)) {
			continue
		}
		out.Data = append(out.Data, api.QuarantineItem{
			ID: strings.ReplaceAll(i.ID, "/", itemDot), EventID: i.EntryID, ChannelID: i.ChannelID, Kind: i.Kind, Reason: i.Reason,
			Event: s.mask(ctx, i.ChannelID, i.Event), At: timeView(i.At),
		})
	}
	s.answer(c, http.StatusOK, out)
}
