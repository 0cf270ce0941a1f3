package media

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/egress"
	"threadhub/internal/tokens"
	"threadhub/normalize"
	"threadhub/threads"
)

// maxSteps is how many calls a platform may want for one file.
const maxSteps = 5

// fetch gets the bytes of an attachment in as many steps as the connector says.
func (l *Library) fetch(ctx context.Context, id threads.ChannelID, att normalize.Attachment) (f *egress.File, err error) {
	ch, err := l.Channels.Open(ctx, id)
	switch {
	case errors.Is(err, threads.ErrNotFound):
		return nil, &Error{Gone: true, Why: "the channel was deleted: nobody can ask the platform for the file"}
	case err != nil:
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			l.Logger.ErrorContext(ctx, "connector panicked on an attachment", "channel", id, "kind", ch.Kind, "panic", ch.Target.Redactor.String(fmt.Sprint(p)))
			err = &Error{After: time.Minute, Why: "the connector failed on the attachment"}
		}
	}()
	resolver, _ := ch.Connector.(connectors.MediaResolver)
	var done []connectors.Response
	for range maxSteps {
		var call *connectors.Call
		if resolver != nil {
			if call, err = resolver.Media(&att, done); err != nil {
				closeFile(f)
				return nil, &Error{Gone: true, Why: err.Error()}
			}
		}
		if call == nil {
			return l.last(ctx, ch, att, f)
		}
		closeFile(f)
		var resp *connectors.Response
		if f, resp, err = l.step(ctx, ch, call); err != nil {
			return nil, err
		}
		done = append(done, *resp)
	}
	closeFile(f)
	return nil, &Error{After: time.Minute, Why: "the platform wants too many calls for one file"}
}

func closeFile(f *egress.File) {
	if f != nil {
		f.Close()
	}
}

// last answers what the last step brought, or fetches the attachment's own
// address when there was none.
func (l *Library) last(ctx context.Context, ch *channels.Opened, att normalize.Attachment, f *egress.File) (*egress.File, error) {
	switch {
	case f != nil:
		return f, nil
	case att.URL == "":
		return nil, &Error{Gone: true, Why: "the platform says nothing of where the file is"}
	}
	f, err := l.Carrier.FetchPublic(ctx, ch.Target, att.URL, l.MaxFile)
	if err != nil {
		return nil, l.explain(err)
	}
	return f, nil
}

// step carries one call out and reads what it means.
func (l *Library) step(ctx context.Context, ch *channels.Opened, call *connectors.Call) (*egress.File, *connectors.Response, error) {
	f, resp, err := l.Carrier.Fetch(ctx, ch.Target, call, l.MaxFile)
	if err != nil {
		return nil, nil, l.explain(err)
	}
	o := ch.Connector.Classify(call, resp)
	if f != nil && o.Verdict == connectors.Done {
		return f, resp, nil
	}
	closeFile(f)
	why := "the platform answered " + strconv.Itoa(resp.Status)
	if o.Failure != nil && o.Failure.Message != "" {
		why += ": " + ch.Target.Redactor.String(o.Failure.Message)
	}
	return nil, nil, &Error{Gone: o.Verdict == connectors.Refuse || resp.Status == 404 || resp.Status == 410, After: cmp.Or(o.After, 30*time.Second), Why: why}
}

// explain turns a call that brought nothing into what it means for the file.
func (l *Library) explain(err error) error {
	var none *tokens.Error
	if errors.As(err, &none) {
		return &Error{After: cmp.Or(none.Outcome.After, time.Minute), Why: none.Error()}
	}
	var e *egress.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("fetch an attachment: %w", err)
	}
	switch {
	case e.Reason == egress.ReasonTooLarge, e.Reason == egress.ReasonSourceTooLarge:
		return &Error{TooLarge: true, Why: "the file has more than the " + strconv.FormatInt(l.MaxFile, 10) + " bytes that the hub keeps of one; raise THREADHUB_MEDIA_FILE_MB"}
	case errors.Is(err, egress.ErrSource), errors.Is(err, egress.ErrBlocked), errors.Is(err, egress.ErrURL):
		return &Error{Gone: true, Why: e.Detail()}
	}
	return &Error{After: cmp.Or(e.RetryAfter, 30*time.Second), Why: "the file could not be fetched from the platform: " + string(e.Reason)}
}
