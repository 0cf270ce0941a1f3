package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/internal/directory"
	"threadhub/internal/expiry"
	"threadhub/internal/retention"
	"threadhub/threads"
)

// Retention tells what it would erase (expiry.Keeper).
type Retention interface {
	Preview(ctx context.Context, hub retention.Policy, channel func(context.Context, threads.ChannelID) (retention.Policy, error), only threads.ChannelID) ([]expiry.Forecast, error)
}

// retentionChange reads what to change of a policy; nil when nothing is said.
func retentionChange(in *api.RetentionChange) (func(*retention.Policy), error) {
	if in == nil {
		return nil, nil //nolint:nilnil // nothing was said
	}
	var set []func(*retention.Policy)
	read := func(field string, given nullable.Nullable[api.KeepFor], put func(*retention.Policy, retention.Keep)) error {
		if !given.IsSpecified() {
			return nil
		}
		var k retention.Keep
		if text, err := given.Get(); err == nil {
			if k, err = retention.Parse(text); err != nil {
				return invalid(fieldError{"retention." + field, err.Error()})
			}
		}
		set = append(set, func(p *retention.Policy) { put(p, k) })
		return nil
	}
	errs := []error{
		read("conversations", in.Conversations, func(p *retention.Policy, k retention.Keep) { p.Conversations = k }),
		read("payloads", in.Payloads, func(p *retention.Policy, k retention.Keep) { p.Payloads = k }),
		read("event_log", in.EventLog, func(p *retention.Policy, k retention.Keep) { p.EventLog = k }),
		read("quarantine", in.Quarantine, func(p *retention.Policy, k retention.Keep) { p.Quarantine = k }),
		read("dead_letters", in.DeadLetters, func(p *retention.Policy, k retention.Keep) { p.DeadLetters = k }),
	}
	styles := value(in.Styles)
	for name, given := range map[threads.StyleName]nullable.Nullable[api.KeepFor]{
		threads.LiveChat: styles.LiveChat, threads.LiveChatReturning: styles.LiveChatReturning, threads.SocialMessaging: styles.SocialMessaging,
	} {
		errs = append(errs, read("styles."+string(name), given, func(p *retention.Policy, k retention.Keep) { p.SetStyle(name, k) }))
	}
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return func(p *retention.Policy) {
		for _, put := range set {
			put(p)
		}
	}, nil
}

func retentionView(p retention.Policy) api.Retention {
	keep := func(k retention.Keep) nullable.Nullable[api.KeepFor] { return orNull(keepText(k)) }
	return api.Retention{
		Conversations: keep(p.Conversations), Payloads: keep(p.Payloads), EventLog: keep(p.EventLog), Quarantine: keep(p.Quarantine), DeadLetters: keep(p.DeadLetters),
		Styles: api.RetentionStyles{
			LiveChat: keep(p.Styles[threads.LiveChat]), LiveChatReturning: keep(p.Styles[threads.LiveChatReturning]), SocialMessaging: keep(p.Styles[threads.SocialMessaging]),
		},
	}
}

// keepText is how the API writes it, "" where nothing is said.
func keepText(k retention.Keep) string {
	if k == 0 || k == retention.Forever {
		return k.String()
	}
	return durationText(time.Duration(k))
}

// ownsRetention refuses a caller who sees only some channels or groups.
func (s *server) ownsRetention(c *gin.Context) bool {
	if !caller(c).Limited() {
		return true
	}
	s.refuse(c, problem(http.StatusForbidden, codeForbidden, "a token that is limited to channels or groups does not see what is kept of all: use one that is not"))
	return false
}

// PreviewRetention implements POST /v1/retention/preview.
func (s *server) PreviewRetention(c *gin.Context, _ api.PreviewRetentionParams) {
	var in api.RetentionPreviewDraft
	if !s.ownsRetention(c) || !s.decode(c, &in) {
		return
	}
	ctx := c.Request.Context()
	hub, own, err := s.retentionAsIf(ctx, in)
	if err != nil {
		s.fail(c, err)
		return
	}
	list, err := s.Retention.Preview(ctx, hub, own, threads.ChannelID(value(in.ChannelID)))
	if err != nil {
		s.fail(c, err)
		return
	}
	out := api.RetentionPreview{Data: convert(list, forecastView)}
	for _, f := range list {
		out.Conversations += f.Conversations
	}
	s.answer(c, http.StatusOK, out)
}

// retentionAsIf answers the hub's policy and those of channels, as if the draft
// had been stored.
func (s *server) retentionAsIf(ctx context.Context, in api.RetentionPreviewDraft) (retention.Policy, func(context.Context, threads.ChannelID) (retention.Policy, error), error) {
	own := func(ctx context.Context, id threads.ChannelID) (retention.Policy, error) {
		ch, err := s.Channels.Get(ctx, id)
		if errors.Is(err, directory.ErrNotFound) {
			err = nil // deleted, and something of it is still kept
		}
		return ch.Retention, err
	}
	set, err := s.Settings.Get(ctx)
	if err != nil {
		return retention.Policy{}, nil, err
	}
	hub := set.Retention
	change, err := retentionChange(in.Retention)
	if err != nil || change == nil {
		return hub, own, err
	}
	if in.ChannelID == nil {
		hub, err = changed(hub, change)
		return hub.Over(s.Settings.Keep), own, err
	}
	ch, err := s.Channels.Get(ctx, threads.ChannelID(*in.ChannelID))
	if errors.Is(err, directory.ErrNotFound) {
		err = invalid(fieldError{"channel_id", "there is no such channel"})
	}
	if err != nil {
		return hub, nil, err
	}
	of, err := changed(ch.Retention, change)
	return hub, func(context.Context, threads.ChannelID) (retention.Policy, error) { return of, nil }, err
}

// changed is a policy as a change would make it.
func changed(p retention.Policy, change func(*retention.Policy)) (retention.Policy, error) {
	var alone retention.Policy
	change(&alone)
	change(&p)
	return p, retentionError(alone.Validate())
}

// retentionError names the field of a policy that cannot be.
func retentionError(err error) error {
	var wrong *retention.FieldError
	if errors.As(err, &wrong) {
		return invalid(fieldError{"retention." + wrong.Field, wrong.Message})
	}
	return err
}

func forecastView(f expiry.Forecast) api.RetentionForecast {
	return api.RetentionForecast{
		ChannelID: string(f.Channel), Style: api.StyleName(f.Style), Keep: keepText(f.Keep), Conversations: f.Conversations, More: f.Conversations == expiry.Most,
	}
}
