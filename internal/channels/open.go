package channels

import (
	"context"
	"errors"
	"fmt"
	"time"

	"threadhub/connectors"
	"threadhub/internal/directory"
	"threadhub/internal/egress"
	"threadhub/internal/tokens"
	"threadhub/threads"
)

// Open answers a channel ready for use; threads.ErrNotFound for an unknown
// one. The answer is shared: it must not be changed.
func (r *Registry) Open(ctx context.Context, id threads.ChannelID) (*Opened, error) {
	r.mu.RLock()
	o := r.opened[id]
	r.mu.RUnlock()
	if o != nil && (r.Fresh == 0 || r.Now().Sub(o.readAt) < r.Fresh) {
		return o, nil
	}
	return r.reopen(ctx, id)
}

// reopen answers the channel as the store has it now.
func (r *Registry) reopen(ctx context.Context, id threads.ChannelID) (*Opened, error) {
	r.mu.RLock()
	o := r.opened[id]
	r.mu.RUnlock()
	item, err := r.records.Get(ctx, string(id))
	if errors.Is(err, directory.ErrNotFound) {
		return nil, fmt.Errorf("channel %s: %w", id, threads.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	if o == nil || o.Version != item.Version {
		if o, err = r.open(item); err != nil {
			return nil, err
		}
	} else {
		again := *o
		o = &again
	}
	o.readAt = r.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opened[id] = o
	return o, nil
}

func (r *Registry) open(item directory.Item[record]) (*Opened, error) {
	kind, ok := r.Kinds.Lookup(item.Value.Kind)
	if !ok {
		return nil, fmt.Errorf("channel %s: this hub has no connector %q", item.ID, item.Value.Kind)
	}
	credentials, err := r.unseal(item.ID, item.Value.Credentials)
	if err != nil {
		return nil, fmt.Errorf("channel %s: %w", item.ID, err)
	}
	cfg := connectors.Config{Credentials: credentials, Settings: item.Value.Settings}
	if r.PublicURL != "" {
		cfg.WebhookURL = r.PublicURL + "/webhooks/" + item.ID
	}
	c, err := kind.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("channel %s: open connector: %w", item.ID, err)
	}
	o := &Opened{
		Channel: channelOf(item), Connector: c, Caps: kind.Caps, Headers: kind.Headers,
		credentials: credentials, revision: item.Value.revision(),
	}
	var more []string
	if r, ok := c.(connectors.Redactor); ok {
		more = r.Redactions()
	}
	before, err := r.openFormer(o, kind, cfg, item)
	if err != nil {
		return nil, fmt.Errorf("channel %s: %w", item.ID, err)
	}
	more = append(more, before...)
	if a, ok := c.(connectors.Capable); ok {
		o.Caps = a.Capabilities()
	}
	if r, ok := c.(connectors.Rated); ok {
		o.Caps.Rate = r.Rate()
	}
	if h, ok := c.(connectors.HeaderReader); ok {
		o.Headers = h.ReadHeaders()
	}
	o.Fingerprint = fingerprint(o.revision, item.Value.Settings)
	o.Target = egress.Target{
		Kind: kind.Name, Channel: item.ID, Rate: o.Caps.Rate, Redactor: egress.NewRedactor(credentials, more...),
	}
	return o, nil
}

// ChannelInfo answers what threading has to know of a channel.
func (r *Registry) ChannelInfo(ctx context.Context, id threads.ChannelID) (threads.ChannelInfo, error) {
	o, err := r.Open(ctx, id)
	if err != nil {
		return threads.ChannelInfo{}, err
	}
	return threads.ChannelInfo{ID: id, Kind: o.Kind, Style: o.Style, Group: o.GroupID, Weight: o.Weight, Enabled: o.Enabled, Caps: o.Caps, Trouble: o.Trouble()}, nil
}

// page is how many records one read of the list takes.
const page = 200

// ByAccount answers the channels of a kind whose connector serves the
// platform's account, oldest first.
func (r *Registry) ByAccount(ctx context.Context, kind, account string) ([]*Opened, error) {
	var found []*Opened
	after := threads.ChannelID("")
	for {
		list, err := r.List(ctx, after, page)
		if err != nil {
			return nil, err
		}
		for _, ch := range list {
			after = ch.ID
			if ch.Kind != kind { // what comes in is taken also while it is paused
				continue
			}
			o, err := r.Open(ctx, ch.ID)
			if err != nil {
				return nil, err
			}
			if a, ok := o.Connector.(connectors.Accounted); ok && a.Account() == account {
				found = append(found, o)
			}
		}
		if len(list) < page {
			return found, nil
		}
	}
}

// CheckResult is what a check found out.
type CheckResult struct {
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// Check asks the platform whether the channel's credentials work, and notes it
// as the channel's health. A channel that was suspended works again from then.
func (r *Registry) Check(ctx context.Context, id threads.ChannelID) (CheckResult, error) {
	o, err := r.Open(ctx, id)
	if err != nil {
		return CheckResult{}, err
	}
	checker, ok := o.Connector.(connectors.Checker)
	var call *connectors.Call
	if ok {
		call = checker.Check()
	}
	if call == nil {
		return CheckResult{OK: true, Detail: warned("the platform offers no check", o.Warnings)}, nil
	}
	res := r.tryCalls(ctx, o, []*connectors.Call{call}, "the platform accepts the credentials")
	res.Detail = warned(res.Detail, o.Warnings)
	h := Health{State: HealthOK, Detail: res.Detail, CheckedAt: r.now()}
	if !res.OK {
		h.State = HealthFailing
		if res.suspended || o.Health.State == HealthSuspended {
			h.State = HealthSuspended // only a check that passes says otherwise
		}
	}
	return res.CheckResult, r.setHealth(ctx, id, h)
}

// warned adds what an admin has to be reminded of.
func warned(detail string, warnings []string) string {
	for _, w := range warnings {
		detail += ". Warning: " + w
	}
	return detail
}

// RegisterWebhook tells the platform to deliver to webhookURL.
func (r *Registry) RegisterWebhook(ctx context.Context, id threads.ChannelID, webhookURL string) (CheckResult, error) {
	o, err := r.Open(ctx, id)
	if err != nil {
		return CheckResult{}, err
	}
	sub, ok := o.Connector.(connectors.Subscriber)
	if !ok {
		return CheckResult{Detail: "the platform has no API for this: enter the webhook URL in its console"}, nil
	}
	calls, err := sub.Subscribe(webhookURL)
	if err != nil {
		return CheckResult{Detail: err.Error()}, nil
	}
	return r.tryCalls(ctx, o, calls, "the platform now delivers to "+webhookURL).CheckResult, nil
}

type tried struct {
	CheckResult
	suspended bool
}

// callTimeout bounds one call made while an admin waits.
const callTimeout = 10 * time.Second

func (r *Registry) tryCalls(ctx context.Context, o *Opened, calls []*connectors.Call, success string) tried {
	for _, call := range calls {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		resp, err := r.Caller.Do(ctx, o.Target, call)
		cancel()
		var none *tokens.Error
		if errors.As(err, &none) {
			return tried{CheckResult{Detail: none.Error()}, none.Outcome.Verdict == connectors.Suspend}
		}
		if err != nil {
			return tried{CheckResult: CheckResult{Detail: fmt.Sprintf("the platform could not be reached: %v", err)}}
		}
		if out := o.Connector.Classify(call, resp); out.Verdict != connectors.Done {
			detail := fmt.Sprintf("the platform refused %s with status %d", call.Name, resp.Status)
			if out.Failure != nil && out.Failure.Message != "" {
				detail += ": " + out.Failure.Message
			}
			return tried{CheckResult{Detail: detail}, out.Verdict == connectors.Suspend}
		}
	}
	return tried{CheckResult: CheckResult{OK: true, Detail: success}}
}
