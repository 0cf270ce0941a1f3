package subscriptions

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"threadhub/internal/callout"
	"threadhub/internal/spell"
)

// validate checks a subscription, and that the channels it names exist. All
// that is wrong is answered at once.
func (r *Registry) validate(ctx context.Context, v record, secret string) error {
	var wrong []FieldError
	fail := func(field, format string, args ...any) {
		wrong = append(wrong, FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if utf8.RuneCountInString(v.Name) > maxName {
		fail("name", "has more than %d characters: shorten it", maxName)
	}
	if err := r.checkURL(v.URL); err != "" {
		fail("url", "%s", err)
	}
	if len(v.Events) == 0 {
		fail("events", "names no event: use %q for all of them, or some of %s", All, strings.Join(Events(), ", "))
	}
	for i, e := range v.Events {
		switch {
		case slices.Contains(v.Events[:i], e):
			fail(fmt.Sprintf("events[%d]", i), "is there twice: name each event once")
		case e != All && !slices.Contains(Events(), e):
			fail(fmt.Sprintf("events[%d]", i), "%q is no event; the nearest is %q", e, spell.Nearest(e, append(Events(), All)))
		}
	}
	for i, ch := range v.Channels {
		ok, err := r.ChannelExists(ctx, ch)
		switch {
		case err != nil:
			return fmt.Errorf("look up channel: %w", err)
		case !ok:
			fail(fmt.Sprintf("channels[%d]", i), "there is no channel %q: use the id of one that exists", ch)
		}
	}
	if secret != "" {
		if _, err := callout.SecretKey(secret); err != nil {
			fail("secret", "%v", err)
		}
	}
	if len(wrong) > 0 {
		return &InvalidError{Fields: wrong}
	}
	return nil
}

// checkURL says what is wrong with an address, "" for nothing.
func (r *Registry) checkURL(address string) string {
	u, err := url.Parse(address)
	switch {
	case len(address) > maxURL:
		return fmt.Sprintf("has more than %d characters: shorten it", maxURL)
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return "is not an address: use one that begins with https://"
	case u.User != nil:
		return "holds a user name: leave it out, calls are signed"
	}
	if err := r.CheckURL(address); err != nil {
		return err.Error()
	}
	return ""
}
