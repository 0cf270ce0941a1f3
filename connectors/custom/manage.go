package custom

import (
	"errors"
	"fmt"
	"time"

	"threadhub/connectors"
	"threadhub/connectors/custom/expression"
	"threadhub/normalize"
)

// react makes the call that sets our reaction, or takes it back.
func (ch *channel) react(r connectors.Reacting) ([]*connectors.Call, error) {
	out := &normalize.Outbound{To: r.To, Parts: []normalize.Message{{}}}
	budget := expression.NewBudget()
	values, err := ch.sendValues(out, 0)
	if err != nil {
		return nil, fmt.Errorf("custom: react: %w", err)
	}
	values[varReaction] = map[string]any{"target": string(r.Message), "emoji": r.Emoji, "was": r.Was}
	s := &stage{budget, values}
	k := ch.def.outbound.react
	if wanted, err := k.wanted(s); err != nil || !wanted {
		return nil, errors.New("custom: the channel's definition does not react to this message")
	}
	call, err := k.build(ch.def.base, s)
	if err != nil {
		return nil, fmt.Errorf("custom: outbound.react: %w", ch.scrubbed(err))
	}
	call.Visible, call.Idempotent = true, true
	return []*connectors.Call{call}, nil
}

// sign makes a call that shows a sign: typing, or read. nil when there is
// nothing to tie it to.
func (ch *channel) sign(k *call, out *normalize.Outbound) *connectors.Call {
	about := *out
	about.Parts = []normalize.Message{{}}
	budget := expression.NewBudget()
	values, err := ch.sendValues(&about, 0)
	if err != nil {
		return nil
	}
	s := &stage{budget, values}
	if wanted, err := k.wanted(s); err != nil || !wanted {
		return nil
	}
	call, err := k.build(ch.def.base, s)
	if err != nil {
		return nil
	}
	return call
}

// setup makes a call that is for no message.
func (ch *channel) setup(k *call, webhookURL string) (*connectors.Call, error) {
	budget := expression.NewBudget()
	values := ch.setupValues()
	values[varChannel] = map[string]any{"webhook_url": webhookURL}
	call, err := k.build(ch.def.base, &stage{budget, values})
	if err != nil {
		return nil, fmt.Errorf("custom: %s: %w", k.name, ch.scrubbed(err))
	}
	return call, nil
}

// Check makes the definition's check; nil when there is none.
func (ch *channel) Check() *connectors.Call {
	if ch.def.check == nil {
		return nil
	}
	call, err := ch.setup(ch.def.check, ch.webhookURL)
	if err != nil {
		return nil
	}
	return call
}

// Subscribe makes the calls that register the webhook.
func (ch *channel) Subscribe(webhookURL string) ([]*connectors.Call, error) {
	if len(ch.def.webhook) == 0 {
		return nil, errors.New("the channel's definition has no webhook call: enter the webhook URL at the platform yourself")
	}
	var calls []*connectors.Call
	for _, k := range ch.def.webhook {
		call, err := ch.setup(k, webhookURL)
		if err != nil {
			return nil, err
		}
		calls = append(calls, call)
	}
	return calls, nil
}

// mediaSource is how attachments are fetched.
type mediaSource struct {
	when  *expression.Program
	calls []*call
	kept  time.Duration
}

func (c *compiler) fetch(d *mediaDef) {
	if d == nil {
		return
	}
	const path = "settings.media"
	m := &c.out.media
	m.when = c.optional(scopeFile, path+".when", d.When, truth)
	m.kept = c.duration(path+".kept", d.Kept)
	if len(d.Calls) > maxSteps-1 {
		c.fault(path+".calls", "%d calls for one file: %d is the most", len(d.Calls), maxSteps-1)
		return
	}
	for i, def := range d.Calls {
		at := fmt.Sprintf("%s.calls.%d", path, i)
		k := c.call(scopeFile, at, fmt.Sprintf("%s_%d", opMedia, i+1), def)
		k.file = true
		m.calls = append(m.calls, k)
	}
}

// Media makes the next call that leads to an attachment's bytes; nil when its
// own address does.
func (ch *channel) Media(att *normalize.Attachment, done []connectors.Response) (*connectors.Call, error) {
	m := &ch.def.media
	if len(done) >= len(m.calls) {
		return nil, nil
	}
	budget := expression.NewBudget()
	attachment, err := asValues(att)
	if err != nil {
		return nil, fmt.Errorf("custom: fetch: %w", err)
	}
	s := &stage{budget, map[string]any{varSecrets: ch.secrets, varAttachment: attachment, varResp: map[string]any{}}}
	if len(done) > 0 {
		s.values[varResp] = newAnswer(&done[len(done)-1], budget).stage.values[varResp]
	}
	if len(done) == 0 && m.when != nil {
		v, err := m.when.Eval(budget, s.values)
		if is, _ := v.True(); err != nil || !is {
			return nil, nil
		}
	}
	call, err := m.calls[len(done)].build(ch.def.base, s)
	if err != nil {
		return nil, fmt.Errorf("custom: media.calls.%d: %w", len(done), ch.scrubbed(err))
	}
	return call, nil
}

// MediaKept is how long the platform keeps what customers send.
func (ch *channel) MediaKept() time.Duration { return ch.def.media.kept }

// Rehearse answers placeholders for what a step saves.
func (ch *channel) Rehearse(made *connectors.Call) map[string]string {
	k := ch.def.calls[made.Name]
	if k == nil || len(k.save) == 0 {
		return nil
	}
	out := make(map[string]string, len(k.save))
	for name := range k.save {
		out[name] = "{" + name + " of the answer}"
	}
	return out
}
