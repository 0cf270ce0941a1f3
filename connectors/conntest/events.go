package conntest

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

// parse calls Parse and turns a panic into an error.
func (b *bench) parse(req *connectors.Request) (events []normalize.Event, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("parse panics: %v", p)
		}
	}()
	return b.conn.Parse(req)
}

// hold checks what is true of every webhook, readable or not: no panic, no
// error but ErrMalformed, the body left alone, well-formed events.
func (b *bench) hold(req *connectors.Request) ([]normalize.Event, error) {
	before := clone(req)
	events, err := b.parse(req)
	if !bytes.Equal(before.Body, req.Body) {
		return nil, errors.New("parse changes the body")
	}
	if err != nil {
		if !errors.Is(err, connectors.ErrMalformed) {
			return nil, fmt.Errorf("an error that is not ErrMalformed: %w", err)
		}
		return nil, err
	}
	for _, ev := range events {
		if err := ev.Validate(); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// distinct checks that each key names one event, however often it is delivered.
// It holds for webhooks that a platform sends: an altered one may give the same
// id to two contents, which no connector can tell apart.
func distinct(events []normalize.Event) error {
	keys := map[string]string{}
	for _, ev := range events {
		text := indent(ev)
		if same, ok := keys[ev.Key]; ok && same != text {
			return fmt.Errorf("two events share the key %q", ev.Key)
		}
		keys[ev.Key] = text
	}
	return nil
}

// eachWebhook parses every case that is not a handshake. Cases that expect
// ErrMalformed give no events.
func (b *bench) eachWebhook(do func(webhook, []normalize.Event) error) error {
	hooks, err := b.webhooks()
	if err != nil {
		return err
	}
	for _, h := range hooks {
		events, err := b.hold(h.req)
		if err == nil || errors.Is(err, connectors.ErrMalformed) {
			err = do(h, events)
		}
		if err != nil {
			return fmt.Errorf("case in/%s: %w", h.name, err)
		}
	}
	return nil
}

func checkEvents(b *bench) error {
	hooks, err := b.webhooks()
	if err != nil {
		return err
	}
	for _, h := range hooks {
		events, err := b.hold(h.req)
		if errors.Is(err, connectors.ErrMalformed) {
			continue
		}
		if err == nil && len(events) == 0 {
			err = errors.New("dropped without a word")
		}
		if err == nil {
			err = distinct(events)
		}
		if err == nil {
			err = keyed(events)
		}
		if err != nil {
			return fmt.Errorf("case in/%s: %w", h.name, err)
		}
	}
	return nil
}

// checkSkim holds a quick look to what the whole parse finds.
func checkSkim(b *bench) error {
	s, ok := b.conn.(connectors.Skimmer)
	if !ok {
		return nil
	}
	hooks, err := b.webhooks()
	if err != nil {
		return err
	}
	for _, h := range hooks {
		events, parseErr := b.conn.Parse(h.req)
		accounts, skimErr := s.Skim(h.req)
		if (parseErr == nil) != (skimErr == nil) {
			return fmt.Errorf("case in/%s: Skim answers %v, Parse %v", h.name, skimErr, parseErr)
		}
		for _, e := range events {
			if e.Account != "" && !slices.Contains(accounts, e.Account) {
				return fmt.Errorf("case in/%s: Skim misses the account %s", h.name, e.Account)
			}
		}
	}
	return nil
}

// keyed holds messages to the key that normalize.MessageKey makes of their id.
func keyed(events []normalize.Event) error {
	for _, e := range events {
		if e.Message == nil || e.Message.ID == "" || e.Key == normalize.MessageKey(e.Message.ID) {
			continue
		}
		return fmt.Errorf("message %q has the key %q, not normalize.MessageKey of its id", e.Message.ID, e.Key)
	}
	return nil
}

func checkDeterministic(b *bench) error {
	return b.eachWebhook(func(h webhook, events []normalize.Event) error {
		again, err := b.hold(clone(h.req))
		if err != nil && !errors.Is(err, connectors.ErrMalformed) {
			return err
		}
		return same(events, again)
	})
}

// checkStored parses what the journal keeps of a webhook: of the headers only
// those that the Kind names.
func checkStored(b *bench) error {
	return b.eachWebhook(func(h webhook, events []normalize.Event) error {
		stored := clone(h.req)
		stored.Header = http.Header{}
		for _, name := range b.Kind.Headers {
			if value := h.req.Header.Get(name); value != "" {
				stored.Header.Set(name, value)
			}
			if name, ok := b.leak(h.req.Header.Get(name)); ok {
				return fmt.Errorf("a header that is kept holds %q", name)
			}
		}
		again, err := b.hold(stored)
		if err != nil && !errors.Is(err, connectors.ErrMalformed) {
			return err
		}
		return same(events, again)
	})
}

func same(a, b []normalize.Event) error {
	if x, y := indent(a), indent(b); x != y {
		return fmt.Errorf("the second time it gives\n%s\ninstead of\n%s", y, x)
	}
	return nil
}

func checkUnfamiliar(b *bench) error {
	found := false
	err := b.eachWebhook(func(_ webhook, events []normalize.Event) error {
		for _, ev := range events {
			found = found || ev.Type == normalize.EventUnknown
		}
		return nil
	})
	if err == nil && !found {
		err = errors.New("no case shows an unfamiliar event that becomes an Unknown one")
	}
	return err
}

func checkPoison(b *bench) error {
	if !b.Batches {
		return nil
	}
	found := false
	err := b.eachWebhook(func(h webhook, events []normalize.Event) error {
		if !strings.HasPrefix(h.name, "poison") {
			return nil
		}
		found = true
		unknown := 0
		for _, ev := range events {
			if ev.Type == normalize.EventUnknown {
				unknown++
			}
		}
		if unknown == 0 || unknown == len(events) {
			return fmt.Errorf("%d of %d events are Unknown: the poison item or its neighbours are missing", unknown, len(events))
		}
		return nil
	})
	if err == nil && !found {
		err = errors.New("no case named poison* shows an item that cannot be read beside one that can")
	}
	return err
}
