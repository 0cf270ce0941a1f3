package threadtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
)

// Open makes a fresh, empty store that is closed when the test ends.
type Open func(t *testing.T) threads.Store

// Scripts plays every script of a folder over a store, each on a channel of its
// own.
func Scripts(t *testing.T, folder string, open Open) {
	t.Helper()
	shared := open(t)
	files, err := filepath.Glob(filepath.Join(folder, "*.script"))
	require.NoError(t, err)
	require.NotEmpty(t, files, "no scripts in %s", folder)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".script"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			s, err := parse(filepath.Base(file), string(text))
			require.NoError(t, err)
			require.NotEmpty(t, s.title, "a script begins with a comment that says what it shows")
			store := shared
			if strings.Contains(string(text), "routing ") {
				store = open(t) // it looks at all that waits, and at all that agents hold
			}
			require.NoError(t, play(t.Context(), s, store), s.title)
		})
	}
}

// begin is what the clock shows when a script does not say.
var begin = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) // a Monday

// player is a script being played.
type player struct {
	*desk
	line    line
	before  map[string][]threads.Conversation // as they were before the step
	after   map[string][]threads.Conversation
	refused error // what the step was refused with
	heard   int   // notices before the step
	seen    int64 // the version somebody looked at
}

// play answers the first difference between the script and what happens.
func play(ctx context.Context, s script, store threads.Store) error {
	p := &player{desk: newDesk(ctx, store, begin)}
	for i := 0; i < len(s.lines); {
		// What happens meanwhile is written below the step it gets into.
		next := i + 1
		for next < len(s.lines) && s.lines[next].meanwhile {
			next++
		}
		if err := p.step(s.lines[i], s.lines[i+1:next]); err != nil {
			return fmt.Errorf("%s:%w", s.name, err)
		}
		i = next
	}
	if err := p.tidy(); err != nil {
		return fmt.Errorf("%s: at the end: %w", s.name, err)
	}
	return nil
}

// step carries a line out, with what gets in between, and holds it to what it
// wants.
func (p *player) step(l line, meanwhile []line) error {
	p.wait(l.pause)
	p.before, p.heard = p.after, len(p.notices)
	p.line = l
	var among error
	if len(meanwhile) > 0 {
		p.store.before = func() {
			for _, m := range meanwhile {
				if err := p.among(m); err != nil && among == nil {
					among = err
				}
			}
			p.line = l
		}
	}
	err := p.do()
	if err == nil && p.reception.on() {
		err = p.route()
	}
	p.store.before = nil
	if err = errors.Join(among, err); err != nil {
		return fmt.Errorf("%d: %w", l.number, err)
	}
	if err := p.look(); err != nil {
		return fmt.Errorf("%d: %w", l.number, err)
	}
	if err := p.judge(); err != nil {
		return fmt.Errorf("%d: %w", l.number, err)
	}
	return nil
}

// among carries a line out that somebody else is faster with.
func (p *player) among(m line) error {
	refused := p.refused
	p.line, p.refused = m, nil
	p.wait(m.pause)
	if err := p.do(); err != nil {
		return err
	}
	if err := p.look(); err != nil {
		return err
	}
	if err := p.judge(); err != nil {
		return fmt.Errorf("meanwhile: %w", err)
	}
	p.before, p.refused = p.after, refused
	return nil
}

// do finds the step of the line and carries it out. A refusal is no error: the
// line may want it.
func (p *player) do() error {
	p.refused = nil
	for _, s := range append(routingSteps(), steps()...) {
		a, ok := match(s.form, p.line.words)
		if !ok {
			continue
		}
		err := s.do(p, a)
		var refused *threads.RefusedError
		if errors.As(err, &refused) || errors.Is(err, threads.ErrConflict) {
			p.refused = err
			return nil
		}
		return err
	}
	return fmt.Errorf("nobody knows how to: %s", show(p.line.words))
}

func (p *player) look() (err error) {
	p.after, err = p.everything()
	return err
}

// judge holds what is now to the line, and to what must always be.
func (p *player) judge() error {
	wanted := false
	for _, want := range p.line.wants {
		ok, err := p.expect(want)
		if err != nil {
			return fmt.Errorf("want %s: %w", show(want), err)
		}
		wanted = wanted || ok
	}
	if p.refused != nil && !wanted {
		return fmt.Errorf("refused: %w", p.refused)
	}
	return p.sound()
}

// expect finds the expectation and checks it. It tells whether a refusal was
// expected.
func (p *player) expect(want []word) (refusal bool, err error) {
	for _, e := range append(routingExpectations, expectations...) {
		if a, ok := match(e.form, want); ok {
			return e.refusal, e.check(p, a)
		}
	}
	return false, errors.New("nobody knows what that is")
}

// subject is the conversation the line is about as it is now and as it was
// before the step; they differ when a new one has begun.
func (p *player) subject() (before, after threads.Conversation, err error) {
	pick := func(list []threads.Conversation) threads.Conversation {
		n := p.line.ordinal
		if n == 0 {
			n = len(list)
		}
		if n == 0 || n > len(list) {
			return threads.Conversation{}
		}
		return list[n-1]
	}
	before, after = pick(p.before[p.line.contact]), pick(p.after[p.line.contact])
	if after.ID == "" {
		err = fmt.Errorf("%s has no such conversation", p.line.contact)
	}
	return before, after, err
}

// target is the conversation that a command is about.
func (p *player) target() (threads.ConversationID, error) {
	if err := p.look(); err != nil {
		return "", err
	}
	_, c, err := p.subject()
	return c.ID, err
}

// args are the words that a form left open.
type args struct {
	named map[string]word
	rest  []word
}

func (a args) get(name string) string { return a.named[name].text }

// match holds words to a form: words in capitals stand for any word, TEXT for
// one in quotation marks, and "..." for all that is left.
func match(form string, words []word) (args, bool) {
	a := args{named: map[string]word{}}
	for f := range strings.FieldsSeq(form) {
		if f == "..." {
			a.rest = words
			return a, true
		}
		if len(words) == 0 {
			return a, false
		}
		w := words[0]
		words = words[1:]
		switch open := strings.ToUpper(f) == f && strings.ToLower(f) != f; {
		case strings.HasPrefix(f, "TEXT"):
			if !w.quoted {
				return a, false
			}
			a.named[f] = w
		case open && !w.quoted:
			a.named[f] = w
		case w.quoted || w.text != f:
			return a, false
		}
	}
	return a, len(words) == 0
}

func show(words []word) string {
	parts := make([]string, len(words))
	for i, w := range words {
		parts[i] = w.String()
	}
	return strings.Join(parts, " ")
}

// options reads the rest of a line as pairs, of which only some are allowed.
func (a args) options(allowed ...string) (map[string]string, error) {
	out := map[string]string{}
	if len(a.rest)%2 != 0 {
		return nil, fmt.Errorf("%s is not made of pairs", show(a.rest))
	}
	for pair := range slices.Chunk(a.rest, 2) {
		if !slices.Contains(allowed, pair[0].text) {
			return nil, fmt.Errorf("%s is none of %v", pair[0], allowed)
		}
		out[pair[0].text] = pair[1].text
	}
	return out, nil
}
