package channels

import (
	"errors"
	"fmt"
	"time"

	"threadhub/connectors"
	"threadhub/internal/directory"
	"threadhub/normalize"
)

// maxOverlap is how long credentials that were replaced may go on proving
// webhooks.
const maxOverlap = 7 * 24 * time.Hour

// former are the credentials before the present ones. Webhooks that they prove
// are taken until a time, so that a secret can be changed at the platform while
// webhooks come in; calls are made with the present ones.
type former struct {
	Credentials map[string]string `json:"credentials"` // sealed
	Until       time.Time         `json:"until"`
}

// formerField is where a former credential is sealed for.
func formerField(name string) string { return "former:" + name }

// overlap keeps what the credentials were, or ends it.
func (r *Registry) overlap(item *directory.Item[record], c Change, before map[string]connectors.Secret) error {
	v := &item.Value
	if c.Overlap == nil {
		if len(c.Credentials) > 0 {
			v.Former = nil
		}
		return nil
	}
	switch d := *c.Overlap; {
	case d < 0 || d > maxOverlap:
		return directory.Invalid("overlap", fmt.Sprintf("is not between 0s and %s", maxOverlap))
	case d == 0:
		v.Former = nil
		return nil
	case len(c.Credentials) == 0:
		return directory.Invalid("overlap", "is how long the credentials before are taken as well: give new credentials with it, or 0s to end it")
	}
	if v.Former != nil && r.now().Before(v.Former.Until) && same(c.Credentials, before) {
		// Asked for again: what was replaced is what is still taken.
		v.Former = &former{Credentials: v.Former.Credentials, Until: r.now().Add(*c.Overlap)}
		return nil
	}
	sealed := map[string]string{}
	for name, value := range before {
		s, err := r.Keys.Seal(place(item.ID, formerField(name)), value)
		if err != nil {
			return fmt.Errorf("seal credentials: %w", err)
		}
		sealed[name] = s
	}
	v.Former = &former{Credentials: sealed, Until: r.now().Add(*c.Overlap)}
	return nil
}

// same tells whether the credentials are those that the channel has.
func same(given map[string]string, have map[string]connectors.Secret) bool {
	for name, value := range given {
		if had, ok := have[name]; !ok || had.Reveal() != value {
			return false
		}
	}
	return true
}

// openFormer opens a connector with the credentials before, if they still hold.
func (r *Registry) openFormer(o *Opened, kind connectors.Kind, cfg connectors.Config, item directory.Item[record]) ([]string, error) {
	f := item.Value.Former
	if f == nil || !r.now().Before(f.Until) {
		return nil, nil
	}
	cfg.Credentials = map[string]connectors.Secret{}
	var hide []string
	for name, sealed := range f.Credentials {
		value, err := r.Keys.Open(place(item.ID, formerField(name)), sealed)
		if err != nil {
			return nil, err
		}
		cfg.Credentials[name] = value
		hide = append(hide, value.Reveal())
	}
	c, err := kind.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("open connector: %w", err)
	}
	o.former, o.formerUntil = c, f.Until
	return hide, nil
}

// Verify proves a webhook by the channel's credentials, or by those before while
// they hold, and answers the connector that understands it. Its error is that
// of connectors.Connector.Verify.
func (o *Opened) Verify(req *connectors.Request, now time.Time) (connectors.Connector, error) {
	err := o.Connector.Verify(req, now)
	if err == nil {
		return o.Connector, nil
	}
	if errors.Is(err, connectors.ErrSignature) && o.former != nil && now.Before(o.formerUntil) && o.former.Verify(req, now) == nil {
		return o.former, nil
	}
	return nil, err
}

// Parse reads a webhook that was proved. What the credentials before encrypted
// is read with them, also after their time: it was taken within it.
func (o *Opened) Parse(req *connectors.Request) ([]normalize.Event, error) {
	events, err := o.Connector.Parse(req)
	if err == nil || o.former == nil {
		return events, err
	}
	if before, e := o.former.Parse(req); e == nil {
		return before, nil
	}
	return events, err
}
