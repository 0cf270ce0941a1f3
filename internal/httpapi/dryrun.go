package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/normalize"
	"threadhub/threads"
)

// dryCalls bounds how many calls of one message are shown.
const dryCalls = 100

// answerRehearsal tells what a send would do.
func (s *server) answerRehearsal(c *gin.Context, r threads.Rehearsal) {
	view, err := s.rehearsalView(c.Request.Context(), r)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, view)
}

func (s *server) rehearsalView(ctx context.Context, r threads.Rehearsal) (api.DryRun, error) {
	ch, err := s.Channels.Open(ctx, r.Conversation.ChannelID)
	if err != nil {
		return api.DryRun{}, err
	}
	view := api.DryRun{
		Calls: []api.DryRunCall{}, Complete: true, Losses: convert(r.Message.Losses, lossView),
		ReplyWindow: replyWindow(r.Conversation, &ch.Caps, s.now()),
	}
	if r.Message.Internal {
		return view, nil
	}
	parts, _, err := normalize.Fit(r.Message.Content, ch.Caps)
	if err != nil {
		return view, err // it passed before
	}
	view.Parts = len(parts)
	out := &normalize.Outbound{
		ID: string(r.Message.ID), To: r.Delivery.To, Parts: parts, Context: r.Delivery.Context, LastInbound: r.Delivery.LastInbound, Now: s.now(),
	}
	view.Calls, view.Complete, err = rehearse(ch, out)
	return view, err
}

// rehearse answers the calls that a connector would make, as if each of them
// succeeded, until one whose answer it needs.
func rehearse(ch *channels.Opened, out *normalize.Outbound) (calls []api.DryRunCall, complete bool, err error) {
	calls = []api.DryRunCall{}
	var done []normalize.Exchange
	for len(calls) < dryCalls {
		call, err := ch.Connector.Next(out, done)
		if err != nil {
			return nil, false, &threads.RefusedError{Code: threads.RefusedUnsupported, Detail: err.Error()}
		}
		if call == nil {
			return calls, true, nil
		}
		calls = append(calls, callView(ch, call))
		if !call.Visible {
			return calls, false, nil // it gets something that the next ones need
		}
		done = append(done, normalize.Exchange{Name: call.Name, Part: call.Part, IDs: []normalize.PlatformID{"dry-run"}})
	}
	return calls, false, nil
}

// callView shows a call without its secrets.
func callView(ch *channels.Opened, call *connectors.Call) api.DryRunCall {
	mask := ch.Target.Redactor.String
	v := api.DryRunCall{
		Name: call.Name, Method: call.Method, URL: mask(call.URL), Headers: map[string]string{}, Part: call.Part, Visible: call.Visible,
	}
	for name, values := range call.Header {
		v.Headers[name] = mask(strings.Join(values, ", "))
	}
	switch {
	case call.Upload != nil:
		file := mask(call.Upload.URL)
		v.Upload = &file
	case len(call.Body) > 0:
		body := mask(strings.ToValidUTF8(string(call.Body), "\uFFFD"))
		v.Body = &body
	}
	return v
}
