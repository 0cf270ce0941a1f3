// Package accept is the way in for webhooks: verify, read, journal, ring. What
// it answers "accepted" to is durable in the journal; what the platform cannot
// prove to have sent leaves no trace.
package accept

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/ident"
	"threadhub/internal/journal"
	"threadhub/internal/tracing"
	"threadhub/threads"
)

// ErrUnavailable is wrapped by errors that mean "not stored, try again": the
// journal cannot write or is too far behind.
var ErrUnavailable = errors.New("webhooks cannot be stored right now")

// ErrMethod is answered to a GET that is no handshake of the platform.
var ErrMethod = errors.New("the platform has no such handshake")

// Channels finds registered channels.
type Channels interface {
	Open(ctx context.Context, id threads.ChannelID) (*channels.Opened, error)
	ByAccount(ctx context.Context, kind, account string) ([]*channels.Opened, error)
}

// Desk takes webhooks in. It is safe for concurrent use.
type Desk struct {
	channels Channels
	journal  *committer
	now      func() time.Time
	logger   *slog.Logger
	// Unproved, when set before the first webhook, is told of those that are
	// refused because nothing proves them. It must not block.
	Unproved func(id threads.ChannelID)
	// Metrics, when set before the first webhook, count them.
	Metrics *Metrics
	// Trace, when set before the first webhook, records them; the trace is kept
	// with each.
	Trace *tracing.Tracer
}

// NewDesk returns a desk that journals into store and calls ring after each
// group it made durable. ring must not block.
func NewDesk(ch Channels, store journal.Store, ring func(), now func() time.Time, logger *slog.Logger) *Desk {
	return &Desk{channels: ch, journal: newCommitter(store, ring), now: now, logger: logger}
}

// Close finishes what is being stored; webhooks that come later get
// ErrUnavailable.
func (d *Desk) Close() { d.journal.close() }

// Rush tells whether webhooks are coming in faster than they can be taken one
// by one. Platforms wait for an answer and give up after seconds; whoever does
// other work in this process lets them go first for a moment.
func (d *Desk) Rush() bool { return d.journal.flow.rush(time.Now()) }

// Take handles one webhook of a channel and answers what to reply. Errors:
// threads.ErrNotFound (no such channel), connectors.ErrSignature,
// connectors.ErrMalformed, ErrMethod, ErrUnavailable; after any of them nothing
// is stored.
func (d *Desk) Take(ctx context.Context, id threads.ChannelID, req *connectors.Request) (connectors.Reply, error) {
	ch, err := d.channels.Open(ctx, id)
	switch {
	case errors.Is(err, threads.ErrNotFound):
		d.Metrics.taken("", false, err)
		return connectors.Reply{}, err
	case err != nil:
		d.Metrics.taken("", false, err)
		return connectors.Reply{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if h, ok := ch.Connector.(connectors.Handshaker); ok && !fromStream(req) {
		if reply, ok := h.Handshake(req); ok {
			d.Metrics.taken(ch.Kind, true, nil)
			return reply, nil
		}
	}
	reply, err := d.receive(ctx, ch, req)
	d.Metrics.taken(ch.Kind, false, err)
	return reply, err
}

// receive takes in what is no handshake.
func (d *Desk) receive(ctx context.Context, ch *channels.Opened, req *connectors.Request) (connectors.Reply, error) {
	if fromStream(req) {
		return connectors.Reply{}, fmt.Errorf("a webhook with the header of a stream: %w", connectors.ErrSignature)
	}
	if req.Method != http.MethodPost {
		return connectors.Reply{}, ErrMethod
	}
	now := d.now().UTC().Truncate(time.Millisecond)
	proved, err := ch.Verify(req, now)
	if err != nil {
		if d.Unproved != nil && errors.Is(err, connectors.ErrSignature) {
			d.Unproved(ch.ID)
		}
		return connectors.Reply{}, err
	}
	accounts, err := d.accounts(ctx, ch, proved, req)
	if err != nil {
		return connectors.Reply{}, err
	}
	entries, err := d.entries(ctx, ch, req, accounts, now)
	if err != nil {
		return connectors.Reply{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	_, span := d.Trace.Start(ctx, "journal", "threadhub.channel", string(ch.ID), "threadhub.kind", ch.Kind)
	if err := d.journal.append(ctx, entries); err != nil {
		span.End(resultUnavailable)
		return connectors.Reply{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	span.End("")
	if a, ok := proved.(connectors.Acknowledger); ok {
		return a.Acknowledge(req), nil
	}
	return connectors.Reply{Status: http.StatusOK}, nil
}

// accounts reads the webhook once to tell a foreign body, and accounts that
// belong to other channels, while the platform still listens. A connector that
// panics has a bug, not the platform: the webhook is kept for the worker to
// quarantine.
func (d *Desk) accounts(ctx context.Context, ch *channels.Opened, by connectors.Connector, req *connectors.Request) (names []string, err error) {
	defer func() {
		if p := recover(); p != nil {
			d.logger.ErrorContext(ctx, "connector panicked on a webhook, it is kept for inspection", "channel", ch.ID, "kind", ch.Kind, "panic", ch.Target.Redactor.String(fmt.Sprint(p)))
			names, err = nil, nil
		}
	}()
	if s, ok := by.(connectors.Skimmer); ok {
		return s.Skim(req)
	}
	events, err := by.Parse(req)
	for _, e := range events {
		if e.Account != "" && !slices.Contains(names, e.Account) {
			names = append(names, e.Account)
		}
	}
	return names, err
}

// entries splits the webhook by account: one entry for the channel it was
// delivered to and one for each other channel that is registered for an account
// named in it and would have verified it too.
func (d *Desk) entries(ctx context.Context, ch *channels.Opened, req *connectors.Request, accounts []string, now time.Time) ([]journal.Entry, error) {
	entry := journal.Entry{
		ChannelID: string(ch.ID), ReceivedAt: now, Method: req.Method, URL: address(ch, req),
		Header: keep(req.Header, ch.Headers), Body: req.Body, State: journal.Pending,
	}
	var out []journal.Entry
	d.trace(ctx, &entry)
	for _, account := range foreign(ch, accounts) {
		others, err := d.channels.ByAccount(ctx, ch.Kind, account)
		if err != nil {
			return nil, err
		}
		for _, other := range others {
			if _, err := other.Verify(req, now); err != nil {
				continue
			}
			theirs := entry
			theirs.ID, theirs.ChannelID, theirs.Elsewhere = ident.New("ev"), string(other.ID), []string{journal.AllOthers}
			out = append(out, theirs)
			entry.Elsewhere = append(entry.Elsewhere, account)
			break
		}
	}
	entry.ID = ident.New("ev")
	return append(out, entry), nil
}

// trace keeps the trace of a webhook with it, as the header that carries it.
func (d *Desk) trace(ctx context.Context, e *journal.Entry) {
	text := d.Trace.Carry(ctx)
	switch {
	case text == "":
	case e.Header == nil:
		e.Header = map[string]string{journal.TraceHeader: text}
	default:
		e.Header[journal.TraceHeader] = text
	}
}

// address is the webhook's, without the parameters of it that prove its origin.
func address(ch *channels.Opened, req *connectors.Request) string {
	s, ok := ch.Connector.(connectors.SecretQuery)
	if !ok || len(s.SecretQuery()) == 0 {
		return req.URL
	}
	u, err := url.Parse(req.URL)
	if err != nil {
		return ""
	}
	query := u.Query()
	for _, name := range s.SecretQuery() {
		query.Del(name)
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// foreign lists those of the accounts that are not the channel's own.
func foreign(ch *channels.Opened, accounts []string) []string {
	own, ok := ch.Connector.(connectors.Accounted)
	if !ok {
		return nil
	}
	return slices.DeleteFunc(accounts, func(name string) bool { return name == own.Account() })
}

func keep(h http.Header, names []string) map[string]string {
	var out map[string]string
	for _, name := range names {
		if v := h.Get(name); v != "" {
			if out == nil {
				out = make(map[string]string, len(names))
			}
			out[name] = v
		}
	}
	return out
}
