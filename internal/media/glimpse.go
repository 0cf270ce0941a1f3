package media

import (
	"context"
	"errors"
	"io/fs"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"golang.org/x/sync/errgroup"

	"threadhub/threads"
)

const (
	// glimpsed is of how many attachments a state is remembered.
	glimpsed = 20000
	// goodFor is how long a state is believed that seldom changes, and briefly
	// one that does, or that could not be learned.
	goodFor = time.Minute
	briefly = 5 * time.Second
	// lookWithin is how long the states of a page of messages may take to
	// learn, lookPlaces how many are asked for at once.
	lookWithin = 2 * time.Second
	lookPlaces = 16
)

// glimpses remembers states of attachments where asking takes a while. A nil
// one remembers nothing.
type glimpses struct {
	now func() time.Time
	all *lru.Cache[string, glimpse]
}

type glimpse struct {
	state State
	until time.Time
}

func newGlimpses(now func() time.Time) *glimpses {
	all, err := lru.New[string, glimpse](glimpsed)
	if err != nil { // a size that is none
		return nil
	}
	return &glimpses{now: now, all: all}
}

func (g *glimpses) get(id string) (State, bool) {
	if g == nil {
		return "", false
	}
	seen, ok := g.all.Get(id)
	return seen.state, ok && g.now().Before(seen.until)
}

func (g *glimpses) put(id string, s State, life time.Duration) {
	if g != nil {
		g.all.Add(id, glimpse{s, g.now().Add(life)})
	}
}

func (g *glimpses) forget(id string) {
	if g != nil {
		g.all.Remove(id)
	}
}

// Look learns the states of the messages' attachments, many at a time, so that
// [Library.State] knows them. It takes a moment where files are in a bucket, and
// gives up on one that does not answer.
func (l *Library) Look(ctx context.Context, messages []threads.Message) {
	if l.glimpses == nil {
		return // State is quick
	}
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	var all errgroup.Group
	all.SetLimit(lookPlaces)
	for i := range messages {
		for n := range messages[i].Content.Attachments {
			if _, known := l.glimpses.get(AttachmentID(messages[i].ID, n)); !known {
				all.Go(func() error { l.learn(ctx, &messages[i], n); return nil })
			}
		}
	}
	_ = all.Wait() // nobody fails
}

// State answers what is known of the i-th attachment of m.
func (l *Library) State(m *threads.Message, i int) State {
	if s, ok := l.glimpses.get(AttachmentID(m.ID, i)); ok {
		return s
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
	defer cancel()
	return l.learn(ctx, m, i)
}

// learn asks for a state and remembers it.
func (l *Library) learn(ctx context.Context, m *threads.Message, i int) State {
	s, err := l.state(ctx, m, i)
	life := goodFor
	if err != nil || s == Remote {
		life = briefly
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		l.Logger.WarnContext(ctx, "the state of an attachment could not be learned", "message", m.ID, "error", err)
	}
	l.glimpses.put(AttachmentID(m.ID, i), s, life)
	return s
}

// state asks. With an error it is what is likely.
func (l *Library) state(ctx context.Context, m *threads.Message, i int) (State, error) {
	if key, ok := l.ours(m.Content.Attachments[i].URL); ok {
		u, err := l.known(ctx, key)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return Failed, nil
		case err != nil:
			return Available, err
		}
		there, err := l.shelf.has(ctx, u.Blob)
		if err == nil && !there {
			return Failed, nil
		}
		return Available, err
	}
	n, ok, err := l.note(ctx, AttachmentID(m.ID, i))
	switch {
	case err != nil || !ok:
		return Remote, err
	case n.Failed != "":
		return Failed, nil
	}
	there, err := l.shelf.has(ctx, n.Blob)
	if err != nil || !there {
		return Remote, err
	}
	return Available, nil
}
