// Package templates keeps the lists of templates that platforms have approved
// for channels (connectors.Templater): fetched when somebody asks, when a
// message names one that is not known, and now and then by themselves.
package templates

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/singleflight"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/directory"
	"threadhub/internal/egress"
	"threadhub/normalize"
	"threadhub/threads"
)

// Channels are the registered channels (channels.Registry).
type Channels interface {
	Open(ctx context.Context, id threads.ChannelID) (*channels.Opened, error)
	List(ctx context.Context, after threads.ChannelID, limit int) ([]channels.Channel, error)
}

// Caller carries a connector's calls to its platform (tokens.Keeper).
type Caller interface {
	Do(ctx context.Context, t egress.Target, call *connectors.Call) (*connectors.Response, error)
}

// Options are what a [Catalogue] works with. All are required.
type Options struct {
	Store    directory.Store
	Channels Channels
	Caller   Caller
	Now      func() time.Time
	Logger   *slog.Logger
}

// Listing is what is known of a channel's templates.
type Listing struct {
	// Listed is set when the platform has a list of the channel's templates.
	Listed    bool
	Templates []normalize.TemplateInfo
	SyncedAt  time.Time // zero: never
	// Failure is why the latest attempt to fetch the list brought none.
	Failure string
}

// record is how a listing is stored.
type record struct {
	Templates []normalize.TemplateInfo `json:"templates"`
	SyncedAt  time.Time                `json:"synced_at,omitzero"`
	Failure   string                   `json:"failure,omitempty"`
	TriedAt   time.Time                `json:"tried_at"`
}

// Catalogue keeps the lists. It is safe for concurrent use.
type Catalogue struct {
	Options
	records directory.Collection[record]
	flights singleflight.Group
}

const (
	// staleAfter is when a list is fetched again by itself.
	staleAfter = time.Hour
	// tryAgain is the shortest pause between two fetches that nobody asked for.
	tryAgain = time.Minute
	// fetchTime bounds a fetch, for which somebody may wait.
	fetchTime = 15 * time.Second
	// mostPages bounds a list.
	mostPages = 50
	sweep     = 5 * time.Minute
	page      = 200
)

// NewCatalogue returns a catalogue over the given parts.
func NewCatalogue(o Options) *Catalogue {
	return &Catalogue{Options: o, records: directory.NewCollection[record](o.Store, "templates", nil)}
}

// List answers a channel's templates; with refresh set they are fetched first.
func (c *Catalogue) List(ctx context.Context, id threads.ChannelID, refresh bool) (Listing, error) {
	ch, err := c.Channels.Open(ctx, id)
	if err != nil {
		return Listing{}, err
	}
	if _, ok := ch.Connector.(connectors.Templater); !ok {
		return Listing{}, nil
	}
	r, err := c.record(ctx, id)
	if err == nil && (refresh || r.SyncedAt.IsZero() && c.mayTry(r)) {
		r, err = c.sync(ctx, ch)
	}
	return Listing{Listed: true, Templates: r.Templates, SyncedAt: r.SyncedAt, Failure: r.Failure}, err
}

// Refusal answers why the platform would not take a message of the template, in
// words for whoever wrote it; empty when it would, as far as anybody knows.
func (c *Catalogue) Refusal(ctx context.Context, id threads.ChannelID, t normalize.Template) (string, error) {
	l, err := c.List(ctx, id, false)
	if err != nil || !l.Listed {
		return "", err
	}
	info, known := l.find(t)
	if !known || !info.Usable {
		// It may have been approved since.
		if l, err = c.again(ctx, id); err != nil {
			return "", err
		}
		info, known = l.find(t)
	}
	switch {
	case known:
		return info.Check(t), nil
	case l.SyncedAt.IsZero():
		return "", nil // nobody knows: the platform will say
	}
	return unknown(l, t), nil
}

func (l Listing) find(t normalize.Template) (normalize.TemplateInfo, bool) {
	i := slices.IndexFunc(l.Templates, func(o normalize.TemplateInfo) bool { return o.Name == t.Name && o.Language == t.Language })
	if i < 0 {
		return normalize.TemplateInfo{}, false
	}
	return l.Templates[i], true
}

// unknown says what there is instead.
func unknown(l Listing, t normalize.Template) string {
	var languages []string
	for _, o := range l.Templates {
		if o.Name == t.Name {
			languages = append(languages, o.Language)
		}
	}
	if len(languages) > 0 {
		return fmt.Sprintf("the template %q does not exist in %q: use one of %q", t.Name, t.Language, languages)
	}
	return fmt.Sprintf("the platform knows no template %q: GET /v1/channels/{id}/templates lists those there are", t.Name)
}

// again fetches the list unless that was done just now.
func (c *Catalogue) again(ctx context.Context, id threads.ChannelID) (Listing, error) {
	r, err := c.record(ctx, id)
	if err != nil {
		return Listing{}, err
	}
	return c.List(ctx, id, c.mayTry(r))
}

func (c *Catalogue) mayTry(r record) bool { return c.Now().Sub(r.TriedAt) >= tryAgain }

func (c *Catalogue) record(ctx context.Context, id threads.ChannelID) (record, error) {
	item, err := c.records.Get(ctx, string(id))
	if errors.Is(err, directory.ErrNotFound) {
		return record{}, nil
	}
	return item.Value, err
}

// sync fetches the list and keeps it. When that fails, the list there was stays.
func (c *Catalogue) sync(ctx context.Context, ch *channels.Opened) (record, error) {
	v, err, _ := c.flights.Do(string(ch.ID), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
		defer cancel()
		list, failure := c.fetch(ctx, ch)
		return c.keep(ctx, ch.ID, list, failure)
	})
	r, _ := v.(record)
	return r, err
}

func (c *Catalogue) keep(ctx context.Context, id threads.ChannelID, list []normalize.TemplateInfo, failure error) (record, error) {
	for {
		item, err := c.records.Get(ctx, string(id))
		missing := errors.Is(err, directory.ErrNotFound)
		if err != nil && !missing {
			return record{}, err
		}
		r := item.Value
		r.TriedAt, r.Failure = c.Now().UTC(), ""
		if failure != nil {
			r.Failure = failure.Error()
		} else {
			r.Templates, r.SyncedAt = list, r.TriedAt
		}
		if missing {
			_, err = c.records.Create(ctx, string(id), r)
		} else {
			item.Value = r
			_, err = c.records.Update(ctx, item)
		}
		if !errors.Is(err, directory.ErrConflict) && !errors.Is(err, directory.ErrTaken) {
			return r, err
		}
	}
}

func (c *Catalogue) fetch(ctx context.Context, ch *channels.Opened) ([]normalize.TemplateInfo, error) {
	templater, _ := ch.Connector.(connectors.Templater)
	all := []normalize.TemplateInfo{}
	cursor := ""
	for range mostPages {
		call, err := templater.Templates(cursor)
		if err != nil {
			return nil, err
		}
		resp, err := c.Caller.Do(ctx, ch.Target, call)
		if err != nil {
			return nil, fmt.Errorf("the platform could not be reached: %w", err)
		}
		list, next, err := templater.ReadTemplates(resp)
		if err != nil {
			return nil, err
		}
		if all = append(all, list...); next == "" || next == cursor {
			break
		}
		cursor = next
	}
	return all, nil
}

// Run fetches lists again that are old, until ctx ends.
func (c *Catalogue) Run(ctx context.Context) {
	ticker := time.NewTicker(sweep)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := c.Refresh(ctx); err != nil && ctx.Err() == nil {
				c.Logger.WarnContext(ctx, "templates could not be looked through, it will be tried again", "error", err)
			}
		}
	}
}

// Refresh fetches the lists that are old.
func (c *Catalogue) Refresh(ctx context.Context) error {
	for after := threads.ChannelID(""); ; {
		list, err := c.Channels.List(ctx, after, page)
		if err != nil {
			return err
		}
		for _, ch := range list {
			after = ch.ID
			if !ch.Enabled || ch.Health.State == channels.HealthSuspended {
				continue
			}
			if err := c.refresh(ctx, ch.ID); err != nil {
				c.Logger.WarnContext(ctx, "templates of a channel could not be fetched", "channel", ch.ID, "error", err)
			}
		}
		if len(list) < page {
			return nil
		}
	}
}

func (c *Catalogue) refresh(ctx context.Context, id threads.ChannelID) error {
	r, err := c.record(ctx, id)
	if err != nil || r.TriedAt.IsZero() || c.Now().Sub(r.TriedAt) < staleAfter {
		return err // one that nobody asked for yet waits until somebody does
	}
	_, err = c.List(ctx, id, true)
	return err
}

// Forget drops what is kept for a channel that was deleted.
func (c *Catalogue) Forget(ctx context.Context, id threads.ChannelID) error {
	if err := c.records.Delete(ctx, string(id)); !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	return nil
}
