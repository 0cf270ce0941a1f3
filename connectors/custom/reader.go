package custom

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"threadhub/connectors/custom/expression"
	"threadhub/normalize"
)

// reader reads the fields of one item. The first that cannot be read is in err.
type reader struct {
	stage *stage
	rule  *rule
	err   error
}

func (f *reader) fail(name string, err error) {
	if f.err == nil {
		f.err = fmt.Errorf("%s.fields.%s: %w", f.rule.path, name, err)
	}
}

// value evaluates a field; ok is false when there is none.
func (f *reader) value(name string) (v expression.Value, ok bool) {
	s, ok := f.rule.fields[name]
	if !ok || f.err != nil {
		return v, false
	}
	v, err := s.program.Eval(f.stage.budget, f.stage.values)
	if err != nil {
		f.fail(name, err)
		return v, false
	}
	return v, !v.Missing()
}

// text reads a single value, by its name in the field's map where it has one.
func (f *reader) text(name string) string {
	v, ok := f.value(name)
	if !ok {
		return ""
	}
	text, err := v.Text()
	if err != nil {
		f.fail(name, err)
		return ""
	}
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
	names := f.rule.fields[name].names
	if len(names) == 0 {
		return text
	}
	mapped, ok := names[text]
	if !ok {
		mapped, ok = names["*"]
	}
	if !ok {
		f.fail(name, fmt.Errorf("map has no %q: add it, or \"*\" for all others", shortened(text)))
	}
	return mapped
}

// among reads a field that has a closed set of values.
func (f *reader) among(name string, allowed []string) string {
	text := f.text(name)
	if f.err == nil && !slices.Contains(allowed, text) {
		f.fail(name, fmt.Errorf("%q is not known: map it to one of %s", shortened(text), strings.Join(allowed, ", ")))
	}
	return text
}

func (f *reader) truth(name string) bool {
	v, ok := f.value(name)
	if !ok {
		return false
	}
	is, ok := v.True()
	if !ok {
		f.fail(name, errors.New("it has to answer true or false"))
	}
	return is
}

// time reads a time; one that is none of a platform's is left out, for the time
// of receipt is as good.
func (f *reader) time(name string) time.Time {
	text := f.text(name)
	if text == "" {
		return time.Time{}
	}
	at, _ := readTime(text, f.rule.fields[name].unit)
	return at
}

func (f *reader) needs(name, value string) {
	if value == "" {
		f.fail(name, errors.New("it is empty"))
	}
}

func (f *reader) ref() normalize.PlatformID {
	ref := f.text("ref")
	f.needs("ref", ref)
	return normalize.PlatformID(ref)
}

func (f *reader) peer() normalize.Peer {
	p := normalize.Peer{
		ID: normalize.PeerID(f.text("contact.id")), Name: f.text("contact.name"), Username: f.text("contact.username"),
		Phone: f.text("contact.phone"), Locale: f.text("contact.locale"), AvatarURL: f.text("contact.avatar_url"),
	}
	if f.text("contact.kind") == string(normalize.PeerGroup) {
		p.Kind = normalize.PeerGroup
	}
	for _, alias := range f.list("contact.aliases") {
		text, err := scalarText(alias)
		if err != nil {
			f.fail("contact.aliases", err)
			return p
		}
		if text != "" && text != string(p.ID) {
			p.Aliases = append(p.Aliases, normalize.PeerID(text))
		}
	}
	return p
}

// list reads a list; a missing one is empty.
func (f *reader) list(name string) []any {
	v, ok := f.value(name)
	if !ok {
		return nil
	}
	items, err := v.Items()
	if err != nil {
		f.fail(name, err)
	}
	return items
}

func (f *reader) receipt() *normalize.Receipt {
	r := &normalize.Receipt{
		Target: normalize.PlatformID(f.text("ref")), Ref: f.text("own_ref"), Status: normalize.Status(f.among("status", statuses)),
		UpTo: f.time("up_to"), Earlier: f.truth("earlier"),
	}
	if r.Status != normalize.StatusFailed {
		return r
	}
	r.Failure = &normalize.Failure{Reason: normalize.ReasonUnknown, Code: shortened(f.text("error.code")), Message: cut(f.text("error.message"))}
	if _, ok := f.rule.fields["error.reason"]; ok {
		if reason := f.text("error.reason"); slices.Contains(reasons, reason) {
			r.Failure.Reason = normalize.Reason(reason)
		}
	}
	if r.Failure.Message == "" {
		r.Failure.Message = "the platform reports that the message was not delivered"
	}
	return r
}

// cut bounds a platform's words for people.
func cut(text string) string {
	const most = 500
	for i := range text {
		if i >= most {
			return text[:i] + "…"
		}
	}
	return text
}
